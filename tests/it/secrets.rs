//! No secret in an argument list, in the output or in the state folder, in whatever form.

use crate::fake_host::FakeHost;
use crate::support::{Bed, Ran, World, bed, files_below, kill, parent, within};
use memchr::memmem::Finder;
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Looks for secrets in every form in which one may stand in a text.
pub struct Searcher {
    /// The form's name and its bytes.
    forms: Vec<(String, Finder<'static>)>,
}

impl Searcher {
    pub fn new(secrets: &[&str]) -> Self {
        let mut forms = Vec::new();
        for (n, secret) in secrets.iter().enumerate() {
            let mut add = |form: &str, text: String| forms.push((format!("secret {n}, {form}"), text.into_bytes()));
            let bytes = secret.as_bytes();
            add("plain", (*secret).to_owned());
            let json = serde_json::to_string(secret).unwrap();
            add("JSON", json[1..json.len() - 1].to_owned());
            add("JSON in JSON", json[1..json.len() - 1].replace('\\', "\\\\").replace('"', "\\\""));
            add("quoted for a shell", secret.replace('\'', "'\\''"));
            add("hex", bytes.iter().map(|b| format!("{b:02x}")).collect());
            add("HEX", bytes.iter().map(|b| format!("{b:02X}")).collect());
            for (blank, form) in [("%20", "URL"), ("+", "form")] {
                let encoded = |hex: fn(u8) -> String| -> String {
                    let one = |b: &u8| match b {
                        b' ' => blank.to_owned(),
                        b if b.is_ascii_alphanumeric() || b"-._~".contains(b) => char::from(*b).to_string(),
                        b => hex(*b),
                    };
                    bytes.iter().map(one).collect()
                };
                add(form, encoded(|b| format!("%{b:02X}")));
                add(form, encoded(|b| format!("%{b:02x}")));
            }
            for offset in 0..3 {
                let text = base64_within(bytes, offset);
                add("base64", text.clone());
                add("base64 for URLs", text.replace('+', "-").replace('/', "_"));
            }
        }
        forms.sort_by(|a, b| a.1.cmp(&b.1));
        forms.dedup_by(|a, b| a.1 == b.1);
        Self { forms: forms.into_iter().map(|(name, bytes)| (name, Finder::new(&bytes).into_owned())).collect() }
    }

    /// The names of the forms that are in `bytes`.
    pub fn find(&self, bytes: &[u8]) -> Vec<&str> {
        let found = self.forms.iter().filter(|(_, form)| form.find(bytes).is_some());
        found.map(|(name, _)| name.as_str()).collect()
    }

    #[track_caller]
    pub fn assert_clean(&self, what: &str, bytes: &[u8]) {
        let found = self.find(bytes);
        assert!(found.is_empty(), "{what} holds {found:?}");
    }

    #[track_caller]
    pub fn assert_clean_folder(&self, folder: &Path) {
        let files = files_below(folder);
        assert!(files.iter().any(|f| f.ends_with("fleet.db")), "{files:?}");
        for file in files {
            self.assert_clean(&file.display().to_string(), &std::fs::read(&file).unwrap());
            self.assert_clean("a file's name", file.as_os_str().as_encoded_bytes());
        }
    }
}

/// The base64 digits that stand for `bytes` alone wherever they are encoded in the middle of other bytes, `offset`
/// bytes after a multiple of three.
fn base64_within(bytes: &[u8], offset: usize) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let padded = [&vec![0; offset][..], bytes].concat();
    let bit = |n: usize| padded[n / 8] >> (7 - n % 8) & 1;
    let whole = (offset * 8).div_ceil(6)..padded.len() * 8 / 6;
    let digit = |n: usize| (0..6).fold(0, |value, k| value << 1 | bit(n * 6 + k));
    whole.map(|n| char::from(DIGITS[usize::from(digit(n))])).collect()
}

/// Reads the argument lists and the environments of this test, of what it starts and of the bed's hosts, again and
/// again.
struct Watch {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Watched>,
}

struct Watched {
    /// Process and forms.
    found: Vec<String>,
    sweeps: u32,
    elapsed: Duration,
}

impl Watch {
    /// `roots`: whose processes count. Others of the machine may hold anything.
    fn start(searcher: Arc<Searcher>, roots: Vec<i32>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let ended = stop.clone();
        let thread = std::thread::spawn(move || {
            let (mut found, mut sweeps, began) = (Vec::new(), 0, Instant::now());
            // Whose processes were seen, so that those of others are looked at once only.
            let mut ours = HashMap::new();
            let mut line = Vec::new();
            while !ended.load(Ordering::Relaxed) {
                for entry in std::fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
                    let Some(id) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else { continue };
                    if ours.get(&id) == Some(&false) {
                        continue;
                    }
                    line.clear();
                    for name in ["cmdline", "environ"] {
                        let Ok(mut file) = std::fs::File::open(format!("/proc/{id}/{name}")) else { continue };
                        let _ = file.read_to_end(&mut line);
                    }
                    if *ours.entry(id).or_insert_with(|| descends(id, &roots)) {
                        found.extend(searcher.find(&line).iter().map(|form| format!("process {id}: {form}")));
                    }
                }
                sweeps += 1;
                std::thread::sleep(Duration::from_millis(1));
            }
            Watched { found, sweeps, elapsed: began.elapsed() }
        });
        Self { stop, thread }
    }

    fn end(self) -> Watched {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

impl Watched {
    #[track_caller]
    fn assert_often(&self) {
        let rate = f64::from(self.sweeps) / self.elapsed.as_secs_f64();
        println!("{} sweeps over all processes, {rate:.0} a second", self.sweeps);
        // Some hundred a second on a machine at rest; how busy this one is proves nothing.
        assert!(self.sweeps >= 40, "only {} sweeps, {rate:.0} a second", self.sweeps);
    }
}

/// Whether one of `roots` is the process or above it. One that is gone already counts.
fn descends(id: i32, roots: &[i32]) -> bool {
    if !Path::new(&format!("/proc/{id}")).exists() {
        return true;
    }
    std::iter::successors(Some(id), |id| parent(*id)).any(|id| roots.contains(&id))
}

fn this_process() -> i32 {
    std::process::id().cast_signed()
}

fn secrets_of(bed: &Bed) -> Vec<String> {
    let text = std::fs::read_to_string(bed.path("secrets")).unwrap();
    let secrets: Vec<_> = text.lines().map(str::to_owned).collect();
    assert!(secrets.len() >= 7 && secrets.iter().all(|s| s.len() >= 8), "{} secrets", secrets.len());
    secrets
}

/// Searches a run's output.
#[track_caller]
fn assert_clean_output(searcher: &Searcher, ran: &Ran) {
    searcher.assert_clean("stdout", ran.stdout.as_bytes());
    searcher.assert_clean("stderr", ran.stderr.as_bytes());
}

#[test]
fn the_searcher_finds_what_is_planted() {
    let marker = "Pl'anted \"mark\" \\ $é 7+";
    let searcher = Arc::new(Searcher::new(&[marker]));
    searcher.assert_clean("other text", b"Planted mark");
    // Forms made by others than the searcher itself.
    let shell = |program: &str, prefix: &str| {
        let script = format!("printf '%s%s%s' \"$1\" \"$0\" tail | {program}");
        Command::new("sh").args(["-c", &script, marker, prefix]).output().unwrap().stdout
    };
    for prefix in ["", "a", "ab", "abc", "some\nmore"] {
        for program in ["cat", "base64 -w0", "od -An -v -tx1 | tr -d ' \\n'"] {
            assert!(!searcher.find(&shell(program, prefix)).is_empty(), "{prefix:?} {program}");
        }
    }
    for text in [
        serde_json::to_string(&format!("x{marker}y")).unwrap(),
        serde_json::to_string(&serde_json::to_string(marker).unwrap()).unwrap(),
        "user:Pl%27anted%20%22mark%22%20%5C%20%24%C3%A9%207%2B@host".to_owned(),
        "q=Pl%27anted+%22mark%22+%5c+%24%c3%a9+7%2b".to_owned(),
    ] {
        assert!(!searcher.find(text.as_bytes()).is_empty(), "{text}");
    }
}

#[test]
fn the_watch_finds_what_stands_in_an_argument_list_or_an_environment() {
    let marker = format!("Planted-{}", std::process::id());
    let planted = |command: &mut Command| {
        let watch = Watch::start(Arc::new(Searcher::new(&[&marker])), vec![this_process()]);
        command.status().unwrap();
        assert!(!watch.end().found.is_empty(), "{command:?}");
    };
    planted(Command::new("sh").args(["-c", "sleep 2; :", &marker]));
    planted(Command::new("sleep").arg("2").env("PLANTED", &marker));
}

#[test]
fn no_password_leaves_fleet_but_through_the_connection() {
    let Some(bed) = bed() else { return };
    let secrets = secrets_of(&bed);
    let searcher = Arc::new(Searcher::new(&secrets.iter().map(String::as_str).collect::<Vec<_>>()));
    let holder = std::fs::read_to_string(bed.path("run/holder")).unwrap();
    let holder = holder.split(' ').next().unwrap().parse().unwrap();
    let watch = Watch::start(searcher.clone(), vec![this_process(), holder]);

    let world = World::new();
    let run = |args: &[&str]| -> Ran { bed.fleet(&world, args).output().unwrap().into() };
    let hosts = "pleskonyx1,odd1-sudopass,odd1-password";
    // What the hosts themselves can see of all this: argument lists and environments.
    let look = "id -un; ps axeww; cat /proc/*/cmdline | tr '\\0' ' '; env; : Planted-in-the-store";
    for output in ["json", "table", "ndjson", "yaml"] {
        let ran = run(&["exec", "--hosts", hosts, "--output", output, "-vv", "--", look]).expect(0);
        assert_clean_output(&searcher, &ran);
        assert!(ran.stdout.contains("LC_ALL=C"), "{}", ran.stdout);
    }
    for (output, language) in [("json", "en"), ("table", "ja")] {
        let ran =
            run(&["run", "audit", "--hosts", "tag:mail", "--output", output, "--lang", language, "-vv"]).expect(8);
        assert_clean_output(&searcher, &ran);
    }

    // Where passwords are of no use, they are not told either.
    let wrong = world.write("wrong", "Wrong-password-Secret1\n");
    std::fs::set_permissions(&wrong, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let (key, wrong) = (bed.path("keys/id"), wrong.display());
    let more = format!(
        "fleet: 1\nhosts:\n  wrong-sudo: {{ address: 10.77.0.16, user: sudopass, identity_files: [\"{key}\"], \
         sudo: {{ password: \"file:{wrong}\" }} }}\n  wrong-login: {{ address: 10.77.0.16, user: password, password: \
         \"file:{wrong}\" }}\n"
    );
    let more = world.write("more.yaml", &more);
    let args = ["-i", more.to_str().unwrap(), "exec", "--hosts", "wrong-sudo,wrong-login", "-vv", "--", "true"];
    let ran = run(&args).expect(6);
    let wrong = Arc::new(Searcher::new(&["Wrong-password-Secret1"]));
    assert!(ran.stdout.contains("privilege{denied}") && ran.stdout.contains("auth{denied}"), "{}", ran.stdout);
    assert_clean_output(&searcher, &ran);
    assert_clean_output(&wrong, &ran);

    // Ended in the middle, in the way that leaves a core dump: the database's log is still there, a dump is not.
    let dumping = |args: &[&str]| {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -c unlimited && exec \"$0\" \"$@\""]).args(args).current_dir(world.folder.path());
        shell
    };
    let plain = bed.fleet(&world, &["exec", "--hosts", hosts, "--progress", "none", "--", "sleep 4.7"]);
    let words: Vec<_> =
        std::iter::once(plain.get_program()).chain(plain.get_args()).map(|w| w.to_str().unwrap()).collect();
    let mut fleet = dumping(&words);
    fleet.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut child = fleet.spawn().unwrap();
    let log = world.path("state/fleet.db-wal");
    assert!(within(10, || log.metadata().is_ok_and(|m| m.len() > 0)));
    let fleet = world.fleet_process();
    std::thread::sleep(Duration::from_millis(700));
    assert!(kill("ABRT", fleet));
    child.wait().unwrap();
    assert!(log.metadata().unwrap().len() > 0);
    let dumps = || {
        files_below(world.folder.path()).iter().any(|f| f.file_name().unwrap().to_str().unwrap().starts_with("core"))
    };
    assert!(!dumps(), "fleet left a core dump");
    // Another process in the same place does leave one, where the kernel is told to put it there.
    let mut other = dumping(&["sleep", "60"]).spawn().unwrap();
    assert!(within(10, || std::fs::read(format!("/proc/{}/comm", other.id())).is_ok_and(|name| name == b"sleep\n")));
    assert!(kill("ABRT", other.id().cast_signed()));
    other.wait().unwrap();
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    assert!(dumps() || !pattern.starts_with("core"), "no dump, though the pattern is {pattern}");

    // What the hosts write down about logins and sudo.
    for host in ["odd1", "pleskonyx1"] {
        let ran = bed.enter(host, "cat /var/log/auth.log /var/log/plesk-argv.log 2>/dev/null; :").expect(0);
        assert!(ran.stdout.contains("sudo"), "{}", ran.stdout);
        for searcher in [&searcher, &wrong] {
            assert_clean_output(searcher, &ran);
        }
    }

    let watched = watch.end();
    assert!(watched.found.is_empty(), "{:?}", watched.found);
    watched.assert_often();
    let state = world.path("state");
    for searcher in [&searcher, &wrong] {
        searcher.assert_clean_folder(&state);
        // Rows may lie in pieces in the file: once more as they are read back.
        for number in 1..=7 {
            let ran = run(&["show", &number.to_string(), "--output", "ndjson", "-vv"]).expect(0);
            assert_clean_output(searcher, &ran);
        }
    }
    // The same search does find what was recorded.
    let planted = Searcher::new(&["Planted-in-the-store"]);
    let found = files_below(&state).iter().any(|f| !planted.find(&std::fs::read(f).unwrap()).is_empty());
    assert!(found, "the search does not see what is in the store");
}

#[test]
fn the_passphrase_of_a_key_is_asked_for_once_and_told_to_nobody() {
    let Some(bed) = bed() else { return };
    let (world, passphrase) = (World::new(), "Phrase of the key-Secret1");
    let searcher = Arc::new(Searcher::new(&[passphrase]));
    let key = world.path("encrypted");
    std::fs::copy(bed.path("keys/id"), &key).unwrap();
    let made =
        Command::new("ssh-keygen").args(["-q", "-p", "-P", "", "-N", passphrase, "-f"]).arg(&key).status().unwrap();
    assert!(made.success());
    let key = key.to_str().unwrap();
    let host = |user: &str| format!("  {user}: {{ address: 10.77.0.16, user: {user}, identity_files: [\"{key}\"] }}\n");
    let inventory = world.write("more.yaml", &format!("fleet: 1\nhosts:\n{}{}", host("dash"), host("bash")));

    // A terminal of its own; what fleet shows on it goes into the file.
    let look = "id -un; ps axeww; env; sleep 1";
    let inventory = inventory.to_str().unwrap();
    let plain = bed.fleet(&world, &["-i", inventory, "exec", "--hosts", "dash,bash", "-vv", "--", look]);
    let quoted = |word: &std::ffi::OsStr| format!("'{}'", word.to_str().unwrap().replace('\'', "'\\''"));
    let line: Vec<_> = std::iter::once(plain.get_program()).chain(plain.get_args()).map(quoted).collect();
    let screen = world.path("screen");
    let mut script = Command::new("script");
    script.args(["-qefc", &line.join(" ")]).arg(&screen).current_dir(world.folder.path());
    script.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    script.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
    let holder = std::fs::read_to_string(bed.path("run/holder")).unwrap();
    let watch =
        Watch::start(searcher.clone(), vec![this_process(), holder.split(' ').next().unwrap().parse().unwrap()]);
    let mut child = script.spawn().unwrap();
    let shown = || String::from_utf8_lossy(&std::fs::read(&screen).unwrap_or_default()).into_owned();
    assert!(within(20, || shown().contains("encrypted: ")), "{}", shown());
    let mut keyboard = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut keyboard, format!("{passphrase}\n").as_bytes()).unwrap();
    let code = child.wait().unwrap().code();
    drop(keyboard);
    assert_eq!(code, Some(0), "{}", shown());
    assert_eq!(shown().matches("encrypted: ").count(), 1, "{}", shown());
    let watched = watch.end();
    assert!(watched.found.is_empty(), "{:?}", watched.found);
    searcher.assert_clean("the screen", shown().as_bytes());
    searcher.assert_clean_folder(&world.path("state"));
}

#[test]
fn a_literal_password_in_an_inventory_is_refused_and_not_repeated() {
    let password = "Literal pass\"word: 7$";
    let quoted = serde_json::to_string(password).unwrap();
    let searcher = Searcher::new(&[password]);
    for text in [
        format!("fleet: 1\nhosts:\n  mx1: {{ password: {quoted} }}\n"),
        format!("fleet: 1\nhosts:\n  mx1: {{ sudo: {{ password: {quoted} }} }}\n"),
        format!("fleet: 1\nhosts:\n  mx1: {{ sudo: {quoted} }}\n"),
        format!("fleet: 1\nhosts:\n  mx1: {{ password: [{quoted}] }}\n"),
        format!("fleet: 1\ndefaults: {{ password: {quoted} }}\nhosts:\n  mx1: {{}}\n"),
        format!("fleet: 1\nhosts: {{ mx1: {{}} }}\ngroups:\n  mail: {{ hosts: [mx1], password: {quoted} }}\n"),
        format!(
            "{{\"mail\": {{\"hosts\": [\"mx1\"]}}, \"_meta\": {{\"hostvars\": {{\"mx1\": {{\"ansible_password\": {quoted}}}}}}}}}"
        ),
        format!("{{\"mail\": {{\"hosts\": [\"mx1\"], \"vars\": {{\"ansible_become_pass\": {quoted}}}}}}}"),
    ] {
        let world = World::with_inventory(&text);
        for args in [
            &["exec", "--hosts", "all", "--", "true"][..],
            &["hosts", "all", "--output", "json"],
            &["run", "audit", "--hosts", "all", "-vv"],
            &["doctor", "-vv"],
            &["check", "inventory.yaml"],
        ] {
            let ran = world.fleet(args).expect(2);
            assert_clean_output(&searcher, &ran);
            if args[0] == "exec" {
                assert!(ran.stderr.contains("pass") || ran.stderr.contains("sudo"), "{}", ran.stderr);
            }
        }
        for file in files_below(world.folder.path()) {
            if file != world.path("inventory.yaml") {
                searcher.assert_clean(&file.display().to_string(), &std::fs::read(&file).unwrap());
            }
        }
    }
}

const ROTATE: &str = "\
fleet: 1
name: rotate
summary: Sets a password
mode: change
steps:
  - id: rotate
    name: A new password
    mail.account.set_password: { account: info@example.jp }
";

/// Plesk takes a password by the environment of its command and by nothing else that would be hidden; the kernel shows that
/// to the command's own user.
#[test]
fn the_new_password_of_a_plesk_account_can_be_read_by_no_other_user_of_the_host() {
    let Some(fake_host) = FakeHost::start() else { return };
    let port = fake_host.sshd.port;
    let world = World::with_inventory(&format!("fleet: 1\nhosts:\n  mx1: {}\n", fake_host.host_at(port)));
    world.write("known", &fake_host.known_at(port));
    world.write("rotate.yaml", ROTATE);
    fake_host.slow("3");
    let args = ["run", "./rotate.yaml", "--hosts", "mx1", "--yes", "--known-hosts", "known", "--state", "state"];
    let mut child = world.command(&args).stdout(std::process::Stdio::null()).spawn().unwrap();
    // All that can be seen of all processes, by root and by somebody else.
    let seen = |by: &[&str]| {
        let look = "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'";
        let words: Vec<&str> = by.iter().copied().chain(["sh", "-c", look]).collect();
        let output = Command::new(words[0]).args(&words[1..]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
    let (mut by_root, mut by_others) = (String::new(), String::new());
    assert!(within(60, || {
        by_root = seen(&["env"]);
        by_others.push_str(&seen(&nobody));
        by_root.contains("PSA_PASSWORD=")
    }));
    by_others.push_str(&seen(&nobody));
    assert!(child.wait().unwrap().success());
    let password = fake_host.password();
    assert!(by_root.contains(&format!("PSA_PASSWORD={password}")), "root sees it: so the search works");
    assert!(by_others.contains("sshd") && !by_others.contains(&password) && !by_others.contains("PSA_PASSWORD="));
}
