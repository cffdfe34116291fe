//! One host's walk through a playbook, without a host: what to ask next, what an answer means, what is found.
//!
//! Pure and synchronous, so that every rule of the walk is tested without a network. Reading steps that do
//! not wait for each other's results are asked for together; judging steps are done as soon as what they
//! read is there; a deciding step (`stop`, `assert`) is a border that nothing behind it may cross early.
//!
//! A playbook that changes is walked in stages, which `confirm` divides. Each is walked twice: first all is read and the
//! changes are written down; then, where that was approved, they are done, in order. See `stage` and
//! `docs/design/changes.md`.

mod ask;
mod stage;

pub use super::job::Clock;
pub(super) use stage::refusal;
pub use stage::{ChangeEnd, Turn, changes};

use crate::host::os_support::Policy;
use crate::mail::signals::Baseline;
use crate::model::{Fault, Finding, Host, HostStatus, Outcome, Profile};
use crate::playbook::verb::Body;
use crate::playbook::{Mode, Params, Playbook, Scope, Step};
use crate::shell::Part;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Parts to send for one step; with a for_each, one request for each item.
#[derive(Debug)]
pub struct Request {
    pub step: usize,
    pub parts: Vec<Part>,
}

/// What the walk has to tell.
#[derive(Debug, PartialEq)]
pub enum Said {
    Step { step: usize, end: End, elapsed: Duration },
    Found { step: usize, finding: Finding },
}

/// How a step ended.
#[derive(Debug, PartialEq)]
pub struct End {
    pub outcome: Outcome,
    pub reason: Option<String>,
    pub fault: Option<Fault>,
    pub tolerated: Option<String>,
    pub data: Option<Value>,
}

impl End {
    fn of(outcome: Outcome) -> Self {
        Self { outcome, reason: None, fault: None, tolerated: None, data: None }
    }

    fn because(outcome: Outcome, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::of(outcome) }
    }

    fn bad(&self) -> bool {
        matches!(self.outcome, Outcome::Failed | Outcome::TimedOut | Outcome::Cancelled | Outcome::Unknown)
    }
}

/// What a run is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// The playbook changes nothing.
    #[default]
    Read,
    /// The changes are written down and not done.
    Plan,
    /// Those that are approved are done.
    Apply,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Pending,
    Asked,
    /// It reads what a change left, and the changes are only being planned.
    Deferred,
    /// Over, and whether it left a result that others may read.
    Over {
        result: bool,
    },
}

impl State {
    /// Nothing more comes of it for now.
    fn is_past(&self) -> bool {
        matches!(self, Self::Over { .. } | Self::Deferred)
    }
}

/// The walk of one host.
pub struct Flow {
    playbook: Arc<Playbook>,
    host: Arc<Host>,
    profile: Profile,
    clock: Clock,
    scope: Scope,
    states: Vec<State>,
    tries: Vec<u32>,
    stopped: Option<String>,
    failed: bool,
    timed_out: bool,
    /// Something that was approved was left alone.
    overtaken: bool,
    notes: Vec<String>,
    default_timeout: Duration,
    baseline: Arc<Baseline>,
    purpose: Purpose,
    /// Steps with whose changes an earlier run had begun.
    resumes: BTreeSet<usize>,
    stage: stage::Stage,
}

impl Flow {
    pub fn new(playbook: Arc<Playbook>, params: &Params, host: Arc<Host>, clock: Clock, step: Duration) -> Self {
        let count = playbook.steps.len() + playbook.always.len();
        Self {
            scope: Scope::new(params, &host),
            playbook,
            host,
            profile: Profile::default(),
            clock,
            states: vec![State::Pending; count],
            tries: vec![0; count],
            stopped: None,
            failed: false,
            timed_out: false,
            overtaken: false,
            notes: Vec::new(),
            default_timeout: step,
            baseline: Arc::default(),
            purpose: Purpose::Read,
            resumes: BTreeSet::new(),
            stage: stage::Stage::default(),
        }
        .first_stage()
    }

    /// What the run is for.
    pub fn with_purpose(self, purpose: Purpose) -> Self {
        Self { purpose, ..self }
    }

    /// An earlier run had begun with the changes of these steps: they are settled, whatever would be planned now.
    pub fn resuming(self, resumes: BTreeSet<usize>) -> Self {
        Self { resumes, ..self }
    }

    /// What is usual for the host's accounts, by earlier runs.
    pub fn with_baseline(self, baseline: Arc<Baseline>) -> Self {
        Self { baseline, ..self }
    }

    /// What the host turned out to be; to be told before the first [`Flow::next`] where the playbook needs it.
    pub fn profiled(&mut self, profile: Profile) {
        let support = self.clock.support.judge_os(&profile.os, self.clock.as_of, Policy::default());
        let support = serde_json::to_value(support).unwrap_or_default();
        self.scope.set_profile(&profile, &support);
        self.profile = profile;
    }

    /// Whether the playbook, or a verb of it, has to know what the host is.
    pub fn needs_profile(playbook: &Playbook) -> bool {
        let mut steps = playbook.steps.iter().chain(&playbook.always);
        !playbook.needs.is_empty()
            || steps.any(|s| match s.body {
                Body::Reading(verb) => verb.reads_profile(),
                body => matches!(body, Body::Changing(_)),
            })
    }

    pub fn step(&self, index: usize) -> Option<&Step> {
        self.playbook.steps.iter().chain(&self.playbook.always).nth(index)
    }

    /// Does what can be done without the host and returns what to ask it; nothing more to ask means the walk
    /// is over.
    pub fn next(&mut self, said: &mut Vec<Said>) -> Vec<Request> {
        let playbook = self.playbook.clone();
        loop {
            let mut requests = Vec::new();
            let mut moved = false;
            for step in playbook.steps.iter().chain(&playbook.always) {
                let is_always = step.index >= playbook.steps.len();
                let ends = if is_always { self.is_undecided() } else { self.is_border(step) };
                if ends {
                    break;
                }
                if self.states.get(step.index) != Some(&State::Pending) {
                    continue;
                }
                if self.is_deferred(step) {
                    self.set(step.index, State::Deferred);
                    continue;
                }
                let earlier_open = || self.states.iter().take(step.index).any(|s| !s.is_past());
                let waits = step.needs_steps.iter().any(|n| !self.states.get(*n).is_some_and(State::is_past));
                let border = matches!(step.body, Body::Stop | Body::Assert) || is_always;
                if waits || (border && earlier_open()) {
                    if border && !is_always {
                        break;
                    }
                    continue;
                }
                moved = true;
                match self.obstacle(step, is_always) {
                    Some(reason) => self.end(step, End::because(Outcome::Skipped, reason), Duration::ZERO, said),
                    None => requests.extend(self.begin(step, said)),
                }
            }
            if !requests.is_empty() || !moved {
                return requests;
            }
        }
    }

    /// Why a step is not done at all.
    fn obstacle(&self, step: &Step, is_always: bool) -> Option<String> {
        if let (Some(reason), false) = (&self.stopped, is_always) {
            return Some(reason.clone());
        }
        let mut needs = step.needs_steps.difference(&step.without);
        let missing = needs.find(|n| self.states.get(**n) == Some(&State::Over { result: false }))?;
        let id = self.step(*missing).map_or("?", |s| s.id.as_str());
        Some(format!("needs steps.{id}, which gave no result"))
    }

    fn end(&mut self, step: &Step, mut end: End, elapsed: Duration, said: &mut Vec<Said>) {
        let result = matches!(end.outcome, Outcome::Unchanged | Outcome::WouldChange | Outcome::Changed);
        if let (true, Some(data)) = (result, &end.data) {
            self.scope.set_step(&step.id, data);
        }
        if !result {
            // For steps that can do without it; all others are not done at all.
            self.scope.set_step(&step.id, &Value::Null);
        }
        self.set(step.index, State::Over { result });
        self.overtaken |= end.outcome == Outcome::Overtaken;
        if end.bad() {
            match &step.on_error {
                Some(because) => end.tolerated = Some(because.0.clone()),
                None => {
                    self.failed |= matches!(end.outcome, Outcome::Failed);
                    self.timed_out |= matches!(end.outcome, Outcome::TimedOut);
                    self.stage.unknown |= matches!(end.outcome, Outcome::Unknown);
                    // A reading playbook goes on with what does not depend on it; after a change, nothing is
                    // done on a host in a state that nobody planned for.
                    if self.playbook.mode != Mode::ReadOnly && self.stopped.is_none() {
                        self.stopped = Some(format!("step {} failed", step.id));
                    }
                }
            }
        }
        let silent = self.is_silent(step) && !end.bad();
        let told = Said::Step { step: step.index, end, elapsed };
        if silent { self.stage.unsaid.push(told) } else { said.push(told) }
    }

    /// The rest of the host's steps are not done.
    fn stop(&mut self, step: &Step, why: String) {
        if !self.is_silent(step) {
            self.notes.push(why.clone());
        }
        self.stage.stopped_at = Some(step.index);
        self.stopped = Some(why);
    }

    fn set(&mut self, index: usize, state: State) {
        if let Some(slot) = self.states.get_mut(index) {
            *slot = state;
        }
    }

    /// Ends whatever has not ended, with the same outcome: the connection is gone, time is up, or somebody
    /// interrupted.
    pub fn abandon(&mut self, outcome: Outcome, reason: &str, fault: Option<&Fault>, said: &mut Vec<Said>) {
        let playbook = self.playbook.clone();
        for step in playbook.steps.iter().chain(&playbook.always) {
            if !matches!(self.states.get(step.index), Some(State::Over { .. })) {
                self.set(step.index, State::Over { result: false });
                let end = End { fault: fault.cloned(), ..End::because(outcome, reason) };
                said.push(Said::Step { step: step.index, end, elapsed: Duration::ZERO });
            }
        }
    }

    /// How the host ended, as far as its steps decide.
    pub fn status(&self) -> HostStatus {
        match (self.failed, self.timed_out, &self.stopped) {
            _ if self.stage.unknown => HostStatus::Unknown,
            _ if self.stage.refused.is_some() => HostStatus::Refused,
            (true, ..) => HostStatus::Failed,
            (_, true, _) => HostStatus::TimedOut,
            _ if self.overtaken => HostStatus::Refused,
            (.., Some(_)) => HostStatus::Skipped,
            _ => HostStatus::Ok,
        }
    }

    /// Remarks for the report, each once.
    pub fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

#[cfg(test)]
mod tests;
