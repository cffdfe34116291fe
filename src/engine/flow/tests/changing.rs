//! The two walks of a playbook that changes: what is planned, shown and agreed to, and what is done of it.

use super::*;
use crate::model::profile::Found;
use crate::model::{AccountWas, Change, Op, Row, RowEnd, RowResult};
use serde_json::json;
use std::cell::Cell;
use std::collections::BTreeSet;

/// What the host says to a part: its exit status and standard output.
type Host<'a> = &'a dyn Fn(&Part) -> (i32, String);

struct Walk {
    flow: Flow,
    said: Vec<Said>,
    /// The parts that were asked, by name and arguments.
    asked: Vec<String>,
}

const NONE: &dyn Fn(&Change) -> bool = &|_| false;

fn silent(_: &Part) -> (i32, String) {
    (0, String::new())
}

fn begin(purpose: Purpose, text: &str) -> Walk {
    begin_as(0, purpose, text)
}

/// As that user of the host.
fn begin_as(uid: u32, purpose: Purpose, text: &str) -> Walk {
    let head = "fleet: 1\nname: t\nmode: destructive\nneeds: [mta]\nparams: { to: { type: list<string>, default: [a, b, c] } }\n";
    let playbook = playbook::load("t.yaml", &format!("{head}{text}"), &|_| Err("none".into()));
    let playbook = Arc::new(playbook.unwrap_or_else(|p| panic!("{p}")));
    let mut flow = super::of(playbook).with_purpose(purpose);
    let postfix = vec![Found { name: "postfix".into(), version: String::new(), active: true }];
    flow.profiled(Profile { mtas: postfix, now: 1_795_490_000, uid, ..Profile::default() });
    Walk { flow, said: Vec::new(), asked: Vec::new() }
}

impl Walk {
    /// Answers what is asked until something is to be done or to be agreed to.
    fn turn(&mut self, host: Host<'_>) -> Turn {
        loop {
            let requests = self.flow.next(&mut self.said);
            if requests.is_empty() {
                match self.flow.turn(&mut self.said) {
                    Turn::Go => continue,
                    turn => return turn,
                }
            }
            let mut answers: BTreeMap<usize, Vec<Vec<PartOutput>>> = BTreeMap::new();
            for Request { step, parts } in requests {
                self.asked.extend(parts.iter().map(|p| format!("{} {}", p.name, p.args.join(" ")).trim().to_owned()));
                let of = |part: &Part| {
                    let (rc, text) = host(part);
                    PartOutput { name: part.name.clone(), ..output(Ended::Status(rc), &text).remove(0) }
                };
                answers.entry(step).or_default().push(parts.iter().map(of).collect());
            }
            for (step, outputs) in answers {
                self.flow.answer(step, outputs, &mut self.said);
            }
        }
    }

    fn planned(&mut self, host: Host<'_>) -> Vec<Change> {
        match self.turn(host) {
            Turn::Planned(changes) => changes,
            other => panic!("{other:?}: {:?}", self.said),
        }
    }

    /// Agrees to what was planned.
    fn approve(&mut self, host: Host<'_>) {
        let planned = self.planned(host);
        assert_eq!(self.flow.stale(&planned, NONE), None);
        self.flow.approve(planned, NONE);
    }

    /// The next change comes to that end for all its rows.
    fn change(&mut self, host: Host<'_>, end: RowEnd) -> Change {
        let Turn::Change(change) = self.turn(host) else { panic!("no change: {:?}", self.said) };
        let rows = change.rows.iter().map(|r| RowResult::new(r.key(), end, None)).collect();
        let done = ChangeEnd::judged(Op::new([7; 16]), change.rows.len(), rows, Vec::new(), Duration::ZERO);
        let data = json!({"rc": 0, "stdout": "out"}).as_object().cloned().unwrap();
        self.flow.changed(&change, ChangeEnd { data, ..done }, &mut self.said);
        *change
    }

    fn over(&mut self, host: Host<'_>) -> Vec<(usize, Outcome, Option<String>)> {
        assert_eq!(self.turn(host), Turn::Over);
        let mut told = outcomes(&self.said);
        told.sort_by_key(|(step, ..)| *step);
        let once: BTreeSet<usize> = told.iter().map(|(step, ..)| *step).collect();
        assert_eq!(once.len(), told.len(), "a step is told twice: {told:?}");
        told
    }
}

fn words(told: &[(usize, Outcome, Option<String>)]) -> Vec<Outcome> {
    told.iter().map(|(_, outcome, _)| *outcome).collect()
}

fn run(id: &str, more: &str) -> String {
    format!("  - id: {id}\n    command: {{ argv: [{id}], reads: false{more} }}\n")
}

fn read(id: &str, arg: &str) -> String {
    format!("  - id: {id}\n    command: {{ argv: [{id}, \"{arg}\"], reads: true }}\n")
}

#[test]
fn planning_writes_down_what_would_be_done_and_does_nothing() {
    let text = format!("steps:\n{}{}{}", run("a", ""), run("b", ", unless: [there]"), run("c", ", unless: [there]"));
    let mut walk = begin(Purpose::Plan, &text);
    let there = Cell::new(0);
    let host = |_: &Part| {
        there.set(there.get() + 1);
        (0, format!("status\t{}\nend\n", u8::from(there.get() > 1)))
    };
    let planned = walk.planned(&host);
    assert_eq!(planned.iter().map(|c| c.title.as_str()).collect::<Vec<_>>(), ["run a", "run c"]);
    assert_eq!(walk.asked, ["guard there", "guard there"], "what changes was sent");
    walk.flow.refuse(Outcome::WouldChange, "later", &mut walk.said);
    assert_eq!(words(&walk.over(&silent)), [Outcome::WouldChange, Outcome::Unchanged, Outcome::WouldChange]);
    assert_eq!(walk.flow.status(), HostStatus::Ok);
}

#[test]
fn a_change_that_the_host_has_no_way_for_fails() {
    let text = "steps:\n  - mail.account.limit: { account: a@b.jp, per_hour: 10 }\n";
    let mut walk = begin(Purpose::Plan, text);
    assert_eq!(words(&walk.over(&silent)), [Outcome::Failed]);
    assert_eq!(walk.asked, [""; 0]);
}

#[test]
fn who_is_not_root_changes_nothing_and_is_told_so() {
    let text = format!("steps:\n{}  - id: hold\n    mail.queue.hold: {{ senders: [a@b.jp] }}\n", read("look", "at"));
    let mut walk = begin_as(1000, Purpose::Plan, &text);
    let told = walk.over(&silent);
    assert_eq!(words(&told), [Outcome::Unchanged, Outcome::Failed]);
    assert_eq!(told[1].2.as_deref(), Some("changes require root; set `sudo` for this host"));
    assert_eq!(walk.asked, ["command look at"]);
}

#[test]
fn the_first_walk_of_an_apply_is_silent_and_each_step_is_told_once() {
    let finding = "  - finding: { code: X, level: warn, message: m }\n";
    let text = format!("steps:\n{}{}{}{finding}", read("before", "1"), run("a", ""), read("behind", "2"));
    let mut walk = begin(Purpose::Apply, &text);
    walk.approve(&silent);
    assert_eq!(outcomes(&walk.said).iter().map(|(step, ..)| *step).collect::<Vec<_>>(), [0]);
    assert!(!walk.said.iter().any(|s| matches!(s, Said::Found { .. })));
    walk.change(&silent, RowEnd::Changed);
    let told = walk.over(&silent);
    assert_eq!(words(&told), [Outcome::Unchanged, Outcome::Changed, Outcome::Unchanged, Outcome::Unchanged]);
    assert_eq!(walk.said.iter().filter(|s| matches!(s, Said::Found { .. })).count(), 1);
    // What reads behind a change is of the world after it.
    assert_eq!(walk.asked, ["command before 1", "command behind 2", "command behind 2"]);
}

#[test]
fn what_reads_a_changes_result_waits_until_it_is_done() {
    let text = format!("steps:\n{}{}", run("a", ""), read("b", "{{ steps.a.stdout }} {{ steps.a.done }}"));
    let mut walk = begin(Purpose::Apply, &text);
    walk.approve(&silent);
    assert!(walk.asked.is_empty());
    walk.change(&silent, RowEnd::Changed);
    assert_eq!(words(&walk.over(&silent)), [Outcome::Changed, Outcome::Unchanged]);
    assert_eq!(walk.asked, ["command b out 1"]);
    // In a plan it is told that it was not read.
    let mut walk = begin(Purpose::Plan, &text);
    walk.planned(&silent);
    walk.flow.refuse(Outcome::WouldChange, "later", &mut walk.said);
    assert_eq!(words(&walk.over(&silent)), [Outcome::WouldChange, Outcome::Skipped]);
}

#[test]
fn a_result_of_what_did_not_have_to_be_done_reads_as_null() {
    let text =
        format!("steps:\n{}{}", run("a", ", unless: [x]"), read("b", "{{ steps.a.rc is none }} {{ steps.a.planned }}"));
    let mut walk = begin(Purpose::Apply, &text);
    let host = |part: &Part| (0, if part.name == "guard" { "status\t0\nend\n".into() } else { String::new() });
    walk.approve(&host);
    assert_eq!(words(&walk.over(&host)), [Outcome::Unchanged, Outcome::Unchanged]);
    assert_eq!(walk.asked.last().unwrap(), "command b True 0");
}

#[test]
fn what_stands_behind_a_confirm_is_planned_after_what_stands_before_it_was_done() {
    let text = format!(
        "steps:\n{}  - confirm: {{ message: go on }}\n{}{}",
        run("a", ""),
        read("between", "{{ steps.a.stdout }}"),
        run("b", ", unless: [\"{{ steps.between.stdout }}\"]")
    );
    let mut walk = begin(Purpose::Apply, &text);
    let host = |part: &Part| (0, if part.name == "guard" { "status\t1\nend\n".into() } else { "seen".into() });
    assert_eq!(walk.planned(&host).len(), 1);
    assert_eq!((walk.flow.stage(), walk.asked.len()), (0, 0));
    walk.flow.approve(vec![], NONE);
    // Nothing was agreed to, and what was not done leaves no result to plan upon.
    let mut walk = begin(Purpose::Apply, &text);
    walk.approve(&host);
    walk.change(&host, RowEnd::Changed);
    let second = walk.planned(&host);
    assert_eq!((walk.flow.stage(), second[0].title.as_str(), walk.flow.message().as_str()), (1, "run b", "go on"));
    assert_eq!(walk.asked, ["command between out", "guard seen"]);
    walk.flow.approve(second, NONE);
    walk.change(&host, RowEnd::Changed);
    let unchanged = Outcome::Unchanged;
    assert_eq!(words(&walk.over(&host)), [Outcome::Changed, unchanged, unchanged, Outcome::Changed]);
}

#[test]
fn a_change_that_fails_stops_what_follows_and_always_still_runs() {
    let text = format!("steps:\n{}{}{}always:\n{}", run("a", ""), run("b", ""), read("c", "1"), read("last", "1"));
    for (end, status) in [(RowEnd::Failed, HostStatus::Failed), (RowEnd::Changed, HostStatus::Ok)] {
        let mut walk = begin(Purpose::Apply, &text);
        walk.approve(&silent);
        assert_eq!(walk.change(&silent, end).title, "run a");
        if end == RowEnd::Changed {
            walk.change(&silent, end);
        }
        let told = walk.over(&silent);
        let (unchanged, skipped) = (Outcome::Unchanged, Outcome::Skipped);
        match end {
            RowEnd::Failed => assert_eq!(words(&told), [Outcome::Failed, skipped, skipped, unchanged]),
            _ => assert_eq!(words(&told), [Outcome::Changed, Outcome::Changed, unchanged, unchanged]),
        }
        assert_eq!(walk.asked.last().unwrap(), "command last 1");
        assert_eq!(walk.flow.status(), status);
    }
}

#[test]
fn always_reads_what_was_done_and_nothing_that_was_only_planned() {
    let text = format!("steps:\n{}always:\n{}{}", run("a", ""), read("result", "{{ steps.a.rc }}"), read("last", "1"));
    let mut walk = begin(Purpose::Apply, &text);
    walk.approve(&silent);
    assert!(walk.asked.is_empty(), "the end came first");
    walk.change(&silent, RowEnd::Changed);
    assert_eq!(words(&walk.over(&silent)), [Outcome::Changed, Outcome::Unchanged, Outcome::Unchanged]);
    assert_eq!(walk.asked, ["command result 0", "command last 1"]);
    for purpose in [Purpose::Plan, Purpose::Apply] {
        let mut walk = begin(purpose, &text);
        walk.planned(&silent);
        let outcome = if purpose == Purpose::Plan { Outcome::WouldChange } else { Outcome::Skipped };
        walk.flow.refuse(outcome, "not now", &mut walk.said);
        assert_eq!(words(&walk.over(&silent)), [outcome, Outcome::Skipped, Outcome::Unchanged]);
        assert_eq!(walk.asked, ["command last 1"]);
    }
    // A plan that fails has its end too.
    let mut walk = begin(Purpose::Apply, &text.replace("reads: false", "reads: false, unless: [x]"));
    let told =
        walk.over(&|part: &Part| (0, if part.name == "guard" { "status\t127\nend\n".into() } else { String::new() }));
    assert_eq!(words(&told), [Outcome::Failed, Outcome::Skipped, Outcome::Unchanged]);
}

#[test]
fn an_unknown_fate_is_the_hosts_and_what_follows_is_not_done() {
    let mut walk = begin(Purpose::Apply, &format!("steps:\n{}{}", run("a", ""), run("b", "")));
    walk.approve(&silent);
    let Turn::Change(change) = walk.turn(&silent) else { panic!() };
    let lost = ChangeEnd::bad(Op::new([7; 16]), 1, Outcome::Unknown, "no response after", Duration::ZERO);
    walk.flow.changed(&change, lost, &mut walk.said);
    let told = walk.over(&silent);
    assert_eq!(words(&told), [Outcome::Unknown, Outcome::Skipped]);
    assert_eq!(walk.flow.status(), HostStatus::Unknown);
}

#[test]
fn items_are_done_one_by_one_and_not_on_after_a_bad_one() {
    let each = |more: &str| {
        format!(
            "steps:\n  - id: each\n    for_each: params.to\n{more}    command: {{ argv: [do, \"{{{{ item }}}}\"], reads: false }}\n"
        )
    };
    let mut walk = begin(Purpose::Apply, &each(""));
    walk.approve(&silent);
    assert_eq!(walk.change(&silent, RowEnd::Changed).title, "run do a");
    assert_eq!(walk.change(&silent, RowEnd::Failed).title, "run do b");
    assert_eq!(words(&walk.over(&silent)), [Outcome::Failed]);
    let Some(Said::Step { end, .. }) = walk.said.last() else { panic!() };
    assert_eq!(end.data.as_ref().unwrap().as_array().unwrap().len(), 2, "the third was not done");
    // Where a failure is tolerated, the others are done.
    let mut walk = begin(Purpose::Apply, &each("    on_error: continue\n    because: x\n"));
    walk.approve(&silent);
    for end in [RowEnd::Changed, RowEnd::Failed, RowEnd::Changed] {
        walk.change(&silent, end);
    }
    assert_eq!((words(&walk.over(&silent)), walk.flow.status()), (vec![Outcome::Failed], HostStatus::Ok));
}

#[test]
fn a_verify_that_does_not_hold_fails_the_step() {
    let step = |verify: &str| {
        format!("steps:\n  - id: a\n    verify: {verify}\n    command: {{ argv: [a], reads: false }}\n{}", run("b", ""))
    };
    let mut walk = begin(Purpose::Apply, &step("steps.a.stdout == 'out' and steps.a.done == 1"));
    walk.approve(&silent);
    walk.change(&silent, RowEnd::Changed);
    walk.change(&silent, RowEnd::Changed);
    assert_eq!(words(&walk.over(&silent)), [Outcome::Changed, Outcome::Changed]);
    let mut walk = begin(Purpose::Apply, &step("steps.a.stdout == 'other'"));
    walk.approve(&silent);
    walk.change(&silent, RowEnd::Changed);
    let told = walk.over(&silent);
    assert_eq!(words(&told), [Outcome::Failed, Outcome::Skipped]);
    assert_eq!(told[0].2.as_deref(), Some("done, but verification failed: steps.a.stdout == 'other'"));
}

#[test]
fn what_was_refused_is_not_done_and_says_why() {
    let text = format!("steps:\n{}{}always:\n{}", run("a", ""), read("b", "1"), read("last", "1"));
    let mut walk = begin(Purpose::Apply, &text);
    walk.planned(&silent);
    walk.flow.refuse(Outcome::Skipped, "stale: x", &mut walk.said);
    let told = walk.over(&silent);
    assert_eq!((words(&told)[0], told[0].2.as_deref()), (Outcome::Skipped, Some("stale: x")));
    assert_eq!((walk.flow.status(), walk.flow.notes()), (HostStatus::Refused, vec!["stale: x".to_owned()]));
}

#[test]
fn an_account_that_is_not_as_it_was_makes_the_plan_stale() {
    let text = "steps:\n  - mail.account.disable: { account: alice }\n";
    let plan = |accounts: &str| {
        let accounts = accounts.to_owned();
        let mut walk = begin(Purpose::Apply, text);
        let turn =
            walk.turn(&|part: &Part| (0, if part.name == "accounts.plain" { accounts.clone() } else { String::new() }));
        (walk, turn)
    };
    let (mut same, Turn::Planned(approved)) = plan("user\talice\nend\ndone\n") else { panic!() };
    assert!(matches!(&approved[0].rows[..], [Row::Account { address, .. }] if address == "alice"), "{approved:?}");
    assert_eq!(same.flow.stale(&approved, NONE), None);
    let mut other = approved.clone();
    other[0].rows = vec![Row::Account { address: "alice".into(), was: AccountWas::ABSENT }];
    assert!(same.flow.stale(&other, NONE).unwrap().contains("the state that it is based on has changed"));
    assert!(same.flow.stale(&[], NONE).unwrap().contains("was not approved"));
    // What an earlier run had begun is as that run left it.
    assert_eq!(same.flow.stale(&other, &|_| true), None);
    // Somebody switched it off meanwhile: there is nothing to do.
    let (off, turn) = plan("user\talice\nend\noff\talice\ndone\n");
    assert_eq!(turn, Turn::Planned(Vec::new()));
    assert!(off.flow.stale(&approved, NONE).unwrap().contains("the state that it is based on has changed"));
    same.flow.approve(approved, NONE);
    same.change(&silent, RowEnd::Changed);
    assert_eq!(words(&same.over(&silent)), [Outcome::Changed]);
}

#[test]
fn messages_that_went_since_they_were_approved_are_told_as_gone_and_new_ones_are_left_alone() {
    let text = "steps:\n  - id: hold\n    mail.queue.hold: { senders: [spam@example.jp] }\n";
    let host = |ids: &'static [&'static str], served: usize| {
        let waits: Vec<_> = (served..3).map(|n| json!({"address": format!("a{n}@dead.example.net")})).collect();
        move |part: &Part| {
            let line = |id: &&str| {
                let message = json!({"queue_name": "deferred", "queue_id": id, "arrival_time": 1_795_485_455,
                    "message_size": 503, "forced_expire": false, "sender": "spam@example.jp",
                    "recipients": waits});
                format!("{message}\n")
            };
            let list = ids.iter().map(line).collect::<String>() + "end=json rc=0\n";
            (0, if part.name == "queue.list" { list } else { "end\n".into() })
        }
    };
    let approved = begin(Purpose::Plan, text).planned(&host(&["A2CDA9D291A", "B2CDA9D291B"], 0));
    assert_eq!(approved[0].rows.len(), 2);
    let mut walk = begin(Purpose::Apply, text);
    // One of its recipients was served in between: it is the same message.
    let later = host(&["B2CDA9D291B", "C2CDA9D291C"], 1);
    walk.planned(&later);
    assert_eq!(walk.flow.stale(&approved, NONE), None);
    walk.flow.approve(approved, NONE);
    let change = walk.change(&later, RowEnd::Held);
    assert_eq!(change.rows.iter().map(Row::key).collect::<Vec<_>>(), ["B2CDA9D291B"]);
    assert_eq!(words(&walk.over(&later)), [Outcome::Changed]);
    let Some(Said::Step { end, .. }) = walk.said.last() else { panic!() };
    let data = end.data.as_ref().unwrap();
    assert_eq!((&data["planned"], &data["done"], &data["gone"]), (&2.into(), &1.into(), &1.into()), "{data}");
    // A step that selects otherwise now than then does not mean that its messages went.
    let mut other = begin(Purpose::Apply, &text.replace("spam@", "other@"));
    other.planned(&later);
    let mut approved = begin(Purpose::Plan, text).planned(&host(&["B2CDA9D291B"], 0));
    assert!(other.flow.stale(&approved, NONE).unwrap().contains("no longer needed"));
    approved.clear();
    assert_eq!(other.flow.stale(&approved, NONE), None);
}

#[test]
fn the_reason_of_a_step_says_that_a_message_it_did_not_delete_is_held_now() {
    let row = RowResult { left_held: true, ..RowResult::new("A", RowEnd::Failed, Some("its copy differs".into())) };
    let end = ChangeEnd::judged(Op::new([1; 16]), 1, vec![row], vec![], Duration::ZERO);
    assert_eq!(end.reason.unwrap(), "1 of 1 failed; A: its copy differs; it is held now");
}
