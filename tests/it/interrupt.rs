//! Ctrl-C, SIGTERM and deadlines: what ran on the hosts is ended there, every host has an end, and it is recorded.

use crate::support::{Bed, Ran, Sshd, World, bed, kill, parent, running, within};
use std::io::Read;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const MAIL: [&str; 4] = ["plain1", "pleskob1", "pleskob2", "pleskonyx1"];

/// fleet at work, and what it has said on stderr so far.
struct Running {
    child: Child,
    fleet: i32,
    stderr: std::sync::Arc<std::sync::Mutex<Vec<u8>>>,
    readers: Vec<std::thread::JoinHandle<Vec<u8>>>,
}

impl Running {
    fn start(world: &World, mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr: std::sync::Arc<std::sync::Mutex<Vec<u8>>> = Default::default();
        let (mut out, mut err, said) = (child.stdout.take().unwrap(), child.stderr.take().unwrap(), stderr.clone());
        let readers = vec![
            std::thread::spawn(move || {
                let mut all = Vec::new();
                let _ = out.read_to_end(&mut all);
                all
            }),
            std::thread::spawn(move || {
                let mut piece = [0; 4096];
                while let Ok(n @ 1..) = err.read(&mut piece) {
                    said.lock().unwrap().extend(&piece[..n]);
                }
                Vec::new()
            }),
        ];
        let fleet = world.fleet_process();
        Self { child, fleet, stderr, readers }
    }

    fn said(&self) -> String {
        String::from_utf8_lossy(&self.stderr.lock().unwrap()).into_owned()
    }

    fn signal(&self, name: &str) {
        assert!(kill(name, self.fleet), "fleet is gone: {}", self.said());
    }

    /// Its end, which must come within `seconds`.
    fn end(mut self, seconds: u64) -> Ran {
        if !within(seconds, || self.child.try_wait().unwrap().is_some()) {
            self.signal("KILL");
            panic!("still running after {seconds} s: {}", self.said());
        }
        let status = self.child.wait().unwrap();
        let mut all = self.readers.drain(..).map(|reader| reader.join().unwrap());
        let stdout = all.next().unwrap();
        drop(all);
        let stderr = self.stderr.lock().unwrap().clone();
        std::process::Output { status, stdout, stderr }.into()
    }
}

/// The ids of `sleep SECONDS`, on whatever host: those of the bed are processes of this machine.
fn sleeps(seconds: &str) -> Vec<i32> {
    running(&["sleep", seconds])
}

/// Starts `sleep SECONDS` on the mail hosts and waits until it runs on all of them.
fn sleeping(bed: &Bed, world: &World, seconds: &str, more: &[&str]) -> Running {
    let command = format!("sleep {seconds}; echo never");
    let args = [&["exec", "--hosts", "tag:mail", "--output", "json"], more, &["--", &command]].concat();
    let running = Running::start(world, bed.fleet(world, &args));
    let all = within(20, || sleeps(seconds).len() == MAIL.len());
    assert!(all, "{:?} of {} run: {}", sleeps(seconds), MAIL.len(), running.said());
    running
}

/// Every mail host is in the result with this status, and nothing of it runs on.
fn assert_ended(ran: &Ran, status: &str, seconds: &str) {
    let document = ran.json();
    let hosts = document["hosts"].as_array().unwrap();
    assert_eq!(hosts.len(), MAIL.len());
    for (host, name) in hosts.iter().zip(MAIL) {
        assert_eq!(host["host"], name);
        assert_eq!(host["status"], status, "{host}");
        assert_eq!(host["steps"][0]["outcome"], status, "{host}");
    }
    assert!(within(5, || sleeps(seconds).is_empty()), "left behind: {:?}", sleeps(seconds));
}

fn show(bed: &Bed, world: &World) -> Ran {
    let ran: Ran = bed.fleet(world, &["show", "last", "--output", "json"]).output().unwrap().into();
    ran.expect(0)
}

#[test]
fn the_first_ctrl_c_names_who_runs_and_the_second_ends_it_there() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let running = sleeping(&bed, &world, "61.7", &[]);
    running.signal("INT");
    let named = within(5, || MAIL.iter().all(|host| running.said().contains(host)));
    assert!(named, "the first Ctrl-C does not say who runs: {}", running.said());
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(sleeps("61.7").len(), MAIL.len(), "the first Ctrl-C must end nothing on a host");
    running.signal("INT");
    let ran = running.end(20).expect(130);
    assert_ended(&ran, "cancelled", "61.7");
    assert_eq!(show(&bed, &world).json()["hosts"], ran.json()["hosts"]);
}

#[test]
fn sigterm_gives_a_grace_and_then_ends_it_like_two_ctrl_c() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let running = sleeping(&bed, &world, "62.3", &[]);
    let began = Instant::now();
    running.signal("TERM");
    let ran = running.end(25).expect(143);
    assert!(began.elapsed() > Duration::from_secs(9), "no grace: {:?}", began.elapsed());
    assert_ended(&ran, "cancelled", "62.3");
    assert_eq!(show(&bed, &world).json()["hosts"], ran.json()["hosts"]);
}

#[test]
fn after_one_ctrl_c_a_short_command_comes_to_its_end() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let command = ["exec", "--hosts", "plain1", "--output", "json", "--", "sleep 3.19; echo whole"];
    let running = Running::start(&world, bed.fleet(&world, &command));
    assert!(within(20, || !sleeps("3.19").is_empty()), "{}", running.said());
    running.signal("INT");
    let ran = running.end(20).expect(130);
    assert_eq!(ran.json()["hosts"][0]["status"], "ok", "{}", ran.stdout);
    assert_eq!(ran.json()["hosts"][0]["steps"][0]["data"]["stdout"], "whole\n");
}

#[test]
fn a_step_past_its_deadline_is_ended_on_the_host() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let running = sleeping(&bed, &world, "63.1", &["-T", "2s"]);
    let ran = running.end(20).expect(6);
    assert_ended(&ran, "timed-out", "63.1");
}

#[test]
fn a_host_past_its_deadline_is_ended_too() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let running = sleeping(&bed, &world, "64.9", &["--host-timeout", "3s"]);
    let ran = running.end(20).expect(6);
    for host in ran.json()["hosts"].as_array().unwrap() {
        assert_eq!(host["status"], "timed-out", "{host}");
    }
    assert!(within(5, || sleeps("64.9").is_empty()), "left behind: {:?}", sleeps("64.9"));
}

/// Stops the sshd processes that a process hangs from, so that the host answers nothing more.
fn freeze(id: i32) -> Vec<i32> {
    let mut frozen = Vec::new();
    let mut at = id;
    while let Some(parent) = parent(at) {
        let name = std::fs::read_to_string(format!("/proc/{parent}/comm")).unwrap_or_default();
        // The last one listens for new connections.
        let listens = std::fs::read(format!("/proc/{parent}/cmdline")).unwrap_or_default().starts_with(b"sshd: /");
        if name.trim() == "sshd" && !listens {
            kill("STOP", parent);
            frozen.push(parent);
        }
        at = parent;
    }
    frozen
}

#[test]
fn a_third_ctrl_c_waits_for_nobody() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let command = ["exec", "--hosts", "plain1", "--output", "json", "--", "sleep 65.3; echo never"];
    let running = Running::start(&world, bed.fleet(&world, &command));
    assert!(within(20, || !sleeps("65.3").is_empty()), "{}", running.said());
    let sleep = sleeps("65.3")[0];
    let frozen = freeze(sleep);
    assert!(!frozen.is_empty());
    for _ in 0..2 {
        running.signal("INT");
        std::thread::sleep(Duration::from_millis(500));
    }
    running.signal("INT");
    let ran = running.end(2);
    for id in frozen {
        kill("CONT", id);
    }
    kill("KILL", sleep);
    let ran = ran.expect(130);
    assert_eq!(ran.json()["hosts"][0]["status"], "cancelled", "{}", ran.stdout);
    assert!(ran.stdout.contains("is unconfirmed"), "{}", ran.stdout);
    show(&bed, &world);
}

/// A port that accepts and says nothing.
fn black_hole() -> (TcpListener, World) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let world = World::with_inventory(&format!("fleet: 1\nhosts:\n  hole: {{ address: 127.0.0.1, port: {port} }}\n"));
    (listener, world)
}

#[test]
fn nobody_waits_for_a_silent_host_after_ctrl_c() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let (listener, world) = black_hole();
        let args = ["exec", "--hosts", "hole", "--state", "state", "--output", "json", "--connect-timeout", "60s"];
        let running = Running::start(&world, world.command(&[&args[..], &["--", "true"]].concat()));
        let _connection = listener.accept().unwrap();
        let began = Instant::now();
        running.signal(signal);
        let ran = running.end(5).expect(code);
        assert!(began.elapsed() < Duration::from_secs(5));
        let document = ran.json();
        let status = document["hosts"][0]["status"].as_str().unwrap();
        assert!(["cancelled", "not-started"].contains(&status), "{document}");
        let shown = world.fleet(&["show", "last", "--state", "state", "--output", "json"]).expect(0);
        assert_eq!(shown.json()["hosts"], document["hosts"]);
    }
}

#[test]
fn nobody_waits_for_a_login_shell_that_hangs_after_ctrl_c() {
    // Once for a plain shell and once for one that sudo is to ask a password for.
    for (seconds, sudo) in [("66.1", ""), ("66.3", ", sudo: {password: \"file:PASSWORD\"}")] {
        let Some(sshd) = Sshd::start(&format!("ForceCommand exec sleep {seconds}")) else { return };
        let password = sshd.path("password");
        std::fs::write(&password, "never-asked-for\n").unwrap();
        std::fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let host = sshd.host().replace(" }", &format!("{} }}", sudo.replace("PASSWORD", &password)));
        let world = World::with_inventory(&format!("fleet: 1\nhosts:\n  hangs: {host}\n"));
        let known = sshd.known_hosts();
        let args = ["exec", "--hosts", "hangs", "--known-hosts", &known, "--output", "json", "--", "true"];
        let running = Running::start(&world, world.command(&args));
        assert!(within(10, || !sleeps(seconds).is_empty()), "{}", running.said());
        running.signal("INT");
        std::thread::sleep(Duration::from_millis(200));
        running.signal("INT");
        let ran = running.end(6);
        for id in sleeps(seconds) {
            kill("KILL", id);
        }
        assert_eq!(ran.expect(130).json()["hosts"][0]["status"], "cancelled");
    }
}
