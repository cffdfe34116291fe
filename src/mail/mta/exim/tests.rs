use super::*;
use crate::host::answer::testing::{fine, run, tool};
use crate::mail::read::queue::{QueueArgs, QueueReport, read};
use crate::model::HostName;
use crate::model::profile::Found;
use proptest::prelude::*;
use std::path::Path;

const LIST: &str = include_str!("../../../../tests/captures/exim/bp.txt");
const FROZEN: &str = include_str!("../../../../tests/captures/exim/bp-frozen.txt");
const DELIVERED: &str = include_str!("../../../../tests/captures/exim/bp-delivered.txt");
const VARIABLES: &str = include_str!("../../../../tests/captures/exim/spool-header-variables.txt");
const HEADER: &str = include_str!("../../../../tests/captures/exim/spool-header.txt");
const SETTINGS: &str = include_str!("../../../../tests/captures/exim/bP.txt");
const NOW: i64 = 1_795_486_400;
const SPOOL: &str = "file\t1xVg1Y-00000z-39\t1795486368\tinfo@example.jp\t[127.0.0.1]:49368\n\
    file\t1xVg1Z-00001A-1n\t1795486369\t\t\nsampled\t2\nend\n";

fn host() -> Host {
    Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root")
}

fn profile() -> Profile {
    let exim = Found { name: "exim".into(), version: "4.96".into(), active: true };
    Profile { now: NOW, mtas: vec![exim], ..Profile::default() }
}

fn report(outputs: &[PartOutput]) -> QueueReport {
    read(&host(), &profile(), &QueueArgs::default(), outputs).unwrap()
}

fn queue(list: impl AsRef<[u8]>, spool: impl AsRef<[u8]>) -> QueueReport {
    report(&[fine("queue.list", list), fine("queue.spool", spool)])
}

fn messages(list: impl AsRef<[u8]>, spool: &str) -> Listing {
    Exim.read(&profile(), &[fine("queue.list", list), fine("queue.spool", spool)]).unwrap()
}

#[test]
fn a_queue_is_added_up_by_login_sender_and_domain() {
    let report = queue(format!("{LIST}end=0\n"), SPOOL);
    insta::assert_snapshot!(serde_json::to_string_pretty(&report).unwrap(), @r#"
    {
      "total": 5,
      "by_queue": {
        "deferred": 5
      },
      "bytes": 1894,
      "recipients": 6,
      "oldest": "2026-11-24T02:12:48Z",
      "oldest_age": 32,
      "top_logins": [
        {
          "login": "info@example.jp",
          "messages": 1,
          "recipients": 2,
          "senders": 1,
          "clients": 1,
          "oldest_age": 32
        }
      ],
      "top_senders": [
        {
          "sender": "www-data@mx1.example.jp",
          "messages": 2,
          "recipients": 2
        },
        {
          "sender": "",
          "messages": 1,
          "recipients": 1
        },
        {
          "sender": "ceo@forged.example.org",
          "messages": 1,
          "recipients": 2
        },
        {
          "sender": "info@example.jp",
          "messages": 1,
          "recipients": 1
        }
      ],
      "top_sender_domains": [
        {
          "domain": "mx1.example.jp",
          "messages": 2
        },
        {
          "domain": "",
          "messages": 1
        },
        {
          "domain": "example.jp",
          "messages": 1
        },
        {
          "domain": "forged.example.org",
          "messages": 1
        }
      ],
      "top_recipient_domains": [
        {
          "domain": "dead.example.net",
          "messages": 5
        }
      ],
      "by_age": {
        "1d to 3d": 0,
        "1h to 1d": 0,
        "over 3d": 0,
        "under 1h": 5
      },
      "reasons": [],
      "no_login": 1,
      "login_unread": 3,
      "refused": 0,
      "samples": [],
      "complete": true,
      "incomplete": []
    }
    "#);
}

#[test]
fn what_the_queue_file_tells_is_exact_and_the_age_is_not() {
    let listing = messages(format!("{LIST}end=0\n"), SPOOL);
    let first = &listing.messages[0];
    assert_eq!((first.arrival, first.login.as_deref()), (1_795_486_368, Some("info@example.jp")));
    assert_eq!(listing.clients["1xVg1Y-00000z-39"], "127.0.0.1");
    assert_eq!((listing.messages[1].arrival, listing.messages[1].login.as_deref()), (NOW, None));
    assert_eq!(listing.login_read.len(), 2);
}

#[test]
fn ages_sizes_marks_and_long_ids_are_read() {
    let list = "\
90m  1.2K 1woYPl-0000000B09r-3Wiu <info@example.jp> (www-data) *** frozen ***
        D done@example.net
          wait@example.net

72h       1xVg1Z-00001F-1u <\"a> *** frozen ***\"@example.jp>
          v@dead.example.net

 4d   12M 1xVg1Z-00001M-2A <>
          w@dead.example.net

end=0
";
    let read: Vec<_> = messages(list, "end\n")
        .messages
        .into_iter()
        .map(|m| (m.id.len(), m.queue, NOW - m.arrival, m.size, m.sender, m.recipients.join(",")))
        .collect();
    let want = |id, queue: &str, age, size, sender: &str, to: &str| {
        (id, queue.to_owned(), age, size, sender.to_owned(), to.to_owned())
    };
    assert_eq!(
        read,
        [
            want(23, "frozen", 5_400, 1_228, "info@example.jp", "wait@example.net"),
            want(16, "deferred", 259_200, 0, "\"a> *** frozen ***\"@example.jp", "v@dead.example.net"),
            want(16, "deferred", 345_600, 12 << 20, "", "w@dead.example.net"),
        ]
    );
    let frozen = queue(format!("{FROZEN}end=0\n"), "end\n");
    assert_eq!((frozen.by_queue.get("frozen"), frozen.recipients, frozen.complete), (Some(&1), 2, true));
    let delivered = queue(format!("{DELIVERED}end=0\n"), "end\n");
    assert_eq!((delivered.total, delivered.by_queue["frozen"], delivered.recipients), (3, 2, 8));
    assert!(delivered.complete, "{:?}", delivered.incomplete);
}

#[test]
fn an_empty_queue_is_empty_and_complete() {
    let report = queue("end=0\n", "sampled\t0\nend\n");
    assert_eq!((report.total, report.oldest, report.complete), (0, None, true));
}

#[test]
fn a_listing_that_may_lack_something_says_what() {
    let lacks = |list: &str| queue(list, "end\n").incomplete;
    assert_eq!(lacks(""), ["mail queue: the output was truncated"]);
    assert_eq!(lacks("end=127\n"), ["mail queue: the listing failed with status 127"]);
    let unreadable = " 0m   241 1xVg1Z-00001M-2A *** spool read error: Permission denied ***\n";
    assert_eq!(lacks(&format!("{LIST}{unreadable}end=0\n")), ["mail queue: 1 line could not be read"]);
    // Its recipients are not those of the message before it.
    let before = " 0m   241 1xVg1Z-00001M-2A <a@b.jp>\n          a@x.example\n";
    let lost = format!("{before} 0m   what\n          b@x.example\nend=0\n");
    assert_eq!((queue(&lost, "end\n").recipients, lacks(&lost).len()), (1, 1));
    let not_root = queue(format!("{LIST}end=0\n"), "refused\tqueue files cannot be read: logins are unknown\nend\n");
    assert_eq!((not_root.total, not_root.login_unread), (5, 5));
    assert_eq!(not_root.incomplete, ["queue files cannot be read: logins are unknown"]);
    assert_eq!(report(&[fine("queue.list", "end=0\n")]).incomplete, ["queue files: no response"]);
    assert!(read(&host(), &profile(), &QueueArgs::default(), &[]).is_err());
}

#[test]
fn an_id_that_is_none_is_refused_by_name_and_counted() {
    let line = |id: &str| format!(" 0m   241 {id} <a@b.jp>\n          a@x.example\n\n");
    let list: String = ["Exim", "../..", &"A".repeat(1 << 20), "-Mrm", "1xVg1Z-00001M-2A"].map(line).concat();
    let report = queue(format!("{list}end=0\n"), "file\t../..\t1\tx\t\nend\n");
    assert_eq!((report.total, report.refused, report.complete), (1, 5, false));
    assert_eq!(report.incomplete[..2], ["invalid queue ID \"Exim\"", "invalid queue ID \"../..\""]);
}

/// An `exim4` that lists what is given and keeps its spool there.
fn exim(dir: &Path, listing: &str, spool: &Path) {
    let settings = SETTINGS.replace("/var/spool/exim4", &spool.display().to_string());
    tool(
        dir,
        "exim4",
        &format!(
            "case \"$1\" in\n-bp) {listing} ;;\n-bP) grep \"^$2 \" <<'END'\n{settings}END\n;;\n*) exit 9 ;;\nesac"
        ),
    );
}

#[test]
fn the_scripts_ask_exim_and_read_its_spool() {
    let dir = tempfile::tempdir().unwrap();
    let spool = dir.path().join("spool");
    let list = dir.path().join("list");
    std::fs::write(&list, LIST).unwrap();
    exim(dir.path(), &format!("cat {}", list.display()), &spool);
    let input = spool.join("input");
    std::fs::create_dir_all(input.join("Z")).unwrap();
    std::fs::write(input.join("1xVg1Y-00000z-39-H"), HEADER).unwrap();
    // In one of the folders of a split spool: a local message, whose user is no login, with lines of the client's
    // text in an ACL's variable, and what follows the recipients.
    let variable = "victim\n-host_auth x\n-auth_id victim@example.jp";
    let local = format!(
        "1xVg1Z-00001A-1n-H\nwww-data 33 33\n<www-data@mx1>\n1795486369 0\n-ident www-data\n-auth_id www-data\n\
         -aclm 0 {}\n{variable}\n-local\nXX\n1\nv@dead.example.net\n\n-host_auth x\n-auth_id victim@example.jp\n",
        variable.len()
    );
    std::fs::write(input.join("Z/1xVg1Z-00001A-1n-H"), local).unwrap();
    // What a client sent by the name of a HELO, a sender and a subject that look like a login.
    std::fs::write(input.join("Z/1xVm4W-0002Lc-0e-H"), VARIABLES).unwrap();
    for other in ["1xVg1Z-00001A-1n-D", "hdr.4711", "x y-H", "1xVg1Z-00001F-1u-H"] {
        std::fs::write(input.join(other), "x\n-auth_id a\n").unwrap();
    }
    let parts = Exim.parts(&host(), &profile());
    let files = run(&parts[1], dir.path());
    let mut told: Vec<String> = files.stdout.for_human(9_999).lines().map(str::to_owned).collect();
    told[..3].sort();
    let client = "file\t1xVm4W-0002Lc-0e\t1795509616\t\t[127.0.0.1]:46452";
    let lines: Vec<&str> = SPOOL.lines().collect();
    assert_eq!(told, [lines[0], lines[1], client, "sampled\t3", "end"]);
    assert_eq!(report(&[run(&parts[0], dir.path()), files]), queue(format!("{LIST}end=0\n"), SPOOL));
}

#[test]
fn a_user_who_may_not_is_told_so_and_sees_no_empty_queue() {
    let dir = tempfile::tempdir().unwrap();
    exim(dir.path(), "echo 'exim: permission denied' >&2; exit 1", &dir.path().join("none"));
    let parts = Exim.parts(&host(), &profile());
    let report = report(&[run(&parts[0], dir.path()), run(&parts[1], dir.path())]);
    assert_eq!(
        report.incomplete,
        ["mail queue: the listing failed: exim: permission denied", "queue files cannot be read: logins are unknown"]
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read(list in proptest::collection::vec(any::<u8>(), 0..400), spool in proptest::collection::vec(any::<u8>(), 0..200)) {
        queue(list, spool);
    }

    #[test]
    fn a_flipped_capture_is_read(at in 0..LIST.len(), with in any::<u8>()) {
        for capture in [LIST, FROZEN, DELIVERED, SPOOL] {
            let mut bytes = capture.as_bytes().to_vec();
            let at = at % bytes.len();
            bytes[at] = with;
            queue(&bytes, SPOOL);
            queue(LIST, &bytes);
        }
    }
}

#[test]
fn a_capture_cut_off_anywhere_is_read() {
    for capture in [LIST, FROZEN, DELIVERED, SPOOL] {
        for at in 0..capture.len() {
            queue(&capture[..at], SPOOL);
            queue(LIST, &capture[..at]);
        }
    }
}
