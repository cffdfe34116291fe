use super::*;
use crate::host::answer::testing::run;
use crate::mail::log::LogRecord;
use crate::model::Profile;
use crate::model::mail::Origin;
use crate::shell::Part;
use proptest::prelude::*;

const BSD: &str = include_str!("../../../../../tests/captures/sendmail/bsd.log");
const AUTH: &str = include_str!("../../../../../tests/captures/sendmail/auth.log");

fn read(text: impl AsRef<[u8]>) -> LogReading {
    SendmailLog.read(text.as_ref(), &Clock::new(&Profile::default(), 1_795_510_000))
}

/// Lines of `(seconds after 02:00, process, message)`.
fn log(lines: &[(u32, u32, &str)]) -> String {
    let line = |(s, pid, message): &(u32, u32, &str)| {
        format!("Nov 24 02:{:02}:{:02} mx1 sm-mta[{pid}]: {message}\n", s / 60, s % 60)
    };
    lines.iter().map(line).collect()
}

/// One line for each message: who, sender, recipients, and their fates.
fn summary(records: &[LogRecord]) -> Vec<String> {
    let line = |r: &LogRecord| {
        let who = match &r.send.origin {
            Origin::Login(login) => login.clone(),
            Origin::Uid(uid) => format!("uid:{uid}"),
            Origin::User(user) => format!("user:{user}"),
            Origin::Remote => "remote".to_owned(),
        };
        let s = &r.send;
        format!(
            "{} {who} <{}> n={} sent={} here={} wait={} back={}/{}",
            s.id, s.sender, s.recipients, s.sent, r.delivered, s.deferred, s.bounced, r.unknown
        )
    };
    records.iter().map(line).collect()
}

#[test]
fn a_real_log_is_read() {
    let reading = read(BSD);
    insta::assert_snapshot!(summary(&reading.records).join("\n"), @r"
    6AO2DRT2000080 remote <info@example.jp> n=2 sent=0 here=0 wait=2 back=0/0
    6AO2DS6I000088 remote <> n=1 sent=0 here=0 wait=1 back=0/0
    6AO2DSR3000084 remote <spam@example.jp> n=1 sent=0 here=0 wait=1 back=0/0
    ");
    assert_eq!((reading.lines, reading.foreign), (12, 6));
    assert_eq!(reading.records[0].send.at, 1_795_486_407);
    assert_eq!(reading.records[0].send.message_id.as_deref(), Some("<20261124021326.000079@localhost>"));
}

#[test]
fn logins_and_local_users_are_told_and_what_they_submit_counts_once() {
    let reading = read(AUTH);
    insta::assert_snapshot!(summary(&reading.records).join("\n"), @r#"
    6AO8Mn5k000099 remote <"a>, size=1, class=0, nrcpts=9999, msgid=<x>, proto=ESMTP, daemon=MTA, relay=root"@example.jp> n=1 sent=0 here=0 wait=1 back=0/0
    6AO8Mn6N000079 info <ceo@forged.example.org> n=4 sent=1 here=0 wait=2 back=1/1
    6AO8MnHJ000095 remote <spam@example.jp> n=1 sent=0 here=0 wait=1 back=0/0
    6AO8MnHo000104 uid:33 <www-data> n=1 sent=1 here=0 wait=0 back=0/0
    6AO8MnYA000124 uid:0 <root> n=1 sent=0 here=0 wait=0 back=1/1
    6AO8Mnch000084 info@mx1.example.jp <info@example.jp> n=1 sent=1 here=0 wait=0 back=0/0
    6AO8MnuJ000111 uid:33 <forged@example.org> n=2 sent=1 here=0 wait=1 back=0/0
    6AO8Mnuc000118 uid:33 <root> n=1 sent=0 here=0 wait=1 back=0/0
    6AO8MrUc000136 uid:33 <www-data> n=1 sent=1 here=0 wait=0 back=0/0
    "#);
    assert_eq!(reading.records[0].send.client_ip.as_deref(), Some("127.0.0.1"));
}

#[test]
fn a_log_that_repeats_itself_counts_once() {
    assert_eq!(read(AUTH.repeat(2)).records, read(AUTH).records);
}

const LOGIN: (u32, u32, &str) = (
    1,
    70,
    "AUTH=server, relay=host.example [203.0.113.9] (may be forged), authid=info@example.jp, mech=LOGIN, bits=0",
);
const FROM: (u32, u32, &str) = (
    2,
    70,
    "kAO20000000070: from=<info@example.jp>, size=500, class=0, nrcpts=2, msgid=<one@example.jp>, bodytype=8BITMIME, proto=ESMTPSA, daemon=MSA, relay=host.example [203.0.113.9] (may be forged)",
);
const QUIET: &str = "kAO20000000070 info@example.jp <info@example.jp> n=2 sent=0 here=0 wait=0 back=0/0";

fn after_begin(lines: &[(u32, u32, &str)]) -> Vec<String> {
    summary(&read(log(&[&[LOGIN, FROM], lines].concat())).records)
}

#[test]
fn fates_are_told_by_mailer_and_by_code() {
    let to =
        |rest: &str| after_begin(&[(3, 71, &format!("kAO20000000070: to=<a@x.example>, delay=1+02:03:04, {rest}"))]);
    let is = |fates: &str| vec![format!("kAO20000000070 info@example.jp <info@example.jp> n=2 {fates}")];
    let (smtp, ip) = ("xdelay=00:00:01, mailer=esmtp, pri=30261", "relay=mx.x.example. [192.0.2.1], dsn=");
    assert_eq!(to(&format!("{smtp}, {ip}2.0.0, stat=Sent (ok)")), is("sent=1 here=0 wait=0 back=0/0"));
    assert_eq!(to(&format!("{smtp}, {ip}2.0.0, stat=Sent")), is("sent=1 here=0 wait=0 back=0/0"));
    assert_eq!(to("mailer=local, pri=3, dsn=2.0.0, stat=Sent"), is("sent=0 here=1 wait=0 back=0/0"));
    assert_eq!(to("mailer=local, pri=3, stat=queued"), is("sent=0 here=0 wait=1 back=0/0"));
    let refused = "5.1.1, reply=550 5.1.1 no, stat=Sent (ok), stat=User unknown";
    assert_eq!(to(&format!("{smtp}, {ip}{refused}")), is("sent=0 here=0 wait=0 back=1/1"));
    let greylisted = "4.2.0, ntries=3, stage=RCPT, reply=450 x, dsn=2.0.0, stat=Sent (ok)";
    assert_eq!(to(&format!("{smtp}, {ip}{greylisted}")), is("sent=0 here=0 wait=1 back=0/0"));
    assert_eq!(
        to(&format!("{smtp}, relay=x.example, dsn=5.1.2, stat=Host unknown")),
        is("sent=0 here=0 wait=0 back=1/0")
    );
    // Handed to a filter on this host, and not yet back.
    let filter = "relay=[127.0.0.1] [127.0.0.1], dsn=2.0.0, stat=Sent (ok)";
    assert_eq!(to(&format!("{smtp}, {filter}")), is("sent=0 here=0 wait=0 back=0/0"));
}

#[test]
fn recipients_are_counted_by_address_whatever_line_they_stand_in() {
    let sent = "delay=00:00:01, mailer=esmtp, pri=1, relay=x.example. [192.0.2.1], dsn=2.0.0, stat=Sent (ok)";
    let fates = after_begin(&[
        (
            3,
            71,
            "kAO20000000070: to=<a@x.example>,\"b, c\"@x.example, [more], delay=00:00:01, mailer=esmtp, pri=1, relay=x.example., dsn=4.4.1, stat=Deferred: refused",
        ),
        (4, 71, &format!("kAO20000000070: to=a@x.example,<\"b, c\"@x.example>, {sent}")),
        (5, 72, "kAO20000000072: clone kAO20000000070, owner=list-owner"),
        (6, 72, &format!("kAO20000000072: to=<d@x.example>, {sent}")),
    ]);
    assert_eq!(fates, ["kAO20000000070 info@example.jp <info@example.jp> n=2 sent=3 here=0 wait=0 back=0/0"]);
}

#[test]
fn mail_that_expires_is_bounced() {
    let fates = after_begin(&[
        (
            3,
            71,
            "kAO20000000070: to=<a@x.example>, delay=00:00:01, mailer=esmtp, pri=1, relay=x., dsn=4.4.1, stat=Deferred: no",
        ),
        (99, 71, "kAO20000000070: kAO20000000099: sender notify: Warning: could not send message for past 4 hours"),
        (300, 71, "kAO20000000070: kAO20000000071: sender notify: Cannot send message for 5 days"),
    ]);
    assert_eq!(fates, ["kAO20000000070 info@example.jp <info@example.jp> n=2 sent=0 here=0 wait=0 back=1/0"]);
}

#[test]
fn a_process_number_is_used_again_by_others() {
    let other = |protocol: &str, relay: &str| {
        let from = format!(
            "kAO20000000080: from=<x@y.example>, size=5, class=-60, nrcpts=1, proto={protocol}, daemon=MTA, relay={relay}"
        );
        after_begin(&[(9, 70, &from)])[1].split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!(other("ESMTPA", "host.example [203.0.113.9] (may be forged)"), "info@example.jp");
    // The same client without a login, and another client with one of which the log does not tell.
    assert_eq!(other("ESMTP", "host.example [203.0.113.9] (may be forged)"), "remote");
    assert_eq!(other("ESMTPA", "other.example [203.0.113.8]"), "remote");
    // Before 8.13 the protocol tells nothing.
    let old = log(&[LOGIN, FROM]).replace("ESMTPSA", "ESMTP");
    assert_eq!(summary(&read(old).records), [QUIET]);
}

#[test]
fn the_uid_of_a_submission_is_never_the_one_of_a_sender_that_it_chose() {
    let submit = |control: &str| {
        let lines = log(&[
            (1, 5, "kAO20000000005: from=root, size=5, class=0, nrcpts=1, msgid=<1@x>, relay=www-data@localhost"),
            (
                2,
                5,
                &format!(
                    "kAO20000000005: to=a@x.example, ctladdr={control}, delay=00:00:01, mailer=relay, pri=1, relay=[127.0.0.1] [127.0.0.1], dsn=2.0.0, stat=Sent (ok)"
                ),
            ),
            (3, 6, "kAO20000000006: from=x, size=5, class=0, nrcpts=1, msgid=<2@x>, relay=www-data@localhost"),
            (4, 7, "kAO20000000007: from=y, size=5, class=0, nrcpts=1, msgid=<3@x>, relay=Unknown UID 501@localhost"),
        ]);
        read(lines).records.into_iter().map(|r| r.send.origin).collect::<Vec<_>>()
    };
    let user = Origin::User("www-data".into());
    assert_eq!(submit("root (0/0)"), [user.clone(), user.clone(), Origin::Uid(501)]);
    assert_eq!(submit("<forged, x@b.jp> (33/33)"), [user.clone(), user, Origin::Uid(501)]);
    assert_eq!(submit("www-data (33/33)"), [Origin::Uid(33), Origin::Uid(33), Origin::Uid(501)]);
}

#[test]
fn a_reply_from_a_server_of_the_users_own_takes_no_message_away() {
    let steal = |target: &str| {
        let lines = log(&[
            LOGIN,
            FROM,
            (
                3,
                5,
                "kAO20000000005: from=x, size=5, class=0, nrcpts=1, msgid=<one@example.jp>, relay=www-data@localhost",
            ),
            (
                4,
                5,
                &format!(
                    "kAO20000000005: to=a@x.example, delay=00:00:01, mailer=relay, pri=1, relay=[127.0.0.1] [127.0.0.1], dsn=2.0.0, stat=Sent ({target} Message accepted for delivery)"
                ),
            ),
        ]);
        summary(&read(lines).records).len()
    };
    assert_eq!((steal("kAO20000000070"), steal("kAO20000000005"), steal("../x")), (2, 2, 2));
}

#[test]
fn what_an_attacker_writes_never_changes_a_count() {
    let fields = "size=1, class=0, nrcpts=9999, msgid=<x>, proto=ESMTPA, daemon=MTA, relay=root@localhost";
    let sent = "delay=00:00:01, mailer=esmtp, pri=1, relay=x. [192.0.2.1], dsn=2.0.0, stat=Sent (ok)";
    let attacks = [
        // A HELO, a command, a rejected recipient and a host name.
        format!("invalid domain name (kAO20000000066: from=<a@b>, {fields}) from x.example [192.0.2.1]"),
        format!("kAO20000000066: <kAO20000000070: to=<a@x.example>, {sent}>... User unknown"),
        format!("ruleset=check_relay, arg1=kAO20000000066: from=<a@b>, {fields}, arg2=192.0.2.1, reject=550"),
        "AUTH=server, relay=x, authid=ceo@example.jp, mech=LOGIN, bits=0 [203.0.113.9], authid=x".into(),
        // Ids that are none.
        format!("NOQUEUE: from=<a@b>, {fields}"),
        format!("../../../x00000: from=<a@b>, {fields}"),
        format!("kAO20000000066: kAO20000000070: to=<a@x.example>, {sent}"),
        // Numbers that are none, and a message without recipients.
        "kAO20000000066: from=<a@b>, size=+1, class=0, nrcpts=1, relay=root@localhost".into(),
        "kAO20000000066: from=<a@b>, size=1, class=0, nrcpts=-1, relay=root@localhost".into(),
        "kAO20000000066: from=<a@b>, size=1, class=0, nrcpts=0, relay=root@localhost".into(),
        // A second beginning of the same message.
        format!("kAO20000000070: from=<evil@x>, {fields}"),
        // A bounce.
        "kAO20000000066: from=<>, size=1, class=0, nrcpts=1, relay=[RESPONSE]".into(),
        // A recipient with a comma inside its quotes, cut off.
        format!("kAO20000000070: to=<\"a@x.example>, {sent}"),
        // A warning that quotes.
        format!("kAO20000000070: Authentication-Warning: mx1: x set sender to <a>, {fields} using -f"),
    ];
    for message in &attacks {
        assert_eq!(after_begin(&[(3, 70, message)]), [QUIET], "{message}");
    }
    // Another program, and a line inside a line.
    let other = log(&[LOGIN, FROM])
        + &format!("Nov 24 02:00:03 mx1 sshd[7]: Invalid user sm-mta[7]: kAO20000000066: from=<a>, {fields}\n");
    assert_eq!(summary(&read(other).records), [QUIET]);
}

#[test]
fn what_an_attacker_writes_into_a_true_line_stays_his_text() {
    let begin = |sender: &str, msgid: &str, relay: &str| {
        let from = format!(
            "kAO20000000066: from={sender}, size=7, class=0, nrcpts=1, msgid={msgid}, proto=ESMTP, daemon=MTA, relay={relay}"
        );
        let records = read(log(&[(1, 9, &from)])).records;
        summary(&records).first().map_or("nothing".to_owned(), |line| line.chars().take(60).collect())
    };
    let fields = "size=1, class=0, nrcpts=9999, msgid=<x>, proto=ESMTPA, daemon=MTA, relay=root@localhost";
    let mine = "kAO20000000066 remote <";
    assert!(begin(&format!("<\"a>, {fields}\"@b.jp>"), "<1>", "x [192.0.2.1]").starts_with(mine));
    assert!(begin(&format!("<a@b.jp (>, {fields})>"), "<1>", "x [192.0.2.1]").starts_with(mine));
    assert!(begin("<a@b.jp>", &format!("<x>, {fields}"), "x [192.0.2.1]").starts_with(mine));
    assert!(begin("<a@b.jp>", &format!("x, {fields}"), "x [192.0.2.1]").contains("n=1 "));
    // A sender that was cut off inside its quotes; its end would stand in the message id.
    let cut = format!("<\"{}", "a".repeat(198));
    assert_eq!(begin(&cut, &format!("\">, {fields}"), "x [192.0.2.1]"), format!("{mine}\"{}", "a".repeat(36)));
    // Relays that are none.
    for relay in ["x [192.0.2.1], y", "a b@localhost [x]", "x", "[]", "<x>@localhost", "@localhost", "a,b [192.0.2.1]"]
    {
        assert_eq!(begin("<a@b.jp>", "<1>", relay), "nothing", "{relay}");
    }
}

#[test]
fn logins_that_were_done_and_that_failed_are_told_apart() {
    let read = |text: &str| {
        let line = crate::mail::log::syslog::parse(text.as_bytes(), &Clock::new(&Profile::default(), 1_795_510_000));
        let login = SendmailLog.login(&line.unwrap())?;
        Some((login.login, login.client_ip, login.ok, login.times))
    };
    let lines: Vec<_> = AUTH.lines().filter_map(read).collect();
    let here = Some("127.0.0.1".to_owned());
    let who = |name: &str, ok| (Some(name.to_owned()), here.clone(), ok, 1);
    let told = [who("info", true), who("info@mx1.example.jp", true), who("info", false)];
    assert_eq!(lines[..3], told);
    // Which of two users was tried, nobody can tell.
    assert_eq!(lines[3..], [(None, here.clone(), false, 1), who("nosuch", false)]);
    let head = "Nov 24 02:00:01 mx1 sendmail[143]: ";
    let read = |message: &str| read(&format!("{head}{message}"));
    let old = "kAO20000000070: AUTH failure (PLAIN): authentication failure (-13) SASL(-13): authentication failure: Password verification failed";
    assert_eq!(read(old), Some((None, None, false, 1)));
    assert_eq!(read(&format!("{old}, relay=x [192.0.2.7]")).unwrap().1.unwrap(), "192.0.2.7");
    let folded = format!("message repeated 4 times: [ {old}, relay=[IPv6:2001:db8::7]]");
    assert_eq!(read(&folded), Some((None, Some("2001:db8::7".to_owned()), false, 4)));
    let sly = "AUTH=server, relay=x [192.0.2.7], authid=a, mech=PLAIN, bits=0, authid=b, mech=LOGIN, bits=0";
    assert_eq!(read(sly).unwrap().0.unwrap(), "a, mech=PLAIN, bits=0, authid=b");
    for nothing in [
        "kAO20000000070: x [192.0.2.7] did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA",
        "kAO20000000070: <AUTH failure (LOGIN): x, relay=y [192.0.2.7]>... User unknown",
        "AUTH=client, relay=x [192.0.2.7], mech=PLAIN, bits=0",
        "STARTTLS=server, relay=x [192.0.2.7], version=TLSv1.3",
    ] {
        assert_eq!(read(nothing), None, "{nothing}");
    }
}

#[test]
fn the_patterns_keep_every_line_that_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::new(&Profile::default(), 1_795_510_000);
    let expired = "Nov 24 02:13:40 mx1 sm-mta[1]: 6AO2DRT2000080: 6AO2DRT2000099: sender notify: Cannot send message for 5 days\n";
    let all = format!("{BSD}{expired}{AUTH}");
    let file = dir.path().join("mail.log");
    std::fs::write(&file, &all).unwrap();
    let kept = |pattern: &str| {
        let script = format!("{}awk -v pattern=\"${pattern}\" '$0 ~ pattern' '{}'", SendmailLog.head(), file.display());
        run(&Part::new("x", script), dir.path()).stdout.for_human(99_999)
    };
    let reading = read(kept("pattern"));
    assert_eq!((&reading.records, reading.foreign), (&read(&all).records, 0));
    let logins = |text: &str| {
        let mut read = (&SendmailLog as &'static SendmailLog).logins();
        let line = |l: &str| read(&crate::mail::log::syslog::parse(l.as_bytes(), &clock)?);
        text.lines().filter_map(line).collect::<Vec<_>>()
    };
    assert_eq!(logins(&kept("logins")), logins(&all));
    // One for each message of a login, and those that failed.
    let done = reading.records.iter().filter(|r| matches!(r.send.origin, Origin::Login(_))).count();
    let (ok, failed): (Vec<_>, Vec<_>) = logins(&all).into_iter().partition(|l| l.ok);
    assert_eq!((ok.len(), failed.is_empty()), (done, false));
}

#[test]
fn sendmail_has_many_names_and_no_others() {
    for program in ["sendmail", "sm-mta", "sm-msp-queue", "sm-que", "sendmail-mta"] {
        assert!(is_sendmail(program.as_bytes()), "{program}");
    }
    for program in ["sendmailx", "postfix/sendmail", "xsm-mta", "sm", ""] {
        assert!(!is_sendmail(program.as_bytes()), "{program}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
        read(bytes);
    }

    #[test]
    fn any_message_is_read(message in "(kAO20000000070: (from=|to=|clone )|AUTH=server, |AUTH failure \\().{0,120}") {
        let _ = (event::parse(message.as_bytes()), event::login(message.as_bytes()).map(|l| l.ok));
    }

    #[test]
    fn a_flipped_capture_is_read(at in 0..AUTH.len(), with in any::<u8>()) {
        let mut bytes = AUTH.as_bytes().to_vec();
        bytes[at] = with;
        read(bytes);
    }
}

#[test]
fn a_capture_that_is_cut_anywhere_is_read() {
    for end in 0..BSD.len() {
        read(&BSD[..end]);
    }
    // Its last line is the one that is cut, whatever stands before it.
    for line in AUTH.lines() {
        (0..line.len()).for_each(|end| _ = read(&line[..end]));
    }
}
