//! `fleet senders`: mail logs at hand, without a server.

use crate::support::{Ran, World};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

const LOG: &str = include_str!("../captures/postfix-bsd.log");

#[test]
fn a_log_that_somebody_sent_is_added_up_by_account() {
    let world = World::new();
    world.write("mail.log", LOG);
    let ran = world.fleet(&["senders", "mail.log", "--tz", "UTC"]).expect(0);
    insta::assert_snapshot!(ran.stdout.lines().take(5).collect::<Vec<_>>().join("\n"));
    assert!(ran.stdout.contains("unknown: SENDER_UNKNOWN: the accounts were not read"), "{}", ran.stdout);
    // A log of another zone is another time.
    let tokyo = world.fleet(&["senders", "mail.log", "--tz", "Asia/Tokyo"]).expect(0);
    assert!(tokyo.stdout.contains("T16:57:35Z"), "{}", tokyo.stdout);
}

/// Messages of one account at a rate of six a minute.
fn flood(messages: usize) -> String {
    let mut log = String::new();
    for n in 0..messages {
        let time = format!("Nov 20 {:02}:{:02}:{:02}", n / 360, n / 6 % 60, n % 6 * 10);
        let head = format!("{time} mx1 postfix");
        let id = format!("{:X}A{n:X}", 0xbead);
        let _ = writeln!(
            log,
            "{head}/smtpd[7]: {id}: client=x[198.51.{}.9], sasl_method=LOGIN, sasl_username=info@example.jp",
            n % 9
        );
        let _ = writeln!(log, "{head}/cleanup[8]: {id}: message-id=<{n}@x>");
        let _ = writeln!(log, "{head}/qmgr[9]: {id}: from=<x{n}@forged.example.org>, size=900, nrcpt=2 (queue active)");
        let _ = writeln!(log, "{head}/qmgr[9]: {id}: removed");
    }
    log
}

#[test]
fn a_flood_is_told_with_its_numbers_and_exit_8_whatever_it_is_packed_with() {
    let world = World::new();
    let log = flood(700);
    world.write("mail.log", &log);
    let plain = world.fleet(&["senders", "mail.log", "--output", "json"]).expect(8).json();
    let row = &plain["senders"]["rows"][0];
    assert_eq!((row["messages"].as_u64(), row["recipients"].as_u64()), (Some(700), Some(1_400)));
    assert_eq!(row["peak_per_hour"], 360);
    let codes: Vec<&str> =
        plain["signals"]["rows"].as_array().unwrap().iter().map(|s| s["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["SENDER_HOT", "CLIENT_SPREAD"]);
    assert_eq!(plain["signals"]["accounts"][0]["confidence"], "suspected");
    for tool in ["gzip", "bzip2", "xz"] {
        world.write("packed", &log);
        let packed = std::process::Command::new(tool).arg("-c").arg(world.path("packed")).output().unwrap().stdout;
        std::fs::write(world.path("packed"), packed).unwrap();
        let ran = world.fleet(&["senders", "packed", "--output", "json"]).expect(8).json();
        assert_eq!(ran["senders"]["rows"], plain["senders"]["rows"], "{tool}");
    }
    // Standard input, and rotated files in the wrong order.
    let mut child = world.command(&["senders", "-", "--output", "json"]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut into = child.stdin.take().unwrap();
    let text = log.clone();
    let writer = std::thread::spawn(move || into.write_all(text.as_bytes()));
    let ran: Ran = child.wait_with_output().unwrap().into();
    writer.join().unwrap().unwrap();
    assert_eq!(ran.expect(8).json()["senders"]["rows"], plain["senders"]["rows"]);
    let (early, late) = log.split_at(log[..log.len() / 2].rfind('\n').unwrap() + 1);
    world.write("old", early);
    world.write("new", late);
    let ran = world.fleet(&["senders", "new", "old", "--output", "json"]).expect(8).json();
    assert_eq!(ran["senders"]["rows"], plain["senders"]["rows"]);
    // The last hour only, by the log's own end.
    let ran = world
        .fleet(&["senders", "mail.log", "--since", "30m", "--fail-on", "never", "--output", "json"])
        .expect(0)
        .json();
    assert!(
        (150..=190).contains(&ran["senders"]["rows"][0]["messages"].as_u64().unwrap()),
        "{}",
        ran["senders"]["rows"]
    );
}

#[test]
fn what_cannot_be_read_is_named_with_the_way_out() {
    let world = World::new();
    world.write("notes.txt", "hello\n");
    world.write("broken.gz", "\u{1f}\u{8b}nonsense");
    std::fs::write(world.path("broken.gz"), [0x1f, 0x8b, 8, 0, 1, 2, 3]).unwrap();
    world.write("mail.log", LOG);
    for (args, said) in [
        (&["senders", "missing.log"][..], "missing.log: No such file"),
        (&["senders", "notes.txt"], "notes.txt: it has no line from postfix, exim, sendmail, qmail"),
        (&["senders", "broken.gz"], "broken.gz: it cannot be decompressed"),
        (&["senders", "mail.log", "--tz", "Tokio"], "--tz must be a time zone such as Asia/Tokyo"),
        (&["senders", "mail.log", "--since", "1 day"], "--since must be a duration"),
        (&["senders", "mail.log", "--mta", "exim"], "it has no line from exim"),
        (&["senders"], "required"),
    ] {
        let ran = world.fleet(args).expect(2);
        assert!(ran.stderr.contains(said) && ran.stdout.is_empty(), "{args:?}: {}", ran.stderr);
    }
}
