use super::*;
use crate::host::answer::testing::{fine, run, tool};
use crate::mail::read::queue::{QUEUE_OUTPUT, QueueArgs, QueueReport, read};
use crate::model::HostName;
use crate::model::profile::Found;
use proptest::prelude::*;

const JSON: &str = include_str!("../../../../tests/captures/postqueue-j.txt");
const TEXT: &str = include_str!("../../../../tests/captures/postqueue-p.txt");
const MARKS: &str = include_str!("../../../../tests/captures/postqueue-p-marks.txt");
const LONG: &str = include_str!("../../../../tests/captures/postqueue-p-long.txt");
const ENVELOPE: &str = include_str!("../../../../tests/captures/postcat-e.txt");
const SPOOL: &str =
    "count\tdeferred\t2\nlogin\tA2CDA9D291A\tinfo@example.jp\t127.0.0.1\nlogin\tEBB969D2920\t\t\nsampled\t2\nend\n";

fn host() -> Host {
    Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root")
}

fn profile() -> Profile {
    let postfix = Found { name: "postfix".into(), version: "3.7.11".into(), active: true };
    Profile { now: 1_795_485_600, mtas: vec![postfix], ..Profile::default() }
}

fn queue(list: impl AsRef<[u8]>, spool: impl AsRef<[u8]>) -> QueueReport {
    read(&host(), &profile(), &QueueArgs::default(), &[fine("queue.list", list), fine("queue.spool", spool)]).unwrap()
}

#[test]
fn a_queue_is_added_up_by_login_sender_domain_and_reason() {
    let report = queue(format!("{JSON}end=json rc=0\n"), SPOOL);
    insta::assert_snapshot!(serde_json::to_string_pretty(&report).unwrap(), @r#"
    {
      "total": 7,
      "by_queue": {
        "deferred": 7
      },
      "bytes": 2592,
      "recipients": 9,
      "oldest": "2026-11-24T01:56:33Z",
      "oldest_age": 207,
      "top_logins": [
        {
          "login": "info@example.jp",
          "messages": 1,
          "recipients": 3,
          "senders": 1,
          "clients": 1,
          "oldest_age": 145
        }
      ],
      "top_senders": [
        {
          "sender": "info@example.jp",
          "messages": 2,
          "recipients": 2
        },
        {
          "sender": "",
          "messages": 1,
          "recipients": 1
        },
        {
          "sender": "\"odd name\"@example.jp",
          "messages": 1,
          "recipients": 1
        },
        {
          "sender": "ceo@forged.example.org",
          "messages": 1,
          "recipients": 3
        },
        {
          "sender": "sales@example.jp",
          "messages": 1,
          "recipients": 1
        },
        {
          "sender": "www-data@mx1.example.jp",
          "messages": 1,
          "recipients": 1
        }
      ],
      "top_sender_domains": [
        {
          "domain": "example.jp",
          "messages": 4
        },
        {
          "domain": "",
          "messages": 1
        },
        {
          "domain": "forged.example.org",
          "messages": 1
        },
        {
          "domain": "mx1.example.jp",
          "messages": 1
        }
      ],
      "top_recipient_domains": [
        {
          "domain": "dead.example.net",
          "messages": 7
        },
        {
          "domain": "defer4.example.net",
          "messages": 1
        }
      ],
      "by_age": {
        "1d to 3d": 0,
        "1h to 1d": 0,
        "over 3d": 0,
        "under 1h": 7
      },
      "reasons": [
        {
          "reason": "connect to 127.0.0.9[127.0.0.9]:2525: Connection refused",
          "count": 6
        },
        {
          "reason": "delivery temporarily suspended: connect to 127.0.0.9[127.0.0.9]:2525: Connection refused",
          "count": 1
        }
      ],
      "no_login": 1,
      "login_unread": 5,
      "refused": 0,
      "samples": [],
      "complete": true,
      "incomplete": []
    }
    "#);
    crate::model::schema::testing::assert_same_keys(&serde_json::to_value(report).unwrap(), QUEUE_OUTPUT);
}

#[test]
fn both_forms_of_one_queue_tell_the_same() {
    let json = queue(format!("{JSON}end=json rc=0\n"), SPOOL);
    let text = queue(format!("{TEXT}end=text rc=0\n"), SPOOL);
    assert_eq!(json, text);
    assert!(text.complete);
}

#[test]
fn marks_tell_the_queue_and_long_ids_are_read() {
    let report = queue(format!("{MARKS}end=text rc=0\n"), "end\n");
    let counts: Vec<_> = report.by_queue.iter().map(|(q, n)| (q.as_str(), *n)).collect();
    assert_eq!(counts, [("active", 1), ("deferred", 1), ("hold", 1)]);
    let long = queue(format!("{LONG}end=text rc=0\n"), "login\t4jYQwX63t0z1Vc5c\ta@b.jp\t\nend\n");
    assert_eq!((long.total, long.recipients, long.top_logins.len()), (1, 1, 1));
    let expiring = queue(
        "-Queue ID-  --Size-- \nD3C429D212B#     260 Tue Nov 24 01:59:18  spamE@example.jp\n\n-- 1 Kbytes in 1 Request.\nend=text rc=0\n",
        "end\n",
    );
    assert_eq!((expiring.by_queue.get("deferred"), expiring.complete), (Some(&1), true));
}

#[test]
fn an_empty_queue_is_empty_and_complete() {
    for list in ["end=json rc=0\n", "Mail queue is empty\nend=text rc=0\n"] {
        let report = queue(list, "count\tdeferred\t0\nsampled\t0\nend\n");
        assert_eq!((report.total, report.oldest, report.complete), (0, None, true), "{list}");
    }
}

#[test]
fn a_listing_that_may_lack_something_says_what() {
    let lacks = |list: &str| queue(list, "end\n").incomplete;
    assert_eq!(lacks(""), ["mail queue: the output was truncated"]);
    assert_eq!(lacks("end=json rc=69\n"), ["mail queue: the listing failed: json rc=69"]);
    assert_eq!(lacks("end=text rc=0\n"), ["mail queue: the last line of the listing is missing"]);
    let short = TEXT.replace("in 7 Requests", "in 9 Requests");
    assert_eq!(lacks(&format!("{short}end=text rc=0\n")), ["mail queue: 9 messages were reported, but 7 listed"]);
    assert_eq!(lacks("{\"queue_id\":\nend=json rc=0\n"), ["mail queue: 1 line could not be read"]);
    let not_root = queue("end=json rc=0\n", "refused\tnot root: queue files cannot be read\nend\n");
    assert_eq!(not_root.incomplete, ["not root: queue files cannot be read"]);
    let mut lost = fine("queue.list", JSON);
    (lost.ended, lost.truncated) = (crate::shell::Ended::TimedOut, true);
    let report = read(&host(), &profile(), &QueueArgs::default(), &[lost]).unwrap();
    assert_eq!(report.incomplete, ["mail queue: timed out after 1 s", "queue files: no response"]);
    assert_eq!((report.total, report.login_unread), (7, 7));
    assert!(read(&host(), &profile(), &QueueArgs::default(), &[]).is_err());
}

#[test]
fn an_id_that_is_none_is_refused_by_name_and_counted() {
    let line = |id: &str| {
        format!("{{\"queue_name\":\"hold\",\"queue_id\":\"{id}\",\"arrival_time\":1,\"sender\":\"a@b\",\"new\":[1]}}\n")
    };
    let list: String = ["ALL", "../..", &"A".repeat(1 << 20), "A2CDA9D291A"].map(line).concat();
    let report = queue(format!("{list}end=json rc=0\n"), "login\tALL\tx\t\nend\n");
    assert_eq!((report.total, report.refused, report.complete), (1, 4, false));
    assert_eq!(report.incomplete[..2], ["invalid queue ID \"ALL\"", "invalid queue ID \"../..\""]);
    assert!(report.incomplete[2].len() < 80);
}

#[test]
fn the_same_message_listed_twice_counts_once() {
    assert_eq!(queue(format!("{JSON}{JSON}end=json rc=0\n"), "end\n").total, 7);
}

#[test]
fn numbers_of_a_host_that_lies_add_up_to_no_overflow() {
    let spool = format!("count\tactive\t{0}\ncount\tdeferred\t{0}\nsampled\t0\nend\n", u64::MAX);
    assert_eq!(queue(format!("{JSON}end=json rc=0\n"), spool).incomplete, [""; 0]);
}

#[test]
fn the_script_asks_for_json_and_falls_back_to_text() {
    let dir = tempfile::tempdir().unwrap();
    let part = &Postfix.parts(&host(), &profile())[0];
    tool(dir.path(), "postqueue", &format!("[ \"$1\" = -j ] && cat <<'END'\n{JSON}END"));
    let report = read(&host(), &profile(), &QueueArgs::default(), &[run(part, dir.path()), fine("queue.spool", SPOOL)]);
    assert_eq!(report.unwrap(), queue(format!("{JSON}end=json rc=0\n"), SPOOL));
    let old = "if [ \"$1\" = -j ]; then echo 'postqueue: invalid option -- j' >&2; exit 69; fi";
    tool(dir.path(), "postqueue", &format!("{old}\ncat <<'END'\n{TEXT}END"));
    let report = read(&host(), &profile(), &QueueArgs::default(), &[run(part, dir.path()), fine("queue.spool", SPOOL)]);
    assert_eq!(report.unwrap(), queue(format!("{TEXT}end=text rc=0\n"), SPOOL));
    tool(
        dir.path(),
        "postqueue",
        "echo 'postqueue: fatal: Queue report unavailable - mail system is down' >&2; exit 69",
    );
    let report = read(&host(), &profile(), &QueueArgs::default(), &[run(part, dir.path()), fine("queue.spool", SPOOL)]);
    let why = "mail queue: the listing failed: postqueue: fatal: Queue report unavailable - mail system is down";
    assert_eq!(report.unwrap().incomplete, [why]);
}

#[test]
fn the_script_takes_logins_from_envelopes_only() {
    let dir = tempfile::tempdir().unwrap();
    let spool = dir.path().join("spool");
    for queue in ["active", "deferred/A", "hold"] {
        std::fs::create_dir_all(spool.join(queue)).unwrap();
    }
    std::fs::write(spool.join("deferred/A/A2CDA9D291A"), ENVELOPE).unwrap();
    let forged = "*** ENVELOPE RECORDS hold/4739A9D2109 ***\nsender: x\n*** MESSAGE CONTENTS hold/4739A9D2109 ***\nnamed_attribute: sasl_username=victim@example.jp\n";
    std::fs::write(spool.join("hold/4739A9D2109"), forged).unwrap();
    tool(dir.path(), "id", "echo 0");
    tool(dir.path(), "postconf", &format!("echo '{}'", spool.display()));
    let new = "case \"$1\" in -e) shift ;; esac\n[ \"$1\" = /dev/null ] || cat \"$@\"";
    let old = "[ \"$1\" != -e ] || { echo 'postcat: invalid option -- e' >&2; exit 1; }\ncat \"$@\"";
    for postcat in [new, old] {
        tool(dir.path(), "postcat", postcat);
        let output = run(&Postfix.parts(&host(), &profile())[1], dir.path());
        insta::allow_duplicates! {
            insta::assert_snapshot!(output.stdout.for_human(999), @r"
            count	active	0
            count	deferred	1
            count	hold	1
            login	A2CDA9D291A	info@example.jp	127.0.0.1
            login	4739A9D2109		
            sampled	2
            end
            ");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read(list in proptest::collection::vec(any::<u8>(), 0..400), spool in proptest::collection::vec(any::<u8>(), 0..200)) {
        queue(list, spool);
    }

    #[test]
    fn a_flipped_or_cut_capture_is_read(at in 0..JSON.len(), with in any::<u8>()) {
        for capture in [JSON, TEXT, MARKS] {
            let mut bytes = capture.as_bytes().to_vec();
            let at = at % bytes.len();
            queue(&bytes[..at], SPOOL);
            bytes[at] = with;
            queue(bytes, SPOOL);
        }
    }
}
