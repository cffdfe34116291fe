use super::*;
use crate::engine::job::Clock;
use crate::host::os_support::Table;
use crate::model::{Finding, Host, HostBytes, HostName, HostStatus, Op, Outcome, Profile};
use crate::playbook::{self, Playbook};
use crate::shell::{Ended, Part, PartOutput};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

mod audit;
mod changing;

fn flow(text: &str) -> Flow {
    flow_of("read-only", text)
}

fn flow_of(mode: &str, text: &str) -> Flow {
    let head = format!("fleet: 1\nname: t\nsummary: t\nmode: {mode}\nsteps:\n");
    let playbook = playbook::load("t.yaml", &format!("{head}{text}"), &|_| Err("none".into()));
    let playbook = Arc::new(playbook.unwrap_or_else(|p| panic!("{p}")));
    of(playbook)
}

fn of(playbook: Arc<Playbook>) -> Flow {
    let params = playbook.bind(&BTreeMap::new()).unwrap();
    let host = Arc::new(Host::new(HostName::parse("mx01").unwrap(), "192.0.2.1", 22, "root"));
    let (support, geo) = (Arc::new(Table::builtin()), Arc::default());
    let clock = Clock { now: 0, as_of: jiff::civil::date(2026, 11, 24), support, geo };
    Flow::new(playbook, &params, host, clock, Duration::from_secs(60))
}

fn output(ended: Ended, stdout: &str) -> Vec<PartOutput> {
    let stdout = HostBytes::new(stdout.as_bytes().to_vec());
    vec![PartOutput {
        name: "command".into(),
        ended,
        stdout,
        stderr: HostBytes::default(),
        truncated: false,
        elapsed: Duration::ZERO,
    }]
}

fn fine(stdout: &str) -> Vec<PartOutput> {
    output(Ended::Status(0), stdout)
}

fn asked(requests: &[Request]) -> Vec<usize> {
    requests.iter().map(|r| r.step).collect()
}

fn outcomes(said: &[Said]) -> Vec<(usize, Outcome, Option<String>)> {
    let step = |s: &Said| match s {
        Said::Step { step, end, .. } => Some((*step, end.outcome, end.reason.clone())),
        Said::Found { .. } => None,
    };
    said.iter().filter_map(step).collect()
}

const TWO: &str =
    "  - id: a\n    command: { argv: [a], reads: true }\n  - id: b\n    command: { argv: [b], reads: true }\n";

#[test]
fn independent_readings_go_out_together_and_dependent_ones_wait() {
    let mut flow =
        flow(&format!("{TWO}  - id: c\n    command: {{ argv: [\"{{{{ steps.a.stdout }}}}\"], reads: true }}\n"));
    let mut said = Vec::new();
    assert_eq!(asked(&flow.next(&mut said)), [0, 1]);
    flow.answer(1, vec![fine("x")], &mut said);
    flow.answer(0, vec![fine("prog")], &mut said);
    let requests = flow.next(&mut said);
    assert_eq!(asked(&requests), [2]);
    assert_eq!(requests[0].parts[0].args, ["prog"]);
    flow.answer(2, vec![fine("")], &mut said);
    assert!(flow.next(&mut said).is_empty());
    assert_eq!(flow.status(), HostStatus::Ok);
}

#[test]
fn what_needs_a_failed_reading_is_skipped_and_the_rest_goes_on() {
    let mut flow = flow(&format!(
        "{TWO}  - finding: {{ when: steps.a.rc == 0, code: X, level: warn, message: m }}\n  \
         - finding: {{ when: steps.b.rc == 0, code: Y, level: warn, message: m }}\n"
    ));
    let mut said = Vec::new();
    flow.next(&mut said);
    flow.answer(0, vec![output(Ended::Status(7), "")], &mut said);
    flow.answer(1, vec![fine("")], &mut said);
    flow.next(&mut said);
    let (failed, skipped) = (&outcomes(&said)[0], &outcomes(&said)[2]);
    assert_eq!((failed.1, failed.2.as_deref()), (Outcome::Failed, Some("exit status 7")));
    assert_eq!((skipped.1, skipped.2.as_deref()), (Outcome::Skipped, Some("requires steps.a, which has no result")));
    assert!(said.iter().any(|s| matches!(s, Said::Found { finding, .. } if finding.code == "Y")));
    assert_eq!(flow.status(), HostStatus::Failed);
}

#[test]
fn nothing_crosses_a_stop_and_everything_behind_it_is_skipped() {
    let mut flow = flow(
        "  - id: a\n    command: { argv: [a], reads: true }\n  - stop: { when: steps.a.stdout == 'no', outcome: no-action }\n  \
         - id: b\n    command: { argv: [b], reads: true }\n",
    );
    let mut said = Vec::new();
    assert_eq!(asked(&flow.next(&mut said)), [0]);
    flow.answer(0, vec![fine("no")], &mut said);
    assert!(flow.next(&mut said).is_empty());
    assert_eq!(outcomes(&said)[2], (2, Outcome::Skipped, Some("stopped: no-action".into())));
    assert_eq!((flow.status(), flow.notes()), (HostStatus::Skipped, vec!["stopped: no-action".to_owned()]));
}

#[test]
fn an_assertion_that_fails_is_a_failed_step() {
    let mut flow = flow("  - assert: { that: 'host.port == 2222', message: wrong port }\n");
    let mut said = Vec::new();
    assert!(flow.next(&mut said).is_empty());
    assert_eq!(outcomes(&said)[0], (0, Outcome::Failed, Some("wrong port".into())));
    assert_eq!(flow.status(), HostStatus::Failed);
}

#[test]
fn a_for_each_asks_once_for_every_item_and_gives_a_list() {
    let mut flow = flow(
        "  - id: a\n    command: { argv: [a], reads: true }\n  - id: each\n    for_each: steps.a.lines\n    \
         command: { argv: [\"{{ item }}\"], reads: true }\n",
    );
    let mut said = Vec::new();
    flow.next(&mut said);
    flow.answer(0, vec![fine("x\ny\n")], &mut said);
    let requests = flow.next(&mut said);
    assert_eq!(asked(&requests), [1, 1]);
    flow.answer(1, vec![fine("1"), fine("2")], &mut said);
    let Some(Said::Step { end, .. }) = said.last() else { panic!("no step") };
    assert_eq!(end.data.as_ref().unwrap().pointer("/1/stdout").unwrap(), "2");
}

#[test]
fn a_tolerated_failure_is_told_and_does_not_fail_the_host() {
    let mut flow = flow(
        "  - id: a\n    on_error: continue\n    because: some hosts have it not\n    command: { argv: [a], reads: true }\n",
    );
    let mut said = Vec::new();
    flow.next(&mut said);
    flow.answer(0, vec![output(Ended::Status(1), "")], &mut said);
    let Some(Said::Step { end, .. }) = said.last() else { panic!("no step") };
    assert_eq!(end.tolerated.as_deref(), Some("some hosts have it not"));
    assert_eq!(flow.status(), HostStatus::Ok);
}

#[test]
fn a_failed_reading_is_asked_again_as_often_as_the_step_says() {
    let mut flow = flow("  - id: a\n    retry: 1\n    command: { argv: [a], reads: true }\n");
    let mut said = Vec::new();
    flow.next(&mut said);
    flow.answer(0, vec![output(Ended::Status(1), "")], &mut said);
    assert_eq!((asked(&flow.next(&mut said)), said.len()), (vec![0], 0));
    flow.answer(0, vec![fine("")], &mut said);
    assert_eq!(outcomes(&said)[0].1, Outcome::Unchanged);
}

#[test]
fn a_deadline_and_a_lost_connection_keep_their_words() {
    for (ended, outcome) in
        [(Ended::TimedOut, Outcome::TimedOut), (Ended::Lost, Outcome::Failed), (Ended::Cancelled, Outcome::Cancelled)]
    {
        let mut flow = flow(TWO);
        let mut said = Vec::new();
        flow.next(&mut said);
        flow.answer(0, vec![output(ended, "")], &mut said);
        assert_eq!(outcomes(&said)[0].1, outcome);
        flow.abandon(Outcome::Cancelled, "interrupted", None, &mut said);
        assert_eq!(outcomes(&said)[1], (1, Outcome::Cancelled, Some("interrupted".into())));
    }
}

#[test]
fn a_verb_that_reads_the_profile_gets_one_whatever_the_playbook_needs() {
    let needs = |step: &str| Flow::needs_profile(&flow(&format!("  - {step}\n")).facts.playbook);
    assert!(needs("mail.queue.inspect: {}") && needs("os.support: {}"));
    assert!(!needs("command: { argv: [a], reads: true }") && !needs("script: { sh: a, reads: true }"));
}

/// A host whose queue has one message of a@b.jp, asked for what a playbook that holds that mail wants to know.
fn asked_for_mail(text: &str, purpose: Purpose, listing: &str, said: &mut Vec<Said>) -> Flow {
    let mut flow = flow_of("change", text).with_purpose(purpose);
    let found = crate::model::profile::Found { name: "postfix".into(), version: "3.7".into(), active: true };
    flow.profiled(Profile { mtas: vec![found], ..Profile::default() });
    let steps = asked(&flow.next(said));
    let [mut list, mut spool] = [listing, "end\n"].map(fine);
    (list[0].name, spool[0].name) = ("queue.list".into(), "queue.spool".into());
    for step in steps {
        flow.answer(step, vec![[list.clone(), spool.clone()].concat()], said);
    }
    assert!(flow.next(said).is_empty());
    flow
}

const HOLD: &str = "  - id: hold\n    mail.queue.hold: { senders: [a@b.jp] }\n";
const ONE: &str = "{\"queue_name\":\"deferred\",\"queue_id\":\"4A11B22C33D\",\"arrival_time\":1,\"message_size\":9,\
                   \"sender\":\"a@b.jp\",\"recipients\":[]}\nend=json rc=0\n";

#[test]
fn a_host_that_another_run_holds_is_refused_and_says_by_whom() {
    let mut said = Vec::new();
    let mut flow =
        asked_for_mail(&format!("{HOLD}{HOLD}").replacen("id: hold", "id: one", 1), Purpose::Apply, ONE, &mut said);
    let Turn::Planned(changes) = flow.turn(&mut said) else { panic!("{said:?}") };
    flow.approve(changes, &|_| false);
    assert!(flow.next(&mut said).is_empty());
    let Turn::Change(change) = flow.turn(&mut said) else { panic!("{said:?}") };
    let locked = ChangeEnd::bad(Op::new([1; 16]), 1, Outcome::Skipped, "locked by anna", Duration::ZERO);
    flow.changed(&change, locked, &mut said);
    assert!(flow.next(&mut said).is_empty());
    assert_eq!(flow.turn(&mut said), Turn::Over);
    assert_eq!((flow.status(), flow.notes()), (HostStatus::Refused, vec!["locked by anna".to_owned()]));
    let skipped = |n| (n, Outcome::Skipped, Some("locked by anna".to_owned()));
    assert_eq!(outcomes(&said), [skipped(0), skipped(1)]);
}

#[test]
fn where_nothing_is_to_be_done_it_is_told_what_was_not_read() {
    let mut said = Vec::new();
    let listing = ONE.replace("4A11B22C33D", "ALL");
    let mut flow = asked_for_mail(HOLD, Purpose::Plan, &listing, &mut said);
    while flow.turn(&mut said) == Turn::Go {
        flow.next(&mut said);
    }
    assert_eq!(flow.notes(), ["invalid queue ID \"ALL\""]);
}
