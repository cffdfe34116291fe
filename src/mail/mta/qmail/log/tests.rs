use super::*;
use crate::host::answer::testing::run;
use crate::mail::log::LogRecord;
use crate::model::mail::Origin;
use crate::model::{Host, HostName, Profile};
use proptest::prelude::*;

const SYSLOG: &str = include_str!("../../../../../tests/captures/qmail/syslog.log");
const RESTART: &str = include_str!("../../../../../tests/captures/qmail/restart.log");

fn clock() -> Clock {
    Clock::new(&Profile::default(), 1_795_490_000)
}

fn read(text: impl AsRef<[u8]>) -> LogReading {
    QmailLog.read(text.as_ref(), &clock())
}

/// Lines of `(seconds after 02:16:40, message)`, with the users of the network first.
fn log(lines: &[(u32, &str)]) -> String {
    let line =
        |(s, message): &(u32, &str)| format!("Nov 24 02:16:40 mx1 qmail: {}.000001 {message}\n", 1_795_486_600 + s);
    "network 2020 89\n".to_owned() + &lines.iter().map(line).collect::<String>()
}

/// One line for each message: who, sender, recipients, and their fates.
fn summary(records: &[LogRecord]) -> Vec<String> {
    let line = |r: &LogRecord| {
        let who = match &r.send.origin {
            Origin::Uid(uid) => format!("uid:{uid}"),
            Origin::Remote => "remote".to_owned(),
            other => format!("{other:?}"),
        };
        let s = &r.send;
        format!(
            "{} {who} <{}> n={} sent={} here={} wait={} back={}/{}",
            s.id, s.sender, s.recipients, s.sent, r.delivered, s.deferred, s.bounced, r.unknown
        )
    };
    records.iter().map(line).collect()
}

fn after(lines: &[(u32, &str)]) -> Vec<String> {
    summary(&read(log(lines)).records)
}

#[test]
fn a_real_log_is_read_by_uid() {
    let reading = read(SYSLOG);
    insta::assert_snapshot!(summary(&reading.records).join("\n"), @r"
    10504129 uid:0 <info@example.jp> n=1 sent=1 here=0 wait=0 back=0/0
    10504131 uid:0 <sales@example.jp> n=1 sent=0 here=0 wait=1 back=0/0
    10504133 uid:33 <spam@example.jp> n=3 sent=1 here=0 wait=2 back=0/0
    10504135 uid:0 <> n=1 sent=0 here=0 wait=1 back=0/0
    ");
    assert_eq!((reading.records[0].send.at, reading.records[0].send.size), (1_795_486_625, 230));
    assert_eq!(reading.begins, Some(1_795_486_624));
    assert_eq!(summary(&read(RESTART).records), ["10504105 uid:0 <> n=1 sent=0 here=0 wait=1 back=0/0"]);
}

#[test]
fn a_log_that_repeats_itself_counts_once() {
    assert_eq!(read(SYSLOG.repeat(2)).records, read(SYSLOG).records);
}

#[test]
fn multilog_tells_the_same_as_syslog() {
    let label = |line: &str| {
        let (time, message) = line.split_once(" qmail: ").unwrap().1.split_once(' ').unwrap();
        let (seconds, micros) = time.split_once('.').unwrap();
        let (seconds, micros) = (seconds.parse::<u64>().unwrap() + 10, micros.parse::<u32>().unwrap());
        format!("@40000000{seconds:08x}{:08x} {message}\n", micros * 1_000)
    };
    let multilog: String = SYSLOG.lines().map(label).collect();
    assert!(multilog.starts_with("@400000006b04f3aa"), "{}", &multilog[..40]);
    assert_eq!(read(multilog).records, read(SYSLOG).records);
    for bad in [
        "@",
        "@400000006b04f3aa",
        "@400000006b04f3aa37f2b8fg x",
        "@c00000006b04f3aa37f2b8ff x",
        "@ffffffffffffffff37f2b8ff x",
    ] {
        assert_eq!(cut(bad.as_bytes(), &clock()), None, "{bad}");
    }
}

#[test]
fn the_script_takes_labels_of_the_window_and_names_the_network() {
    let dir = tempfile::tempdir().unwrap();
    let now =
        i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let line = |ago: i64, id: u32| {
        format!("@{:016x}00000000 new msg {id}\n@{0:016x}00000000 status: x\n", (1 << 62) + 10 + now - ago)
    };
    std::fs::write(dir.path().join("current"), line(90_000, 1) + &line(7_000, 2) + &line(5, 3)).unwrap();
    let mut host = Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root");
    host.paths.insert("mail_log".into(), dir.path().join("current").display().to_string());
    let day = std::time::Duration::from_secs(3_600 * 2);
    let window = crate::mail::log::Window::new(&Profile::default(), now, day);
    let output = run(&source::part("senders.log", &host, &window, QmailLog.head()), dir.path());
    let text = output.stdout.for_human(9_999);
    let ids: Vec<&str> =
        text.lines().filter_map(|l| l.strip_prefix("@")?.split_once("new msg ").map(|(_, id)| id)).collect();
    assert_eq!((ids, text.contains("status: ")), (vec!["2", "3"], false), "{text}");
    assert!(text.starts_with("network") && text.ends_with("end\n"), "{text}");
    let reading = output.stdout.parse(|bytes| Ok::<_, ()>(QmailLog.read(bytes, &clock()))).unwrap();
    assert!(reading.ended && reading.incomplete.is_empty() && reading.lines == 2, "{reading:?}");
}

#[test]
fn the_pattern_keeps_every_line_that_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mail.log");
    std::fs::write(&file, format!("{SYSLOG}{RESTART}")).unwrap();
    let script = format!("{}awk -v pattern=\"$pattern\" '$0 ~ pattern' '{}'", QmailLog.head(), file.display());
    let reading = read(run(&crate::shell::Part::new("x", script), dir.path()).stdout.for_human(99_999));
    assert_eq!((reading.records, reading.foreign), (read(format!("{SYSLOG}{RESTART}")).records, 0));
}

#[test]
fn fates_are_told_by_channel_and_by_result() {
    let fates = after(&[
        (0, "new msg 7"),
        (0, "info msg 7: bytes 9 from <info@example.jp> qp 50 uid 2020"),
        (1, "starting delivery 1: msg 7 to remote a@x.example"),
        (1, "starting delivery 2: msg 7 to local b@example.jp"),
        (1, "starting delivery 3: msg 7 to remote c@x.example"),
        (1, "starting delivery 4: msg 7 to local d@example.jp"),
        (1, "starting delivery 5: msg 7 to remote e@x.example"),
        (2, "delivery 1: success: 192.0.2.1_accepted_message./Remote_host_said:_250_ok/"),
        (2, "delivery 2: success: did_1+0+0/"),
        (
            2,
            "delivery 3: failure: 192.0.2.1_does_not_like_recipient./Remote_host_said:_550_5.1.1_no/Giving_up_on_192.0.2.1./",
        ),
        (2, "delivery 4: failure: Sorry,_no_mailbox_here_by_that_name._(#5.1.1)/"),
        (2, "delivery 5: deferral: Sorry,_I_wasn't_able_to_establish_an_SMTP_connection._(#4.4.1)/"),
        (3, "bounce msg 7 qp 51"),
        (3, "new msg 9"),
        (3, "info msg 9: bytes 9 from <> qp 51 uid 2522"),
        (9, "starting delivery 6: msg 7 to remote e@x.example"),
        (9, "delivery 6: failure: 192.0.2.1_failed_after_I_sent_the_message./Remote_host_said:_554_5.1.1_spam/"),
        (9, "end msg 7"),
    ]);
    assert_eq!(fates, ["7 remote <info@example.jp> n=5 sent=1 here=1 wait=0 back=3/2"]);
}

#[test]
fn numbers_are_used_again() {
    let fates = after(&[
        (0, "starting delivery 8: msg 7 to remote old@x.example"),
        (0, "info msg 7: bytes 9 from <one@example.jp> qp 50 uid 33"),
        (0, "delivery 8: success: x/"),
        (1, "starting delivery 9: msg 7 to remote a@x.example"),
        (2, "status: exiting"),
        (3, "starting delivery 1: msg 7 to remote a@x.example"),
        (4, "delivery 1: success: x/"),
        (4, "end msg 7"),
        (5, "starting delivery 2: msg 7 to remote nobody@x.example"),
        (5, "delivery 2: success: x/"),
        (6, "new msg 7"),
        (6, "info msg 7: bytes 9 from <two@example.jp> qp 60 uid 34"),
        (7, "starting delivery 3: msg 7 to remote b@x.example"),
        (8, "delivery 3: deferral: x/"),
    ]);
    let want = [
        "7 uid:33 <one@example.jp> n=1 sent=1 here=0 wait=0 back=0/0",
        "7 uid:34 <two@example.jp> n=1 sent=0 here=0 wait=1 back=0/0",
    ];
    assert_eq!(fates, want);
}

#[test]
fn a_forward_belongs_to_who_handed_in_the_message() {
    let info = "info msg 9: bytes 9 from <x@y.example> qp 70 uid 110";
    let result = "delivery 1: success: did_0+1+0/qp_70/";
    let forward = |order: [&str; 2]| {
        after(&[
            (0, "info msg 7: bytes 9 from <x@y.example> qp 50 uid 2020"),
            (1, "starting delivery 1: msg 7 to local b@example.jp"),
            (2, order[0]),
            (2, order[1]),
            (3, "starting delivery 2: msg 9 to remote b@z.example"),
            (4, "delivery 2: success: x/"),
            // The same process number, an hour later.
            (3_600, "info msg 11: bytes 9 from <web@example.jp> qp 70 uid 33"),
        ])
    };
    let want = [
        "7 remote <x@y.example> n=1 sent=0 here=0 wait=0 back=0/0",
        "9 remote <x@y.example> n=1 sent=1 here=0 wait=0 back=0/0",
        "11 uid:33 <web@example.jp> n=0 sent=0 here=0 wait=0 back=0/0",
    ];
    assert_eq!(forward([info, result]), want);
    assert_eq!(forward([result, info]), want);
    let kept = "delivery 1: success: some_program_said/did_1+1+0/qp_70/";
    assert!(
        forward([info, kept])[0].ends_with("here=1 wait=0 back=0/0") && forward([info, kept])[1].contains("remote")
    );
}

#[test]
fn a_log_that_repeats_itself_takes_nobodys_process_for_anothers() {
    let lines = [
        (0, "info msg 7: bytes 9 from <x@y.example> qp 50 uid 2020"),
        (1, "starting delivery 1: msg 7 to local b@example.jp"),
        (2, "delivery 1: success: did_0+1+0/qp_70/"),
        (2, "info msg 9: bytes 9 from <x@y.example> qp 70 uid 110"),
        (3, "bounce msg 9 qp 71"),
        (3, "info msg 5: bytes 9 from <> qp 71 uid 2522"),
    ];
    // The same processes, an hour later.
    let later = [
        (3_600, "info msg 11: bytes 9 from <web@example.jp> qp 70 uid 33"),
        (3_600, "info msg 13: bytes 9 from <web@example.jp> qp 71 uid 33"),
    ];
    let once = after(&[&lines[..], &later].concat());
    assert_eq!((once.len(), once[2].contains("uid:33"), once[3].contains("uid:33")), (4, true, true), "{once:?}");
    assert_eq!(after(&[&lines[..], &lines, &later].concat()), once);
    assert_eq!(after(&[&lines[..], &later, &lines, &later].concat()), once);
}

#[test]
fn what_an_attacker_writes_never_changes_a_count() {
    let quiet = |lines: &[(u32, &str)]| {
        let begin =
            [(0, "info msg 7: bytes 9 from <a@b.jp> qp 50 uid 33"), (0, "starting delivery 1: msg 7 to remote a@x")];
        summary(&read(log(&[&begin[..], lines].concat())).records)
    };
    let want = quiet(&[]);
    for attack in [
        "info msg 8: bytes 9 from <x> qp 1 uid 0> qp 50 uid 33",
        "info msg 8: bytes 9 from <x@y> qp -1 uid 0",
        "info msg 8: bytes 9 from x@y qp 1 uid 0",
        "info msg ../8: bytes 9 from <x@y> qp 1 uid 0",
        "info msg 8: bytes +9 from <x@y> qp 1 uid 0",
        "delivery 1: success: 250 ok delivery 2: success: x/",
        "delivery 1: report mangled, will defer",
        "delivery 01x: success: x/",
        "delivery 9: success: x/",
        "starting delivery 2: msg 7 to other b@x",
        "starting delivery 2: msg 7 to remote b@x c@x",
        "bounce msg 7 qp 51 new msg 8",
        "status: local 0/10 remote 0/20",
        "end msg 7 8",
    ] {
        assert_eq!(quiet(&[(1, attack)]), want, "{attack}");
    }
    // A server that ends its reply as qmail ends the report of a forward, to take another's process for his own.
    let forged = |report: &str| {
        quiet(&[
            (1, &format!("delivery 1: success: 192.0.2.1_accepted_message./Remote_host_said:_250_ok/{report}/")),
            (2, "info msg 9: bytes 9 from <b@b.jp> qp 70 uid 110"),
        ])
    };
    let sent = [want[0].replace("sent=0", "sent=1"), "9 uid:110 <b@b.jp> n=0 sent=0 here=0 wait=0 back=0/0".to_owned()];
    assert_eq!([forged("did_0+1+0/qp_70"), forged("x")], [sent.clone(), sent]);
    // A sender, a recipient, a reply and a name that look like lines; qmail writes `_` for their blanks.
    let talk = |line: &str| line.replace(' ', "_");
    let line = "info msg 8: bytes 9 from <x@y> qp 1 uid 0";
    for attack in [
        format!("info msg 8: bytes 9 from <{}> qp 51 uid 33", talk("x> qp 1 uid 0")),
        format!("starting delivery 1: msg 7 to remote {}", talk("a@x delivery 1: success: x/")),
        format!("delivery 1: deferral: {}/", talk("delivery 1: success: 250 ok/end msg 7")),
        format!("delivery 1: failure: {}/", talk(line)),
    ] {
        let told = quiet(&[(1, &attack)]);
        let counts: Vec<&str> = told.iter().filter_map(|t| t.split("> n=").nth(1)).collect();
        assert!(told.iter().all(|t| t.contains(" uid:33 <")) && !counts.concat().contains("sent=1"), "{told:?}");
    }
    let (user, tried) =
        (format!("smtp_auth: SMTP user {line} : logged in from x [192.0.2.1]"), format!("smtp_auth: FAILED: {line}"));
    for attack in
        [user, tried, format!("ALERT: {line}"), format!("alert: cannot start: {line}"), format!("warning: {line}")]
    {
        assert_eq!(quiet(&[(1, &attack)]), want, "{attack}");
    }
    // Other programs, and lines without qmail's own time.
    let end = "info msg 8: bytes 9 from <x@y> qp 1 uid 0\n";
    for head in
        ["sshd[7]: Invalid user qmail: 1795486625.963918 ", "qmailx: 1795486625.963918 ", "qmail: ", "qmail: 17954x.1 "]
    {
        let text = log(&[(0, "info msg 7: bytes 9 from <a@b.jp> qp 50 uid 33")]) + "Nov 24 02:17:05 mx1 " + head + end;
        assert_eq!(read(text).records.len(), 1, "{head}");
    }
}

#[test]
fn logins_that_were_done_and_that_failed_are_told_apart() {
    let read = |message: &str| {
        let line = format!("Feb 10 10:19:33 mx1 smtp_auth: {message}");
        let login = QmailLog.login(&cut(line.as_bytes(), &clock()).unwrap())?;
        Some((login.login.unwrap_or_default(), login.client_ip.unwrap(), login.ok))
    };
    let who = |login: &str, ok| Some((login.to_owned(), "203.0.113.9".to_owned(), ok));
    let old = "SMTP user info@example.jp : logged in from mail.example.net [203.0.113.9]";
    assert_eq!(read(old), who("info@example.jp", true));
    let short =
        "smtp_auth: SMTP user info : /var/qmail/mailnames/example.jp/info logged in from unknown@ [::ffff:203.0.113.9]";
    assert_eq!(read(short), who("info@example.jp", true));
    let failed = "smtp_auth: FAILED: info - password incorrect  from unknown@ [203.0.113.9]";
    assert_eq!(read(failed), who("info", false));
    let sly = "smtp_auth: FAILED: a from b [192.0.2.1] - x - no such user  from unknown@ [203.0.113.9]";
    assert_eq!(read(sly), who("a from b [192.0.2.1] - x", false));
    for nothing in [
        "SMTP connect from unknown@ [203.0.113.9]",
        "SMTP user info@example.jp : logged in from mail.example.net [x]",
        "SMTP user info@example.jp : logged in from mail.example.net",
        "smtp_auth: FAILED: info",
    ] {
        assert_eq!(read(nothing), None, "{nothing}");
    }
    let other = format!("Feb 10 10:19:33 mx1 sshd: {old}");
    assert_eq!(QmailLog.login(&cut(other.as_bytes(), &clock()).unwrap()), None);
}

#[test]
fn a_capture_that_is_cut_anywhere_is_read() {
    for capture in [SYSLOG, RESTART] {
        (0..capture.len()).for_each(|end| _ = read(&capture[..end]));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
        read(bytes);
    }

    #[test]
    fn any_message_is_read(message in "(info msg 7: |starting delivery 1: msg 7 |delivery 1: success: |smtp_auth: FAILED: ).{0,120}") {
        let _ = (event::parse(message.as_bytes()), event::login(message.as_bytes()).map(|l| l.ok));
    }

    #[test]
    fn a_flipped_capture_is_read(at in 0..SYSLOG.len(), with in any::<u8>()) {
        let mut bytes = SYSLOG.as_bytes().to_vec();
        bytes[at] = with;
        read(bytes);
    }
}
