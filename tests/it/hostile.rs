//! Servers that answer nothing, nonsense or too much, and login shells that run nothing: each has its own words,
//! none harms the others, and every selected host stands in the result.

use crate::support::{Ran, Sshd, World, bed, host, running, within};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// A listener that gives every connection to `serve`, on threads that end with the tests. Returns its port.
fn listener(serve: fn(TcpStream)) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().filter_map(Result::ok) {
            std::thread::spawn(move || serve(stream));
        }
    });
    port
}

/// Keeps the connection open until the other end has closed it.
fn wait(mut stream: TcpStream) {
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
}

fn http(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 256]);
    let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

fn smtp(mut stream: TcpStream) {
    let _ = stream.write_all(b"220 mx1.example ESMTP Postfix\r\n");
    wait(stream);
}

fn endless_lines(mut stream: TcpStream) {
    while stream.write_all(b"Authorized use only. \x1b]0;owned\x07\r\n").is_ok() {}
}

fn endless_line(mut stream: TcpStream) {
    while stream.write_all(&[b'A'; 4096]).is_ok() {}
}

fn only_a_name(mut stream: TcpStream) {
    let _ = stream.write_all(b"SSH-2.0-tarpit\r\n");
    wait(stream);
}

fn name_and_end(mut stream: TcpStream) {
    let _ = stream.write_all(b"SSH-2.0-gone\r\n");
    let _ = stream.read(&mut [0; 4096]);
}

fn old_protocol(mut stream: TcpStream) {
    let _ = stream.write_all(b"SSH-1.5-old\r\n");
    wait(stream);
}

fn garbage_packets(mut stream: TcpStream) {
    let _ = stream.write_all(b"SSH-2.0-garbage\r\n");
    while stream.write_all(&[0xff; 4096]).is_ok() {}
}

type Server = (&'static str, fn(TcpStream), &'static [&'static str]);

/// Name, server, and the faults of which it is one.
const SERVERS: &[Server] = &[
    ("silent", wait, &["unreachable{banner-timeout}"]),
    ("http", http, &["unreachable{not-ssh}"]),
    ("smtp", smtp, &["unreachable{not-ssh}"]),
    ("closes", drop, &["unreachable{reset}"]),
    ("lines", endless_lines, &["unreachable{not-ssh}"]),
    ("line", endless_line, &["unreachable{not-ssh}"]),
    ("tarpit", only_a_name, &["unreachable{banner-timeout}"]),
    ("gone", name_and_end, &["unreachable{reset}"]),
    ("old", old_protocol, &["unreachable{not-ssh}", "unreachable{kex}"]),
    ("garbage", garbage_packets, &["unreachable{kex}", "unreachable{reset}", "violation"]),
];

fn fault(host: &Value) -> String {
    match (host["fault"]["kind"].as_str(), host["fault"]["detail"].as_str()) {
        (Some(kind), Some(detail)) => format!("{kind}{{{detail}}}"),
        (Some(kind), None) => kind.to_owned(),
        _ => "none".to_owned(),
    }
}

/// No byte that acts on a terminal, whatever a host sent.
fn assert_harmless(ran: &Ran) {
    for text in [&ran.stdout, &ran.stderr] {
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    }
}

#[test]
fn what_is_no_ssh_server_is_named_and_costs_only_its_own_deadline() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut inventory = format!("fleet: 1\nhosts:\n  refused: {{ address: 127.0.0.1, port: {closed}, user: root }}\n");
    for (name, serve, _) in SERVERS {
        let port = listener(*serve);
        inventory += &format!("  {name}: {{ address: 127.0.0.1, port: {port}, user: root }}\n");
    }
    let world = World::with_inventory(&inventory);
    let began = Instant::now();
    let args = ["exec", "--hosts", "all", "--reads", "--connect-timeout", "2s", "--output", "json", "--", "true"];
    let ran = world.fleet(&args).expect(7);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert_harmless(&ran);
    let document = ran.json();
    assert_eq!(document["hosts"].as_array().unwrap().len(), SERVERS.len() + 1);
    assert_eq!(fault(host(&document, "refused")), "unreachable{refused}");
    for (name, _, expected) in SERVERS {
        let host = host(&document, name);
        assert!(expected.contains(&fault(host).as_str()), "{expected:?}: {host}");
        assert_eq!(host["steps"], Value::Array(Vec::new()), "{host}");
    }
}

/// The most memory that a process had, in KiB.
fn peak_memory(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[test]
fn endless_output_is_cut_at_the_deadline_and_ended_on_the_host() {
    let Some(endless) = Sshd::start("SetEnv WHO=endless SHLVL=2") else { return };
    let Some(good) = Sshd::start("SetEnv WHO=good SHLVL=2") else { return };
    let (one, other) = (endless.host(), good.host());
    let world = World::with_inventory(&format!("fleet: 1\nhosts:\n  endless: {one}\n  good: {other}\n"));
    let known = [&endless, &good].map(|sshd| std::fs::read_to_string(sshd.known_hosts()).unwrap()).concat();
    let known = world.write("known", &known);
    let word = format!("fleet-endless-{}", std::process::id());
    let command = format!("if [ $WHO = endless ]; then yes {word}; yes {word} >&2; else echo fine; fi");
    let known = known.to_str().unwrap();
    let args = [
        "exec",
        "--hosts",
        "all",
        "--reads",
        "-T",
        "3s",
        "--known-hosts",
        known,
        "--output",
        "json",
        "-vv",
        "--",
        &command,
    ];
    let child = world.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let watch = std::thread::spawn(move || {
        let (mut peak, mut ran) = (0, false);
        let args = ["yes", &word];
        while let Some(now) = peak_memory(pid) {
            peak = peak.max(now);
            ran = ran || !running(&args).is_empty();
            std::thread::sleep(Duration::from_millis(20));
        }
        (peak, ran, word)
    });
    let began = Instant::now();
    let ran: Ran = child.wait_with_output().unwrap().into();
    let (peak, saw, word) = watch.join().unwrap();
    let ran = ran.expect(6);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let document = ran.json();
    assert_eq!(host(&document, "endless")["status"], "timed-out");
    assert_eq!(host(&document, "good")["status"], "ok");
    assert_eq!(host(&document, "good")["steps"][0]["data"]["stdout"], "fine\n");
    assert!(saw, "the endless command was never seen");
    assert!(within(3, || running(&["yes", &word]).is_empty()), "it still runs on the host");
    assert!(peak > 0 && peak < 100 << 10, "{peak} KiB");
    assert!(ran.stdout.len() < 4 << 20, "{} bytes of output", ran.stdout.len());
}

#[test]
fn ten_gibibytes_of_output_are_drained_cut_and_cost_little_memory() {
    let Some(large) = Sshd::start("SetEnv WHO=large SHLVL=2") else { return };
    let Some(good) = Sshd::start("SetEnv WHO=good SHLVL=2") else { return };
    let (one, other) = (large.host(), good.host());
    let world = World::with_inventory(&format!("fleet: 1\nhosts:\n  large: {one}\n  good: {other}\n"));
    let known = [&large, &good].map(|sshd| std::fs::read_to_string(sshd.known_hosts()).unwrap()).concat();
    let known = world.write("known", &known);
    let command = "if [ $WHO = large ]; then head -c 10737418240 /dev/zero && echo all of it; else echo fine; fi";
    let args = [
        "exec",
        "--hosts",
        "all",
        "--reads",
        "-T",
        "9m",
        "--known-hosts",
        known.to_str().unwrap(),
        "--output",
        "json",
        "--",
        command,
    ];
    let child = world.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let watch = std::thread::spawn(move || {
        let mut peak = 0;
        while let Some(now) = peak_memory(pid) {
            peak = peak.max(now);
            std::thread::sleep(Duration::from_millis(20));
        }
        peak
    });
    let ran: Ran = child.wait_with_output().unwrap().into();
    let peak = watch.join().unwrap();
    let document = ran.expect(0).json();
    // All of it was read, so that the command came to its end; what is kept is bounded, and said to be.
    let data = &host(&document, "large")["steps"][0]["data"];
    assert_eq!((&data["rc"], &data["truncated"]), (&Value::from(0), &Value::from(true)));
    assert!(data["stdout"].as_str().unwrap().len() < 1 << 20);
    assert_eq!(host(&document, "good")["steps"][0]["data"]["stdout"], "fine\n");
    assert!(peak > 0 && peak < 64 << 10, "{peak} KiB");
}

/// How each host with the tag `odd` ends.
const ODD: &[(&str, &str)] = &[
    ("odd1-dash", "dash\n"),
    ("odd1-bash", "bash\n"),
    ("odd1-tcsh", "tcsh\n"),
    ("odd1-ash", "ash\n"),
    ("odd1-noise", "noise\n"),
    ("odd1-slow", "slow\n"),
    ("odd1-sudonopass", "root\n"),
    ("odd1-sudopass", "root\n"),
    ("odd1-password", "password\n"),
    ("odd1-rbash", "shell{restricted}"),
    ("odd1-nologin", "shell{restricted}"),
    ("odd1-exit0", "shell{did-not-start}"),
    ("odd1-forced", "shell{did-not-start}"),
    ("odd1-stdin", "shell{blocked}"),
    ("odd1-hang", "shell{blocked}"),
    ("odd1-nosudo", "privilege{password-needed}"),
];

#[test]
fn login_shells_that_run_nothing_are_told_apart_and_the_others_answer() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let ran: Ran =
        bed.fleet(&world, &["exec", "--hosts", "tag:odd", "--output", "json", "--", "id -un"]).output().unwrap().into();
    let ran = ran.expect(6);
    assert_harmless(&ran);
    let document = ran.json();
    assert_eq!(document["hosts"].as_array().unwrap().len(), ODD.len());
    for (name, expected) in ODD {
        let host = host(&document, name);
        match expected.strip_suffix('\n') {
            Some(_) => {
                assert_eq!((host["status"].as_str(), fault(host).as_str()), (Some("ok"), "none"), "{host}");
                assert_eq!(host["steps"][0]["data"]["stdout"], *expected, "{host}");
            }
            None => {
                assert_eq!((host["status"].as_str(), fault(host).as_str()), (Some("failed"), *expected), "{host}");
                assert_eq!(host["steps"][0]["data"], Value::Null, "{host}");
            }
        }
    }
    // For a person, too: every host by name, and nothing that acts on the terminal.
    let ran: Ran = bed.fleet(&world, &["show", "last"]).output().unwrap().into();
    let ran = ran.expect(0);
    assert_harmless(&ran);
    for word in ["shell{restricted}", "shell{did-not-start}", "shell{blocked}", "privilege{password-needed}"] {
        assert!(ran.stdout.contains(word), "{word}: {}", ran.stdout);
    }
}
