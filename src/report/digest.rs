//! Folds the stream of events into what a report needs, one entry for each host. The only place that does so.
//! Pure: it draws nothing and asks nobody.

use crate::model::{
    Change, ChangeResult, Event, EventKind, Fault, Finding, HostName, HostStatus, Op, Outcome, Profile, RowEnd, RunId,
    RunInfo, StepRef, Summary,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// A run so far.
#[derive(Debug, Default)]
pub struct Digest {
    pub run: Option<RunId>,
    pub info: Option<RunInfo>,
    pub started: Option<Timestamp>,
    /// When the last event was made.
    pub last: Option<Timestamp>,
    pub summary: Option<Summary>,
    /// Every selected host, in the order of selection.
    pub hosts: Vec<HostDigest>,
    places: HashMap<HostName, usize>,
}

/// One host. Its serialised form is part of the JSON and YAML output.
#[derive(Debug, Serialize)]
pub struct HostDigest {
    pub host: HostName,
    /// Until its end is told: `not-started`, once it was contacted `cancelled`, and `unknown` while a change is under
    /// way. That is what a record that breaks off leaves.
    pub status: HostStatus,
    pub fault: Option<Fault>,
    pub notes: Vec<String>,
    /// `SHA256:..` of the accepted host key.
    pub fingerprint: Option<String>,
    /// Old SSH algorithms had to be allowed.
    pub legacy: bool,
    pub profile: Option<Profile>,
    /// In the playbook's order.
    pub steps: Vec<StepDigest>,
    pub findings: Vec<FoundDigest>,
    /// What would be changed, where the run plans.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plan: Vec<Change>,
    /// What was done, or was about to be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ChangeDigest>,
    /// What may be missing in the plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub incomplete: Vec<String>,
    pub millis: Option<u64>,
    /// When it was connected to.
    #[serde(skip)]
    pub contacted: Option<Timestamp>,
    /// Whether its `HostFinished` was seen.
    #[serde(skip)]
    pub ended: bool,
}

#[derive(Debug, Serialize)]
pub struct StepDigest {
    #[serde(flatten)]
    pub step: StepRef,
    /// None: it began and its end is not known.
    pub outcome: Option<Outcome>,
    pub reason: Option<String>,
    pub fault: Option<Fault>,
    pub tolerated: Option<String>,
    pub millis: Option<u64>,
    pub data: Option<Value>,
}

/// A change that was sent, or was about to be.
#[derive(Debug, Serialize)]
pub struct ChangeDigest {
    pub op: Op,
    /// The id of its step.
    pub step: String,
    pub verb: String,
    pub title: String,
    /// `changed`, `failed` or `unknown`; unknown until its end is told.
    pub outcome: Outcome,
    /// How many objects ended how, by the word.
    pub ends: BTreeMap<&'static str, usize>,
    pub reason: Option<String>,
    pub notes: Vec<String>,
    /// What is told of objects that went as planned, each once.
    #[serde(skip)]
    pub proofs: Vec<String>,
    /// What undo would do.
    pub undo: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct FoundDigest {
    /// The id of the step that judged.
    pub step: String,
    #[serde(flatten)]
    pub finding: Finding,
}

impl StepDigest {
    fn begun(step: &StepRef) -> Self {
        Self { step: step.clone(), outcome: None, reason: None, fault: None, tolerated: None, millis: None, data: None }
    }

    /// It failed or its fate is unknown, and the playbook did not expect that.
    pub fn is_problem(&self) -> bool {
        self.tolerated.is_none() && self.outcome.is_some_and(Outcome::is_bad)
    }
}

impl HostDigest {
    fn new(host: HostName) -> Self {
        Self {
            host,
            status: HostStatus::NotStarted,
            fault: None,
            notes: Vec::new(),
            fingerprint: None,
            legacy: false,
            profile: None,
            steps: Vec::new(),
            findings: Vec::new(),
            plan: Vec::new(),
            changes: Vec::new(),
            incomplete: Vec::new(),
            millis: None,
            contacted: None,
            ended: false,
        }
    }

    fn step(&mut self, step: &StepRef) -> Option<&mut StepDigest> {
        let open = self.steps.iter().position(|s| s.step.index == step.index && s.outcome.is_none());
        match open {
            Some(place) => self.steps.get_mut(place),
            None => {
                let place = self.steps.partition_point(|s| s.step.index <= step.index);
                self.steps.insert(place, StepDigest::begun(step));
                self.steps.get_mut(place)
            }
        }
    }
}

impl Digest {
    /// Takes the next event.
    pub fn event(&mut self, event: &Event) {
        self.last = Some(event.at);
        match &event.kind {
            EventKind::RunStarted { info } => {
                self.run = Some(event.run.clone());
                self.started = Some(event.at);
                for host in &info.hosts {
                    self.host(host);
                }
                self.info = Some(info.clone());
            }
            EventKind::Connecting { host } => {
                if let Some(h) = self.host(host) {
                    h.status = HostStatus::Cancelled;
                    h.contacted = Some(event.at);
                }
            }
            EventKind::Planned { host, changes, incomplete, .. } => {
                if let Some(h) = self.host(host) {
                    h.plan.extend(changes.iter().cloned());
                    h.incomplete.extend(incomplete.iter().cloned());
                }
            }
            // From here on, a record that breaks off leaves the host in doubt, until the change's end is told.
            EventKind::ChangeIntended { host, step, op, change, .. } => {
                if let Some(h) = self.host(host) {
                    h.status = HostStatus::Unknown;
                    h.changes.push(ChangeDigest {
                        op: op.clone(),
                        step: step.id.clone(),
                        verb: change.verb.clone(),
                        title: change.title.clone(),
                        outcome: Outcome::Unknown,
                        ends: BTreeMap::new(),
                        reason: None,
                        notes: Vec::new(),
                        proofs: Vec::new(),
                        undo: change.undo.clone(),
                    });
                }
            }
            EventKind::ChangeApplied(end) => self.changed(end, Outcome::Changed),
            EventKind::ChangeFailed(end) => self.changed(end, Outcome::Failed),
            EventKind::ChangeUnknown(end) => self.changed(end, Outcome::Unknown),
            EventKind::Connected { host, fingerprint, legacy, .. } => {
                if let Some(h) = self.host(host) {
                    h.fingerprint = Some(fingerprint.clone());
                    h.legacy = *legacy;
                }
            }
            EventKind::Profiled { host, profile } => {
                if let Some(h) = self.host(host) {
                    h.profile = Some(profile.clone());
                }
            }
            EventKind::StepStarted { host, step } => {
                // A step that changes may be begun twice: when it is planned, and when it is done.
                if let Some(h) = self.host(host) {
                    let _ = h.step(step);
                }
            }
            EventKind::StepFinished { host, step, outcome, reason, fault, tolerated, data, millis } => {
                if let Some(s) = self.host(host).and_then(|h| h.step(step)) {
                    s.outcome = Some(*outcome);
                    s.reason.clone_from(reason);
                    s.fault.clone_from(fault);
                    s.tolerated.clone_from(tolerated);
                    s.data.clone_from(data);
                    s.millis = Some(*millis);
                }
            }
            EventKind::Found { host, step, finding } => {
                if let Some(h) = self.host(host) {
                    h.findings.push(FoundDigest { step: step.id.clone(), finding: finding.clone() });
                }
            }
            EventKind::HostFinished { host, status, fault, notes, millis } => {
                if let Some(h) = self.host(host) {
                    h.status = *status;
                    h.fault.clone_from(fault);
                    h.notes.clone_from(notes);
                    h.millis = Some(*millis);
                    h.ended = true;
                }
            }
            EventKind::Interrupted { .. } => {}
            EventKind::RunFinished { summary } => self.summary = Some(summary.clone()),
        }
    }

    fn changed(&mut self, end: &ChangeResult, outcome: Outcome) {
        let Some(host) = self.host(&end.host) else { return };
        if outcome != Outcome::Unknown {
            host.status = HostStatus::Cancelled;
        }
        // A change of an earlier run, settled by this one, was not begun here.
        let Some(change) = host.changes.iter_mut().find(|c| c.op == end.op) else { return };
        change.outcome = outcome;
        change.reason.clone_from(&end.reason);
        change.notes.clone_from(&end.notes);
        for row in &end.rows {
            *change.ends.entry(row.end.word()).or_default() += 1;
            if let (RowEnd::Changed, Some(why)) = (row.end, &row.why)
                && !change.proofs.contains(why)
            {
                change.proofs.push(why.clone());
            }
        }
    }

    /// How many hosts ended like this.
    pub fn count(&self, status: HostStatus) -> usize {
        self.hosts.iter().filter(|h| h.status == status).count()
    }

    /// The entry of a host; a host that was not announced is taken in as well, never lost.
    fn host(&mut self, name: &HostName) -> Option<&mut HostDigest> {
        let next = self.hosts.len();
        let place = *self.places.entry(name.clone()).or_insert(next);
        if place == next {
            self.hosts.push(HostDigest::new(name.clone()));
        }
        self.hosts.get_mut(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::Story;

    #[test]
    fn every_selected_host_is_there_in_order_even_if_nothing_happened() {
        let digest = Story::new("audit", &["b", "a", "c"]).connect("a").digest();
        let seen: Vec<(&str, &str)> = digest.hosts.iter().map(|h| (h.host.as_str(), h.status.word())).collect();
        assert_eq!(seen, [("b", "not-started"), ("a", "cancelled"), ("c", "not-started")]);
    }

    #[test]
    fn a_record_of_a_changing_run_that_breaks_off_leaves_the_host_unknown() {
        let mut story = Story::new("rescue-mail", &["a", "b"]);
        let digest = story.connect("a").intend("a", "hold").connect("b").digest();
        assert_eq!((digest.count(HostStatus::Unknown), digest.count(HostStatus::Cancelled)), (1, 1));
    }

    #[test]
    fn a_step_that_began_is_the_one_that_ends() {
        let digest =
            Story::new("audit", &["a"]).begin("a", "queue").begin("a", "senders").step("a", "queue", None).digest();
        let steps: Vec<_> = digest.hosts[0].steps.iter().map(|s| (s.step.id.as_str(), s.outcome)).collect();
        assert_eq!(steps, [("queue", Some(Outcome::Unchanged)), ("senders", None)]);
    }
}
