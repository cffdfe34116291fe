//! Nothing here obeys a stranger: what another user of the controller's machine could have written is refused by name,
//! before any host is contacted, and whatever is read has a bound.

use crate::support::{Ran, Sshd, World, is_root, within};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const OTHER: u32 = 65_534;

fn give_away(path: &Path) {
    chown(path, Some(OTHER), None).unwrap();
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A host that nobody may come to.
struct Lonely(TcpListener);

impl Lonely {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn inventory(&self) -> String {
        let port = self.0.local_addr().unwrap().port();
        format!("fleet: 1\nhosts:\n  mx1: {{ address: 127.0.0.1, port: {port} }}\n")
    }

    /// Exit code 2, with these words, and without a connection.
    #[track_caller]
    fn refused(&self, ran: &Ran, words: &[&str]) {
        assert_eq!(ran.code, 2, "--- stdout\n{}\n--- stderr\n{}", ran.stdout, ran.stderr);
        for word in words {
            assert!(ran.stderr.contains(word), "{word} is not in:\n{}", ran.stderr);
        }
        assert!(self.0.accept().is_err(), "the host was contacted");
    }
}

const READS: &str = "fleet: 1\nname: mine\nsummary: Nothing\nmode: read-only\nsteps:\n  - id: a\n    \
                     command: { argv: [uptime], reads: true }\n";

#[test]
fn what_another_user_planted_is_refused_by_name_and_no_host_is_contacted() {
    if !is_root() {
        return;
    }
    let lonely = Lonely::new();
    let run = ["run", "audit", "--hosts", "all", "--state", "state"];
    let planted = |name: &str, text: &str, args: &[&str]| {
        let world = World::with_inventory(&lonely.inventory());
        let path = world.write(name, text);
        set_mode(&path, 0o755);
        give_away(&path);
        let ran = world.fleet(args);
        lonely.refused(&ran, &[name, "belongs to another user (uid 65534", "chown 0 "]);
        assert!(!world.path("did").exists(), "{name} was run");
    };
    planted("fleet.toml", "parallel = 1\n", &run);
    planted("fleet.toml", "parallel = 1\n", &["hosts", "all"]);
    planted("playbooks/audit.yaml", READS, &run);
    planted("mine.yaml", READS, &["run", "./mine.yaml", "--hosts", "all", "--state", "state"]);
    planted("inventory.yaml", &lonely.inventory(), &run);
    planted("program", "#!/bin/sh\ntouch did\necho '{}'\n", &[&["-i", "program"], &run[..]].concat());
    planted("many/b.yaml", &lonely.inventory(), &[&["-i", "many"], &run[..]].concat());
    planted("plan.json", "{}", &["apply", "plan.json", "--yes", "--state", "state"]);
    planted("dates.tsv", "x\n", &[&["--os-support", "dates.tsv"], &run[..]].concat());
    planted("geo.mmdb", "x\n", &[&["--geoip", "geo.mmdb"], &run[..]].concat());
    planted("known", "\n", &[&run[..], &["--known-hosts", "known"]].concat());
    planted("hosts.txt", "mx1\n", &["run", "audit", "--hosts", "file:hosts.txt", "--state", "state"]);
    let world = World::with_inventory(&lonely.inventory());
    world.write("top.yaml", &[READS, "  - id: b\n    include: { playbook: parts/more.yaml }\n"].concat());
    give_away(&world.write("parts/more.yaml", "steps: []\n"));
    let ran = world.fleet(&["run", "./top.yaml", "--hosts", "all", "--state", "state"]);
    lonely.refused(&ran, &["parts/more.yaml", "belongs to another user"]);
    for key in ["identity_files: [KEY]", "password: \"file:KEY\"", "sudo: { password: \"file:KEY\" }"] {
        let world = World::new();
        let path = world.write("key", "secret\n");
        give_away(&path);
        let key = key.replace("KEY", path.to_str().unwrap());
        world.write("inventory.yaml", &format!("{}defaults: {{ {key} }}\n", lonely.inventory()));
        lonely.refused(&world.fleet(&run), &[path.to_str().unwrap(), "belongs to another user"]);
    }
}

#[test]
fn a_folder_that_others_may_write_spoils_what_lies_in_it_and_the_command_to_mend_it_is_said() {
    let lonely = Lonely::new();
    let world = World::with_inventory(&lonely.inventory());
    world.write("open/inventory.yaml", &lonely.inventory());
    world.write("open/mine.yaml", READS);
    set_mode(&world.path("open"), 0o777);
    let open = world.path("open");
    let mend = format!("chmod go-w {}", open.display());
    let run = ["run", "./open/mine.yaml", "--hosts", "all", "--state", "state"];
    lonely.refused(&world.fleet(&run), &["open/mine.yaml: not trusted: other users may write", &mend]);
    symlink("open/inventory.yaml", world.path("link.yaml")).unwrap();
    lonely.refused(&world.fleet(&["-i", "link.yaml", "run", "audit", "--hosts", "all"]), &["link.yaml", &mend]);
    lonely.refused(&world.fleet(&["run", "audit", "--hosts", "all", "--state", "open/state"]), &["open/state", &mend]);
    set_mode(&open, 0o755);
    world.fleet(&["-i", "link.yaml", "hosts", "all"]).expect(0);
}

#[test]
fn another_user_obeys_his_own_files_and_roots_and_nobody_elses() {
    if !is_root() {
        return;
    }
    let world = World::with_inventory("fleet: 1\nhosts: {}\n");
    set_mode(world.folder.path(), 0o755);
    let as_nobody = |args: &[&str]| -> Ran {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        // The tests' own program may lie where only root can reach it.
        command.arg(world.path("fleet"));
        world.prepare(command, args).output().unwrap().into()
    };
    std::fs::copy(env!("CARGO_BIN_EXE_fleet"), world.path("fleet")).unwrap();
    std::fs::create_dir(world.path("state")).unwrap();
    set_mode(&world.path("state"), 0o700);
    give_away(&world.path("state"));
    as_nobody(&["hosts", "all", "--state", "state"]).expect(3);
    give_away(&world.write("own.yaml", "fleet: 1\nhosts: {}\n"));
    as_nobody(&["-i", "own.yaml", "hosts", "all", "--state", "state"]).expect(3);
    let third = world.write("third.yaml", "fleet: 1\nhosts: {}\n");
    chown(&third, Some(1234), None).unwrap();
    let ran = as_nobody(&["-i", "third.yaml", "hosts", "all", "--state", "state"]).expect(2);
    assert!(ran.stderr.contains("third.yaml") && ran.stderr.contains("uid 1234"), "{}", ran.stderr);
}

#[test]
fn the_current_folder_replaces_no_built_in_playbook_and_a_configured_one_says_so() {
    let world = World::with_inventory("fleet: 1\nhosts: {}\n");
    world.write("playbooks/audit.yaml", READS);
    world.write("playbooks/own.yaml", READS);
    let check = |more: &[&str], name: &str| world.fleet(&[more, &["check", name]].concat()).expect(0);
    let built_in = check(&[], "audit");
    assert!(built_in.stdout.contains("built-in audit"), "{}", built_in.stdout);
    assert!(built_in.stderr.contains("playbooks/audit.yaml is not used"), "{}", built_in.stderr);
    assert!(check(&[], "own").stdout.contains("playbook mine"), "a name of its own is found");
    assert!(check(&[], "./playbooks/audit.yaml").stdout.contains("playbook mine"), "a path is a path");
    let replaced = "instead of the built-in playbook audit";
    assert!(check(&["--playbooks", "playbooks"], "audit").stderr.contains(replaced));
    world.write("fleet.toml", "playbooks = \"playbooks\"\n");
    let told = check(&[], "audit");
    assert!(told.stderr.contains(replaced) && told.stdout.contains("playbook mine"), "{}", told.stderr);
    std::fs::remove_file(world.path("fleet.toml")).unwrap();
    world.write(".config/fleet/playbooks/audit.yaml", READS);
    assert!(check(&[], "audit").stderr.contains(replaced));
}

#[test]
fn a_linked_state_folder_and_a_seal_that_others_could_read_are_refused() {
    let Some(sshd) = Sshd::start("") else { return };
    let world = World::with_inventory(&format!("fleet: 1\nhosts:\n  mx1: {}\n", sshd.host()));
    world.write(
        "change.yaml",
        "fleet: 1\nname: change\nsummary: One file\nmode: change\nsteps:\n  - id: a\n    \
         command: { argv: [touch, /nonexistent/x], reads: false }\n",
    );
    let known = sshd.known_hosts();
    let with = |state: &str| {
        world.fleet(&["plan", "./change.yaml", "--hosts", "mx1", "--known-hosts", &known, "--state", state])
    };
    with("state").expect(0);
    symlink("state", world.path("link")).unwrap();
    for state in ["link", "link/", "./link//"] {
        let ran = with(state).expect(2);
        assert!(ran.stderr.contains("the state folder is a symbolic link"), "{state}: {}", ran.stderr);
    }
    let key = world.path("state/seal.key");
    let seal = std::fs::read(&key).unwrap();
    set_mode(&key, 0o640);
    let ran = with("state").expect(2);
    assert!(ran.stderr.contains("seal.key: its mode is 0640") && ran.stderr.contains("chmod 600"), "{}", ran.stderr);
    set_mode(&key, 0o600);
    std::fs::rename(&key, world.path("elsewhere")).unwrap();
    symlink(world.path("elsewhere"), &key).unwrap();
    let ran = with("state").expect(2);
    assert!(ran.stderr.contains("seal.key: it is a symbolic link"), "{}", ran.stderr);
    std::fs::remove_file(&key).unwrap();
    std::fs::write(&key, &seal).unwrap();
    set_mode(&key, 0o600);
    if is_root() {
        give_away(&key);
        let ran = with("state").expect(2);
        assert!(ran.stderr.contains("seal.key: it belongs to another user (uid 65534)"), "{}", ran.stderr);
        chown(&key, Some(0), None).unwrap();
    }
    with("state").expect(0);
}

/// What never ends, or is no file, by name; in that world's folder.
fn endless(world: &World) -> [(&'static str, &'static str); 3] {
    if !world.path("fifo").exists() {
        assert!(Command::new("mkfifo").arg(world.path("fifo")).status().unwrap().success());
        std::fs::create_dir(world.path("dir.yaml")).unwrap();
    }
    [("./fifo", "is a FIFO"), ("/dev/zero", "is a device"), ("./dir.yaml", "is a folder")]
}

#[test]
fn whatever_is_read_has_a_bound_and_an_end() {
    let lonely = Lonely::new();
    let world = World::with_inventory(&lonely.inventory());
    world.write("mine.yaml", READS);
    let run = "run ./mine.yaml --hosts all --state state";
    for (path, why) in endless(&world) {
        let calls = [
            format!("run {path} --hosts all --state state"),
            format!("apply {path} --yes --state state"),
            format!("senders {path}"),
            format!("{run} --os-support {path}"),
            format!("senders mine.yaml --geoip {path}"),
            format!("{run} --known-hosts {path}"),
            format!("{run} -p x=@{path}"),
            format!("{run} --hosts file:{path}"),
            format!("-i {path} {run}"),
        ];
        // A folder of inventories is one.
        for call in calls.iter().filter(|call| !(call.starts_with("-i") && why == "is a folder")) {
            let began = Instant::now();
            let ran = world.fleet(&call.split(' ').collect::<Vec<_>>());
            lonely.refused(&ran, &[path, why]);
            assert!(began.elapsed() < Duration::from_secs(8), "{call}: {:?}", began.elapsed());
        }
    }
    let run: Vec<&str> = run.split(' ').collect();
    for name in ["fleet.toml", "mine.yaml"] {
        std::fs::File::create(world.path(name)).unwrap().set_len(1 << 30).unwrap();
        lonely.refused(&world.fleet(&run), &[name, "MiB, the most that is read of it"]);
        std::fs::remove_file(world.path(name)).unwrap();
        world.write("mine.yaml", READS);
    }
}

#[test]
fn an_inventory_program_is_ended_in_time_and_its_words_are_shown_harmless() {
    let world = World::new();
    let with = |script: &str| {
        let path = world.write("program", &format!("#!/bin/sh\n{script}\n"));
        set_mode(&path, 0o755);
        let mut command = world.command(&["-i", "program", "hosts", "all", "--state", "state"]);
        let began = Instant::now();
        let ran: Ran = command.env("FLEET_INVENTORY_TIMEOUT", "2s").output().unwrap().into();
        assert!(began.elapsed() < Duration::from_secs(10), "{script}");
        ran
    };
    for (script, why) in [
        ("sleep 82.5", "program: the program did not end within 2s"),
        ("sleep 82.5 & exec 1>&- 2>&-; wait", "program: the program did not end within 2s"),
        ("yes >&2", "program: the program did not end within 2s"),
        ("yes", "program: the program printed more than 64 MiB"),
    ] {
        let ran = with(script).expect(2);
        assert!(ran.stderr.contains(why), "{script}: {}", ran.stderr);
    }
    assert!(within(5, || crate::support::processes_with("sleep 82.5").is_empty()), "a child of the program is left");
    let ran = with("printf 'no token\\033]0;owned\\007\\nask ops\\n' >&2; exit 3").expect(2);
    assert!(ran.stderr.contains("ended with exit status: 3"), "{}", ran.stderr);
    assert!(ran.stderr.contains("it says: no token\\u{1b}]0;owned\\u{7}\n"), "{:?}", ran.stderr);
    assert!(ran.stderr.contains("it says: ask ops"), "{:?}", ran.stderr);
    let ran = with("echo 'old cache' >&2; echo '{\"fleet\": 1, \"hosts\": {\"mx1\": {}}}'").expect(0);
    assert!(ran.stderr.contains("it says: old cache") && ran.stdout.contains("mx1"), "{}", ran.stderr);
}
