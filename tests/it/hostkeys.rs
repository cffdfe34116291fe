//! Which host keys are accepted: fleet's verdict beside that of the real `ssh`, on the same files, with a real sshd.

use crate::support::{Ran, Sshd, World, bed, is_root, keygen, public_key};
use std::path::Path;
use std::process::{Command, Stdio};

/// A `known_hosts` text and the verdict. `{ed} {ec} {rsa}` are the server's keys, `{ed2} {ec2} {rsa2}` others of the
/// same types, `{port}` is its port, `{hashed}` its hashed name, `{hashed2}` the hashed name of another host.
/// Where the port is not 22, both look for `[name]:port` first and for the plain name only if that is unknown.
const FILES: &[(&str, &str, &str)] = &[
    ("an empty file", "", "unknown"),
    ("the right key", "[localhost]:{port} {ed}\n", "ok"),
    ("the right ECDSA key alone", "[localhost]:{port} {ec}\n", "ok"),
    ("the right RSA key alone", "[localhost]:{port} {rsa}\n", "ok"),
    ("all three", "[localhost]:{port} {rsa}\n[localhost]:{port} {ec}\n[localhost]:{port} {ed}\n", "ok"),
    ("another Ed25519 key", "[localhost]:{port} {ed2}\n", "changed"),
    ("another ECDSA key alone", "[localhost]:{port} {ec2}\n", "changed"),
    ("another RSA key alone", "[localhost]:{port} {rsa2}\n", "changed"),
    ("one wrong and one right type", "[localhost]:{port} {ec2}\n[localhost]:{port} {ed}\n", "ok"),
    ("two keys of a type, the second right", "[localhost]:{port} {ed2}\n[localhost]:{port} {ed}\n", "ok"),
    ("two keys of a type, the first right", "[localhost]:{port} {ed}\n[localhost]:{port} {ed2}\n", "ok"),
    ("a comment behind the key", "[localhost]:{port} {ed} root@somewhere 2021\n", "ok"),
    ("the right key revoked", "@revoked [localhost]:{port} {ed}\n", "revoked"),
    ("revoked for everybody", "@revoked * {ed}\n[localhost]:{port} {ed}\n", "revoked"),
    ("plain and revoked below", "[localhost]:{port} {ed}\n@revoked [localhost]:{port} {ed}\n", "revoked"),
    ("another key revoked", "@revoked [localhost]:{port} {ed2}\n", "unknown"),
    ("another key revoked, plain the right one", "@revoked * {ed2}\n[localhost]:{port} {ed}\n", "ok"),
    ("revoked for another host", "@revoked other.example {ed}\n[localhost]:{port} {ed}\n", "ok"),
    ("the key shown is not the one revoked", "@revoked * {ed}\n[localhost]:{port} {ec}\n", "ok"),
    ("a hashed name", "{hashed} {ed}\n", "ok"),
    ("a hashed name with another key", "{hashed} {ed2}\n", "changed"),
    ("a hashed name with another type", "{hashed} {rsa}\n", "ok"),
    ("another host's hashed name", "{hashed2} {ed}\n", "unknown"),
    ("a hash cut short", "|1|AAAA|BBBB {ed}\n", "unknown"),
    ("a star", "* {ed}\n", "ok"),
    ("a star for the port", "[localhost]:* {ed}\n", "ok"),
    ("a star in the middle", "[l*t]:{port} {ed}\n", "ok"),
    ("a star with another key", "* {ed2}\n", "changed"),
    ("a question mark", "[local?ost]:{port} {ed}\n", "ok"),
    ("a question mark for two letters", "[local?st]:{port} {ed}\n", "unknown"),
    ("a negated pattern", "*,!*localhost* {ed}\n", "unknown"),
    ("only the name with its port negated", "*,![localhost]:{port} {ed}\n", "ok"),
    ("a negated pattern of another host", "*,!other.example {ed}\n", "ok"),
    ("a negated pattern alone", "!other.example {ed}\n", "unknown"),
    ("a list", "mx1.example,[localhost]:{port},192.0.2.1 {ed}\n", "ok"),
    ("a list without it", "mx1.example,[localhost]:1,192.0.2.1 {ed}\n", "unknown"),
    ("an upper-case name", "[LOCALHOST]:{port} {ed}\n", "ok"),
    ("the wrong port", "[localhost]:1 {ed}\n", "unknown"),
    ("the plain name, for any port", "localhost {ed}\n", "ok"),
    ("the plain name with another key", "localhost {ed2}\n", "unknown"),
    ("the plain name wrong, with the port right", "localhost {ed2}\n[localhost]:{port} {ed}\n", "ok"),
    ("the plain name right, with the port wrong", "localhost {ed}\n[localhost]:{port} {ed2}\n", "changed"),
    ("the plain name revoked", "@revoked localhost {ed}\n[localhost]:{port} {ed}\n", "ok"),
    ("port 22 written out", "[localhost]:22 {ed}\n", "unknown"),
    ("its address instead of its name", "[127.0.0.1]:{port} {ed}\n", "unknown"),
    ("its key as an authority", "@cert-authority [localhost]:{port} {ed}\n", "unknown"),
    ("an authority, and the right key", "@cert-authority * {ed2}\n[localhost]:{port} {ed}\n", "ok"),
    ("an unknown marker", "@trusted [localhost]:{port} {ed}\n", "unknown"),
    ("two markers", "@revoked @cert-authority [localhost]:{port} {ed}\n", "unknown"),
    ("bad base64", "[localhost]:{port} ssh-ed25519 AAAA!!!!\n", "unknown"),
    ("bad base64, then the right key", "[localhost]:{port} ssh-ed25519 AAAA!!!!\n[localhost]:{port} {ed}\n", "ok"),
    ("a key cut short", "[localhost]:{port} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI\n", "unknown"),
    ("no newline at the end", "[localhost]:{port} {ed}", "ok"),
    ("lines that end in CR LF", "[localhost]:{port} {ed}\r\nmx1.example {ed2}\r\n", "ok"),
    ("tabs and many blanks", " \t [localhost]:{port}\t \t{ed}  \n", "ok"),
    ("comments and empty lines", "# one\n\n  # two\n[localhost]:{port} {ed}\n#", "ok"),
    ("the right line as a comment", "#[localhost]:{port} {ed}\n", "unknown"),
    ("the name without brackets", "localhost:{port} {ed}\n", "unknown"),
];

/// A server, other keys, and a folder in which files are tried.
struct Bench {
    sshd: Sshd,
    world: World,
}

impl Bench {
    fn new() -> Option<Self> {
        let sshd = Sshd::start("")?;
        for kind in ["ed25519", "ecdsa", "rsa"] {
            keygen(Path::new(&sshd.path(&format!("other-{kind}"))), kind);
        }
        let world = World::with_inventory(&format!("fleet: 1\nhosts:\n  mx1: {}\n", sshd.host()));
        Some(Self { sshd, world })
    }

    fn fill(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (short, kind) in [("ed", "ed25519"), ("ec", "ecdsa"), ("rsa", "rsa")] {
            text = text.replace(&format!("{{{short}}}"), &self.sshd.host_key(kind));
            let other = public_key(Path::new(&self.sshd.path(&format!("other-{kind}"))));
            text = text.replace(&format!("{{{short}2}}"), &other);
        }
        for (mark, name) in [("{hashed}", "[localhost]:{port}"), ("{hashed2}", "[other.example]:{port}")] {
            if text.contains(mark) {
                text = text.replace(mark, &self.hashed(&name.replace("{port}", &self.sshd.port.to_string())));
            }
        }
        text.replace("{port}", &self.sshd.port.to_string())
    }

    /// What `ssh-keygen -H` makes of a name.
    fn hashed(&self, name: &str) -> String {
        let file = self.world.write("plain", &format!("{name} {}\n", self.sshd.host_key("ed25519")));
        let done = Command::new("ssh-keygen").arg("-H").arg("-f").arg(&file).output().unwrap();
        assert!(done.status.success());
        std::fs::read_to_string(file).unwrap().split(' ').next().unwrap().to_owned()
    }

    /// The verdict of OpenSSH on `file`.
    fn ssh(&self, file: &str) -> String {
        let mut ssh = Command::new("ssh");
        ssh.args(["-i", &self.sshd.path("id"), "-p", &self.sshd.port.to_string()]);
        verdict_of_ssh(&mut ssh, "localhost", file)
    }

    fn exec(&self, args: &[&str]) -> Ran {
        let mut all = vec!["exec", "--hosts", "mx1", "--output", "json", "--state", "state"];
        all.extend(args);
        self.world.fleet(&all)
    }

    /// fleet's verdict on `file`.
    fn fleet(&self, file: &str) -> String {
        verdict(&self.exec(&["--known-hosts", file, "--", "true"]))
    }
}

/// What `ssh`, which has its key and port already, thinks of `host` by `file` alone.
fn verdict_of_ssh(ssh: &mut Command, host: &str, file: &str) -> String {
    for option in [
        "StrictHostKeyChecking=yes",
        &format!("UserKnownHostsFile={file}"),
        "GlobalKnownHostsFile=/dev/null",
        "UpdateHostKeys=no",
        "BatchMode=yes",
        "IdentitiesOnly=yes",
        "ConnectTimeout=20",
    ] {
        ssh.args(["-o", option]);
    }
    ssh.args(["-F", "/dev/null", host, "true"]).stdin(Stdio::null()).env_remove("SSH_AUTH_SOCK");
    let ran: Ran = ssh.output().unwrap().into();
    let said = |part: &str| ran.stderr.contains(part);
    match ran.code {
        0 => "ok",
        255 if said("REVOKED HOST KEY DETECTED") => "revoked",
        255 if said("REMOTE HOST IDENTIFICATION HAS CHANGED") => "changed",
        255 if said("host key is known for") => "unknown",
        code => panic!("ssh ended with {code}: {}", ran.stderr),
    }
    .to_owned()
}

fn verdict(ran: &Ran) -> String {
    let host = &ran.json()["hosts"][0];
    match (host["status"].as_str(), host["fault"]["kind"].as_str(), ran.code) {
        (Some("ok"), None, 0) => "ok".to_owned(),
        (Some("unreachable"), Some("hostkey"), 7) => host["fault"]["detail"].as_str().unwrap().to_owned(),
        _ => panic!("{}: {host}", ran.code),
    }
}

#[test]
fn every_known_hosts_file_is_judged_as_openssh_judges_it() {
    let Some(bench) = Bench::new() else { return };
    let mut wrong = Vec::new();
    for (name, text, expected) in FILES {
        let file = bench.world.write("known", &bench.fill(text));
        let file = file.to_str().unwrap();
        let (ssh, fleet) = (bench.ssh(file), bench.fleet(file));
        if ssh != *expected || fleet != *expected {
            wrong.push(format!("{name}: ssh {ssh}, fleet {fleet}, expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_line_that_is_no_utf_8_does_not_harm_the_others() {
    let Some(bench) = Bench::new() else { return };
    let mut text = b"m\xff\xfe.example ssh-ed25519 AAAA\x80\n\0\0\n".to_vec();
    text.extend(bench.fill("[localhost]:{port} {ed}\n").bytes());
    let file = bench.world.path("known");
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    assert_eq!((bench.ssh(file).as_str(), bench.fleet(file).as_str()), ("ok", "ok"));
}

#[test]
fn a_new_key_is_recorded_for_good_and_only_where_that_was_asked_for() {
    use std::os::unix::fs::PermissionsExt;
    let Some(bench) = Bench::new() else { return };
    let none = bench.world.write("none", "");
    let known = ["--known-hosts", none.to_str().unwrap()];
    let exec = |more: &[&str]| bench.exec(&[&known, more].concat());
    assert_eq!(verdict(&exec(&["--", "true"])), "unknown");
    let record = bench.world.path("state/known_hosts");
    assert!(!record.exists());
    assert_eq!(verdict(&exec(&["--accept-new", "--", "true"])), "ok");
    assert_eq!(std::fs::read_to_string(&record).unwrap(), bench.fill("[localhost]:{port} {ed}\n"));
    assert_eq!(record.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(verdict(&exec(&["--", "true"])), "ok");
    assert_eq!(bench.ssh(record.to_str().unwrap()), "ok");

    std::fs::write(&record, bench.fill("[localhost]:{port} {ed2}\n")).unwrap();
    let mark = bench.world.path("ran");
    let touch = format!("touch {}", mark.display());
    assert_eq!(verdict(&exec(&["--accept-new", "--", &touch])), "changed");
    std::fs::write(&record, bench.fill("@revoked * {ed}\n")).unwrap();
    assert_eq!(verdict(&exec(&["--accept-new", "--", &touch])), "revoked");
    assert!(!mark.exists(), "the command ran on a host whose key was refused");
}

#[test]
fn a_key_that_cannot_be_recorded_is_refused_and_nothing_is_run() {
    let Some(bench) = Bench::new() else { return };
    let none = bench.world.write("none", "");
    let record = bench.world.path("state/known_hosts");
    let mark = bench.world.path("ran");
    let touch = format!("touch {}", mark.display());
    let args = ["exec", "--hosts", "mx1", "--output", "json", "--state", "state", "--accept-new", "--known-hosts"];
    let args = [&args[..], &[none.to_str().unwrap(), "--", &touch]].concat();
    bench.world.fleet(&["runs", "--state", "state"]).expect(0);

    // A link to nowhere: it can be opened by nobody.
    std::os::unix::fs::symlink("/no/such/folder/known_hosts", &record).unwrap();
    let ran = bench.world.fleet(&args).expect(7);
    assert_eq!(verdict(&ran), "unknown", "{}", ran.stderr);
    assert!(ran.stdout.contains("could not be recorded"), "{}", ran.stdout);
    std::fs::remove_file(&record).unwrap();

    // Root may write into any file, but not into one that is mounted read-only.
    if is_root() {
        std::fs::write(&record, "").unwrap();
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--propagation", "private", "sh", "-c"]);
        unshare.args(["mount --bind -o ro \"$0\" \"$0\" && exec \"$@\"", record.to_str().unwrap()]);
        unshare.arg(env!("CARGO_BIN_EXE_fleet"));
        let ran: Ran = bench.world.prepare(unshare, &args).output().unwrap().into();
        assert_eq!(verdict(&ran), "unknown", "{}", ran.stderr);
        assert!(ran.stdout.contains("could not be recorded"), "{}", ran.stdout);
        std::fs::remove_file(&record).unwrap();
    }

    std::fs::create_dir(&record).unwrap();
    bench.world.fleet(&args).expect(2);
    assert!(!mark.exists(), "the command ran on a host whose key was not recorded");
}

#[test]
fn a_full_disk_keeps_no_half_a_line_and_the_key_is_refused() {
    let Some(bench) = Bench::new() else { return };
    if !is_root() {
        return;
    }
    bench.world.fleet(&["runs", "--state", "state"]).expect(0);
    // A page that is full but for 20 bytes; the line is longer.
    let record = format!("# {}\n", "x".repeat(4073));
    bench.world.write("state/known_hosts", &record);
    std::fs::create_dir(bench.world.path("small")).unwrap();
    let none = bench.world.write("none", "");
    let script = "mount -t tmpfs -o size=4k tmpfs small && cp state/known_hosts small/ && \
                  mount --bind small/known_hosts state/known_hosts && { \"$@\"; code=$?; cp small/known_hosts left; exit $code; }";
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--propagation", "private", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_fleet")]);
    let args = ["exec", "--hosts", "mx1", "--output", "json", "--state", "state", "--accept-new", "--known-hosts"];
    let args = [&args[..], &[none.to_str().unwrap(), "--", "touch ran"]].concat();
    let ran: Ran = bench.world.prepare(unshare, &args).output().unwrap().into();
    assert_eq!(verdict(&ran), "unknown", "{}", ran.stderr);
    assert!(ran.stdout.contains("No space left"), "{}", ran.stdout);
    assert_eq!(std::fs::read_to_string(bench.world.path("left")).unwrap(), record);
    assert!(!bench.world.path("ran").exists());
}

#[test]
fn many_that_record_at_once_leave_every_line_whole() {
    let mut servers = Vec::new();
    for _ in 0..6 {
        let Some(sshd) = Sshd::start("") else { return };
        servers.push(sshd);
    }
    let lines: String = servers.iter().enumerate().map(|(n, sshd)| format!("  mx{n}: {}\n", sshd.host())).collect();
    let world = World::with_inventory(&format!("fleet: 1\nhosts:\n{lines}"));
    world.write("none", "");
    let fixed = ["exec", "--hosts", "all", "--reads", "--known-hosts", "none", "--state", "state", "--output", "json"];
    let many: Vec<_> = (0..4)
        .map(|_| {
            let mut command = world.command(&[&fixed[..], &["--accept-new", "--", "true"]].concat());
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for one in many {
        let ran: Ran = one.wait_with_output().unwrap().into();
        ran.expect(0);
    }
    let text = std::fs::read_to_string(world.path("state/known_hosts")).unwrap();
    let mut expected: Vec<String> =
        servers.iter().map(|s| format!("[localhost]:{} {}", s.port, s.host_key("ed25519"))).collect();
    let mut recorded: Vec<&str> = text.lines().collect();
    recorded.sort_unstable();
    expected.sort_unstable();
    assert_eq!(recorded, expected);
    world.fleet(&[&fixed[..], &["--", "true"]].concat()).expect(0);
}

/// As `FILES`, for the bed's `plain1` on the usual port: `{key}` is its key, `{key2}` that of another host.
const USUAL_PORT: &[(&str, &str, &str)] = &[
    ("the address", "10.77.0.11 {key}\n", "ok"),
    ("another key", "10.77.0.11 {key2}\n", "changed"),
    ("port 22 written out", "[10.77.0.11]:22 {key}\n", "unknown"),
    ("port 22 written out, and plain", "[10.77.0.11]:22 {key2}\n10.77.0.11 {key}\n", "ok"),
    ("another port", "[10.77.0.11]:2222 {key}\n", "unknown"),
    ("brackets alone", "[10.77.0.11] {key}\n", "unknown"),
    ("a star in the address", "10.77.0.* {key}\n", "ok"),
    ("a star over the dots", "10.*.11 {key}\n", "ok"),
    ("question marks", "10.77.0.?? {key}\n", "ok"),
    ("too few question marks", "10.77.0.? {key}\n", "unknown"),
    ("a network", "10.77.0.0/24 {key}\n", "unknown"),
    ("a network but for the host", "10.77.0.*,!10.77.0.11 {key}\n", "unknown"),
    ("a name and the address", "plain1,10.77.0.11 {key}\n", "ok"),
    ("the inventory's name alone", "plain1 {key}\n", "unknown"),
    ("a longer address", "10.77.0.111 {key}\n", "unknown"),
    ("leading zeros", "10.77.0.011 {key}\n", "unknown"),
    ("revoked", "10.77.0.11 {key}\n@revoked 10.77.0.* {key}\n", "revoked"),
];

#[test]
fn the_usual_port_is_judged_as_openssh_judges_it() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let keys = std::fs::read_to_string(bed.path("known_hosts")).unwrap();
    let key_of = |address: &str| {
        let line = keys.lines().find(|l| l.starts_with(&format!("{address} ssh-ed25519 "))).unwrap();
        line.split_once(' ').unwrap().1.to_owned()
    };
    let (key, other) = (key_of("10.77.0.11"), key_of("10.77.0.12"));
    let mut wrong = Vec::new();
    for (name, text, expected) in USUAL_PORT {
        let file = world.write("known", &text.replace("{key}", &key).replace("{key2}", &other));
        let file = file.to_str().unwrap();
        let args = ["exec", "--hosts", "plain1", "--output", "json", "--known-hosts", file, "--", "true"];
        let fleet = verdict(&bed.fleet(&world, &args).output().unwrap().into());
        let ssh = verdict_of_ssh(bed.exec("ssh").args(["-i", &bed.path("keys/id")]), "root@10.77.0.11", file);
        if ssh != *expected || fleet != *expected {
            wrong.push(format!("{name}: ssh {ssh}, fleet {fleet}, expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
