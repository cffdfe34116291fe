//! The changes of a step, written down.

use super::ask::{broken, failed};
use super::end::End;
use super::facts::Facts;
use crate::model::{Change, Outcome};
use crate::playbook::Step;
use crate::playbook::verb::changing::{Changing, Draft, changed_output, with_data};
use crate::playbook::verb::{Body, Failure};
use crate::shell::PartOutput;
use serde_json::{Map, Value};

/// What a step plans.
pub(super) struct Planned {
    pub changes: Vec<Change>,
    /// What was not read in full.
    pub incomplete: Vec<String>,
    pub end: End,
}

/// The step's own output, with what its verb tells besides.
pub(super) fn output(step: &Step, data: &Map<String, Value>, output: Value) -> Value {
    match step.body {
        Body::Changing(verb) => with_data(verb, data, output),
        _ => output,
    }
}

/// The output of a step whose changes are only planned.
pub(super) fn planned_data<'a>(step: &Step, changes: impl IntoIterator<Item = &'a Change>) -> Option<Value> {
    let planned = |c: &Change| output(step, &Map::new(), changed_output(c.rows.len(), &[], &[], None));
    let mut values = changes.into_iter().map(planned);
    match step.for_each {
        Some(_) => Some(values.collect()),
        None => values.next(),
    }
}

/// Writes the changes of one step down.
pub(super) fn plan(facts: &Facts, step: &Step, verb: &dyn Changing, outputs: &[Vec<PartOutput>]) -> Planned {
    let nothing = |end| Planned { changes: Vec::new(), incomplete: Vec::new(), end };
    if let Some(end) = broken(outputs) {
        return nothing(end);
    }
    match drafts(facts, step, verb, outputs) {
        Err(failure) => nothing(failed(failure)),
        Ok(drafts) => {
            let (changes, incomplete): (Vec<Change>, Vec<_>) = drafts.into_iter().unzip();
            let any = changes.iter().any(|c| !c.rows.is_empty());
            let end = End::of(if any { Outcome::WouldChange } else { Outcome::Unchanged });
            let data = planned_data(step, &changes);
            Planned { end: End { data, ..end }, changes, incomplete: incomplete.concat() }
        }
    }
}

/// A change for each item, and what was not read in full for it.
fn drafts(
    facts: &Facts,
    step: &Step,
    verb: &dyn Changing,
    outputs: &[Vec<PartOutput>],
) -> Result<Vec<(Change, Vec<String>)>, Failure> {
    let wanted = facts.wanted(step)?;
    let of = |(item, ((label, scope), outputs)): (usize, ((Option<String>, _), &Vec<PartOutput>))| {
        let args = step.args(&scope).map_err(|e| Failure::from(e.to_string()))?;
        let Draft { title, rows, undo, irreversible, incomplete } =
            verb.plan(&facts.ctx(&args, None, false), outputs)?;
        let title = match label {
            Some(label) if !title.contains(&label) => format!("{title} ({label})"),
            _ => title,
        };
        let verb = step.verb.name.to_owned();
        Ok((Change { step: step.index, item, verb, title, args, rows, undo, irreversible }, incomplete))
    };
    // What was asked for all items alike was asked once.
    let outputs = outputs.iter().cycle().take(if outputs.len() == 1 { wanted.len() } else { outputs.len() });
    wanted.into_iter().zip(outputs).enumerate().map(of).collect()
}
