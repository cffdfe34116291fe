use super::*;
use crate::host::answer::testing::{fine, run, tool};
use crate::mail::mta::testing::{ALL, Message, at, id, profile, put};
use crate::model::mail::QueuedMessage;
use crate::model::{HostBytes, HostName};
use proptest::prelude::*;
use std::path::Path;

const HEADERS: &str = "To: secret@example.net\nsubject : cheap\n\tpills \x1b]0;x\x07\tnow\nFrom: \"A\" <a@example.jp>\n\
    X-Secret: hunter2\nBcc: secret@example.net\nX-PHP-Originating-Script: 33:mailer.php\nSubject: a second secret\n\
    X-Mailer: mailer\n";
/// What looks like a header, and like a new message, stays what it is.
const BODY: &str = "Subject: secret\nX-Mailer: secret\n\n*** HEADER EXTRACTED x ***\n*** ENVELOPE RECORDS hold/DEADBEEF00 \
    ***\n*** MESSAGE CONTENTS hold/DEADBEEF00 ***\nSubject: secret\nReceived: by x (Postfix, from userid 0)\n";

fn host() -> Host {
    Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root")
}

fn args(samples: usize) -> QueueArgs {
    QueueArgs { samples, ..QueueArgs::default() }
}

fn sampled(mta: &str, dir: &Path, count: usize) -> PartOutput {
    let Support::Yes(mut parts) = parts(&host(), &profile(mta), &args(count)) else { panic!("{mta}") };
    run(&at(mta, dir, parts.pop().unwrap()), dir)
}

fn read_samples(mta: &str, answer: PartOutput) -> (Vec<QueueSample>, Vec<String>) {
    let queue = find(&profile(mta)).unwrap();
    let mut incomplete = Vec::new();
    let message = QueuedMessage {
        id: id(mta, 2),
        queue: "deferred".into(),
        arrival: 1_795_485_455,
        size: 1,
        sender: "a@example.jp".into(),
        login: Some("info@example.jp".into()),
        recipients: Vec::new(),
        reason: None,
    };
    let listing = Listing { messages: vec![message], ..Listing::default() };
    let outputs = [answer];
    let answer = answer_of(&outputs);
    let samples = samples::read(queue, Some(&answer), &listing, 3, &mut incomplete);
    (samples, incomplete)
}

fn answer_of(outputs: &[PartOutput]) -> crate::host::answer::Answer<'_> {
    answer(outputs, "queue.samples", "samples").unwrap()
}

#[test]
fn the_newest_messages_are_shown_by_a_few_headers_and_nothing_of_a_body_leaves_the_host() {
    for mta in ALL {
        let dir = tempfile::tempdir().unwrap();
        let message = Message { user: Some(("www-data", 33)), headers: HEADERS, body: BODY };
        (0..3).for_each(|n| put(mta, dir.path(), n, &message));
        let answer = sampled(mta, dir.path(), 2);
        let told = answer.stdout.for_human(9_999);
        assert!(!told.contains("secret") && !told.contains("hunter2") && !told.contains("DEADBEEF"), "{mta}: {told}");
        let (samples, incomplete) = read_samples(mta, answer);
        assert_eq!(incomplete, Vec::<String>::new(), "{mta}");
        assert_eq!(samples.iter().map(|s| s.id.clone()).collect::<Vec<_>>(), [id(mta, 2), id(mta, 1)], "{told}");
        let (newest, other) = (&samples[0], &samples[1]);
        assert_eq!(
            (newest.at.as_deref(), newest.login.as_deref()),
            (Some("2026-11-24T01:57:35Z"), Some("info@example.jp"))
        );
        assert_eq!((newest.sender.as_deref(), other.at.as_deref()), (Some("a@example.jp"), None));
        let names: Vec<&str> = newest.headers.keys().map(String::as_str).collect();
        assert_eq!(names, ["From", "Received", "Subject", "X-Mailer", "X-PHP-Originating-Script"], "{mta}");
        assert_eq!(newest.headers["Subject"], "cheap pills  ]0;x now", "{mta}");
        assert!(newest.headers["Received"].contains("mx1.example.jp") || mta == "qmail", "{mta}: {newest:?}");
    }
}

#[test]
fn an_old_postcat_prints_bodies_too_and_they_stay_on_the_host() {
    let dir = tempfile::tempdir().unwrap();
    let message = Message { user: None, headers: HEADERS, body: BODY };
    put("postfix", dir.path(), 2, &message);
    let Support::Yes(mut parts) = parts(&host(), &profile("postfix"), &args(2)) else { panic!() };
    let part = at("postfix", dir.path(), parts.pop().unwrap());
    tool(dir.path(), "postcat", "[ \"$1\" != -e ] || { echo 'postcat: invalid option -- e' >&2; exit 1; }\ncat \"$@\"");
    let answer = run(&part, dir.path());
    let told = answer.stdout.for_human(9_999);
    assert!(!told.contains("secret") && !told.contains("DEADBEEF"), "{told}");
    assert_eq!(read_samples("postfix", answer).0.len(), 1);
}

#[test]
fn a_real_queue_file_cut_anywhere_gives_nothing_away_but_those_headers() {
    const WHOLE: &str = include_str!("../../../../tests/captures/postcat.txt");
    let dir = tempfile::tempdir().unwrap();
    let Support::Yes(mut parts) = parts(&host(), &profile("postfix"), &args(WHOLE.len())) else { panic!() };
    let part = at("postfix", dir.path(), parts.pop().unwrap());
    for end in 0..WHOLE.len() {
        std::fs::write(dir.path().join(format!("spool/hold/A{end:06X}")), &WHOLE[..end]).unwrap();
    }
    tool(dir.path(), "postcat", "[ \"$2\" = /dev/null ] || { shift; cat \"$@\"; }");
    let told = run(&part, dir.path()).stdout.for_human(1 << 22);
    for header in ["header\tSubject\ttest Tue, 24 Nov 2026 01:57:35 +0000\n", "header\tMessage-ID\t<2026112"] {
        assert!(told.contains(header), "{}", &told[..999]);
    }
    for other in ["test mailing", "To:", "dead.example.net", "sasl", "HEADER EXTRACTED"] {
        assert!(!told.contains(other), "{other}");
    }
}

#[test]
fn an_empty_queue_has_no_samples_and_lacks_nothing() {
    for mta in ALL {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read_samples(mta, sampled(mta, dir.path(), 3)), (vec![], vec![]), "{mta}");
    }
}

#[test]
fn what_samples_lack_is_said_once_and_no_sample_is_read_without_being_asked() {
    let answer = || fine("queue.samples", "refused\tnot root: queue files cannot be read\nend\n");
    let outputs = [
        fine("queue.list", "end=json rc=0\n"),
        fine("queue.spool", "refused\tnot root: queue files cannot be read\nend\n"),
    ];
    let mut all = outputs.to_vec();
    all.push(answer());
    let report = read(&host(), &profile("postfix"), &args(3), &all).unwrap();
    assert_eq!(report.incomplete, ["not root: queue files cannot be read"]);
    let report = read(&host(), &profile("postfix"), &args(3), &outputs[..1]).unwrap();
    assert_eq!(report.incomplete, ["queue files: no response", "samples: no response"]);
    assert_eq!(read_samples("postfix", fine("queue.samples", "")).1, ["samples: the output was truncated"]);
    let Support::Yes(without) = parts(&host(), &profile("postfix"), &args(0)) else { panic!() };
    assert!(without.iter().all(|part| part.name != "queue.samples"));
}

#[test]
fn a_sample_has_no_other_header_and_no_id_that_is_none() {
    let long = "x".repeat(5_000);
    let text = format!(
        "header\tBcc\tv@b.jp\nheader\tSubject\ta\tb \x1b[31m{long}\nsample\t{}\nheader\tFrom\tx\nsample\t../..\nend\n",
        id("postfix", 1)
    );
    let (samples, _) = read_samples("postfix", fine("queue.samples", text));
    assert_eq!(samples.len(), 1);
    let subject = &samples[0].headers["Subject"];
    assert!(subject.starts_with("a b \\u{1b}[31mxxx") && subject.chars().count() < 220, "{subject}");
    assert_eq!(samples[0].headers.len(), 1);
}

#[test]
fn messages_are_counted_by_the_sender_s_domain_and_by_age() {
    let message = |n: usize, sender: &str, age: i64| QueuedMessage {
        id: id("postfix", n),
        queue: "deferred".into(),
        arrival: 1_000_000 - age,
        size: 1,
        sender: sender.into(),
        login: None,
        recipients: Vec::new(),
        reason: None,
    };
    let messages = vec![
        message(1, "a@Example.jp", 0),
        message(2, "b@example.jp", 3_599),
        message(3, "", 3_600),
        message(4, "x@forged.example.org", 3 * 86_400),
        message(5, "y@example.jp", -5),
    ];
    let report = report(&Listing { messages, ..Listing::default() }, 1_000_000, 2);
    let ages: Vec<_> = report.by_age.iter().map(|(age, n)| (age.as_str(), *n)).collect();
    assert_eq!(ages, [("1d to 3d", 0), ("1h to 1d", 1), ("over 3d", 1), ("under 1h", 3)]);
    let domains: Vec<_> = report.top_sender_domains.iter().map(|d| (d.domain.as_str(), d.messages)).collect();
    assert_eq!(domains, [("example.jp", 3), ("", 1)]);
    crate::model::schema::testing::assert_same_keys(&serde_json::to_value(report).unwrap(), QUEUE_OUTPUT);
}

proptest! {
    #[test]
    fn any_answer_is_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        read_samples("qmail", PartOutput { stdout: HostBytes::new(bytes), ..fine("queue.samples", "") });
    }

    #[test]
    fn a_flipped_answer_is_read(at in 0..68usize, with in any::<u8>()) {
        let mut bytes = b"header\tSubject\tx\nheader\tReceived\ty\nsample\tA2CDA9D291A\nrefused\tx\nend\n".to_vec();
        bytes[at] = with;
        read_samples("postfix", fine("queue.samples", bytes));
    }
}
