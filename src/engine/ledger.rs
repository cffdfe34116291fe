//! The dispatcher's state: gives every event its number, keeps the count of everything, and says when a run
//! has to stop early. Synchronous; it knows no clock and no task.

use crate::model::counted::counted;
use crate::model::event::NO_ACTION;
use crate::model::exit::{self, Terms};
use crate::model::{Event, EventKind, HostName, HostStatus, Outcome, RunId, Summary, event};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

/// What the run's owner must do because of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start no further host; the reason is in the summary.
    StopStarting,
}

/// What is counted of one run.
pub struct Ledger {
    run: RunId,
    seq: u64,
    began: Timestamp,
    max_fail: Option<usize>,
    bad: usize,
    running: BTreeMap<HostName, String>,
    terms: Terms,
    /// The steps that change something, by index.
    changing: Vec<usize>,
    touched: Touched,
    summary: Summary,
}

/// What a run that is to change something came to.
#[derive(Default)]
struct Touched {
    /// A step that changes was come to: it changed something, or found everything as it is to be.
    any: bool,
    /// A host ended well, and its playbook did not say that nothing is to be changed.
    idle: bool,
}

impl Ledger {
    /// `max_fail`: how many hosts may end badly before no new one is started.
    pub fn new(run: RunId, began: Timestamp, max_fail: Option<usize>) -> Self {
        let (terms, changing, touched) = (Terms::default(), Vec::new(), Touched::default());
        let (running, summary) = (BTreeMap::new(), Summary::default());
        Self { run, seq: 0, began, max_fail, bad: 0, running, terms, changing, touched, summary }
    }

    /// The exit code is decided by `terms`; `changing`: the steps that change something, by index.
    pub fn on_terms(self, terms: Terms, changing: Vec<usize>) -> Self {
        Self { terms, changing, ..self }
    }

    /// Enters an event.
    pub fn enter(&mut self, at: Timestamp, kind: EventKind) -> (Event, Option<Action>) {
        let mut action = None;
        match &kind {
            EventKind::Connecting { host } => drop(self.running.insert(host.clone(), "connecting".into())),
            EventKind::Connected { host, .. } => drop(self.running.insert(host.clone(), "connected".into())),
            EventKind::StepStarted { host, step } => drop(self.running.insert(host.clone(), step.name.clone())),
            EventKind::StepFinished { step, outcome, tolerated, data, .. } => {
                match (outcome, tolerated) {
                    (Outcome::Failed | Outcome::TimedOut, Some(_)) => self.summary.tolerated += 1,
                    (Outcome::Failed | Outcome::TimedOut, None) => self.summary.failed_steps += 1,
                    (Outcome::Unknown, _) => self.summary.unknown_changes += 1,
                    _ => {}
                }
                let of_nothing = data.as_ref().and_then(Value::as_array).is_some_and(Vec::is_empty);
                self.touched.any |= *outcome != Outcome::Skipped && !of_nothing && self.changing.contains(&step.index);
            }
            EventKind::Found { finding, .. } => {
                *self.summary.findings.entry(finding.level.word().into()).or_default() += 1;
            }
            EventKind::HostFinished { host, status, fault, notes, .. } => {
                self.touched.idle |=
                    matches!(status, HostStatus::Ok | HostStatus::Skipped) && !notes.iter().any(|n| is_meant(n));
                self.running.remove(host);
                *self.summary.hosts.entry(status.word().into()).or_default() += 1;
                if fault.as_ref().is_some_and(|f| f.kind == crate::model::fault::FaultKind::Internal) {
                    self.summary.internal += 1;
                }
                action = self.count_bad(*status);
            }
            EventKind::RunStarted { .. }
            | EventKind::Profiled { .. }
            | EventKind::Planned { .. }
            | EventKind::ChangeIntended { .. }
            | EventKind::ChangeApplied(_)
            | EventKind::ChangeFailed(_)
            | EventKind::ChangeUnknown(_)
            | EventKind::Interrupted { .. }
            | EventKind::RunFinished { .. } => {}
        }
        (self.number(at, kind), action)
    }

    /// An unreachable host and one of unknown state count as much as a failed one.
    fn count_bad(&mut self, status: HostStatus) -> Option<Action> {
        use HostStatus::{Failed, Refused, TimedOut, Unknown, Unreachable};
        if !matches!(status, Failed | Refused | TimedOut | Unreachable | Unknown) {
            return None;
        }
        self.bad += 1;
        let limit = self.max_fail.filter(|limit| self.bad > *limit && self.summary.stopped.is_none())?;
        self.summary.stopped = Some(format!("max_fail {limit}: {} ended badly", counted(self.bad, "hosts")));
        Some(Action::StopStarting)
    }

    /// No further host is started.
    pub fn stopped(&mut self, why: String) {
        self.summary.stopped.get_or_insert(why);
    }

    /// Somebody asked to stop, for the `stage`th time, by signal `by`.
    pub fn interrupt(&mut self, at: Timestamp, stage: u8, by: u8) -> Event {
        self.summary.interrupted_by.get_or_insert(by);
        let running = self.running.iter().map(|(host, what)| (host.clone(), what.clone())).collect();
        self.number(at, EventKind::Interrupted { stage, running })
    }

    /// The last event.
    pub fn close(&mut self, at: Timestamp) -> (Event, Summary) {
        self.summary.millis = u64::try_from(at.duration_since(self.began).as_millis()).unwrap_or(0);
        self.summary.unchanged = self.terms.changes && self.touched.idle && !self.touched.any;
        self.summary.exit = Some(exit::of(&self.summary, &self.terms));
        let summary = self.summary.clone();
        (self.number(at, EventKind::RunFinished { summary: summary.clone() }), summary)
    }

    fn number(&mut self, at: Timestamp, kind: EventKind) -> Event {
        self.seq += 1;
        Event { v: event::VERSION, run: self.run.clone(), seq: self.seq, at, kind }
    }
}

/// Whether a host's note says that its playbook stopped because nothing is to be changed.
fn is_meant(note: &str) -> bool {
    let stopped = note.strip_prefix("stopped: ").and_then(|why| why.strip_prefix(NO_ACTION));
    stopped.is_some_and(|message| message.is_empty() || message.starts_with(": "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fault::FaultKind;
    use crate::model::{Fault, StepRef};

    fn host(name: &str) -> HostName {
        HostName::parse(name).unwrap()
    }

    fn finished(name: &str, status: HostStatus) -> EventKind {
        EventKind::HostFinished { host: host(name), status, fault: None, notes: vec![], millis: 1 }
    }

    fn ledger(max_fail: Option<usize>) -> Ledger {
        Ledger::new(RunId("r".into()), Timestamp::UNIX_EPOCH, max_fail)
    }

    #[test]
    fn events_are_numbered_without_gaps_and_hosts_counted() {
        let mut ledger = ledger(None);
        let at = Timestamp::UNIX_EPOCH;
        let numbers: Vec<u64> = [HostStatus::Ok, HostStatus::Ok, HostStatus::Unreachable]
            .iter()
            .zip(["a", "b", "c"])
            .map(|(status, name)| ledger.enter(at, finished(name, *status)).0.seq)
            .collect();
        assert_eq!(numbers, [1, 2, 3]);
        let (last, summary) = ledger.close(at);
        assert_eq!((last.seq, summary.count(HostStatus::Ok), summary.count(HostStatus::Unreachable)), (4, 2, 1));
    }

    #[test]
    fn unreachable_hosts_count_against_the_limit_and_it_is_said_once() {
        let mut ledger = ledger(Some(1));
        let at = Timestamp::UNIX_EPOCH;
        assert_eq!(ledger.enter(at, finished("a", HostStatus::Unreachable)).1, None);
        assert_eq!(ledger.enter(at, finished("b", HostStatus::Unknown)).1, Some(Action::StopStarting));
        assert_eq!(ledger.enter(at, finished("c", HostStatus::Failed)).1, None);
        assert_eq!(ledger.close(at).1.stopped.as_deref(), Some("max_fail 1: 2 hosts ended badly"));
    }

    /// Whether a run whose step 1 changes hosts, and which was told this, is one that changed nothing.
    fn unchanged(kinds: Vec<EventKind>) -> bool {
        let mut ledger = ledger(None).on_terms(Terms { changes: true, ..Terms::default() }, vec![1]);
        kinds.into_iter().for_each(|kind| drop(ledger.enter(Timestamp::UNIX_EPOCH, kind)));
        let (_, summary) = ledger.close(Timestamp::UNIX_EPOCH);
        assert_eq!(summary.unchanged, summary.exit.as_ref().unwrap().reasons.contains(&"unchanged".to_owned()));
        summary.unchanged
    }

    fn step(index: usize, outcome: Outcome, data: Option<Value>) -> EventKind {
        let (id, verb) = (format!("step-{index}"), "mail.queue.hold".to_owned());
        let step = StepRef { index, name: id.clone(), id, verb };
        let (reason, fault, tolerated) = (None, None, None);
        EventKind::StepFinished { host: host("b"), step, outcome, reason, fault, tolerated, data, millis: 1 }
    }

    fn stopped(why: &str) -> EventKind {
        let notes = vec![format!("stopped: {why}")];
        EventKind::HostFinished { host: host("a"), status: HostStatus::Skipped, fault: None, notes, millis: 1 }
    }

    #[test]
    fn a_rescue_that_names_nobody_has_changed_nothing_unless_it_is_meant_so() {
        let well = || finished("b", HostStatus::Ok);
        assert!(unchanged(vec![stopped("not-identified: no account stands out")]));
        assert!(unchanged(vec![step(0, Outcome::Unchanged, None), step(1, Outcome::Skipped, None), well()]));
        assert!(unchanged(vec![step(1, Outcome::Unchanged, Some(Value::Array(vec![]))), well()]));
        assert!(unchanged(vec![stopped("no-action-at-all")]));
        assert!(!unchanged(vec![stopped("no-action")]));
        assert!(!unchanged(vec![stopped("no-action: the mail is intended; nothing was changed")]));
        for outcome in [Outcome::Unchanged, Outcome::WouldChange, Outcome::Changed] {
            assert!(!unchanged(vec![stopped("not-identified"), step(1, outcome, None), well()]), "{outcome}");
        }
        assert!(!unchanged(vec![finished("a", HostStatus::Refused)]));
    }

    #[test]
    fn an_interruption_names_who_does_what() {
        let mut ledger = ledger(None);
        let at = Timestamp::UNIX_EPOCH;
        ledger.enter(at, EventKind::Connecting { host: host("a") });
        ledger.enter(at, EventKind::Connecting { host: host("b") });
        ledger.enter(at, finished("b", HostStatus::Ok));
        let event = ledger.interrupt(at, 1, 2);
        assert_eq!(event.kind, EventKind::Interrupted { stage: 1, running: vec![(host("a"), "connecting".into())] });
        assert_eq!(ledger.close(at).1.interrupted_by, Some(2));
    }

    #[test]
    fn a_bug_in_one_host_is_counted_as_a_bug() {
        let mut ledger = ledger(None);
        let fault = Some(Fault::new(FaultKind::Internal, "panicked"));
        let kind =
            EventKind::HostFinished { host: host("a"), status: HostStatus::Failed, fault, notes: vec![], millis: 1 };
        ledger.enter(Timestamp::UNIX_EPOCH, kind);
        assert_eq!(ledger.close(Timestamp::UNIX_EPOCH).1.internal, 1);
    }
}
