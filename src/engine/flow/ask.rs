//! What one step asks of the host, what its answer means, and what is judged without asking.

use super::{End, Flow, Request, Said, State};
use crate::model::fault::FaultKind;
use crate::model::untrusted::clean_line;
use crate::model::{Fault, Outcome};
use crate::playbook::verb::changing::Changing;
use crate::playbook::verb::{Body, Ctx, Failure, Reading, Refusal};
use crate::playbook::{Scope, Step, Verdict};
use crate::shell::{Ended, Part, PartOutput};
use serde_json::Value;
use std::time::Duration;

enum Begun {
    Over(End),
    Asked(Vec<Request>),
}

/// What a verb that changes asks before. It is root's work, or nobody's: what sees to it that a change is done once at
/// most is root's too. A change that the host has no way for is a failure: skipped, it would look like a job that is done.
fn before_change(verb: &dyn Changing, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
    if ctx.profile.uid != 0 {
        return Err(Refusal::Invalid("the host is changed by root; give the host `sudo`".to_owned()));
    }
    verb.query(ctx).map_err(|why| Refusal::Invalid(super::refusal(why)))
}

impl Flow {
    /// Starts a step: a judging one is done at once, a reading one gives its requests.
    pub(super) fn begin(&mut self, step: &Step, said: &mut Vec<Said>) -> Vec<Request> {
        let begun = match step.body {
            Body::Reading(verb) => self.ask(step, |ctx| verb.parts(ctx)),
            Body::Changing(verb) => self.ask(step, |ctx| before_change(verb, ctx)),
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
    pub(super) fn scopes(&self, step: &Step) -> Result<Vec<Scope>, String> {
        let items = step.items(&self.scope).map_err(|e| e.to_string())?;
        Ok(match items {
            None => vec![self.scope.clone()],
            Some(items) => items.into_iter().map(|(_, item)| self.scope.with_item(item)).collect(),
        })
    }

    pub(super) fn wanted(&self, step: &Step, scope: &Scope) -> Result<bool, String> {
        step.when.as_ref().map_or(Ok(true), |when| when.truth(scope)).map_err(|e| e.to_string())
    }

    pub(super) fn ctx<'a>(&'a self, args: &'a Value) -> Ctx<'a> {
        let super::Clock { now, as_of, ref support, ref geo } = self.clock;
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
                Verdict::Found(findings) => {
                    said.extend(findings.into_iter().map(|finding| Said::Found { step: step.index, finding }));
                }
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
    pub(super) fn broken(outputs: &[Vec<PartOutput>]) -> Option<End> {
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
}
