//! Tests: lines whose senders, HELO names, subjects, recipients and replies are other people's text.

use super::{BEGIN, added_up, after_begin, clock, log, read, summary};
use crate::mail::mta::Log;
use crate::mail::mta::postfix::log::PostfixLog;

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
    assert_eq!(summary(&added_up(&other).unwrap()), quiet);
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
fn what_an_attacker_writes_never_becomes_a_login_of_anothers() {
    let read = |daemon: &str, message: &str| {
        let text = format!("Nov 24 01:57:35 mx1 postfix/{daemon}[143]: {message}");
        let line = crate::mail::log::syslog::parse(text.as_bytes(), &clock()).unwrap();
        PostfixLog.login(&line).map(|login| (login.login.unwrap_or_default(), login.ok))
    };
    let done = "client=x[198.51.100.1], sasl_method=LOGIN, sasl_username=victim@example.jp";
    let failed = "warning: x[198.51.100.1]: SASL LOGIN authentication failed: x, sasl_username=victim@example.jp";
    let client = "client=x[203.0.113.9]";
    for (daemon, message) in [
        ("cleanup", format!("AAAAAA1: warning: header Subject: {failed} from x[203.0.113.9]; from=<a@b.jp>")),
        ("cleanup", format!("AAAAAA1: reject: header Subject: AAAAAA1: {done} from x[203.0.113.9]")),
        (
            "smtpd",
            format!("NOQUEUE: reject: RCPT from x[203.0.113.9]: 504 no; from=<a@b.jp> proto=SMTP helo=<{failed}>"),
        ),
        ("smtpd", format!("NOQUEUE: reject: MAIL from x[203.0.113.9]: 550 no; from=<AAAAAA1: {done}>")),
        ("smtpd", format!("warning: non-SMTP command from x[203.0.113.9]: {failed}")),
        ("smtpd", format!("warning: Illegal address syntax from x[203.0.113.9] in MAIL command: <{failed}>")),
        ("smtpd", format!("improper command pipelining after EHLO from x[203.0.113.9]: {failed}")),
        ("smtpd", format!("lost connection after {failed} from x[203.0.113.9]")),
        ("smtpd", format!("AAAAAA1: {client}, orig_queue_id=x, sasl_sender=a, sasl_username=victim@example.jp")),
        ("smtpd", format!("AAAAAA1: {client}, sasl_sender=<{done}>")),
        ("smtp", format!("AAAAAA1: to=<a@b.jp>, relay=x, delay=1, dsn=4.0.0, status=deferred ({failed})")),
        ("smtp", format!("AAAAAA1: host x[203.0.113.9] said: {failed}")),
    ] {
        assert_eq!(read(daemon, &message), None, "{daemon}: {message}");
    }
    // A name of the client's own is all that he changes.
    let own =
        "warning: x[203.0.113.9]: SASL PLAIN authentication failed: x, sasl_username=a, sasl_username=victim@b.jp";
    assert_eq!(read("smtpd", own), Some(("a, sasl_username=victim@b.jp".into(), false)));
    let own = "AAAAAA1: client=x[203.0.113.9], sasl_method=PLAIN, sasl_username=eve, sasl_username=victim@b.jp";
    assert_eq!(read("smtpd", own), Some(("eve".into(), true)));
}
