//! The walk itself: which step is next, what stands in its way, and what its end means for the others.

use super::ask::{self, Asked, Judged};
use super::end::{End, HostEnd, Request, Said};
use super::facts::Facts;
use super::plan::plan;
use super::stage::{Purpose, Stage};
use super::states::{State, States};
use crate::engine::job::Clock;
use crate::mail::signals::Baseline;
use crate::model::{Fault, Host, HostStatus, Outcome, Profile};
use crate::playbook::verb::Body;
use crate::playbook::{Mode, Params, Playbook, Step};
use crate::shell::PartOutput;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The walk of one host.
pub struct Flow {
    pub(super) facts: Facts,
    pub(super) states: States,
    pub(super) stage: Stage,
    pub(super) host: HostEnd,
    pub(super) purpose: Purpose,
    /// Steps with whose changes an earlier run had begun.
    pub(super) resumes: BTreeSet<usize>,
    /// A change was begun, in this stage or one before it.
    pub(super) acted: bool,
}

impl Flow {
    /// A walk that only reads, at its beginning. `timeout` is the time of a step that has none of its own.
    pub fn new(playbook: Arc<Playbook>, params: &Params, host: Arc<Host>, clock: Clock, timeout: Duration) -> Self {
        Self {
            states: States::pending(playbook.steps.len() + playbook.always.len()),
            stage: Stage::of(&playbook, 0, 0),
            facts: Facts::new(playbook, params, host, clock, timeout),
            host: HostEnd::default(),
            purpose: Purpose::Read,
            resumes: BTreeSet::new(),
            acted: false,
        }
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
    pub fn with_baseline(mut self, baseline: Arc<Baseline>) -> Self {
        self.facts.baseline = baseline;
        self
    }

    /// What the host turned out to be; to be told before the first [`Flow::next`] where the playbook needs it.
    pub fn profiled(&mut self, profile: Profile) {
        self.facts.profiled(profile);
    }

    /// Whether the playbook, or a verb of it, has to know what the host is.
    pub fn needs_profile(playbook: &Playbook) -> bool {
        let mut steps = playbook.steps.iter().chain(&playbook.always);
        !playbook.needs.is_empty()
            || steps.any(|s| match s.body {
                Body::Reading(verb) => verb.reads_profile(),
                _ => s.changes(),
            })
    }

    /// The step of that index; those of `always` come last.
    pub fn step(&self, index: usize) -> Option<&Step> {
        self.facts.step(index)
    }

    /// Does what can be done without the host and returns what to ask it; nothing more to ask means that [`Flow::turn`]
    /// is next.
    pub fn next(&mut self, said: &mut Vec<Said>) -> Vec<Request> {
        let playbook = self.facts.playbook.clone();
        loop {
            let mut requests = Vec::new();
            let mut moved = false;
            for step in playbook.steps.iter().chain(&playbook.always) {
                let is_always = step.index >= playbook.steps.len();
                let ends = if is_always { self.is_undecided() } else { self.is_border(step) };
                if ends {
                    break;
                }
                if !self.states.is(step.index, State::Pending) {
                    continue;
                }
                if self.is_deferred(step) {
                    self.states.set(step.index, State::Deferred);
                    continue;
                }
                let waits = step.needs_steps.iter().any(|needed| !self.states.is_past(*needed));
                let border = matches!(step.body, Body::Stop | Body::Assert) || is_always;
                if waits || (border && !self.states.are_past_before(step.index)) {
                    if border && !is_always {
                        break;
                    }
                    continue;
                }
                moved = true;
                match self.obstacle(step) {
                    Some(reason) => self.end(step, End::because(Outcome::Skipped, reason), Duration::ZERO, said),
                    None => requests.extend(self.begin(step, said)),
                }
            }
            if !requests.is_empty() || !moved {
                return requests;
            }
        }
    }

    /// Nothing at or behind this step is looked at now: another stage, or a change that has to be done first.
    fn is_border(&self, step: &Step) -> bool {
        let is_done_first = self.stage.applying && step.changes() && !self.states.is_over(step.index);
        step.index >= self.stage.steps.end || is_done_first
    }

    /// Its changes are still being planned: what stands at the end of the playbook is not done before they were, or were
    /// refused.
    pub(super) fn is_undecided(&self) -> bool {
        self.stage.is_planning() && !self.host.is_decided()
    }

    /// While changes are planned, what reads their results has nothing to read, and what stands behind the first of them
    /// is judged when it was done.
    fn is_deferred(&self, step: &Step) -> bool {
        let deferred = |n: &usize| {
            self.states.is(*n, State::Deferred) || (self.stage.holds(*n) && self.step(*n).is_some_and(Step::changes))
        };
        let behind = self.stage.first_change.is_some_and(|first| step.index > first);
        let waits = || match step.body {
            Body::Reading(verb) => behind && verb.after_changes(),
            Body::Finding | Body::Findings | Body::Incomplete | Body::Stop | Body::Assert => {
                behind && step.index < self.stage.steps.end
            }
            Body::Changing(_) | Body::Either(..) | Body::Include | Body::Confirm => false,
        };
        self.stage.is_planning() && (step.needs_steps.iter().any(deferred) || waits())
    }

    /// Whether the step is walked again when its stage is done, so that what is found now is not yet told.
    fn is_silent(&self, step: &Step) -> bool {
        self.purpose == Purpose::Apply && self.stage.walks_again(step.index)
    }

    /// Why a step is not done at all.
    pub(super) fn obstacle(&self, step: &Step) -> Option<String> {
        let is_always = step.index >= self.facts.playbook.steps.len();
        if let (Some(reason), false) = (&self.host.stopped, is_always) {
            return Some(reason.clone());
        }
        let mut needs = step.needs_steps.difference(&step.without);
        let missing = needs.find(|n| self.states.is(**n, State::Over { result: false }))?;
        let id = self.step(*missing).map_or("?", |s| s.id.as_str());
        Some(format!("requires steps.{id}, which has no result"))
    }

    /// Starts a step: a judging one is done at once, a reading one gives its requests.
    fn begin(&mut self, step: &Step, said: &mut Vec<Said>) -> Vec<Request> {
        if !matches!(step.body, Body::Reading(_) | Body::Changing(_)) {
            let end = self.judge(step, said);
            self.end(step, end, Duration::ZERO, said);
            return Vec::new();
        }
        let end = match ask::ask(&self.facts, step) {
            Ok(Asked::Requests(requests)) => {
                self.states.set(step.index, State::Asked);
                if requests.iter().any(|r| !r.parts.is_empty()) {
                    return requests;
                }
                self.answer(step.index, requests.iter().map(|_| Vec::new()).collect(), said);
                return Vec::new();
            }
            Ok(Asked::NotSupported(what)) => {
                self.host.note(what.clone());
                End::because(Outcome::Skipped, what)
            }
            Ok(Asked::Over(end)) => end,
            Err(message) => End::because(Outcome::Failed, message),
        };
        self.end(step, end, Duration::ZERO, said);
        Vec::new()
    }

    fn judge(&mut self, step: &Step, said: &mut Vec<Said>) -> End {
        let Judged { findings, stop, end } = ask::judge(&self.facts, step);
        let silent = self.is_silent(step);
        if !silent {
            said.extend(findings.into_iter().map(|finding| Said::Found { step: step.index, finding }));
        }
        if let Some(why) = stop {
            if !silent {
                self.host.note(why.clone());
            }
            self.host.stopped_at = Some(step.index);
            self.host.stopped = Some(why);
        }
        end
    }

    /// What came back for a step, in the order of its requests.
    pub fn answer(&mut self, index: usize, outputs: Vec<Vec<PartOutput>>, said: &mut Vec<Said>) {
        let playbook = self.facts.playbook.clone();
        let Some(step) = playbook.steps.iter().chain(&playbook.always).nth(index) else { return };
        let elapsed = outputs.iter().flatten().map(|o| o.elapsed).sum();
        let end = match step.body {
            Body::Reading(verb) => ask::read(&self.facts, step, verb, &outputs),
            Body::Changing(verb) => self.stage.plan(plan(&self.facts, step, verb, &outputs)),
            _ => return,
        };
        let may_retry = end.outcome == Outcome::Failed && end.fault.is_none();
        if !(may_retry && self.states.retry(index, step.retry)) {
            self.end(step, end, elapsed, said);
        }
    }

    pub(super) fn end(&mut self, step: &Step, mut end: End, elapsed: Duration, said: &mut Vec<Said>) {
        let result = matches!(end.outcome, Outcome::Unchanged | Outcome::WouldChange | Outcome::Changed);
        match &end.data {
            Some(data) if result => self.facts.scope.set_step(&step.id, data),
            None if result => {}
            // For steps that can do without it; all others are not done at all.
            _ => self.facts.scope.set_step(&step.id, &Value::Null),
        }
        self.states.set(step.index, State::Over { result });
        if end.bad() {
            match &step.on_error {
                Some(because) => end.tolerated = Some(because.0.clone()),
                None => {
                    self.host.count(end.outcome);
                    // A reading playbook goes on with what does not depend on it; after a change, nothing is
                    // done on a host in a state that nobody planned for.
                    if self.facts.playbook.mode != Mode::ReadOnly {
                        self.host.stopped.get_or_insert_with(|| format!("step {} failed", step.id));
                    }
                }
            }
        }
        let silent = self.is_silent(step) && !end.bad();
        let told = Said::Step { step: step.index, end, elapsed };
        if silent { self.stage.unsaid.push(told) } else { said.push(told) }
    }

    /// Ends a step that is not done.
    pub(super) fn skip(&mut self, step: &Step, end: End, said: &mut Vec<Said>) {
        self.states.set(step.index, State::Over { result: false });
        said.push(Said::Step { step: step.index, end, elapsed: Duration::ZERO });
    }

    /// Ends whatever has not ended, with the same outcome: the connection is gone, time is up, or somebody
    /// interrupted.
    pub fn abandon(&mut self, outcome: Outcome, reason: &str, fault: Option<&Fault>, said: &mut Vec<Said>) {
        let playbook = self.facts.playbook.clone();
        for step in playbook.steps.iter().chain(&playbook.always) {
            if !self.states.is_over(step.index) {
                self.skip(step, End { fault: fault.cloned(), ..End::because(outcome, reason) }, said);
            }
        }
    }

    /// How the host ended, as far as its steps decide.
    pub fn status(&self) -> HostStatus {
        self.host.status()
    }

    /// Remarks for the report, each once.
    pub fn notes(&self) -> Vec<String> {
        self.host.notes()
    }
}
