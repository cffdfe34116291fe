use super::*;
use crate::host::answer::testing::{fine, run, tool};
use crate::mail::read::queue::{QueueArgs, QueueReport, read};
use crate::model::HostName;
use crate::model::profile::Found;
use proptest::prelude::*;
use std::path::Path;

const QREAD: &str = include_str!("../../../../tests/captures/qmail/qread.txt");
const SCRIPT: &str = include_str!("../../../../tests/captures/qmail/mess-10504133");
const ROOT: &str = include_str!("../../../../tests/captures/qmail/mess-10504131");

fn host() -> Host {
    Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root")
}

fn profile() -> Profile {
    let qmail = Found { name: "qmail".into(), version: String::new(), active: true };
    Profile { now: 1_795_486_700, mtas: vec![qmail], ..Profile::default() }
}

fn listing(list: impl AsRef<[u8]>, spool: impl AsRef<[u8]>) -> Listing {
    Qmail.read(&profile(), &[fine("queue.list", list), fine("queue.spool", spool)]).unwrap()
}

fn report(list: impl AsRef<[u8]>, spool: impl AsRef<[u8]>) -> QueueReport {
    read(&host(), &profile(), &QueueArgs::default(), &[fine("queue.list", list), fine("queue.spool", spool)]).unwrap()
}

fn put(home: &Path, path: &str, bytes: impl AsRef<[u8]>) {
    let path = home.join("queue").join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// Runs both scripts in a home of qmail.
fn scripts(home: &Path, qread: &str, told: usize) -> Vec<PartOutput> {
    std::fs::create_dir_all(home.join("bin")).unwrap();
    std::fs::create_dir_all(home.join("queue")).unwrap();
    tool(&home.join("bin"), "qmail-qread", &format!("cat <<'END'\n{qread}END"));
    let stat = format!("echo 'messages in queue: {told}'; echo 'messages in queue but not yet preprocessed: 0'");
    tool(&home.join("bin"), "qmail-qstat", &stat);
    tool(home, "id", "echo 0");
    let mut parts = Qmail.parts(&host(), &profile());
    parts.iter_mut().for_each(|part| part.values[0].1 = home.display().to_string());
    parts.iter().map(|part| run(part, home)).collect()
}

#[test]
fn a_queue_is_read_with_who_handed_it_in() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    put(home, "mess/10/10504133", SCRIPT);
    put(home, "mess/8/10504131", ROOT);
    put(home, "mess/12/10504135", "Received: (qmail 65 invoked for bounce); 24 Nov 2026 02:17:05 -0000\nsecret\n");
    // Not yet listed.
    put(home, "mess/3/10504139", "Received: (qmail 70 invoked by uid 33); 24 Nov 2026 02:18:05 -0000\nsecret\n");
    put(home, "todo/10504139", b"u33\0p70\0Fnew\nline@example.jp\0Tx@ok.example.net\0Ty@ok.example.net\0");
    put(home, "intd/10504139", b"");
    let outputs = scripts(home, QREAD, 4);
    let all: String = outputs.iter().map(|o| o.stdout.for_human(9_999) + &o.stderr.for_human(99)).collect();
    assert!(!all.contains("secret") && !all.contains("Subject") && !all.contains("anonymous"), "{all}");
    let list = Qmail.read(&profile(), &outputs).unwrap();
    assert_eq!(list.incomplete, Vec::<String>::new(), "{all}");
    let line = |m: &crate::model::mail::QueuedMessage| {
        let login = if list.login_read.contains(&m.id) { "told" } else { "?" };
        let at = if m.queue == "incoming" { 0 } else { m.arrival };
        format!("{} {} {at} {} <{}> {} {login}", m.id, m.queue, m.size, m.sender, m.recipients.join(" "))
    };
    insta::assert_snapshot!(list.messages.iter().map(line).collect::<Vec<_>>().join("\n"), @r"
    10504131 deferred 1795486625 233 <sales@example.jp> d@dead.example.net told
    10504133 deferred 1795486625 233 <spam@example.jp> a@dead.example.net b@dead.example.net told
    10504135 deferred 1795486625 231 <> e@dead.example.net told
    10504139 incoming 0 74 <new_line@example.jp> x@ok.example.net y@ok.example.net told
    ");
}

#[test]
fn only_what_qmail_wrote_before_a_message_is_believed() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let network = "Received: (qmail 9 invoked from network); 24 Nov 2026 02:17:05 -0000\n";
    let by = |protocol: &str| format!("  by mx1.example.jp with {protocol}; 24 Nov 2026 02:17:05 -0000\n");
    let from = |who: &str| format!("Received: from unknown (HELO x) ({who})\n");
    for (n, text) in [
        (1, format!("{network}{}{}", from("203.0.113.9"), by("SMTP"))),
        (2, format!("{network}{}{}", from("info@example.jp@203.0.113.9"), by("ESMTPSA"))),
        // An ident answer is no login.
        (3, format!("{network}{}{}", from("ceo@203.0.113.9"), by("ESMTP"))),
        // What the client wrote: no first lines of qmail's, or behind them.
        (4, format!("{}{}", from("ceo@example.jp@203.0.113.9"), by("ESMTPA"))),
        (5, format!("{network}Subject: x\n{}{}", from("ceo@example.jp@203.0.113.9"), by("ESMTPA"))),
        (
            6,
            format!("Received: (qmail 9 invoked by uid 33); x\n{}{}", from("ceo@example.jp@203.0.113.9"), by("ESMTPA")),
        ),
    ] {
        put(home, &format!("mess/0/{n}"), text);
    }
    let outputs = scripts(home, "", 0);
    let mut heads: Vec<String> =
        outputs[1].stdout.for_human(9_999).lines().filter(|l| l.starts_with("head")).map(str::to_owned).collect();
    heads.sort();
    let want = [
        "head\t1\tnetwork\t\t203.0.113.9",
        "head\t2\tnetwork\tinfo@example.jp\t203.0.113.9",
        "head\t3\tnetwork\t\t203.0.113.9",
        "head\t5\tnetwork\t\t",
        "head\t6\tuid\t\t",
    ];
    assert_eq!(heads, want);
    let entry = |n: usize| format!("24 Nov 2026 02:17:05 GMT  #{n}  9  <a@b.jp> \n");
    let list = listing((1..=6).map(entry).collect::<String>() + "end\t0\n", heads.join("\n") + "\nunlisted\t0\nend\n");
    let told: Vec<_> = list.messages.iter().map(|m| (m.login.as_deref(), list.login_read.contains(&m.id))).collect();
    let unknown = (None, false);
    assert_eq!(told, [unknown, (Some("info@example.jp"), true), unknown, unknown, unknown, (None, true)]);
    assert_eq!(list.clients.get("2").unwrap(), "203.0.113.9");
}

#[test]
fn an_empty_queue_is_empty_and_complete() {
    let home = tempfile::tempdir().unwrap();
    let report = read(&host(), &profile(), &QueueArgs::default(), &scripts(home.path(), "", 0)).unwrap();
    assert_eq!((report.total, report.oldest, report.complete), (0, None, true));
}

#[test]
fn what_may_be_missing_is_said() {
    let lacks = |list: &str, spool: &str| listing(list, spool).incomplete;
    let (none, fine_spool) = (Vec::<String>::new(), "unlisted\t0\nend\n");
    assert_eq!(lacks("", fine_spool), ["mail queue: the output was truncated"]);
    let denied =
        ["mail queue: fatal: unable to chdir: access denied", "mail queue: qmail-qread exited with status 111"];
    assert_eq!(lacks("fatal: unable to chdir: access denied\nend\t111\n", fine_spool), denied);
    let told = |n: usize, m: usize| format!("told\t{n}\n{QREAD}told\t{m}\nend\t0\n");
    assert_eq!(lacks(&told(9, 5), fine_spool), ["mail queue: 5 messages were reported, but 3 listed"]);
    // Mail came and went meanwhile.
    assert_eq!(lacks(&told(9, 3), fine_spool), none);
    assert_eq!(lacks(&told(4, 4), "unlisted\t1\nend\n"), none);
    assert_eq!(lacks(&told(3, 3), "unlisted\t0\n"), ["queue files: the output was truncated"]);
    assert_eq!(lacks(&told(3, 3), "more\t7\nunlisted\t0\nend\n"), ["logins: 7 messages were not read"]);
    let cut = |list: &str, spool: &str| listing(list, spool).cut;
    assert!(cut(&told(9, 5), fine_spool) && cut(&told(3, 3), "unlisted\t0\n"));
    assert!(!cut(&told(3, 3), "more\t7\nunlisted\t0\nend\n"), "messages are there, only their logins are not known");
    let trouble = "warning: trouble with #10504199: file does not exist\n";
    assert_eq!(lacks(&format!("{trouble}{}", told(3, 3)), fine_spool), none);
    assert_eq!(lacks("nonsense\nend\t0\n", fine_spool), ["mail queue: 1 line could not be read"]);
    let list = fine("queue.list", told(3, 3));
    let report = read(&host(), &profile(), &QueueArgs::default(), &[list]).unwrap();
    assert_eq!((report.incomplete, report.login_unread), (vec!["queue files: no response".to_owned()], 3));
    assert!(Qmail.read(&profile(), &[]).is_err());
    let home = tempfile::tempdir().unwrap();
    tool(home.path(), "id", "echo 33");
    let outputs: Vec<_> = Qmail.parts(&host(), &profile()).iter().map(|part| run(part, home.path())).collect();
    let not_root = ["not root: the queue cannot be read", "not root: queue files cannot be read"];
    assert_eq!(Qmail.read(&profile(), &outputs).unwrap().incomplete, not_root);
}

#[test]
fn a_line_of_the_list_is_bounded_by_what_qmail_writes() {
    let read = |list: &str| {
        let list = listing(format!("{list}end\t0\n"), "unlisted\t0\nend\n");
        let line =
            |m: &crate::model::mail::QueuedMessage| format!("{} <{}> {}", m.id, m.sender, m.recipients.join(" "));
        (list.messages.iter().map(line).collect::<Vec<_>>(), list.refused, list.incomplete.len())
    };
    let old = "4 Nov 2026 02:17:05 GMT #12 233 <a b> #13 9 <x@y> \n\tlocal\tc d\n done\tremote\tx\n";
    assert_eq!(read(old), (vec!["12 <a b> #13 9 <x@y> c d".into()], 0, 1));
    let bouncing = "24 Nov 2026 02:17:05 GMT  #12  233  <>  bouncing\n";
    assert_eq!(read(bouncing), (vec!["12 <> ".into()], 0, 0));
    for bad in ["24 Nov 2026 02:17:05 GMT  #../12  233  <a> \n", "24 Nov 2026 02:17:05 GMT  #-1  233  <a> \n"] {
        assert_eq!(read(bad).1, 1, "{bad}");
    }
    for bad in ["24 Nox 2026 02:17:05 GMT  #12  233  <a> \n", "24 Nov 2026 02:17:05 GMT  #12  -3  <a> \n", "\tx\n"] {
        assert_eq!((read(bad).0.len(), read(bad).2), (0, 1), "{bad}");
    }
    assert_eq!(report(format!("{QREAD}end\t0\n"), "unlisted\t0\nend\n").oldest.unwrap(), "2026-11-24T02:17:05Z");
}

#[test]
fn numbers_of_a_host_that_lies_add_up_to_no_overflow() {
    let list = format!("{QREAD}told\t3\nend\t0\n");
    assert_eq!(listing(list, format!("unlisted\t{}\nend\n", usize::MAX)).messages.len(), 3);
}

#[test]
fn a_capture_that_is_cut_anywhere_is_read() {
    for end in 0..QREAD.len() {
        listing(&QREAD[..end], &QREAD[end..]);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read(list in proptest::collection::vec(any::<u8>(), 0..400), spool in proptest::collection::vec(any::<u8>(), 0..200)) {
        listing(list, spool);
    }

    #[test]
    fn a_flipped_capture_is_read(at in 0..QREAD.len(), with in any::<u8>()) {
        let mut bytes = QREAD.as_bytes().to_vec();
        bytes[at] = with;
        listing(&bytes, &bytes);
    }
}
