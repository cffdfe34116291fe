//! What became of changes, and of the steps whose they are.

use super::super::{End, Flow, Said};
use super::plan::{output, planned_data};
use crate::model::untrusted::clean_line;
use crate::model::{Change, Fault, Op, Outcome, RowEnd, RowResult};
use crate::playbook::Step;
use crate::playbook::verb::changing::changed_output;
use serde_json::{Map, Value};
use std::time::Duration;

/// How one change ended.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeEnd {
    pub op: Op,
    pub outcome: Outcome,
    pub planned: usize,
    pub rows: Vec<RowResult>,
    pub notes: Vec<String>,
    pub reason: Option<String>,
    pub fault: Option<Fault>,
    pub elapsed: Duration,
    /// What the verb tells besides.
    pub data: Map<String, Value>,
}

impl ChangeEnd {
    /// By what became of each row.
    pub fn judged(op: Op, planned: usize, rows: Vec<RowResult>, notes: Vec<String>, elapsed: Duration) -> Self {
        let of = |end| rows.iter().filter(move |r| r.end == end);
        let (failed, overtaken) = (of(RowEnd::Failed).count(), of(RowEnd::Overtaken).count());
        let (outcome, reason) = match of(RowEnd::Failed).next() {
            _ if rows.len() < planned => {
                (Outcome::Unknown, Some(format!("{} of {planned} are of unknown fate", planned - rows.len())))
            }
            Some(first) => {
                let why = first.why.as_deref().unwrap_or("not as planned");
                (Outcome::Failed, Some(format!("{failed} of {planned} failed; {}: {why}", first.key)))
            }
            None if overtaken > 0 => {
                let first = of(RowEnd::Overtaken).next();
                let why = first.and_then(|r| Some(format!("{}: {}", r.key, r.why.as_ref()?))).unwrap_or_default();
                (Outcome::Overtaken, Some(format!("{overtaken} of {planned} overtaken; {why}")))
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

impl Flow {
    /// What became of the change that [`Turn::Change`] gave.
    pub fn changed(&mut self, change: &Change, end: ChangeEnd, said: &mut Vec<Said>) {
        let playbook = self.playbook.clone();
        let Some(step) = playbook.steps.get(change.step) else { return };
        let mut end = end;
        if end.outcome == Outcome::Skipped {
            // Another run holds the host, and has done so from the beginning unless something was done before.
            let reason = end.reason.take().unwrap_or_default();
            if !self.stage.acted {
                return self.refuse(Outcome::Skipped, &reason, said);
            }
            end = ChangeEnd { outcome: Outcome::Failed, reason: Some(reason), ..end };
        }
        self.stage.acted = true;
        for (.., row) in self.stage.gone.extract_if(.., |(step, item, _)| (*step, *item) == (change.step, change.item))
        {
            end.planned += 1;
            end.rows.push(RowResult { key: row.key().to_owned(), end: RowEnd::Gone, why: None });
        }
        let bad = matches!(end.outcome, Outcome::Failed | Outcome::Unknown | Outcome::TimedOut | Outcome::Cancelled);
        self.stage.ends.push(end);
        // One by one, and not on to the next when one went wrong.
        if bad {
            self.stage.to_do.retain(|c| c.step != step.index || step.on_error.is_some());
        }
        if self.stage.to_do.front().is_none_or(|c| c.step != step.index) {
            self.finish_step(step, None, said);
        }
    }

    pub(super) fn finish_step(&mut self, step: &Step, obstacle: Option<String>, said: &mut Vec<Said>) {
        let ends = std::mem::take(&mut self.stage.ends);
        let planned: Vec<&Change> = self.stage.planned.iter().filter(|c| c.step == step.index).collect();
        let end = match (obstacle, ends.is_empty(), planned.is_empty()) {
            (Some(reason), ..) => End::because(Outcome::Skipped, reason),
            (None, true, true) => End::because(Outcome::Skipped, "its condition was not met when it was planned"),
            (None, true, false) => {
                let data = planned_data(step, &self.stage.planned);
                End { data, ..End::because(Outcome::Unchanged, "nothing had to be done") }
            }
            (None, false, _) => {
                let outcome = ends.iter().map(|e| e.outcome).fold(Outcome::Unchanged, Outcome::max);
                let first = ends.iter().find(|e| e.outcome == outcome);
                let of =
                    |e: &ChangeEnd| output(step, &e.data, changed_output(e.planned, &e.rows, &e.notes, Some(&e.op)));
                let mut values: Vec<Value> = ends.iter().map(of).collect();
                End {
                    outcome,
                    reason: first.and_then(|e| e.reason.clone()),
                    fault: first.and_then(|e| e.fault.clone()),
                    tolerated: None,
                    data: if step.for_each.is_some() { Some(values.into()) } else { values.pop() },
                }
            }
        };
        let elapsed = ends.iter().map(|e| e.elapsed).sum();
        let end = self.verified(step, end);
        self.end(step, end, elapsed, said);
    }

    /// What the playbook wants to be true of the step's own result.
    fn verified(&mut self, step: &Step, end: End) -> End {
        let (Some(verify), Outcome::Changed, Some(data)) = (&step.verify, end.outcome, &end.data) else { return end };
        self.scope.set_step(&step.id, data);
        let why = match verify.truth(&self.scope) {
            Ok(true) => return end,
            Ok(false) => format!("done, but this does not hold: {}", clean_line(verify.text(), 200)),
            Err(error) => error.to_string(),
        };
        End { outcome: Outcome::Failed, reason: Some(clean_line(&why, 300)), ..end }
    }
}
