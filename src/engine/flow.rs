//! One host's walk through a playbook, without a host: what to ask next, what an answer means, what is found.
//!
//! Pure and synchronous, so that every rule of the walk is tested without a network. Reading steps that do
//! not wait for each other's results are asked for together; judging steps are done as soon as what they
//! read is there; a deciding step (`stop`, `assert`) is a border that nothing behind it may cross early.
//!
//! A playbook that changes is walked in stages, which `confirm` divides. Each is walked twice: first all is read and the
//! changes are written down; then, where that was approved, they are done, in order. See `stage` and
//! `docs/design/changes.md`.

mod stage;

pub(super) use stage::refusal;
pub use stage::{ChangeEnd, Turn, changes};

use crate::mail::geo::Geo;
use crate::mail::os_support::{Policy, Table};
use crate::mail::signals::Baseline;
use crate::model::fault::FaultKind;
use crate::model::untrusted::clean_line;
use crate::model::{Fault, Finding, Host, HostStatus, Outcome, Profile};
use crate::playbook::action::{Body, Ctx, Failure, Reading, Refusal};
use crate::playbook::{Mode, Params, Playbook, Scope, Step, Verdict};
use crate::shell::{Ended, Part, PartOutput};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The controller's clock as a run uses it, and what is judged by it: taken once, so that all hosts are judged alike.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Seconds since 1970.
    pub now: i64,
    /// The day by which maintenance periods are judged.
    pub as_of: jiff::civil::Date,
    /// The maintenance dates, the user's rows among them.
    pub support: Arc<Table>,
    /// Where clients are, as far as the user gave databases.
    pub geo: Arc<Geo>,
}

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
                if if is_always { self.is_undecided() } else { self.is_border(step) } {
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

    /// Starts a step: a judging one is done at once, a reading one gives its requests.
    fn begin(&mut self, step: &Step, said: &mut Vec<Said>) -> Vec<Request> {
        let begun = match step.body {
            Body::Reading(verb) => self.ask(step, |ctx| verb.parts(ctx)),
            Body::Changing(verb) => self.ask(step, |ctx| verb.query(ctx)),
            _ => self.judge(step, said).map(Begun::Over),
        };
        match begun.unwrap_or_else(|message| Begun::Over(End::because(Outcome::Failed, message))) {
            Begun::Over(end) => {
                self.end(step, end, Duration::ZERO, said);
                Vec::new()
            }
            Begun::Asked(requests) if requests.iter().all(|r| r.parts.is_empty()) => {
                let nothing = requests.iter().map(|_| Vec::new()).collect();
                self.set(step.index, State::Asked);
                self.answer(step.index, nothing, said);
                Vec::new()
            }
            Begun::Asked(requests) => {
                self.set(step.index, State::Asked);
                requests
            }
        }
    }

    fn ask(&mut self, step: &Step, of: impl Fn(&Ctx<'_>) -> Result<Vec<Part>, Refusal>) -> Result<Begun, String> {
        let mut requests = Vec::new();
        for scope in self.scopes(step)? {
            if !self.wanted(step, &scope)? {
                continue;
            }
            let args = step.args(&scope).map_err(|e| e.to_string())?;
            match of(&self.ctx(&args)) {
                Ok(mut parts) => {
                    for part in &mut parts {
                        part.timeout = step.timeout.unwrap_or(self.default_timeout);
                    }
                    requests.push(Request { step: step.index, parts });
                }
                Err(Refusal::NotSupported(what)) => {
                    if !self.notes.contains(&what) {
                        self.notes.push(what.clone());
                    }
                    return Ok(Begun::Over(End::because(Outcome::Skipped, what)));
                }
                Err(Refusal::Invalid(what)) => return Err(what),
            }
        }
        // Five hundred accounts are looked up in one list.
        let asks_the_same = requests.windows(2).all(|pair| matches!(pair, [a, b] if a.parts == b.parts));
        if asks_the_same && matches!(step.body, Body::Changing(_)) {
            requests.truncate(1);
        }
        Ok(match (requests.is_empty(), step.for_each.is_some()) {
            (true, true) => Begun::Over(End { data: Some(Value::Array(Vec::new())), ..End::of(Outcome::Unchanged) }),
            (true, false) => Begun::Over(End::because(Outcome::Skipped, "its condition is not met")),
            (false, _) => Begun::Asked(requests),
        })
    }

    /// One scope, or with a for_each one for each item.
    fn scopes(&self, step: &Step) -> Result<Vec<Scope>, String> {
        let items = step.items(&self.scope).map_err(|e| e.to_string())?;
        Ok(match items {
            None => vec![self.scope.clone()],
            Some(items) => items.into_iter().map(|(_, item)| self.scope.with_item(item)).collect(),
        })
    }

    fn wanted(&self, step: &Step, scope: &Scope) -> Result<bool, String> {
        step.when.as_ref().map_or(Ok(true), |when| when.truth(scope)).map_err(|e| e.to_string())
    }

    fn ctx<'a>(&'a self, args: &'a Value) -> Ctx<'a> {
        let Clock { now, as_of, ref support, ref geo } = self.clock;
        Ctx {
            args,
            host: &self.host,
            profile: &self.profile,
            now,
            as_of,
            support,
            geo,
            baseline: &self.baseline,
            secret: None,
            again: false,
        }
    }

    fn judge(&mut self, step: &Step, said: &mut Vec<Said>) -> Result<End, String> {
        let mut looked = false;
        for scope in self.scopes(step)? {
            if !self.wanted(step, &scope)? {
                continue;
            }
            looked = true;
            match step.judge(&scope).map_err(|e| e.to_string())? {
                Verdict::Nothing => {}
                Verdict::Found(_) if self.is_silent(step) => {}
                Verdict::Found(finding) => said.push(Said::Found { step: step.index, finding }),
                Verdict::Failed(message) => return Err(message),
                Verdict::Stop { outcome, message } => {
                    let text = match message.is_empty() {
                        true => format!("stopped: {outcome}"),
                        false => format!("stopped: {outcome}: {message}"),
                    };
                    self.stop(step, text);
                    break;
                }
            }
        }
        Ok(match looked || step.for_each.is_some() {
            true => End::of(Outcome::Unchanged),
            false => End::because(Outcome::Skipped, "its condition is not met"),
        })
    }

    /// What came back for a step, in the order of its requests.
    pub fn answer(&mut self, index: usize, outputs: Vec<Vec<PartOutput>>, said: &mut Vec<Said>) {
        let playbook = self.playbook.clone();
        let Some(step) = playbook.steps.iter().chain(&playbook.always).nth(index) else { return };
        let elapsed = outputs.iter().flatten().map(|o| o.elapsed).sum();
        let end = match step.body {
            Body::Reading(verb) => self.read(step, verb, &outputs),
            Body::Changing(verb) => self.plan(step, verb, &outputs),
            _ => return,
        };
        let tries = self.tries.get(index).copied().unwrap_or(0);
        let may_retry = end.outcome == Outcome::Failed && end.fault.is_none() && tries < step.retry;
        if may_retry {
            if let Some(count) = self.tries.get_mut(index) {
                *count += 1;
            }
            return self.set(index, State::Pending);
        }
        self.end(step, end, elapsed, said);
    }

    /// Why a step has no result, where its parts did not all come to their end.
    fn broken(outputs: &[Vec<PartOutput>]) -> Option<End> {
        let ended = |wanted: Ended| outputs.iter().flatten().find(|o| o.ended == wanted);
        if let Some(late) = ended(Ended::TimedOut) {
            return Some(End::because(Outcome::TimedOut, format!("no end after {} s", late.elapsed.as_secs())));
        }
        if ended(Ended::Cancelled).is_some() {
            return Some(End::because(Outcome::Cancelled, "interrupted"));
        }
        if ended(Ended::Lost).is_some() || ended(Ended::NotStarted).is_some() {
            let fault = Fault::new(FaultKind::Lost, "the shell ended before the step did");
            let end = End::because(Outcome::Failed, "the shell ended before the step did");
            return Some(End { fault: Some(fault), ..end });
        }
        None
    }

    fn read(&self, step: &Step, verb: &dyn Reading, outputs: &[Vec<PartOutput>]) -> End {
        if let Some(end) = Self::broken(outputs) {
            return end;
        }
        let scopes = match self.scopes(step) {
            Ok(scopes) => scopes,
            Err(message) => return End::because(Outcome::Failed, message),
        };
        let wanted = scopes.iter().filter(|scope| self.wanted(step, scope).unwrap_or(false));
        let mut values = Vec::new();
        for (scope, outputs) in wanted.zip(outputs) {
            let value = step.args(scope).map_err(|e| Failure::from(e.to_string()));
            match value.and_then(|args| verb.read(&self.ctx(&args), outputs)) {
                Ok(value) => values.push(value),
                Err(failure) => {
                    return End {
                        data: failure.data,
                        ..End::because(Outcome::Failed, clean_line(&failure.message, 300))
                    };
                }
            }
        }
        let data = match step.for_each {
            Some(_) => Some(Value::Array(values)),
            None => values.pop(),
        };
        End { data, ..End::of(Outcome::Unchanged) }
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
            (.., Some(_)) => HostStatus::Skipped,
            _ => HostStatus::Ok,
        }
    }

    /// Remarks for the report, each once.
    pub fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

enum Begun {
    Over(End),
    Asked(Vec<Request>),
}

#[cfg(test)]
mod tests;
