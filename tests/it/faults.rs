//! Real servers that refuse, break off or stop answering: each fault has its own words, and what is said of the
//! host is what can be known of it.

use crate::support::{Ran, Sshd, World, bed, host, keygen, kill, parent, processes_with, running, user, within};
use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A folder with an inventory of `hosts` (name, and what the inventory says of it) and the keys of `servers`.
fn world(hosts: &[(&str, String)], servers: &[&Sshd]) -> World {
    let lines: String = hosts.iter().map(|(name, line)| format!("  {name}: {line}\n")).collect();
    let world = World::with_inventory(&format!("fleet: 1\nhosts:\n{lines}"));
    let known: Vec<String> = servers.iter().map(|s| std::fs::read_to_string(s.known_hosts()).unwrap()).collect();
    world.write("known", &known.concat());
    world
}

/// `fleet exec` on all hosts of the world, with JSON on stdout.
fn exec(world: &World, more: &[&str], script: &str) -> Command {
    let fixed = ["exec", "--hosts", "all", "--reads", "--known-hosts", "known", "--state", "state", "--output", "json"];
    world.command(&[&fixed, more, &["--", script]].concat())
}

fn run(world: &World, more: &[&str], script: &str) -> Ran {
    exec(world, more, script).output().unwrap().into()
}

fn start(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn end(child: Child) -> Ran {
    child.wait_with_output().unwrap().into()
}

/// `status fault`, the latter as it stands in tables.
fn ended(host: &Value) -> String {
    let (status, fault) = (host["status"].as_str().unwrap(), &host["fault"]);
    match (fault["kind"].as_str(), fault["detail"].as_str()) {
        (Some(kind), Some(detail)) => format!("{status} {kind}{{{detail}}}"),
        (Some(kind), None) => format!("{status} {kind}"),
        _ => status.to_owned(),
    }
}

fn text<'a>(host: &'a Value, part: &str) -> &'a str {
    host["fault"][part].as_str().unwrap_or_default()
}

/// What an inventory says of a server when these files of its folder are the keys.
fn with_keys(sshd: &Sshd, files: &[&str], more: &str) -> String {
    let files: Vec<String> = files.iter().map(|name| format!("\"{}\"", sshd.path(name))).collect();
    let (port, user) = (sshd.port, user());
    format!("{{ address: localhost, port: {port}, user: {user}, identity_files: [{}]{more} }}", files.join(", "))
}

#[test]
fn what_authentication_lacks_is_said_and_nothing_is_run() {
    let Some(plain) = Sshd::start("") else { return };
    let Some(strict) = Sshd::start("MaxAuthTries 2") else { return };
    let both = "AuthenticationMethods publickey,password\nPasswordAuthentication yes";
    let Some(both) = Sshd::start(both) else { return };
    let password = "AuthenticationMethods password\nPasswordAuthentication yes";
    let Some(password) = Sshd::start(password) else { return };
    for sshd in [&plain, &strict] {
        for name in ["wrong1", "wrong2", "wrong3"] {
            keygen(Path::new(&sshd.path(name)), "ed25519");
        }
    }
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "of-the-locked-key", "-f", &plain.path("locked")])
        .status();
    assert!(made.unwrap().success());
    plain_file(&plain.path("empty"), "");
    plain_file(
        &plain.path("garbage"),
        "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
    );
    let nobody = plain.host().replace(&format!("user: {}", user()), "user: nobody-of-this-name");
    let hosts = [
        ("good", plain.host()),
        ("stranger", nobody),
        ("wrong", with_keys(&plain, &["wrong1"], "")),
        ("second", with_keys(&plain, &["wrong1", "id"], "")),
        ("missing", with_keys(&plain, &["no-such-file"], "")),
        ("empty", with_keys(&plain, &["empty", "garbage"], "")),
        ("locked", with_keys(&plain, &["locked"], "")),
        ("many", with_keys(&strict, &["wrong1", "wrong2", "wrong3"], "")),
        ("both", both.host()),
        ("asked", password.host()),
    ];
    let world = world(&hosts, &[&plain, &strict, &both, &password]);
    let mark = world.path("ran");
    let ran = run(&world, &["--no-prompt"], &format!("echo x >>{}", mark.display())).expect(7);
    let document = ran.json();
    for (name, expected) in [
        ("good", "ok"),
        ("second", "ok"),
        ("stranger", "unreachable auth{denied}"),
        ("wrong", "unreachable auth{denied}"),
        ("missing", "unreachable auth{no-method}"),
        ("empty", "unreachable auth{no-method}"),
        ("locked", "unreachable auth{no-method}"),
        ("many", "unreachable auth{too-many}"),
        ("both", "unreachable auth{no-method}"),
        ("asked", "unreachable auth{denied}"),
    ] {
        assert_eq!(ended(host(&document, name)), expected, "{}", host(&document, name));
    }
    assert_eq!(std::fs::read_to_string(mark).unwrap(), "x\nx\n", "it ran where nobody had logged in");
    // The way out: which key was offered, which file is missing, what the server wants.
    let shown = Command::new("ssh-keygen").args(["-lf", &plain.path("wrong1.pub")]).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(text(host(&document, "wrong"), "text").contains(shown.split(' ').nth(1).unwrap()));
    assert!(text(host(&document, "missing"), "text").contains("no-such-file"));
    assert!(text(host(&document, "locked"), "text").contains("locked"));
    for name in ["both", "asked"] {
        assert!(text(host(&document, name), "text").contains("the server takes password"), "{}", host(&document, name));
    }
    assert!(!ran.stdout.contains("of-the-locked-key") && !ran.stdout.contains("PRIVATE KEY"));
}

fn plain_file(path: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn an_old_server_needs_leave_and_is_named_where_it_has_it() {
    let old = [
        ("kex", "KexAlgorithms diffie-hellman-group14-sha1", "diffie-hellman-group14-sha1"),
        ("key", "HostKeyAlgorithms ssh-rsa", "ssh-rsa"),
        ("cipher", "Ciphers aes128-cbc", "aes128-cbc"),
        ("mac", "Ciphers aes128-ctr\nMACs hmac-sha1", "hmac-sha1"),
    ];
    let mut servers = Vec::new();
    for (_, config, _) in old {
        let Some(sshd) = Sshd::start(config) else { return };
        servers.push(sshd);
    }
    let Some(none) = Sshd::start("Ciphers aes128-ctr\nMACs umac-64@openssh.com") else { return };
    let mut hosts = vec![("none", with_keys(&none, &["id"], ", legacy_ssh: true"))];
    let leave: Vec<String> = old.iter().map(|(name, ..)| format!("{name}-leave")).collect();
    for (((name, ..), leave), sshd) in old.iter().zip(&leave).zip(&servers) {
        hosts.push((name, sshd.host()));
        hosts.push((leave, with_keys(sshd, &["id"], ", legacy_ssh: true")));
    }
    let all: Vec<&Sshd> = servers.iter().chain([&none]).collect();
    let world = world(&hosts, &all);
    let document = run(&world, &[], "echo here").expect(7).json();
    for ((name, _, offers), leave) in old.iter().zip(&leave) {
        let (refused, allowed) = (host(&document, name), host(&document, leave));
        assert_eq!(ended(refused), "unreachable unreachable{kex}", "{refused}");
        assert!(text(refused, "text").contains(offers), "{refused}");
        assert!(text(refused, "hint").contains("legacy_ssh: true"), "{refused}");
        assert_eq!((ended(allowed).as_str(), &allowed["legacy"]), ("ok", &Value::Bool(true)), "{allowed}");
    }
    let none = host(&document, "none");
    assert_eq!(ended(none), "unreachable unreachable{kex}", "{none}");
    assert!(!text(none, "hint").contains("legacy_ssh"), "it has that already: {none}");
    let shown = world.fleet(&["show", "last", "--state", "state"]).expect(0);
    assert!(shown.stdout.contains("legacy"), "{}", shown.stdout);
}

/// The id of the one process `sleep SECONDS`, once it runs.
fn sleeper(seconds: &str) -> i32 {
    let now = || running(&["sleep", seconds]);
    assert!(within(20, || now().len() == 1), "sleep {seconds}: {:?}", now());
    now()[0]
}

/// The sshd processes above `id`, the nearest first, up to the listener of this test (which is not among them).
fn sessions(id: i32) -> Vec<i32> {
    let above = std::iter::successors(Some(id), |id| parent(*id).filter(|id| *id != std::process::id() as i32));
    let name = |id: &i32| std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
    let mut found: Vec<i32> = above.filter(|id| name(id).starts_with("sshd")).collect();
    found.pop();
    assert!(!found.is_empty(), "no session of sshd");
    found
}

#[test]
fn a_connection_that_breaks_under_a_command_is_lost_and_the_other_host_ends() {
    let Some(lost) = Sshd::start("SetEnv WHO=lost") else { return };
    let Some(good) = Sshd::start("SetEnv WHO=good") else { return };
    let world = world(&[("lost", lost.host()), ("good", good.host())], &[&lost, &good]);
    let script = "echo before; if [ $WHO = lost ]; then sleep 71.3; else sleep 1; fi; echo after";
    let child = start(exec(&world, &[], script));
    let id = sleeper("71.3");
    for session in sessions(id) {
        assert!(kill("KILL", session));
    }
    let ran = end(child).expect(6);
    let document = ran.json();
    assert_eq!(ended(host(&document, "lost")), "unreachable lost", "{}", ran.stdout);
    let step = &host(&document, "lost")["steps"][0];
    assert_eq!(step["outcome"], "failed", "{step}");
    assert_eq!(step["fault"]["kind"], "lost", "{step}");
    assert_eq!(ended(host(&document, "good")), "ok");
    assert_eq!(host(&document, "good")["steps"][0]["data"]["stdout"], "before\nafter\n");
    // What a dead connection leaves on the host is out of fleet's hands, but not out of this test's.
    kill("TERM", id);
}

#[test]
fn a_host_that_stops_answering_is_noticed_and_its_command_is_not_said_to_have_ended() {
    let Some(mute) = Sshd::start("") else { return };
    let Some(other) = Sshd::start("") else { return };
    let world = world(&[("mute", mute.host())], &[&mute]);
    // With a deadline: the process tree cannot be ended, and that is said.
    let late = start(exec(&world, &["-T", "2s"], "sleep 72.1"));
    let id = sleeper("72.1");
    let stopped = sessions(id);
    stopped.iter().for_each(|session| assert!(kill("STOP", *session)));
    // Without one: three keepalives of 15 s stay without an answer.
    let second = self::world(&[("mute", other.host())], &[&other]);
    let silent = start(exec(&second, &[], "sleep 72.9"));
    let second_id = sleeper("72.9");
    let also = sessions(second_id);
    also.iter().for_each(|session| assert!(kill("STOP", *session)));
    let began = Instant::now();
    let (late, silent) = (end(late), end(silent));
    let took = began.elapsed();
    for session in stopped.iter().chain(&also) {
        kill("KILL", *session);
    }
    for id in [id, second_id] {
        kill("TERM", id);
    }
    assert!(took < Duration::from_secs(100), "{took:?}");
    let (late, silent) = (late.json(), silent.json());
    let (late, silent) = (host(&late, "mute"), host(&silent, "mute"));
    assert_eq!(ended(late), "timed-out timeout{total}", "{late}");
    assert!(text(late, "text").contains("not confirmed"), "{late}");
    assert_eq!(ended(silent), "unreachable lost", "{silent}");
    // The step is told in the host's words.
    for (host, outcome, kind) in [(late, "timed-out", "timeout"), (silent, "failed", "lost")] {
        let step = &host["steps"][0];
        assert_eq!((&step["outcome"], &step["fault"]["kind"]), (&outcome.into(), &kind.into()), "{step}");
        assert_eq!(step["fault"]["text"], host["fault"]["text"], "{step}");
    }
}

#[test]
fn a_server_that_allows_one_channel_is_cleaned_up_over_a_second_connection() {
    let Some(sshd) = Sshd::start("MaxSessions 1") else { return };
    let world = world(&[("one", sshd.host())], &[&sshd]);
    let ran = run(&world, &["-T", "2s"], "sleep 73.7").expect(6);
    assert_eq!(ended(host(&ran.json(), "one")), "timed-out", "{}", ran.stdout);
    assert!(within(3, || processes_with("sleep 73.7").is_empty()), "left: {:?}", processes_with("sleep 73.7"));
}

#[test]
fn a_jump_host_that_fails_is_named_and_tried_once_for_all_behind_it() {
    let Some(jump) = Sshd::start("") else { return };
    let Some(back) = Sshd::start("") else { return };
    let Some(closed) = Sshd::start("AllowTcpForwarding no") else { return };
    let behind = |sshd: &Sshd, jump: &str| with_keys(sshd, &["id"], &format!(", jump: [{jump}]"));
    keygen(Path::new(&jump.path("wrong")), "ed25519");
    let (silent, counter) = counting();
    let hosts = [
        ("jump", jump.host()),
        ("strange", closed.host().replace("localhost", "127.0.0.1")),
        ("denying", with_keys(&jump, &["wrong"], "")),
        ("closed", closed.host()),
        ("dead", format!("{{ address: 127.0.0.1, port: {silent} }}")),
        ("b-good", behind(&back, "jump")),
        ("b-denied", behind(&back, "denying")),
        ("b-strange", behind(&back, "strange")),
        ("b-closed", behind(&back, "closed")),
        (
            "b-refused",
            format!("{{ address: localhost, port: 9, jump: [jump], identity_files: [\"{}\"] }}", jump.path("id")),
        ),
        ("b-dead1", behind(&back, "dead")),
        ("b-dead2", behind(&back, "dead")),
        ("b-dead3", behind(&back, "dead")),
    ];
    let world = world(&hosts, &[&jump, &back, &closed]);
    let fixed = ["exec", "--hosts", "b-*", "--known-hosts", "known", "--output", "json", "--connect-timeout", "3s"];
    let ran = world.fleet(&[&fixed[..], &["--", "echo here"]].concat()).expect(7);
    let document = ran.json();
    assert_eq!(ended(host(&document, "b-good")), "ok", "{}", host(&document, "b-good"));
    assert_eq!(ended(host(&document, "b-refused")), "unreachable unreachable{refused}");
    for (name, jump, why) in [
        ("b-denied", "denying", "auth{denied}"),
        ("b-strange", "strange", "hostkey{unknown}"),
        ("b-closed", "closed", "does not forward"),
        ("b-dead1", "dead", "banner-timeout"),
        ("b-dead2", "dead", "banner-timeout"),
        ("b-dead3", "dead", "banner-timeout"),
    ] {
        let host = host(&document, name);
        assert_eq!(ended(host), "unreachable unreachable{jump}", "{host}");
        let said = text(host, "text");
        assert!(said.contains(&format!("jump host {jump}")) && said.contains(why), "{host}");
    }
    assert_eq!(counter.load(std::sync::atomic::Ordering::Relaxed), 1, "a dead jump host is asked once");
}

/// A port that accepts and says nothing, and how often it did.
fn counting() -> (u16, std::sync::Arc<std::sync::atomic::AtomicU32>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counted = count.clone();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming().filter_map(Result::ok) {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            held.push(stream);
        }
    });
    (port, count)
}

#[test]
fn names_and_networks_that_are_not_there_are_told_apart() {
    let Some(bed) = bed() else { return };
    // In the bed's network there is no resolver and no way out.
    let more = "fleet: 1\nhosts:\n  nameless: { address: no-such-host.invalid }\n  \
                outside: { address: 203.0.113.9 }\n  absent: { address: 10.77.0.99 }\n";
    let world = World::with_inventory(more);
    let inventory = world.path("inventory.yaml");
    let began = Instant::now();
    let hosts = "plain1,nameless,outside,absent";
    let args =
        ["-i", inventory.to_str().unwrap(), "exec", "--hosts", hosts, "--connect-timeout", "2s", "--output", "json"];
    let ran: Ran = bed.fleet(&world, &[&args[..], &["--", "id -un"]].concat()).output().unwrap().into();
    let document = ran.expect(7).json();
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    assert_eq!(ended(host(&document, "plain1")), "ok");
    assert_eq!(ended(host(&document, "nameless")), "unreachable unreachable{dns}");
    assert_eq!(ended(host(&document, "outside")), "unreachable unreachable{refused}");
    assert!(text(host(&document, "outside"), "text").contains("unreachable"), "{}", host(&document, "outside"));
    assert_eq!(ended(host(&document, "absent")), "unreachable unreachable{connect-timeout}");
}

/// How many of `sleep 1.773` run at once at most while `child` runs.
fn most_at_once(mut child: Child) -> (usize, Ran) {
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(running(&["sleep", "1.773"]).len());
    }
    (most, end(child))
}

#[test]
fn no_more_hosts_work_behind_a_jump_host_than_the_playbook_allows() {
    let Some(jump) = Sshd::start("") else { return };
    let Some(back) = Sshd::start("") else { return };
    let names: Vec<String> = (0..7).map(|n| format!("b{n}")).collect();
    let line = with_keys(&back, &["id"], ", jump: [jump]");
    let mut hosts: Vec<(&str, String)> = names.iter().map(|name| (name.as_str(), line.clone())).collect();
    hosts.push(("jump", jump.host()));
    let world = world(&hosts, &[&jump, &back]);
    let steps = "steps:\n  - id: wait\n    name: wait\n    script: { sh: 'sleep 1.773', reads: true }\n";
    for (rollout, expected) in [("rollout: { parallel: 50, per_jump_host: 2 }", 2), ("rollout: { parallel: 3 }", 3)] {
        let text = format!("fleet: 1\nname: wait\nsummary: Waits\nmode: read-only\n{rollout}\n{steps}");
        world.write("wait.yaml", &text);
        let args = ["run", "./wait.yaml", "--hosts", "b*", "--known-hosts", "known", "--output", "json"];
        let (most, ran) = most_at_once(start(world.command(&args)));
        assert_eq!(ran.expect(0).json()["summary"]["hosts"]["ok"], 7, "{rollout}");
        assert_eq!(most, expected, "{rollout}");
    }
}
