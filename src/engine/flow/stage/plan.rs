//! The changes of a step, written down.

use super::super::{End, Flow};
use crate::model::untrusted::clean_line;
use crate::model::{Change, Outcome};
use crate::playbook::Step;
use crate::playbook::verb::changing::{Changing, Draft, changed_output, with_data};
use crate::playbook::verb::{Body, Failure};
use crate::shell::PartOutput;
use serde_json::{Map, Value};

/// The step's own output, with what its verb tells besides.
pub(super) fn output(step: &Step, data: &Map<String, Value>, output: Value) -> Value {
    match step.body {
        Body::Changing(verb) => with_data(verb, data, output),
        _ => output,
    }
}

pub(super) fn planned_data(step: &Step, changes: &[Change]) -> Option<Value> {
    let planned = |c: &Change| output(step, &Map::new(), changed_output(c.rows.len(), &[], &[], None));
    let mut values = changes.iter().filter(|c| c.step == step.index).map(planned);
    match step.for_each {
        Some(_) => Some(values.collect()),
        None => values.next(),
    }
}

impl Flow {
    /// Writes the changes of one step down.
    pub(in crate::engine::flow) fn plan(
        &mut self,
        step: &Step,
        verb: &dyn Changing,
        outputs: &[Vec<PartOutput>],
    ) -> End {
        if let Some(end) = Self::broken(outputs) {
            return end;
        }
        let mut changes = match self.drafts(step, verb, outputs) {
            Ok(changes) => changes,
            Err(failure) => {
                let end = End::because(Outcome::Failed, clean_line(&failure.message, 300));
                return End { data: failure.data, ..end };
            }
        };
        let incomplete = changes.iter_mut().flat_map(|(_, missing)| std::mem::take(missing));
        self.stage.incomplete.extend(incomplete);
        let changes: Vec<Change> = changes.into_iter().map(|(change, _)| change).collect();
        let data = planned_data(step, &changes);
        let any = changes.iter().any(|c| !c.rows.is_empty());
        self.stage.planned.extend(changes);
        End { data, ..End::of(if any { Outcome::WouldChange } else { Outcome::Unchanged }) }
    }

    fn drafts(
        &self,
        step: &Step,
        verb: &dyn Changing,
        outputs: &[Vec<PartOutput>],
    ) -> Result<Vec<(Change, Vec<String>)>, Failure> {
        let items = step.items(&self.scope).map_err(|e| e.to_string())?;
        let items = items.map_or_else(
            || vec![(None, self.scope.clone())],
            |items| items.into_iter().map(|(label, item)| (Some(label), self.scope.with_item(item))).collect(),
        );
        let mut wanted = Vec::new();
        for (label, scope) in items {
            if self.wanted(step, &scope)? {
                wanted.push((label, scope));
            }
        }
        let of = |(item, ((label, scope), outputs)): (usize, ((Option<String>, _), &Vec<PartOutput>))| {
            let args = step.args(&scope).map_err(|e| Failure::from(e.to_string()))?;
            let Draft { title, rows, undo, irreversible, incomplete } = verb.plan(&self.ctx(&args), outputs)?;
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
}
