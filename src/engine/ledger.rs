//! The dispatcher's state: gives every event its number, keeps the count of everything, and says when a run
//! has to stop early. Synchronous; it knows no clock and no task.

use crate::model::counted::counted;
use crate::model::{Event, EventKind, HostName, HostStatus, Outcome, RunId, Summary, event};
use jiff::Timestamp;
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
    summary: Summary,
}

impl Ledger {
    /// `max_fail`: how many hosts may end badly before no new one is started.
    pub fn new(run: RunId, began: Timestamp, max_fail: Option<usize>) -> Self {
        Self { run, seq: 0, began, max_fail, bad: 0, running: BTreeMap::new(), summary: Summary::default() }
    }

    /// Enters an event.
    pub fn enter(&mut self, at: Timestamp, kind: EventKind) -> (Event, Option<Action>) {
        let mut action = None;
        match &kind {
            EventKind::Connecting { host } => drop(self.running.insert(host.clone(), "connecting".into())),
            EventKind::Connected { host, .. } => drop(self.running.insert(host.clone(), "connected".into())),
            EventKind::StepStarted { host, step } => drop(self.running.insert(host.clone(), step.name.clone())),
            EventKind::StepFinished { outcome, tolerated, .. } => match (outcome, tolerated) {
                (Outcome::Failed | Outcome::TimedOut, Some(_)) => self.summary.tolerated += 1,
                (Outcome::Failed | Outcome::TimedOut, None) => self.summary.failed_steps += 1,
                (Outcome::Unknown, _) => self.summary.unknown_changes += 1,
                _ => {}
            },
            EventKind::Found { finding, .. } => {
                *self.summary.findings.entry(finding.level.word().into()).or_default() += 1;
            }
            EventKind::HostFinished { host, status, fault, .. } => {
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
        self.summary.stopped = Some(format!("max_fail {limit} exceeded: {} failed", counted(self.bad, "hosts")));
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
        let summary = self.summary.clone();
        (self.number(at, EventKind::RunFinished { summary: summary.clone() }), summary)
    }

    fn number(&mut self, at: Timestamp, kind: EventKind) -> Event {
        self.seq += 1;
        Event { v: event::VERSION, run: self.run.clone(), seq: self.seq, at, kind }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Fault;
    use crate::model::fault::FaultKind;

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
        assert_eq!(ledger.close(at).1.stopped.as_deref(), Some("max_fail 1 exceeded: 2 hosts failed"));
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
