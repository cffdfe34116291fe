//! What one step asks of the host, what its answer means, and what is judged without asking.

use super::end::{End, Request};
use super::facts::Facts;
use crate::model::fault::FaultKind;
use crate::model::untrusted::clean_line;
use crate::model::{Fault, Finding, Outcome};
use crate::playbook::verb::changing::Changing;
use crate::playbook::verb::{Body, Ctx, Failure, Reading, Refusal};
use crate::playbook::{Step, Verdict};
use crate::shell::{Ended, Part, PartOutput};
use serde_json::Value;

/// What a step comes to before the host is asked.
pub(super) enum Asked {
    /// There is nothing to ask.
    Over(End),
    /// The host has no way for it.
    NotSupported(String),
    Requests(Vec<Request>),
}

/// What a judging or deciding step came to.
pub(super) struct Judged {
    pub findings: Vec<Finding>,
    /// Why the host's steps end here.
    pub stop: Option<String>,
    pub end: End,
}

/// What a verb that changes asks before. It is root's work, or nobody's: what sees to it that a change is done once at
/// most is root's too. A change that the host has no way for is a failure: skipped, it would look like a job that is done.
fn before_change(verb: &dyn Changing, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
    if ctx.profile.uid != 0 {
        return Err(Refusal::Invalid("changes require root; set `sudo` for this host".to_owned()));
    }
    verb.query(ctx).map_err(|why| Refusal::Invalid(why.into_text()))
}

fn not_met(step: &Step) -> End {
    match step.for_each {
        Some(_) => End::of(Outcome::Unchanged),
        None => End::because(Outcome::Skipped, "condition not met"),
    }
}

/// What a step that reads or changes asks; the error is why it fails.
pub(super) fn ask(facts: &Facts, step: &Step) -> Result<Asked, String> {
    let of = |ctx: &Ctx<'_>| match step.body {
        Body::Reading(verb) => verb.parts(ctx),
        Body::Changing(verb) => before_change(verb, ctx),
        _ => Ok(Vec::new()),
    };
    let mut requests = Vec::new();
    for (_, scope) in facts.wanted(step)? {
        let args = step.args(&scope).map_err(|e| e.to_string())?;
        match of(&facts.ctx(&args, None, false)) {
            Ok(mut parts) => {
                parts.iter_mut().for_each(|part| part.timeout = facts.timeout(step));
                requests.push(Request { step: step.index, parts });
            }
            Err(Refusal::NotSupported(what)) => return Ok(Asked::NotSupported(what)),
            Err(Refusal::Invalid(what)) => return Err(what),
        }
    }
    if requests.is_empty() {
        let data = step.for_each.as_ref().map(|_| Value::Array(Vec::new()));
        return Ok(Asked::Over(End { data, ..not_met(step) }));
    }
    // Five hundred accounts are looked up in one list.
    let asks_the_same = requests.windows(2).all(|pair| matches!(pair, [a, b] if a.parts == b.parts));
    if asks_the_same && matches!(step.body, Body::Changing(_)) {
        requests.truncate(1);
    }
    Ok(Asked::Requests(requests))
}

/// What a step finds or decides without the host.
pub(super) fn judge(facts: &Facts, step: &Step) -> Judged {
    let mut judged = Judged { findings: Vec::new(), stop: None, end: End::of(Outcome::Unchanged) };
    if let Err(message) = judge_items(facts, step, &mut judged) {
        judged.end = End::because(Outcome::Failed, message);
    }
    judged
}

fn judge_items(facts: &Facts, step: &Step, judged: &mut Judged) -> Result<(), String> {
    let wanted = facts.wanted(step)?;
    if wanted.is_empty() {
        judged.end = not_met(step);
    }
    for (_, scope) in wanted {
        match step.judge(&scope).map_err(|e| e.to_string())? {
            Verdict::Nothing => {}
            Verdict::Found(findings) => judged.findings.extend(findings),
            Verdict::Failed(message) => return Err(message),
            Verdict::Stop { outcome, message } => {
                judged.stop = Some(match message.is_empty() {
                    true => format!("stopped: {outcome}"),
                    false => format!("stopped: {outcome}: {message}"),
                });
                break;
            }
        }
    }
    Ok(())
}

/// Why a step has no result, where its parts did not all come to their end.
pub(super) fn broken(outputs: &[Vec<PartOutput>]) -> Option<End> {
    let ended = |wanted: Ended| outputs.iter().flatten().find(|o| o.ended == wanted);
    if let Some(late) = ended(Ended::TimedOut) {
        return Some(End::because(Outcome::TimedOut, format!("did not end within {} s", late.elapsed.as_secs())));
    }
    if ended(Ended::Cancelled).is_some() {
        return Some(End::because(Outcome::Cancelled, "interrupted"));
    }
    if ended(Ended::Lost).is_some() || ended(Ended::NotStarted).is_some() {
        let fault = Fault::new(FaultKind::Lost, "the shell exited before the step finished");
        let end = End::because(Outcome::Failed, "the shell exited before the step finished");
        return Some(End { fault: Some(fault), ..end });
    }
    None
}

/// How a step ends that a verb could not read.
pub(super) fn failed(failure: Failure) -> End {
    End { data: failure.data, ..End::because(Outcome::Failed, clean_line(&failure.message, 300)) }
}

/// What a reading step's answers mean, in the order of its requests.
pub(super) fn read(facts: &Facts, step: &Step, verb: &dyn Reading, outputs: &[Vec<PartOutput>]) -> End {
    if let Some(end) = broken(outputs) {
        return end;
    }
    let values = || -> Result<Vec<Value>, Failure> {
        let one = |((_, scope), outputs): ((_, _), &Vec<PartOutput>)| {
            let args = step.args(&scope).map_err(|e| Failure::from(e.to_string()))?;
            verb.read(&facts.ctx(&args, None, false), outputs)
        };
        facts.wanted(step)?.into_iter().zip(outputs).map(one).collect()
    };
    match values() {
        Err(failure) => failed(failure),
        Ok(mut values) => {
            let data = if step.for_each.is_some() { Some(Value::Array(values)) } else { values.pop() };
            End { data, ..End::of(Outcome::Unchanged) }
        }
    }
}
