use super::*;
use crate::host::answer::testing::fine;
use crate::model::HostName;
use crate::model::profile::Found;
use crate::shell::guard::Trace;
use serde_json::json;

fn profile() -> Profile {
    let found = |name: &str| vec![Found { name: name.into(), version: String::new(), active: true }];
    Profile { mtas: found("postfix"), now: 1_795_490_000, ..Profile::default() }
}

fn host() -> Host {
    Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root")
}

const LOGINS: &str = "login\tA2CDA9D291A\tinfo@example.jp\t192.0.2.1\nlogin\tB2CDA9D291B\tother@example.jp\t192.0.2.2\n\
                      login\tC2CDA9D291C\tInfo@example.jp\t192.0.2.1\nsampled\t3\nend\n";

/// Three messages; the queues of the first and the third can be chosen.
fn queue(first: &str, third: &str) -> Vec<PartOutput> {
    let line = |queue: &str, id: &str, sender: &str| {
        let recipients = json!([{"address": "a@dead.example.net"}]);
        let message = json!({"queue_name": queue, "queue_id": id, "arrival_time": 1_795_485_455, "message_size": 503,
                             "forced_expire": false, "sender": sender, "recipients": recipients});
        if queue.is_empty() { String::new() } else { format!("{message}\n") }
    };
    let list = line(first, "A2CDA9D291A", "ceo@forged.example.org")
        + &line("deferred", "B2CDA9D291B", "other@example.jp")
        + &line(third, "C2CDA9D291C", "info@example.jp")
        + "end=json rc=0\n";
    vec![fine("queue.list", list), fine("queue.spool", LOGINS)]
}

fn rows(operation: Operation, args: &Value, outputs: &[PartOutput]) -> Vec<Row> {
    Select::of(args).unwrap().rows(operation, &queue::list(&profile(), outputs).unwrap())
}

fn keys(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(Row::key).collect()
}

fn ends(results: &[RowResult]) -> Vec<(&str, RowEnd)> {
    results.iter().map(|r| (r.key.as_str(), r.end)).collect()
}

/// The first message was delivered.
const SENT: &str = "== 1 1795490000 /var/log/mail.log\n\
    2026-11-24T01:57:35+00:00 mx1 postfix/smtpd[1]: A2CDA9D291A: client=unknown[192.0.2.1], sasl_method=LOGIN, sasl_username=info@example.jp\n\
    2026-11-24T01:57:35+00:00 mx1 postfix/qmgr[1]: A2CDA9D291A: from=<ceo@forged.example.org>, size=503, nrcpt=1 (queue active)\n\
    2026-11-24T03:12:40+00:00 mx1 postfix/smtp[1]: A2CDA9D291A: to=<a@dead.example.net>, relay=x[192.0.2.9]:25, delay=5, delays=0/0/0/5, dsn=2.0.0, status=sent (250 ok)\n\
    end\n";

/// The hold and the deletion began, and nothing was heard.
const BOTH: Evidence<'_> = Evidence::Traces(&[Trace::Done(0), Trace::Done(0)]);

/// The list ends in the middle.
fn cut(mut outputs: Vec<PartOutput>) -> Vec<PartOutput> {
    outputs.iter_mut().filter(|o| o.name == "queue.list").for_each(|o| o.truncated = true);
    outputs
}

/// The next act of deleting both messages of info, after those that were done.
fn deleting(planned: &[Row], done: &[Vec<PartOutput>]) -> Act {
    next(&host(), &profile(), Operation::Delete, planned, "/op", done).unwrap()
}

#[test]
fn an_empty_selection_is_refused_and_never_means_everything() {
    for args in [json!({}), json!({"logins": []}), json!({"senders": [""]}), json!({"logins": ["*"]})] {
        assert!(Select::of(&args).is_err(), "{args}");
    }
    assert!(Select::of(&json!({"messages": [{"id": "A"}]})).is_err());
}

#[test]
fn messages_are_selected_by_login_whatever_sender_they_carry() {
    let by = |args| {
        keys(&rows(Operation::Hold, &args, &queue("deferred", "hold")))
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(by(json!({"logins": ["info@example.jp"]})), ["A2CDA9D291A"], "the third is held already");
    assert_eq!(by(json!({"senders": ["OTHER@example.jp"]})), ["B2CDA9D291B"]);
    let deleted = rows(Operation::Delete, &json!({"logins": ["info@example.jp"]}), &queue("deferred", "hold"));
    assert_eq!(keys(&deleted), ["A2CDA9D291A", "C2CDA9D291C"]);
}

#[test]
fn a_message_that_took_over_an_id_is_not_touched() {
    let planned = rows(Operation::Delete, &json!({"logins": ["info@example.jp"]}), &queue("hold", "hold"));
    let other = rows(
        Operation::Delete,
        &json!({"messages": [{"id": "A2CDA9D291A", "arrival": 1, "sender": "x@y.jp", "size": 503}]}),
        &queue("hold", "hold"),
    );
    assert_eq!(other, []);
    let mut reused = planned.clone();
    if let Some(Row::Message { arrival, .. }) = reused.first_mut() {
        *arrival += 1;
    }
    let same = |rows: &[Row], first| Same::of(&profile(), rows, &queue(first, "hold"), true).ids;
    assert_eq!(same(&reused, "hold"), BTreeSet::from(["C2CDA9D291C".into()]));
    assert_eq!(same(&planned, "active"), BTreeSet::from(["C2CDA9D291C".into()]));
}

#[test]
fn what_became_of_messages_is_judged_by_reading_and_not_by_what_was_said() {
    let planned = rows(Operation::Hold, &json!({"logins": ["info@example.jp"]}), &queue("deferred", "deferred"));
    let said = |word: &str| {
        let text = format!("row\tA2CDA9D291A\t{word}\nrow\tC2CDA9D291C\t{word}\nend\n");
        report(&[fine("queue.hold", text)], "queue.hold", &planned.iter().map(Row::key).collect()).unwrap()
    };
    let judged =
        judge(&profile(), Operation::Hold, &planned, Evidence::Report(&said("held")), &queue("hold", "deferred"))
            .unwrap();
    assert_eq!(ends(&judged), [("A2CDA9D291A", RowEnd::Held), ("C2CDA9D291C", RowEnd::Failed)]);
    let judged =
        judge(&profile(), Operation::Delete, &planned, Evidence::Report(&said("deleted")), &queue("", "hold")).unwrap();
    assert_eq!(ends(&judged), [("A2CDA9D291A", RowEnd::Deleted), ("C2CDA9D291C", RowEnd::Failed)]);
    let judged =
        judge(&profile(), Operation::Delete, &planned, Evidence::Report(&said("gone")), &queue("", "")).unwrap();
    assert_eq!(ends(&judged), [("A2CDA9D291A", RowEnd::Gone), ("C2CDA9D291C", RowEnd::Gone)]);
}

#[test]
fn what_was_not_handed_to_the_deletion_is_not_called_deleted() {
    let planned = rows(Operation::Delete, &json!({"logins": ["info@example.jp"]}), &queue("maildrop", "deferred"));
    let held = fine("queue.hold", "row\tA2CDA9D291A\tgone\tit left the queue meanwhile\nrow\tC2CDA9D291C\theld\nend\n");
    let end = |relisted: Vec<PartOutput>, deleted: &str, now: &[PartOutput]| {
        let mut done = vec![vec![held.clone()], relisted];
        if !deleted.is_empty() {
            assert!(matches!(deleting(&planned, &done), Act::Write(part) if part.input == ["C2CDA9D291C"]));
            done.push(vec![fine("queue.delete", deleted)]);
        }
        let Act::Done(report) = deleting(&planned, &done) else { panic!() };
        let judged = judge(&profile(), Operation::Delete, &planned, Evidence::Report(&report), now).unwrap();
        (judged.into_iter().map(|r| (r.key, r.end)).collect::<Vec<_>>(), report.notes)
    };
    let row = |key: &str, end| (key.to_owned(), end);
    let gone = row("A2CDA9D291A", RowEnd::Gone);
    // It was picked up under another id; the other one was deleted.
    let told = end(queue("", "hold"), "row\tC2CDA9D291C\tdeleted\nend\n", &queue("", ""));
    assert_eq!(told, (vec![gone.clone(), row("C2CDA9D291C", RowEnd::Deleted)], vec![]));
    // The other one left before it could be deleted.
    assert_eq!(end(queue("", ""), "", &queue("", "")).0, [gone.clone(), row("C2CDA9D291C", RowEnd::Gone)]);
    // The list ended before it came to what is held: it may be there, then and now.
    let (rows, notes) = end(cut(queue("", "")), "", &cut(queue("", "")));
    assert_eq!(rows, [gone.clone(), row("C2CDA9D291C", RowEnd::Failed)], "nothing was deleted");
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert_eq!(end(cut(queue("", "")), "", &queue("", "hold")).0, [gone.clone(), row("C2CDA9D291C", RowEnd::Failed)]);
    assert_eq!(end(Vec::new(), "", &queue("", "hold")).0, [gone, row("C2CDA9D291C", RowEnd::Failed)]);
}

#[test]
fn what_may_only_not_have_been_seen_is_of_unknown_fate() {
    let planned = rows(Operation::Delete, &json!({"logins": ["info@example.jp"]}), &queue("deferred", "deferred"));
    let said = |end| {
        let row = |row: &Row| RowResult::new(row.key(), end, None);
        ScriptReport { rows: planned.iter().take(1).map(row).collect(), ..ScriptReport::default() }
    };
    let judged = |operation, evidence: Evidence<'_>, now: Vec<PartOutput>| {
        let judged = judge(&profile(), operation, &planned, evidence, &now).unwrap();
        judged.iter().map(|r| r.end).collect::<Vec<_>>()
    };
    let nothing = ScriptReport::default();
    for operation in [Operation::Hold, Operation::Release, Operation::Delete] {
        assert_eq!(judged(operation, Evidence::Report(&nothing), cut(queue("", ""))), [], "{operation:?}");
        // What is held already can be held once more.
        let again: &[RowEnd] = if operation == Operation::Hold { &[RowEnd::Failed; 2] } else { &[] };
        assert_eq!(judged(operation, BOTH, cut(queue("", ""))), again, "{operation:?}");
    }
    // What a script looked at itself and said is believed; the rest is not.
    assert_eq!(
        judged(Operation::Delete, Evidence::Report(&said(RowEnd::Deleted)), cut(queue("", ""))),
        [RowEnd::Deleted]
    );
    assert_eq!(judged(Operation::Hold, Evidence::Report(&said(RowEnd::Held)), cut(queue("", ""))), [RowEnd::Held]);
    assert_eq!(judged(Operation::Hold, Evidence::Report(&said(RowEnd::Held)), queue("", "")), [RowEnd::Gone; 2]);
    // An act was ended in the middle: which one is not heard.
    assert_eq!(judged(Operation::Delete, Evidence::Report(&nothing), queue("", "hold")), [RowEnd::Failed]);
    // What lacks is no message.
    let mut unread = queue("", "");
    unread.pop();
    assert_eq!(judged(Operation::Hold, Evidence::Report(&nothing), unread), [RowEnd::Gone; 2]);
}

#[test]
fn what_is_gone_was_deleted_only_if_the_deletion_began() {
    let planned = rows(Operation::Delete, &json!({"logins": ["info@example.jp"]}), &queue("deferred", "deferred"));
    let judged = |traces: &[Trace]| {
        let judged =
            judge(&profile(), Operation::Delete, &planned, Evidence::Traces(traces), &queue("", "hold")).unwrap();
        judged.iter().map(|r| r.end).collect::<Vec<_>>()
    };
    assert_eq!(judged(&[Trace::Done(0)]), [RowEnd::Gone, RowEnd::Failed]);
    assert_eq!(judged(&[Trace::Done(0), Trace::Broken]), [RowEnd::Deleted, RowEnd::Failed]);
}

#[test]
fn where_nothing_can_be_held_the_deletion_is_told_which_message_an_id_meant() {
    let found = vec![Found { name: "qmail".into(), version: String::new(), active: true }];
    let profile = Profile { mtas: found, ..profile() };
    let list = "24 Nov 2026 02:17:05 GMT  #10504133  233  <spam@example.jp> \n\tremote\ta@dead.example.net\nend\t0\n";
    let listed = vec![fine("queue.list", list), fine("queue.spool", "unlisted\t0\nend\n")];
    let planned = Select::of(&json!({"senders": ["spam@example.jp"]}))
        .unwrap()
        .rows(Operation::Delete, &queue::list(&profile, &listed).unwrap());
    let act = next(&host(), &profile, Operation::Delete, &planned, "/op", &[listed]).unwrap();
    assert!(matches!(act, Act::Write(part) if part.input == ["10504133 1795486625 233"]));
}

#[test]
fn the_list_before_and_after_a_change_has_the_time_that_the_change_has() {
    let planned = rows(Operation::Delete, &json!({"logins": ["info@example.jp"]}), &queue("deferred", "hold"));
    let Act::Read(again) = deleting(&planned, &[Vec::new()]) else { panic!() };
    let Support::Yes(after) = look(&host(), &profile(), &planned) else { panic!() };
    let slow =
        |parts: &[Part]| parts.iter().filter(|p| p.name.starts_with("queue.")).all(|p| p.timeout == Control::TIMEOUT);
    assert!(slow(&again) && slow(&after));
}

#[test]
fn a_message_that_was_delivered_meanwhile_is_sent_and_not_deleted() {
    let planned = rows(Operation::Delete, &json!({"logins": ["info@example.jp"]}), &queue("active", "hold"));
    let mut outputs = queue("", "");
    outputs.push(fine("senders.log", SENT));
    let profile = profile();
    let judged = judge(&profile, Operation::Delete, &planned, BOTH, &outputs).unwrap();
    assert_eq!(ends(&judged), [("A2CDA9D291A", RowEnd::InFlightSent), ("C2CDA9D291C", RowEnd::Deleted)]);
    // One of three recipients was served before, and two still waited.
    outputs.pop();
    outputs.push(fine("senders.log", SENT.replace("nrcpt=1", "nrcpt=3")));
    let judged = judge(&profile, Operation::Delete, &planned, BOTH, &outputs).unwrap();
    assert_eq!(ends(&judged), [("A2CDA9D291A", RowEnd::Deleted), ("C2CDA9D291C", RowEnd::Deleted)]);
}

#[test]
fn a_message_is_back_only_where_it_is_itself_and_held() {
    let planned = |list: &[PartOutput]| {
        let mut planned = rows(Operation::Hold, &json!({"senders": ["ceo@forged.example.org"]}), list);
        planned.iter_mut().for_each(|row| {
            if let Row::Message { id, .. } = row {
                *id = "D0000D".into();
            }
        });
        planned
    };
    let planned = planned(&queue("deferred", "hold"));
    let end = |said: &str, now: Vec<PartOutput>| {
        let said = fine("queue.restore", format!("row\tD0000D\t{said}\nend\n"));
        let said = report(&[said], "queue.restore", &BTreeSet::from(["D0000D"])).unwrap();
        let mut judged = judge(&profile(), Operation::Restore, &planned, Evidence::Report(&said), &now).unwrap();
        judged.pop().map(|r| (r.end, r.why.unwrap_or_default()))
    };
    let told = |end, why: &str| Some((end, why.to_owned()));
    assert_eq!(end("restored\tA2CDA9D291A", queue("hold", "hold")), told(RowEnd::Restored, "A2CDA9D291A"));
    // Another message's id, one that is not held, and one that is not there.
    let other = told(RowEnd::Failed, "C2CDA9D291C is another message");
    assert_eq!(end("restored\tC2CDA9D291C", queue("hold", "hold")), other);
    let loose = told(RowEnd::Failed, "A2CDA9D291A is in the queue, and is not held");
    assert_eq!(end("restored\tA2CDA9D291A", queue("deferred", "hold")), loose);
    assert_eq!(end("restored\tA2CDA9D291A", queue("", "hold")), told(RowEnd::Failed, "it is not in the queue"));
    assert_eq!(end("restored\tA2CDA9D291A", cut(queue("", "hold"))), None);
    assert_eq!(end("failed\tA2CDA9D291A", queue("hold", "hold")), told(RowEnd::Failed, "A2CDA9D291A"));
    // It came back and was let go since.
    let mut delivered = queue("", "hold");
    delivered.push(fine("senders.log", SENT));
    assert_eq!(end("restored\tA2CDA9D291A", delivered), told(RowEnd::Restored, "A2CDA9D291A"));
}

#[test]
fn what_cannot_be_held_may_have_left_as_soon_as_it_was_back() {
    let found = vec![Found { name: "qmail".into(), version: String::new(), active: true }];
    let profile = Profile { mtas: found, ..profile() };
    let row = Row::Message { id: "7".into(), arrival: 5, sender: "spam@example.jp".into(), size: 233, recipients: 1 };
    let end = |list: &str| {
        let now = [fine("queue.list", format!("{list}end\t0\n")), fine("queue.spool", "unlisted\t0\nend\n")];
        let said = RowResult::new("7", RowEnd::Restored, Some("9".into()));
        let said = ScriptReport { rows: vec![said], ..ScriptReport::default() };
        let judged =
            judge(&profile, Operation::Restore, std::slice::from_ref(&row), Evidence::Report(&said), &now).unwrap();
        (judged[0].end, judged[0].why.clone().unwrap_or_default())
    };
    let entry = |size: u32| format!("24 Nov 2026 02:17:05 GMT  #9  {size}  <spam@example.jp> \n");
    assert_eq!(end(""), (RowEnd::Restored, "9".into()));
    assert_eq!(end(&entry(233)), (RowEnd::Restored, "9".into()));
    assert_eq!(end(&entry(234)), (RowEnd::Failed, "9 is another message".into()));
}

#[test]
fn the_log_is_read_from_the_arrival_of_the_oldest_message_on() {
    let row = |arrival| Row::Message { id: "A".into(), arrival, sender: String::new(), size: 1, recipients: 1 };
    let since = |rows: &[Row]| {
        let Support::Yes(parts) = look(&host(), &profile(), rows) else { panic!() };
        let log = parts.into_iter().find(|p| p.name == "senders.log").unwrap();
        log.values.into_iter().find(|(name, _)| *name == "since").unwrap().1.parse::<i64>().unwrap()
    };
    let now = profile().now;
    let yesterday = now - 86_400;
    assert!(since(&[row(now - 9), row(yesterday)]) < yesterday);
    assert!((yesterday..now - 3 * 3_600).contains(&since(&[row(now - 9)])));
    assert!(since(&[row(0)]) > now - 8 * 86_400);
}

#[test]
fn of_what_was_under_way_when_it_was_held_it_is_said_that_it_may_have_been_sent() {
    let planned = rows(Operation::Delete, &json!({"logins": ["info@example.jp"]}), &queue("active", "deferred"));
    let held = "row\tA2CDA9D291A\theld\tit was being delivered\nrow\tC2CDA9D291C\theld\nend\n";
    let deleted = "row\tA2CDA9D291A\tdeleted\nrow\tC2CDA9D291C\tdeleted\nend\n";
    let done = [vec![fine("queue.hold", held)], queue("hold", "hold"), vec![fine("queue.delete", deleted)]];
    let Act::Done(report) = deleting(&planned, &done) else { panic!() };
    let judged = |evidence: Evidence<'_>, log: Option<&str>| {
        let mut now = queue("", "");
        now.extend(log.map(|log| fine("senders.log", log)));
        let judged = judge(&profile(), Operation::Delete, &planned, evidence, &now).unwrap();
        judged.into_iter().map(|r| (r.end, r.why.unwrap_or_default())).collect::<Vec<_>>()
    };
    let deleted = |why: &str| (RowEnd::Deleted, why.to_owned());
    let under_way = "it was being delivered, and may have been sent";
    assert_eq!(judged(Evidence::Report(&report), Some("end\n")), [deleted(under_way), deleted("")]);
    assert_eq!(judged(Evidence::Report(&report), Some(SENT)), [(RowEnd::InFlightSent, String::new()), deleted("")]);
    // The log was not read to its end, or not at all.
    let cut = deleted(&format!("{under_way}; mail log: the output was truncated"));
    assert_eq!(judged(Evidence::Report(&report), Some("")), [cut, deleted("")]);
    assert!(judged(Evidence::Report(&report), None)[0].1.contains("no response"));
    assert_eq!(
        judged(BOTH, Some("")),
        [deleted("mail log: the output was truncated"), deleted("mail log: the output was truncated")]
    );
}

#[test]
fn of_what_was_held_for_a_deletion_that_failed_it_is_said_that_it_is_held_now() {
    let planned = rows(Operation::Delete, &json!({"logins": ["info@example.jp"]}), &queue("deferred", "hold"));
    let held = "row\tA2CDA9D291A\theld\nrow\tC2CDA9D291C\theld\tit was already held\nend\n";
    let failed = "row\tA2CDA9D291A\tfailed\tno room\nrow\tC2CDA9D291C\tfailed\tno room\nend\n";
    let ending = |relisted: Vec<PartOutput>, deleted: Option<&str>, now: &[PartOutput]| {
        let mut done = vec![vec![fine("queue.hold", held)], relisted];
        done.extend(deleted.map(|said| vec![fine("queue.delete", said)]));
        let Act::Done(report) = deleting(&planned, &done) else { panic!() };
        judge(&profile(), Operation::Delete, &planned, Evidence::Report(&report), now).unwrap()
    };
    let end = |relisted, deleted| ending(relisted, deleted, &queue("hold", "hold"));
    let why = |rows: &[RowResult]| rows.iter().map(|r| r.why.clone().unwrap()).collect::<Vec<_>>();
    let left = |rows: &[RowResult]| rows.iter().map(|r| r.left_held).collect::<Vec<_>>();
    let rows = end(queue("hold", "hold"), Some(failed));
    assert_eq!((why(&rows), left(&rows)), (vec!["no room".to_owned(), "no room".into()], vec![true, false]));
    // Somebody let it go since.
    let rows = ending(queue("hold", "hold"), Some(failed), &queue("deferred", "hold"));
    assert_eq!((why(&rows), left(&rows)), (vec!["no room".to_owned(), "no room".into()], vec![false, false]));
    let rows = end(cut(queue("", "")), None);
    let still = "not found in the list; left unchanged";
    assert_eq!((why(&rows), left(&rows)), (vec![still.to_owned(), still.into()], vec![true, false]));
}

#[test]
fn a_mail_server_that_cannot_be_changed_says_so_before_anything_is_planned() {
    let none = Profile { mtas: Vec::new(), ..profile() };
    assert_eq!(query(&host(), &none, Operation::Hold), Support::NotYet("no mail server found".into()));
}
