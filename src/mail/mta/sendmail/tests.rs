use super::*;
use crate::host::answer::testing::{fine, run, tool};
use crate::mail::read::queue::{QueueArgs, QueueReport, read};
use crate::model::HostName;
use crate::model::profile::Found;
use proptest::prelude::*;
use std::path::Path;

const MAILQ: &str = include_str!("../../../../tests/captures/sendmail/mailq.txt");
const CLIENT: &str = include_str!("../../../../tests/captures/sendmail/mailq-client.txt");
const DENIED: &str = include_str!("../../../../tests/captures/sendmail/mailq-denied.txt");
/// Queue files by name, each with the bytes of its body.
const FILES: [(&str, &[u8], usize); 7] = [
    ("hf6AO8MnHJ000095", include_bytes!("../../../../tests/captures/sendmail/hf6AO8MnHJ000095"), 25),
    ("qf6AO8Mn5k000099", include_bytes!("../../../../tests/captures/sendmail/qf6AO8Mn5k000099"), 25),
    ("qf6AO8Mn6N000079", include_bytes!("../../../../tests/captures/sendmail/qf6AO8Mn6N000079"), 25),
    ("qf6AO8Mn6N000081", include_bytes!("../../../../tests/captures/sendmail/qf6AO8Mn6N000081"), 1846),
    ("qf6AO8MnD7000127", include_bytes!("../../../../tests/captures/sendmail/qf6AO8MnD7000127"), 1642),
    ("qf6AO8MnQ2000112", include_bytes!("../../../../tests/captures/sendmail/qf6AO8MnQ2000112"), 2),
    ("qf6AO8MniJ000119", include_bytes!("../../../../tests/captures/sendmail/qf6AO8MniJ000119"), 2),
];
const CLIENT_FILE: (&str, &[u8], usize) =
    ("qf6AO8MrUc000136", include_bytes!("../../../../tests/captures/sendmail/qf6AO8MrUc000136"), 2);

fn host() -> Host {
    Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root")
}

fn profile() -> Profile {
    let sendmail = Found { name: "sendmail".into(), version: "8.17.1.9".into(), active: true };
    Profile { now: 1_795_508_600, mtas: vec![sendmail], ..Profile::default() }
}

fn listing(answer: impl AsRef<[u8]>) -> Listing {
    Sendmail.read(&profile(), &[fine("queue.list", answer)]).unwrap()
}

fn report(answer: impl AsRef<[u8]>) -> QueueReport {
    read(&host(), &profile(), &QueueArgs::default(), &[fine("queue.list", answer)]).unwrap()
}

fn put(files: &Path, data: &Path, (name, bytes, body): (&str, &[u8], usize)) {
    std::fs::create_dir_all(files).unwrap();
    std::fs::create_dir_all(data).unwrap();
    std::fs::write(files.join(name), bytes).unwrap();
    std::fs::write(data.join(format!("df{}", &name[2..])), "secret".repeat(body).get(..body).unwrap()).unwrap();
}

/// Runs the script on a host whose configuration names these folders, with Sendmail's own answers.
fn script(dir: &Path, mta: &str, msp: &str, mailq: &str, client: &str) -> String {
    let etc = dir.join("etc");
    std::fs::create_dir_all(&etc).unwrap();
    std::fs::write(etc.join("sendmail.cf"), format!("O QueueSortOrder=host\nO QueueDirectory={mta}\nDj$w\n")).unwrap();
    std::fs::write(etc.join("submit.cf"), format!("O QueueDirectory={msp}\n")).unwrap();
    let answer = format!("[ \"$1\" = -Ac ] && {{ cat <<'END'\n{client}END\nexit; }}\ncat <<'END'\n{mailq}END");
    tool(dir, "sendmail", &answer);
    tool(dir, "id", "echo 0");
    let mut part = Sendmail.parts(&host(), &profile()).remove(0);
    part.values = vec![("etc", etc.display().to_string()), ("limit", "900".to_owned())];
    run(&part, dir).stdout.parse(|b| Ok::<_, ()>(String::from_utf8_lossy(b).into_owned())).unwrap()
}

#[test]
fn the_queue_files_tell_what_mailq_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let (mta, msp) = (dir.path().join("mqueue"), dir.path().join("clientmqueue"));
    FILES.iter().for_each(|&file| put(&mta, &mta, file));
    put(&msp, &msp, CLIENT_FILE);
    let answer = script(dir.path(), &mta.display().to_string(), &msp.display().to_string(), MAILQ, CLIENT);
    assert!(!answer.contains("secret") && !answer.contains("Subject") && !answer.contains("swaks"), "{answer}");
    let list = listing(&answer);
    assert_eq!(list.incomplete, Vec::<String>::new(), "{answer}");
    let line = |m: &crate::model::mail::QueuedMessage| {
        let login = if list.login_read.contains(&m.id) { "told" } else { "?" };
        let client = list.clients.get(&m.id).map_or("-", String::as_str);
        let reason = m.reason.as_deref().unwrap_or_default();
        let to = m.recipients.join(" ");
        format!("{} {} {} {} <{}> {to} | {login} {client} | {reason}", m.id, m.queue, m.arrival, m.size, m.sender)
    };
    insta::assert_snapshot!(list.messages.iter().map(line).collect::<Vec<_>>().join("\n"), @r#"
    6AO8MnHJ000095 hold 1795508569 25 <spam@example.jp> root@example.jp | told 127.0.0.1 | abuse-hold
    6AO8Mn5k000099 deferred 1795508569 25 <"a>, size=1, class=0, nrcpts=9999, msgid=<x>, proto=ESMTP, daemon=MTA, relay=root"@example.jp> c@dead.example.net | told 127.0.0.1 | Deferred: Connection refused by [127.0.0.9]
    6AO8Mn6N000079 deferred 1795508569 25 <ceo@forged.example.org> later@ok.example.net v@dead.example.net | ? 127.0.0.1 | Deferred: 450 4.2.0 greylisted
    6AO8Mn6N000081 deferred 1795508569 1846 <> ceo@forged.example.org | told - | Deferred: Name server: forged.example.org.: host name lookup failure
    6AO8MnD7000127 deferred 1795508569 1642 <> root@mx1.example.jp | told - | Operating system error
    6AO8MnQ2000112 deferred 1795508569 2 <forged@example.org> w@dead.example.net | told 127.0.0.1 | Deferred: Connection refused by [127.0.0.9]
    6AO8MniJ000119 deferred 1795508569 2 <root@mx1.example.jp> root@mx1.example.jp | told 127.0.0.1 | Operating system error
    6AO8MrUc000136 client 1795508573 2 <www-data> u@ok.example.net | told - | Deferred: Connection refused by [127.0.0.1]
    "#);
}

#[test]
fn queues_may_be_many_folders_with_folders_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let queue = |n: usize| dir.path().join(format!("mqueue/q{n}"));
    for (n, file) in FILES.iter().enumerate() {
        // Old queues hold all files in one folder.
        let (files, data) = if n == 0 { (queue(0), queue(0)) } else { (queue(n).join("qf"), queue(n).join("df")) };
        put(&files, &data, *file);
    }
    let mta = dir.path().join("mqueue/q*").display().to_string();
    let answer = script(dir.path(), &mta, "/nonexistent/queue", MAILQ, "/nonexistent/queue is empty\n");
    let list = listing(&answer);
    assert_eq!((list.messages.len(), list.messages.iter().map(|m| m.size).sum::<u64>()), (7, 3567), "{answer}");
    let missing =
        ["/nonexistent/queue: it is not a folder", "mail queue: mailq reported no count for the submission queue"];
    assert_eq!(list.incomplete, missing);
}

#[test]
fn a_queue_file_that_is_cut_anywhere_gives_no_header_away() {
    let dir = tempfile::tempdir().unwrap();
    let mta = dir.path().join("mqueue");
    let whole = FILES[2].1;
    for end in 0..whole.len() {
        put(&mta, &mta, (&format!("qf6AO8Mn6N{end:06}"), &whole[..end], 1));
    }
    let told = format!("\t\tTotal requests: {}\n", whole.len());
    let mta = mta.display().to_string();
    let answer = script(dir.path(), &mta, &mta, &told, &told);
    assert!(!answer.contains("Subject") && !answer.contains("swaks") && answer.ends_with("end\n"));
    let list = listing(&answer);
    // Those that have no time yet are none, in both queues.
    assert_eq!(list.messages.len(), whole.len() - 5);
    assert_eq!(list.incomplete, ["mail queue: 10 lines could not be read"]);
}

#[test]
fn a_refusal_that_ends_well_is_no_empty_queue() {
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().join("mqueue");
    std::fs::create_dir_all(&empty).unwrap();
    let empty = empty.display().to_string();
    let report = report(script(dir.path(), &empty, &empty, DENIED, "\t\tTotal requests: 0\n"));
    assert_eq!((report.total, report.complete), (0, false));
    assert_eq!(report.incomplete, ["can not chdir(/var/spool/mqueue/): Permission denied"]);
    tool(dir.path(), "id", "echo 33");
    let part = Sendmail.parts(&host(), &profile()).remove(0);
    let report = read(&host(), &profile(), &QueueArgs::default(), &[run(&part, dir.path())]).unwrap();
    assert_eq!(report.incomplete, ["not root: queue files cannot be read"]);
}

#[test]
fn an_empty_queue_is_empty_and_complete() {
    let report = report("told\tmta\t0\ncount\tmta\t0\t0\ntold\tmsp\t0\ncount\tmsp\t0\t0\nend\n");
    assert_eq!((report.total, report.oldest, report.complete), (0, None, true));
}

#[test]
fn what_may_be_missing_is_said() {
    let lacks = |answer: &str| listing(answer).incomplete;
    assert_eq!(lacks(""), ["mail queue: the output was truncated"]);
    let few = "mail queue: 9 messages were reported in the delivery queue, but 7 found";
    assert_eq!(lacks("told\tmta\t9\ncount\tmta\t7\t6\nend\n"), [few]);
    assert_eq!(lacks("told\tmta\t9\ncount\tmta\t7\t9\nend\n"), Vec::<String>::new());
    assert_eq!(lacks("more\t12\nend\n"), ["mail queue: 12 queue files were not read"]);
    assert_eq!(lacks("nonsense\nend\n"), ["mail queue: 1 line could not be read"]);
    assert!(Sendmail.read(&profile(), &[]).is_err());
}

#[test]
fn an_id_that_is_none_is_refused_and_a_login_is_told() {
    let line = |id: &str, login: &str, protocol: &str| {
        format!("msg\t{id}\tdeferred\t1795508569\t9\t<a@b.jp>\t{login}\t{protocol}\tx.example [IPv6:2001:db8::1]\t\n")
    };
    let answer = ["ALL", "../../../../etc/passwd", "-6AO8Mn6N00081"].map(|id| line(id, "", "ESMTP")).concat()
        + &line("6AO8Mn6N000001", "info", "ESMTPA")
        + &line("6AO8Mn6N000002", "", "ESMTPSA")
        + &line("6AO8Mn6N000003", "", "ESMTP")
        + "end\n";
    let list = listing(answer);
    let told: Vec<_> = list.messages.iter().map(|m| (m.login.as_deref(), list.login_read.contains(&m.id))).collect();
    assert_eq!((told, list.refused), (vec![(Some("info"), true), (None, false), (None, true)], 3));
    assert_eq!(list.clients.get("6AO8Mn6N000001").unwrap(), "2001:db8::1");
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        listing(bytes);
    }

    #[test]
    fn a_flipped_or_cut_answer_is_read(at in 0..200usize, with in any::<u8>()) {
        let mut bytes = b"to\t<a@b.jp>\nmsg\t6AO8Mn6N000001\tdeferred\t1795508569\t9\t<a@b>\t\tESMTP\tx [192.0.2.1]\tM\ntold\tmta\t1\ncount\tmta\t1\t1\nend\n".to_vec();
        let at = at % bytes.len();
        listing(&bytes[..at]);
        bytes[at] = with;
        listing(bytes);
    }
}
