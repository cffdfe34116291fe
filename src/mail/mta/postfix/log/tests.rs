use super::*;
use crate::mail::log::LogRecord;
use crate::model::Profile;
use crate::model::mail::Origin;
use proptest::prelude::*;

const ISO: &str = include_str!("../../../../../tests/captures/postfix-rfc3339.log");
const BSD: &str = include_str!("../../../../../tests/captures/postfix-bsd.log");
const IN_FLIGHT: &str = include_str!("../../../../../tests/captures/postfix-in-flight.log");

fn clock() -> Clock {
    Clock::new(&Profile::default(), 1_795_490_000)
}

fn read(text: impl AsRef<[u8]>) -> LogReading {
    PostfixLog.read(text.as_ref(), &clock())
}

/// Lines of `(seconds after 02:00, daemon, message)`.
fn log(lines: &[(u32, &str, &str)]) -> String {
    let line = |(s, daemon, message): &(u32, &str, &str)| {
        format!("2026-11-24T02:{:02}:{:02}+00:00 mx1 postfix/{daemon}[7]: {message}\n", s / 60, s % 60)
    };
    lines.iter().map(line).collect()
}

/// One line for each message: who, sender, recipients, and their fates.
fn summary(records: &[LogRecord]) -> Vec<String> {
    let line = |r: &LogRecord| {
        let who = match &r.send.origin {
            Origin::Login(login) => login.clone(),
            Origin::Uid(uid) => format!("uid:{uid}"),
            Origin::User(name) => format!("user:{name}"),
            Origin::Remote => "remote".to_owned(),
        };
        let s = &r.send;
        format!(
            "{who} <{}> n={} sent={} here={} wait={} back={}/{}",
            s.sender, s.recipients, s.sent, r.delivered, s.deferred, s.bounced, r.unknown
        )
    };
    records.iter().map(line).collect()
}

#[test]
fn a_real_log_is_read_by_login_and_by_uid() {
    let reading = read(ISO);
    // The requeued message counts once, retries do not count, the bounce is nobody's, and a message that was
    // submitted before the log begins is left out.
    insta::assert_snapshot!(summary(&reading.records).join("\n"), @r#"
    info@example.jp <info@example.jp> n=1 sent=1 here=0 wait=0 back=0/0
    info@example.jp <ceo@forged.example.org> n=3 sent=0 here=0 wait=3 back=0/0
    sales@example.jp <sales@example.jp> n=1 sent=0 here=0 wait=1 back=0/0
    info@example.jp <info@example.jp> n=1 sent=0 here=0 wait=0 back=1/0
    uid:33 <www-data@mx1.example.jp> n=1 sent=0 here=0 wait=1 back=0/0
    uid:0 <"odd name"@example.jp> n=1 sent=0 here=0 wait=1 back=0/0
    uid:0 <> n=1 sent=0 here=0 wait=1 back=0/0
    uid:0 <info@example.jp> n=1 sent=0 here=0 wait=1 back=0/0
    info@example.jp <info@example.jp> n=1 sent=0 here=0 wait=1 back=0/0
    "#);
    let first = &reading.records[0].send;
    assert_eq!(
        (first.at, first.id.as_str(), first.client_ip.as_deref()),
        (1_795_485_455, "70D1C9D291A", Some("127.0.0.1"))
    );
    assert_eq!(first.message_id.as_deref(), Some("<20261124015731.000147@localhost>"));
    assert_eq!((reading.lines, reading.foreign), (127, 63));
}

#[test]
fn bsd_times_tell_the_same() {
    let bsd = read(BSD).records;
    let iso = read(ISO).records;
    assert_eq!(bsd.len(), 2);
    assert_eq!(bsd[0], iso[0]);
}

#[test]
fn a_log_that_repeats_itself_counts_once() {
    assert_eq!(read(ISO.repeat(2)).records, read(ISO).records);
}

#[test]
fn a_delivery_that_outlives_its_message_still_counts() {
    let records = read(IN_FLIGHT).records;
    assert_eq!(
        summary(&records),
        [
            "uid:0 <spam1@example.jp> n=1 sent=1 here=0 wait=0 back=0/0",
            "uid:0 <spam3@example.jp> n=2 sent=2 here=0 wait=0 back=0/0",
        ]
    );
}

const BEGIN: [(u32, &str, &str); 3] = [
    (1, "submission/smtpd", "AAAAAA1: client=unknown[203.0.113.9], sasl_method=LOGIN, sasl_username=info@example.jp"),
    (1, "cleanup", "AAAAAA1: message-id=<one@example.jp>"),
    (2, "qmgr", "AAAAAA1: from=<info@example.jp>, size=500, nrcpt=2 (queue active)"),
];

fn after_begin(lines: &[(u32, &str, &str)]) -> Vec<String> {
    summary(&read(log(&[&BEGIN, lines].concat())).records)
}

#[test]
fn ids_are_used_again() {
    let again = after_begin(&[
        (
            3,
            "smtp",
            "AAAAAA1: to=<a@x.example>, relay=x.example[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)",
        ),
        (3, "qmgr", "AAAAAA1: removed"),
        (
            9,
            "smtps/smtpd",
            "AAAAAA1: client=host.example[203.0.113.9]:4711, sasl_method=PLAIN, sasl_username=sales@example.jp, sasl_sender=x",
        ),
        (9, "cleanup", "AAAAAA1: message-id=<two@example.jp>"),
        (9, "qmgr", "AAAAAA1: from=<sales@example.jp>, size=5, nrcpt=1 (queue active)"),
        (99, "cleanup", "BBBBBB1: message-id=<bounce@mx1>"),
        (99, "qmgr", "BBBBBB1: from=<>, size=5, nrcpt=1 (queue active)"),
    ]);
    assert_eq!(
        again,
        [
            "info@example.jp <info@example.jp> n=2 sent=1 here=0 wait=0 back=0/0",
            "sales@example.jp <sales@example.jp> n=1 sent=0 here=0 wait=0 back=0/0",
        ]
    );
}

#[test]
fn a_message_that_a_filter_hands_back_is_no_new_one() {
    let filtered = |client: &str| {
        after_begin(&[
            (4, "smtpd", &format!("CCCCCC1: client={client}")),
            (4, "cleanup", "CCCCCC1: message-id=<one@example.jp>"),
            (4, "qmgr", "CCCCCC1: from=<info@example.jp>, size=700, nrcpt=2 (queue active)"),
            (
                5,
                "smtp",
                "CCCCCC1: to=<a@x.example>, relay=x.example[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)",
            ),
            (
                6,
                "smtp",
                "AAAAAA1: to=<a@x.example>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 queued as CCCCCC1)",
            ),
            (
                6,
                "smtp",
                "AAAAAA1: to=<b@x.example>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 queued as CCCCCC1)",
            ),
            (6, "qmgr", "AAAAAA1: removed"),
            (
                7,
                "smtp",
                "CCCCCC1: to=<b@x.example>, relay=x.example[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host said: 550 5.1.1 unknown)",
            ),
        ])
    };
    let once = ["info@example.jp <info@example.jp> n=2 sent=1 here=0 wait=0 back=1/1"];
    assert_eq!(filtered("localhost[127.0.0.1]"), once);
    assert_eq!(filtered("localhost[127.0.0.1], orig_queue_id=AAAAAA1, orig_client=unknown[203.0.113.9]"), once);
    // From elsewhere the same message id is only a copy.
    assert_eq!(filtered("x.example[192.0.2.7]").len(), 2);
    assert_eq!(filtered("localhost[127.0.0.1], sasl_method=LOGIN, sasl_username=eve@example.jp").len(), 2);
}

#[test]
fn mail_that_expires_is_bounced_and_local_delivery_is_not_sent() {
    let fates = after_begin(&[
        (
            3,
            "smtp",
            "AAAAAA1: to=<a@x.example>, relay=none, delay=1, delays=0/0/0/1, dsn=4.4.1, status=deferred (connect: refused)",
        ),
        (
            3,
            "lmtp",
            "AAAAAA1: to=<me@example.jp>, orig_to=<all@example.jp>, relay=mx1.example.jp[private/dovecot-lmtp], delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 Saved)",
        ),
        (99, "qmgr", "AAAAAA1: from=<info@example.jp>, status=expired, returned to sender"),
    ]);
    assert_eq!(fates, ["info@example.jp <info@example.jp> n=2 sent=0 here=1 wait=0 back=1/0"]);
}

#[test]
fn what_an_attacker_writes_never_changes_a_count() {
    let sent = "relay=x.example[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)";
    let waits = "relay=none, delay=1, delays=0/0/0/1, dsn=4.4.1, status=deferred (refused)";
    let login = "client=unknown[198.51.100.1], sasl_method=LOGIN, sasl_username=info@example.jp";
    let quiet = after_begin(&[]);
    let attacks: Vec<(&str, String)> = vec![
        // A subject that header_checks writes down.
        ("cleanup", format!("AAAAAA1: warning: header Subject: DDDDDD1: {login} from unknown[198.51.100.1]")),
        // HELO, in a rejection.
        (
            "smtpd",
            format!(
                "NOQUEUE: reject: RCPT from unknown[198.51.100.1]: 554 no; from=<a@b> to=<c@d> proto=SMTP helo=<DDDDDD1: {login}>"
            ),
        ),
        // A message id.
        ("cleanup", format!("DDDDDD1: message-id=<x> DDDDDD1: {login}")),
        // A sender that is rejected.
        ("smtpd", format!("NOQUEUE: reject: MAIL from unknown[198.51.100.1]: 550; from=<AAAAAA1: {login}>")),
        // A failed login.
        (
            "smtpd",
            "warning: unknown[198.51.100.1]: SASL LOGIN authentication failed: x, sasl_username=info@example.jp".into(),
        ),
        // A reverse name that is none.
        ("smtpd", "DDDDDD1: client=x], sasl_username=info@example.jp[198.51.100.1]".into()),
        // Ids that are none.
        ("smtpd", format!("ALL: {login}")),
        ("smtpd", format!("NOQUEUE: {login}")),
        ("smtpd", format!("../../x: {login}")),
        // A recipient, as it was written before 3.5: nobody can tell which half is true.
        ("smtp", format!("AAAAAA1: to=<a@x.example>, {sent}@dead.example>, {waits}")),
        // A queue line under another daemon's name, and a daemon that is not Postfix's.
        ("smtpd", "AAAAAA1: from=<info@example.jp>, size=1, nrcpt=9999 (queue active)".into()),
        ("evil", format!("DDDDDD1: {login}")),
        // A second queue line with more recipients.
        ("qmgr", "AAAAAA1: from=<info@example.jp>, size=1, nrcpt=9999 (queue active)".into()),
        // Numbers that are none.
        ("qmgr", "DDDDDD1: from=<info@example.jp>, size=+1, nrcpt=-1 (queue active)".into()),
    ];
    for (daemon, message) in &attacks {
        assert_eq!(after_begin(&[(3, daemon, message)]), quiet, "{daemon}: {message}");
        let queue = (4, "qmgr", "DDDDDD1: from=<evil@x>, size=1, nrcpt=1 (queue active)");
        assert_eq!(after_begin(&[(3, daemon, message), queue]), quiet, "{daemon}: {message}");
    }
    // Another program, and a line inside a line.
    let other = log(&BEGIN)
        + &format!("2026-11-24T02:00:03+00:00 mx1 sshd[7]: Invalid user postfix/smtpd[7]: DDDDDD1: {login}\n");
    assert_eq!(summary(&read(other).records), quiet);
}

#[test]
fn what_an_attacker_writes_into_a_true_line_stays_his_text() {
    let submit = |sender: &str| {
        after_begin(&[
            (
                3,
                "smtpd",
                "DDDDDD1: client=x[198.51.100.1], sasl_method=LOGIN, sasl_username=eve@example.jp, sasl_sender=x, sasl_username=info@example.jp",
            ),
            (3, "qmgr", &format!("DDDDDD1: from=<{sender}>, size=1, nrcpt=1 (queue active)")),
        ])
    };
    let forged = submit("a>, size=1, nrcpt=99999 (queue active)");
    assert_eq!(forged[1], "eve@example.jp <a>, size=1, nrcpt=99999 (queue active)> n=1 sent=0 here=0 wait=0 back=0/0");
    assert_eq!(submit("a>, status=expired, returned to sender").len(), 2);
    // A local sender that pretends to be a requeue of another's message.
    let local = after_begin(&[
        (3, "pickup", "EEEEEE1: uid=33 from=<a> orig_id=AAAAAA1>"),
        (3, "qmgr", "EEEEEE1: from=<a> orig_id=AAAAAA1>, size=1, nrcpt=1 (queue active)"),
    ]);
    assert_eq!(local[1], "uid:33 <a> orig_id=AAAAAA1> n=1 sent=0 here=0 wait=0 back=0/0");
    // A quoted recipient with the end of a line in it, and a remote reply with one.
    let quoted = after_begin(&[
        (
            3,
            "smtp",
            "AAAAAA1: to=<\"a>, relay=x[1.2.3.4]:25, delay=1, dsn=2.0.0, status=sent (ok\\\" \"@x.example>, relay=none, delay=1, delays=0/0/0/1, dsn=4.4.1, status=deferred (refused)",
        ),
        (
            3,
            "smtp",
            "AAAAAA1: to=<b@x.example>, relay=x.example[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host said: 550 dsn=2.0.0, status=sent (250 ok))",
        ),
    ]);
    assert_eq!(quoted, ["info@example.jp <info@example.jp> n=2 sent=0 here=0 wait=1 back=1/1"]);
}

#[test]
fn instances_and_services_have_their_own_names() {
    for program in ["postfix/smtpd", "postfix/submission/smtpd", "postfix-out/smtps/smtpd", "postfix-a/smtpd"] {
        assert!(event::parse(program.as_bytes(), b"AAAAAA1: client=x[1.2.3.4]").is_some(), "{program}");
    }
    for program in ["postfix", "postfixx/smtpd", "smtpd", "xpostfix/smtpd", "postfix/smtpd/x", ""] {
        assert!(event::parse(program.as_bytes(), b"AAAAAA1: client=x[1.2.3.4]").is_none(), "{program}");
    }
}

#[test]
fn a_line_that_was_cut_off_is_counted_and_no_more() {
    let cut = log(&BEGIN) + "2026-11-24T02:00:09+00:00 mx1 postfix/smtp[7]: AAAAAA1: to=<a@x.exam";
    let reading = read(cut);
    assert_eq!((reading.records.len(), reading.lines, reading.foreign), (1, 4, 1));
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
        read(bytes);
    }

    #[test]
    fn any_message_of_any_daemon_is_read(message in "AAAAAA1: (client=|uid=|message-id=|from=<|to=<).{0,120}") {
        for daemon in ["smtpd", "pickup", "cleanup", "qmgr", "smtp", "postsuper"] {
            let _ = event::parse(format!("postfix/{daemon}").as_bytes(), message.as_bytes());
        }
    }

    #[test]
    fn a_flipped_or_cut_capture_is_read(at in 0..2_000usize, with in any::<u8>()) {
        for capture in [IN_FLIGHT, &BSD[..2_000]] {
            let mut bytes = capture.as_bytes().to_vec();
            let at = at % bytes.len();
            read(&bytes[..at]);
            bytes[at] = with;
            read(bytes);
        }
    }
}

#[test]
fn logins_that_were_done_and_that_failed_are_told_apart() {
    let read = |text: &str| {
        let line = crate::mail::log::syslog::parse(text.as_bytes(), &clock()).unwrap();
        let login = PostfixLog.login(&line)?;
        Some((login.login, login.client_ip.unwrap(), login.ok, login.times))
    };
    let who =
        |login: &str, ip: &str, ok, times| Some(((!login.is_empty()).then(|| login.into()), ip.into(), ok, times));
    let head = "Nov 24 01:57:35 mx1 postfix/submission/smtpd[143]: ";
    let read_message = |message: &str| read(&format!("{head}{message}"));
    let done = "A2CDA9D291A: client=unknown[192.0.2.7], sasl_method=LOGIN, sasl_username=info@example.jp";
    assert_eq!(read_message(done), who("info@example.jp", "192.0.2.7", true, 1));
    let failed = "warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: (reason unavailable), sasl_username=info@example.jp";
    assert_eq!(read_message(failed), who("info@example.jp", "192.0.2.7", false, 1));
    let old = "warning: mx.example[192.0.2.7]:4711: SASL PLAIN authentication failed: UGFzc3dvcmQ6";
    assert_eq!(read_message(old), who("", "192.0.2.7", false, 1));
    assert_eq!(read_message(&format!("message repeated 4 times: [ {old}]")), who("", "192.0.2.7", false, 4));
    for nothing in [
        "A2CDA9D291A: client=unknown[192.0.2.7]",
        "NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <x>: SASL LOGIN authentication failed: , sasl_username=a@b.jp",
        "warning: hostname SASL LOGIN authentication failed: x, sasl_username=a@b.jp",
    ] {
        assert_eq!(read_message(nothing), None, "{nothing}");
    }
}
