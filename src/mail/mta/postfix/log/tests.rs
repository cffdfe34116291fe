mod hostile;

use super::*;
use crate::host::answer::testing::awk;
use crate::mail::log::LogRecord;
use crate::model::Profile;
use crate::model::mail::Origin;
use proptest::prelude::*;

const ISO: &str = include_str!("../../../../../tests/captures/postfix-rfc3339.log");
const BSD: &str = include_str!("../../../../../tests/captures/postfix-bsd.log");
const IN_FLIGHT: &str = include_str!("../../../../../tests/captures/postfix-in-flight.log");

pub(super) fn clock() -> Clock {
    Clock::new(&Profile::default(), 1_795_490_000)
}

pub(super) fn read(text: impl AsRef<[u8]>) -> LogReading {
    PostfixLog.read(text.as_ref(), &clock())
}

/// Lines of `(seconds after 02:00, daemon, message)`.
pub(super) fn log(lines: &[(u32, &str, &str)]) -> String {
    let line = |(s, daemon, message): &(u32, &str, &str)| {
        format!("2026-11-24T02:{:02}:{:02}+00:00 mx1 postfix/{daemon}[7]: {message}\n", s / 60, s % 60)
    };
    lines.iter().map(line).collect()
}

/// One line for each message: who, sender, recipients, and their fates.
pub(super) fn summary(records: &[LogRecord]) -> Vec<String> {
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
    assert_eq!(summary(&added_up(IN_FLIGHT).unwrap()), summary(&records));
}

pub(super) const BEGIN: [(u32, &str, &str); 3] = [
    (1, "submission/smtpd", "AAAAAA1: client=unknown[203.0.113.9], sasl_method=LOGIN, sasl_username=info@example.jp"),
    (1, "cleanup", "AAAAAA1: message-id=<one@example.jp>"),
    (2, "qmgr", "AAAAAA1: from=<info@example.jp>, size=500, nrcpt=2 (queue active)"),
];

/// In both ways of reading.
pub(super) fn after_begin(lines: &[(u32, &str, &str)]) -> Vec<String> {
    let text = log(&[&BEGIN, lines].concat());
    let told = summary(&read(&text).records);
    if let Some(added) = added_up(&text) {
        assert_eq!(of_senders(&summary(&added)), of_senders(&told), "{text}");
    }
    told
}

/// What the log tells when it is added up on the host; none when it cannot be.
pub(super) fn added_up(text: &str) -> Option<Vec<LogRecord>> {
    let (added, status) = awk(include_str!("../compact.awk"), "Nov 24|2026-11-24", text.as_bytes());
    (status == Some(0)).then(|| read(added).records)
}

/// Incoming mail that did not leave the host is left out of what is added up.
fn of_senders(told: &[String]) -> Vec<&String> {
    told.iter().filter(|told| !told.starts_with("remote ") || !told.contains(" sent=0 ")).collect()
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
fn an_id_that_a_deleted_message_left_belongs_to_the_next() {
    let sent = "relay=x.example[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)";
    let deleted = [
        (3, "postsuper", "AAAAAA1: removed"),
        (4, "smtp", &*format!("AAAAAA1: to=<a@x.example>, {sent}")),
        (9, "cleanup", "AAAAAA1: message-id=<bounce@mx1>"),
        (9, "qmgr", "AAAAAA1: from=<>, size=5, nrcpt=1 (queue active)"),
        (9, "smtp", &*format!("AAAAAA1: to=<b@x.example>, {sent}")),
    ];
    let want = ["info@example.jp <info@example.jp> n=2 sent=1 here=0 wait=0 back=0/0"];
    assert_eq!(after_begin(&deleted), want);
    assert!(added_up(&log(&[&BEGIN, &deleted[..]].concat())).is_some());
}

#[test]
fn a_line_that_a_daemon_folded_says_what_it_folds() {
    let folded = "message repeated 2 times: [ AAAAAA1: to=<a@x.example>, relay=none, delay=1, dsn=4.4.1, status=deferred (refused)]";
    let want = ["info@example.jp <info@example.jp> n=2 sent=0 here=0 wait=1 back=0/0"];
    assert_eq!(after_begin(&[(3, "smtp", folded)]), want);
}

#[test]
fn a_log_whose_times_go_back_is_not_added_up() {
    let later = [(3, "smtpd", "BBBBBB1: client=x[192.0.2.7]"), (200, "smtpd", "connect from x[192.0.2.7]")];
    let back = |at: u32| added_up(&log(&[&BEGIN, &later[..], &[(at, "smtpd", "disconnect from x")]].concat()));
    assert!(back(80).is_some(), "programs write at once");
    assert!(back(79).is_none());
    // A file that begins where the one before began.
    let file = |lines| format!("\x01== 9 9 x\n{}\x01\n", log(lines));
    assert!(added_up(&(file(&BEGIN) + &file(&later))).is_some());
    assert!(added_up(&(file(&BEGIN) + &file(&BEGIN))).is_none());
    assert!(added_up(&(file(&later) + &file(&BEGIN))).is_none());
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
