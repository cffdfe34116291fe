//! What a walk asks and what it tells: requests, ends of steps and of changes, and how the host ended.

use crate::model::untrusted::clean_line;
use crate::model::{Fault, Finding, HostStatus, Op, Outcome, RowEnd, RowResult};
use crate::shell::Part;
use serde_json::{Map, Value};
use std::time::Duration;

/// Parts to send for one step; with a for_each, one request for each item.
#[derive(Debug)]
pub struct Request {
    /// The index of the step.
    pub step: usize,
    /// What to run; all parts of all requests go out as one script.
    pub parts: Vec<Part>,
}

/// What the walk has to tell.
#[derive(Debug, PartialEq)]
pub enum Said {
    /// A step is over.
    Step {
        /// Its index.
        step: usize,
        /// How it ended.
        end: End,
        /// What its scripts took on the host, of all its items together.
        elapsed: Duration,
    },
    /// A judging step found something.
    Found {
        /// Its index.
        step: usize,
        /// What it found.
        finding: Finding,
    },
}

/// How a step ended.
#[derive(Debug, PartialEq)]
pub struct End {
    /// The outcome.
    pub outcome: Outcome,
    /// Why it was skipped, or what the failure said; sanitised.
    pub reason: Option<String>,
    /// The host's error that ended it; none where the step itself ended well or badly.
    pub fault: Option<Fault>,
    /// Why the playbook tolerates that it failed; none where it does not, or the step did not fail.
    pub tolerated: Option<String>,
    /// What the verb read or did, typed as its table declares it; none where there is no result.
    pub data: Option<Value>,
}

impl End {
    pub(super) fn of(outcome: Outcome) -> Self {
        Self { outcome, reason: None, fault: None, tolerated: None, data: None }
    }

    pub(super) fn because(outcome: Outcome, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::of(outcome) }
    }

    pub(super) fn bad(&self) -> bool {
        matches!(self.outcome, Outcome::Failed | Outcome::TimedOut | Outcome::Cancelled | Outcome::Unknown)
    }
}

/// How one change ended.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeEnd {
    /// The change's name on the host.
    pub op: Op,
    /// How it ended as a whole.
    pub outcome: Outcome,
    /// How many objects it was to touch; of those without a row the outcome is unknown.
    pub planned: usize,
    /// What became of each object that could be judged.
    pub rows: Vec<RowResult>,
    /// The script's remarks for people, sanitised.
    pub notes: Vec<String>,
    /// Why it failed or is not known, sanitised.
    pub reason: Option<String>,
    /// The host's error that broke it off.
    pub fault: Option<Fault>,
    /// What its scripts took on the host.
    pub elapsed: Duration,
    /// What the verb tells besides.
    pub data: Map<String, Value>,
}

impl ChangeEnd {
    /// By what became of each row.
    pub fn judged(op: Op, planned: usize, rows: Vec<RowResult>, notes: Vec<String>, elapsed: Duration) -> Self {
        let failed: Vec<&RowResult> = rows.iter().filter(|r| r.end == RowEnd::Failed).collect();
        let (outcome, reason) = match failed.first() {
            _ if rows.len() < planned => {
                (Outcome::Unknown, Some(format!("outcome unknown for {} of {planned}", planned - rows.len())))
            }
            Some(first) => {
                let why = first.why.as_deref().unwrap_or("not as planned");
                let held = if first.left_held { "; it is held now" } else { "" };
                (Outcome::Failed, Some(format!("{} of {planned} failed; {}: {why}{held}", failed.len(), first.key)))
            }
            None if rows.iter().all(|r| r.end == RowEnd::Gone) => (Outcome::Unchanged, None),
            None => (Outcome::Changed, None),
        };
        let reason = reason.map(|r| clean_line(&r, 300));
        Self { op, outcome, planned, rows, notes, reason, fault: None, elapsed, data: Map::new() }
    }

    /// It was not done, or it is not known whether it was.
    pub fn bad(op: Op, planned: usize, outcome: Outcome, reason: &str, elapsed: Duration) -> Self {
        let reason = Some(clean_line(reason, 300));
        let (rows, notes, data) = Default::default();
        Self { op, outcome, planned, rows, notes, reason, fault: None, elapsed, data }
    }
}

/// How the host ends, as far as its steps decide.
#[derive(Debug, Default)]
pub(super) struct HostEnd {
    /// Why no further step is done.
    pub stopped: Option<String>,
    /// The step that says so.
    pub stopped_at: Option<usize>,
    failed: bool,
    timed_out: bool,
    /// The outcome of a change is unknown.
    pub unknown: bool,
    /// Why nothing is changed.
    pub refused: Option<String>,
    notes: Vec<String>,
}

impl HostEnd {
    /// Counts a step that ended badly and that nothing excuses.
    pub fn count(&mut self, outcome: Outcome) {
        self.failed |= outcome == Outcome::Failed;
        self.timed_out |= outcome == Outcome::TimedOut;
        self.unknown |= outcome == Outcome::Unknown;
    }

    /// Some step ended badly, or nothing may be changed.
    pub fn is_decided(&self) -> bool {
        self.refused.is_some() || self.failed || self.timed_out
    }

    /// A remark for the report, once.
    pub fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    pub fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    pub fn status(&self) -> HostStatus {
        match (self.failed, self.timed_out, &self.stopped) {
            _ if self.unknown => HostStatus::Unknown,
            _ if self.refused.is_some() => HostStatus::Refused,
            (true, ..) => HostStatus::Failed,
            (_, true, _) => HostStatus::TimedOut,
            (.., Some(_)) => HostStatus::Skipped,
            _ => HostStatus::Ok,
        }
    }
}
