mod hostile;

use super::*;
use crate::host::answer::testing::{run, tool};
use crate::mail::log::{LogRecord, Window};
use crate::model::mail::Origin;
use crate::model::{Host, HostName, Profile};
use proptest::prelude::*;
use std::time::Duration;

const MAIN: &str = include_str!("../../../../../tests/captures/exim/mainlog");
/// With `log_selector = +all`, and any HELO taken.
const ALL: &str = include_str!("../../../../../tests/captures/exim/mainlog-all");
const REJECT: &str = include_str!("../../../../../tests/captures/exim/rejectlog");
const NOW: i64 = 1_795_490_000;

fn clock() -> Clock {
    Clock::new(&Profile::default(), NOW)
}

pub fn read(text: impl AsRef<[u8]>) -> LogReading {
    EximLog.read(text.as_ref(), &clock())
}

/// Lines of `(seconds after 02:00, message)`.
pub fn log(lines: &[(u32, &str)]) -> String {
    lines.iter().map(|(s, message)| format!("2026-11-24 02:{:02}:{:02} {message}\n", s / 60, s % 60)).collect()
}

/// One line for each message: who, sender, recipients, their fates, and the folder.
fn summary(records: &[LogRecord]) -> Vec<String> {
    let line = |r: &LogRecord| {
        let who = match &r.send.origin {
            Origin::Login(login) => login.clone(),
            Origin::Uid(uid) => format!("uid:{uid}"),
            Origin::User(name) => format!("user:{name}"),
            Origin::Remote => "remote".to_owned(),
        };
        let s = &r.send;
        let script = r.script.as_ref().map(|s| format!(" in {s}")).unwrap_or_default();
        format!(
            "{who} <{}> n={} sent={} here={} wait={} back={}/{}{script}",
            s.sender, s.recipients, s.sent, r.delivered, s.deferred, s.bounced, r.unknown
        )
    };
    records.iter().map(line).collect()
}

pub fn told(lines: &[(u32, &str)]) -> Vec<String> {
    summary(&read(log(lines)).records)
}

#[test]
fn a_real_log_is_read_by_login_and_by_user() {
    let reading = read(MAIN);
    insta::assert_snapshot!(summary(&reading.records).join("\n"), @"
    info@example.jp <info@example.jp> n=1 sent=0 here=1 wait=0 back=0/0
    info@example.jp <ceo@forged.example.org> n=2 sent=0 here=0 wait=2 back=0/0
    info@example.jp <info@example.jp> n=1 sent=0 here=0 wait=1 back=0/0
    user:www-data <www-data@mx1.example.jp> n=1 sent=0 here=0 wait=1 back=0/0 in /srv
    user:www-data <www-data@mx1.example.jp> n=1 sent=0 here=0 wait=1 back=0/0
    user:root <> n=1 sent=0 here=0 wait=1 back=0/0
    ");
    let first = &reading.records[0].send;
    assert_eq!(
        (first.at, first.id.as_str(), first.client_ip.as_deref(), first.size),
        (1_795_486_368, "1xVg1Y-00000u-26", Some("127.0.0.1"), 455)
    );
    assert_eq!(first.message_id.as_deref(), Some("<20261124021244.000055@localhost>"));
    assert_eq!((reading.lines, reading.records.len()), (68, 6));
}

#[test]
fn a_log_with_everything_that_exim_can_tell_is_read() {
    let records = read(ALL).records;
    insta::assert_snapshot!(summary(&records).join("\n"), @r#"
    info@example.jp <info@example.jp> n=6 sent=0 here=0 wait=0 back=0/0
    remote <"x H=(y) [192.0.2.9] P=esmtpsa A=pl:victim S=1"@evil.example> n=1 sent=0 here=0 wait=0 back=0/0
    user:root <"a b"@c.jp> n=2 sent=0 here=0 wait=1 back=1/1 in /srv/my dir
    "#);
    assert_eq!(records[0].send.message_id.as_deref(), Some("<\"q w\"@b.jp>"));
    assert_eq!(records[2].send.message_id.as_deref(), Some("<E1xVm4Y-0002PL-1P@mx1.example.jp>"));
    // What a HELO forged is not believed.
    assert_eq!(records[1].send.client_ip, None);
    let logins: Vec<_> = ALL.lines().filter_map(|l| EximLog.login(&cut(l.as_bytes(), &clock())?)).collect();
    let told: Vec<_> = logins.iter().map(|l| (l.login.as_deref().unwrap(), l.ok)).collect();
    assert_eq!(told, [("info@example.jp", false), ("a) b\"c (x", false), ("info@example.jp", true)]);
}

#[test]
fn a_log_that_repeats_itself_counts_once() {
    assert_eq!(read(MAIN.repeat(2)).records, read(MAIN).records);
}

#[test]
fn a_syslog_tells_the_same_with_and_without_exims_own_time() {
    let want = read(MAIN).records;
    let bsd = |line: &str| format!("Nov 24 {} mx1 exim[41]: {line}\n", &line[11..19]);
    assert_eq!(read(MAIN.lines().map(bsd).collect::<String>()).records, want);
    let iso = |line: &str| format!("2026-11-24T{}.123456+00:00 mx1 exim4[41]: {}\n", &line[11..19], &line[20..]);
    assert_eq!(read(MAIN.lines().map(iso).collect::<String>()).records, want);
    let other = |line: &str| format!("Nov 24 {} mx1 sshd[41]: {line}\n", &line[11..19]);
    let reading = read(MAIN.lines().map(other).collect::<String>());
    assert_eq!((reading.records.len(), reading.foreign), (0, 68));
    // Dovecot's lines stand there too, and are cut for its own reader.
    let line = cut(b"Nov 24 02:12:37 mx1 dovecot: imap-login: Login: user=<a@b.jp>", &clock()).unwrap();
    assert_eq!((line.program, EximLog.login(&line)), (&b"dovecot"[..], None));
}

#[test]
fn milliseconds_zones_and_process_ids_are_read() {
    let own = |line: &str| format!("{}.123 +0900 [4711] {}\n", &line[..19], &line[20..]);
    let records = read(MAIN.lines().map(own).collect::<String>()).records;
    assert_eq!(records[0].send.at, 1_795_486_368 - 9 * 3_600);
    assert_eq!(records.len(), 6);
}

pub const IN: &str = "1xVg1Y-00000z-39 <= info@example.jp H=mx.example (localhost) [192.0.2.7]:4711 I=[192.0.2.1]:587 \
    P=esmtpsa X=TLS1.3:ECDHE_RSA:256 CV=no SNI=\"mx1\" A=dovecot_login:info@example.jp S=443 id=a@b.jp";

#[test]
fn every_kind_of_delivery_is_told_apart() {
    let fates = told(&[
        (1, IN),
        (
            2,
            "1xVg1Y-00000z-39 => a@x.example R=dnslookup T=remote_smtp H=mx.x.example [198.51.100.1]:25 X=TLS1.3 CV=yes DN=\"CN=mx\" C=\"250 OK R=1\" QT=1s",
        ),
        (
            2,
            "1xVg1Y-00000z-39 -> b@x.example <b@example.jp> F=<info@example.jp> P=<info@example.jp> R=dnslookup T=remote_smtp S=500 DS H=mx.x.example [198.51.100.1]",
        ),
        (2, "1xVg1Y-00000z-39 == c@x.example R=dnslookup T=remote_smtp defer (111): Connection refused"),
        (3, "1xVg1Y-00000z-39 == d@example.jp R=local_user T=maildir_home defer (-52): Retry time not yet reached"),
        (3, "1xVg1Y-00000z-39 => d <d@example.jp> R=local_user T=maildir_home"),
        (3, "1xVg1Y-00000z-39 => /home/e/Maildir/ (e@example.jp) <e@example.jp> R=userforward T=address_directory"),
        (3, "1xVg1Y-00000z-39 => |/usr/bin/vacation e <e@example.jp> R=userforward T=address_pipe"),
        (3, "1xVg1Y-00000z-39 => :blackhole: <f@example.jp> R=system_aliases"),
        (3, "1xVg1Y-00000z-39 => g@example.jp R=virtual T=lmtp H=127.0.0.1 [127.0.0.1] C=\"250 2.0.0 Saved\""),
        (
            3,
            "1xVg1Y-00000z-39 ** h@x.example F=<info@example.jp> R=dnslookup T=remote_smtp H=mx.x.example [198.51.100.1] X=TLS1.3:x:256 CV=yes: SMTP error from remote mail server after RCPT TO:<h@x.example>: 550 5.1.1 no such user",
        ),
        (
            3,
            "1xVg1Y-00000z-39 ** i@x.example R=dnslookup T=remote_smtp: SMTP error from remote mail server after pipelined RCPT TO:<i@x.example>: host mx.x.example [198.51.100.1]: 550-5.1.1 The account",
        ),
        (
            3,
            "1xVg1Y-00000z-39 ** j@x.example R=dnslookup T=remote_smtp: SMTP error from remote mail server after RCPT TO:<j@x.example>: host mx.x.example [198.51.100.1]: 550 User unknown",
        ),
        (
            3,
            "1xVg1Y-00000z-39 ** k@x.example R=dnslookup T=remote_smtp: SMTP error from remote mail server after end of data: 550 5.1.1 spam",
        ),
        (3, "1xVg1Y-00000z-39 ** l@example.jp: Unrouteable address"),
        (
            3,
            "1xVg1Y-00000z-39 ** m@x.example R=dnslookup T=remote_smtp: SMTP error from remote mail server after RCPT TO:<m@x.example>: 550 5.1.10 User unknown",
        ),
        (99, "1xVg1Y-00000z-39 => c@x.example R=dnslookup T=remote_smtp H=mx.x.example [198.51.100.1]"),
        (99, "1xVg1Y-00000z-39 Completed"),
    ]);
    assert_eq!(fates, ["info@example.jp <info@example.jp> n=14 sent=3 here=5 wait=0 back=6/3"]);
}

#[test]
fn refusals_of_spam_and_the_only_recipient_are_told() {
    let line = |mark: &str, to: &str, said: &str| {
        format!("1xVg1Y-00000z-39 {mark} {to}@x.example R=dnslookup T=remote_smtp {said}")
    };
    let after = "SMTP error from remote mail server after";
    let lines = [
        line(
            "**",
            "a",
            &format!(
                "H=mx1.x.example [198.51.100.1]: {after} RCPT TO:<a@x.example>: 550 5.7.1 blocked using dnsbl.example"
            ),
        ),
        line("==", "a", &format!("H=mx1.x.example [198.51.100.1] defer (-46): {after} end of data: 451 4.7.1 policy")),
        line(
            "==",
            "a",
            &format!(
                "defer (-45): {after} MAIL FROM:<info@example.jp> SIZE=900: host mx2.x.example [198.51.100.2]: 421 reputation"
            ),
        ),
        line("==", "a", "H=mx3.x.example [198.51.100.3] defer (111): Connection refused by spam policy"),
        line("**", "a", &format!("H=mx4.x.example [198.51.100.4]: {after} RCPT TO:<spam@x.example>: 550 no such user")),
    ];
    let text: Vec<(u32, &str)> = [(1, IN)].into_iter().chain(lines.iter().map(|l| (2, l.as_str()))).collect();
    let record = read(log(&text)).records.remove(0);
    let told: Vec<_> = record.blocked.iter().map(|r| (r.remote.as_str(), r.text.as_str())).collect();
    let want = [("mx1.x.example", "550 5.7.1 blocked using dnsbl.example"), ("mx2.x.example", "421 reputation")];
    assert_eq!((told, record.recipient.as_deref()), (want.to_vec(), Some("a@x.example")));
    let only = |line: &str| read(log(&[(1, IN), (2, line)])).records.remove(0).recipient;
    assert_eq!(
        only("1xVg1Y-00000z-39 => a <a@example.jp> R=local_user T=maildir_home").as_deref(),
        Some("a@example.jp")
    );
    assert_eq!(only("1xVg1Y-00000z-39 => |/usr/bin/x <a@example.jp> R=userforward T=address_pipe"), None);
    let named = read(MAIN).records;
    assert_eq!((named[0].recipient.as_deref(), named[1].recipient.as_deref()), (Some("a@ok.example.net"), None));
}

#[test]
fn bounces_and_answers_are_nobodys_mail() {
    assert_eq!(
        told(&[
            (1, "cwd=/var/spool/exim4 8 args: /usr/sbin/exim4 -t -oem -oi -f <> -E1xVg1Y-00000z-39"),
            (1, "1xVg1Z-00001M-2A <= <> R=1xVg1Y-00000z-39 U=Debian-exim P=local S=900 for info@example.jp"),
            (1, "1xVg1Z-00001M-2A => info <info@example.jp> R=local_user T=maildir_home"),
            (2, "1xVg1Z-00001F-1u <= info@example.jp R=1xVg1Y-00000z-39 U=mailnull P=local S=900"),
            (3, "1xVg1Z-00001A-1n => a@x.example R=dnslookup T=remote_smtp H=mx.x.example [198.51.100.1]"),
        ]),
        Vec::<String>::new()
    );
}

#[test]
fn what_a_filter_hands_back_is_no_new_message() {
    let filtered = |client: &str| {
        told(&[
            (1, IN),
            (2, &format!("1xVg1Z-00001M-2A <= info@example.jp H={client} P=esmtp S=600 id=a@b.jp")),
            (2, "1xVg1Z-00001M-2A ** a@x.example: all is lost"),
            (3, "1xVg1Y-00000z-39 => a@x.example R=amavis T=amavis H=127.0.0.1 [127.0.0.1]:10024 C=\"250 Ok\""),
        ])
    };
    let once = ["info@example.jp <info@example.jp> n=1 sent=0 here=0 wait=0 back=1/0"];
    assert_eq!(filtered("localhost [127.0.0.1]"), once);
    assert_eq!(filtered("(localhost) [::1]:4711"), once);
    assert_eq!(filtered("(localhost) [192.0.2.9]").len(), 2);
    assert_eq!(filtered("localhost [127.0.0.1] A=plain:eve@example.jp").len(), 2);
    // Nor is mail of others; but a copy of it takes nobody's place.
    let other = "1xVg1X-00000z-39 <= x@y.example H=mx.y [192.0.2.9] P=esmtp S=443 id=a@b.jp";
    let back = "1xVg1Z-00001M-2A <= info@example.jp H=localhost [127.0.0.1] P=esmtp S=600 id=a@b.jp";
    let sent = "1xVg1Z-00001M-2A => a@x.example R=dnslookup T=remote_smtp H=mx.x [192.0.2.1]";
    assert_eq!(told(&[(1, other), (2, back), (2, sent)]), ["remote <x@y.example> n=1 sent=1 here=0 wait=0 back=0/0"]);
    for order in [[(1, other), (1, IN)], [(1, IN), (1, other)]] {
        let told = told(&[&order[..], &[(2, back), (2, sent)]].concat());
        assert!(told.contains(&once[0].replace("sent=0", "sent=1").replace("back=1", "back=0")), "{told:?}");
    }
}

const STARTED: &str = "cwd=/home/web/my site/wp 5 args: /usr/sbin/sendmail -t -i -f web@mx1";
const OTHER: &str = "cwd=/home/other 4 args: sendmail -bs -oem x@y";
const LOCAL: &str = "1xVg1Z-00001F-1u <= web@mx1 U=web P=local S=334";
const SECOND: &str = "1xVg1Z-00001M-2A <= web@mx1 U=web P=local S=334";

#[test]
fn the_folder_of_a_script_is_that_of_the_same_process_or_of_the_only_one() {
    let script = |lines: &[(u32, &str)]| {
        read(log(lines)).records.into_iter().map(|r| r.script.unwrap_or_default()).collect::<Vec<_>>()
    };
    let mine = "/home/web/my site/wp";
    assert_eq!(script(&[(1, STARTED), (3, LOCAL)]), [mine]);
    assert_eq!(script(&[(1, STARTED), (4, LOCAL)]), [""], "too late");
    assert_eq!(script(&[(1, STARTED), (1, OTHER), (1, LOCAL), (1, SECOND)]), ["", ""], "it could be either");
    assert_eq!(script(&[(1, STARTED), (1, STARTED), (1, LOCAL), (1, SECOND)]), [mine, mine]);
    assert_eq!(script(&[(1, STARTED), (1, LOCAL), (1, OTHER), (1, SECOND)]), [mine, "/home/other"]);
    assert_eq!(script(&[(1, STARTED), (1, LOCAL), (1, SECOND)]), [mine, ""], "a folder is of one message");
    for no in [
        "cwd=/var/spool/exim4 3 args: /usr/sbin/exim4 -Mc 1xVg1Z-00001A-1n",
        "cwd=/ 2 args: exim4 -bp",
        "cwd=/root 3 args: exim -bP log_file_path",
        "cwd=/root 1 args: mailq",
        "cwd=/var/spool/exim4 2 args: /usr/sbin/exim4 -q",
        "cwd=/ x args: sendmail -t",
        "cwd=/",
    ] {
        assert_eq!(script(&[(1, STARTED), (1, no), (1, LOCAL)]), [mine], "{no}");
        assert_eq!(script(&[(1, no), (1, LOCAL)]), [""], "{no}");
    }
    for nothing in
        ["cwd=/ 2 args: sendmail -t", "cwd=/var/spool/exim 2 args: sendmail -t", "cwd=failed 2 args: sendmail -t"]
    {
        assert_eq!(script(&[(1, nothing), (1, LOCAL)]), [""], "{nothing}");
        assert_eq!(script(&[(1, STARTED), (1, nothing), (1, LOCAL)]), [""], "{nothing}");
    }
    let pid = |n: u32, line: &str| format!("[{n}] {line}");
    let lines = [pid(1, STARTED), pid(2, OTHER), pid(2, SECOND), pid(3, LOCAL)];
    assert_eq!(script(&[(1, &lines[0]), (1, &lines[1]), (1, &lines[2])]), ["/home/other"]);
    assert_eq!(script(&[(1, &lines[0]), (1, &lines[3])]), [""], "another process");
    // Mail that comes over the network takes nobody's folder.
    assert_eq!(script(&[(1, STARTED), (1, IN), (1, LOCAL)]), ["", mine]);
}

#[test]
fn logins_that_were_done_and_that_failed_are_told_apart() {
    let read = |message: &str| {
        let line = format!("2026-11-24 02:12:44 {message}");
        let login = EximLog.login(&cut(line.as_bytes(), &clock()).unwrap())?;
        Some((login.login, login.client_ip.unwrap(), login.ok, login.times))
    };
    let who = |login: Option<&str>, ip: &str, ok| Some((login.map(str::to_owned), ip.to_owned(), ok, 1));
    let capture = REJECT.trim_end().get(20..).unwrap();
    assert_eq!(read(capture), who(Some("info@example.jp"), "127.0.0.1", false));
    assert_eq!(read(IN), who(Some("info@example.jp"), "192.0.2.7", true));
    let failed = |client: &str, tail: &str| {
        read(&format!("[7] plain authenticator failed for {client}: 535 Incorrect authentication data{tail}"))
    };
    assert_eq!(failed("[192.0.2.9]", ""), who(None, "192.0.2.9", false));
    assert_eq!(
        failed("mx.x (y) [192.0.2.9]:4711 I=[192.0.2.1]:25 U=x", " (set_id=a)b)"),
        who(Some("a)b"), "192.0.2.9", false)
    );
    for nothing in [
        LOCAL,
        "1xVg1Z-00001M-2A <= a@b.jp H=[192.0.2.9] P=esmtp S=5",
        "1xVg1Z-00001M-2A <= a@b.jp H=(y) [192.0.2.9] P=esmtpa A=plain:victim S=5 id=z) [203.0.113.5] P=esmtp S=9",
        "plain authenticator failed for (y) [192.0.2.9]: 435 Unable to authenticate at present (set_id=a): timeout",
        "H=(plain authenticator failed for [192.0.2.9]: 535 Incorrect authentication data) [203.0.113.5] rejected EHLO",
    ] {
        assert_eq!(read(nothing), None, "{nothing}");
    }
    // A HELO that holds all of such a line: whose address it is cannot be told.
    let helo = "(y) [192.0.2.9]: 535 Incorrect authentication data (set_id=v)) [203.0.113.5]";
    assert_eq!(failed(helo, " (set_id=v)"), None);
}

#[test]
fn the_script_finds_the_log_that_exim_names_and_takes_what_matters() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("log");
    std::fs::create_dir(&place).unwrap();
    let path = place.display();
    let host = Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root");
    let now = jiff::Timestamp::now().as_second();
    let gather = |setting: &str| {
        tool(dir.path(), "exim", &format!("[ \"$*\" = '-bP log_file_path' ] && echo 'log_file_path = {setting}'"));
        // A plain `exim4` of this machine would come first.
        tool(dir.path(), "exim4", &format!("exec {}/exim \"$@\"", dir.path().display()));
        let mut window = Window::new(&Profile::default(), now, Duration::from_secs(86_400));
        window.days.push("2026-11-24".into());
        let part = source::part("senders.log", &host, &window, EximLog.head());
        run(&part, dir.path()).stdout.to_artifact().to_vec()
    };
    for (setting, file) in
        [("%slog", "mainlog"), ("%s.log", "main.log"), ("%slog-%D", "mainlog-20261124"), ("%D.%s", "20261124.main")]
    {
        std::fs::write(place.join(file), MAIN).unwrap();
        let printed = gather(&format!("syslog : {path}/{setting}"));
        let reading = EximLog.read(&printed, &clock());
        assert_eq!(reading.records, read(MAIN).records, "{setting}");
        assert!(reading.ended && reading.lines < 35, "{setting}: {}", reading.lines);
        std::fs::remove_file(place.join(file)).unwrap();
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
        read(bytes);
    }

    #[test]
    fn any_message_is_read(message in "(1xVg1Y-00000z-39 (<=|=>|->|[*][*]|==|>>) |cwd=/|x authenticator failed for ).{0,160}") {
        let _ = (event::parse(message.as_bytes()), login::parse(message.as_bytes()));
    }

    #[test]
    fn any_fields_are_read(fields in proptest::collection::vec("(H=|\\(|\\[1\\.2\\]|\"|S=1|A=a:b|id=|<|>|for|from|R=|:|\\\\| ){1}", 0..24)) {
        let fields = fields.concat();
        for mark in ["<=", "=>", "**", "=="] {
            let message = format!("1xVg1Y-00000z-39 {mark} {fields}");
            let _ = (event::parse(message.as_bytes()), login::parse(message.as_bytes()));
        }
    }

    #[test]
    fn a_flipped_capture_is_read(at in 0..MAIN.len(), with in any::<u8>()) {
        for capture in [MAIN, ALL, REJECT] {
            let mut bytes = capture.as_bytes().to_vec();
            let at = at % bytes.len();
            bytes[at] = with;
            read(bytes);
        }
    }
}

#[test]
fn a_capture_cut_off_anywhere_is_read() {
    for capture in [MAIN, ALL, REJECT] {
        // The lines before the one that is cut off say what they said.
        for line in capture.lines() {
            (0..line.len()).filter(|&at| line.is_char_boundary(at)).for_each(|at| _ = read(&line[..at]));
        }
        let whole = read(capture).records.len();
        assert!((0..capture.len()).step_by(41).all(|at| read(&capture[..at]).records.len() <= whole));
    }
}
