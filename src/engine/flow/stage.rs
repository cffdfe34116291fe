//! One stage of a playbook: the steps up to the next `confirm`, what is planned in them, and what came of it.

use super::end::{ChangeEnd, End, Said};
use super::plan::{Planned, output, planned_data};
use crate::model::{Change, Outcome, Row, RowEnd, RowResult};
use crate::playbook::verb::Body;
use crate::playbook::verb::changing::changed_output;
use crate::playbook::{Playbook, Step};
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::time::Duration;

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

#[derive(Debug, Default)]
pub(super) struct Stage {
    /// Its number, from 0.
    pub number: usize,
    /// Indices of its steps; the `confirm` that ends it stands behind them.
    pub steps: Range<usize>,
    /// Index of its first step that changes.
    pub first_change: Option<usize>,
    /// Its changes are being done.
    pub applying: bool,
    planned: Vec<Change>,
    /// What was not read in full when they were planned.
    pub incomplete: Vec<String>,
    /// Approved messages that are no longer there, by step and item.
    gone: Vec<(usize, usize, Row)>,
    /// Approved and not done yet, in order.
    to_do: VecDeque<Change>,
    /// Ends of the items of the step that is being done.
    ends: Vec<ChangeEnd>,
    /// What the first walk found of steps that are walked again.
    pub unsaid: Vec<Said>,
}

impl Stage {
    /// The one that begins with that step.
    pub fn of(playbook: &Playbook, number: usize, from: usize) -> Self {
        let steps = &playbook.steps;
        let confirm = |s: &&Step| s.index >= from && matches!(s.body, Body::Confirm);
        let until = steps.iter().find(confirm).map_or(steps.len(), |s| s.index);
        let first_change = steps.iter().find(|s| (from..until).contains(&s.index) && s.changes()).map(|s| s.index);
        Self { number, steps: from..until, first_change, ..Self::default() }
    }

    /// Nothing of it is done, nor of those behind it.
    pub fn end(&mut self, playbook: &Playbook) {
        self.first_change = None;
        self.steps = playbook.steps.len()..playbook.steps.len();
    }

    pub fn holds(&self, step: usize) -> bool {
        self.steps.contains(&step)
    }

    /// Its changes are still to be planned, or to be agreed to.
    pub fn is_planning(&self) -> bool {
        self.first_change.is_some() && !self.applying
    }

    /// Whether the step is walked again when the changes are done, so that what is found now is not yet told.
    pub fn walks_again(&self, step: usize) -> bool {
        self.is_planning() && self.first_change.is_some_and(|first| step >= first) && step < self.steps.end
    }

    /// Takes over what a step plans, but for its end.
    pub fn plan(&mut self, planned: Planned) -> End {
        self.planned.extend(planned.changes);
        self.incomplete.extend(planned.incomplete);
        planned.end
    }

    /// What is planned and has an object.
    pub fn plans(&self) -> Vec<Change> {
        self.planned.iter().filter(|c| !c.rows.is_empty()).cloned().collect()
    }

    fn planned_now(&self, change: &Change) -> Option<&Change> {
        self.planned.iter().find(|c| c.is_same_act(change))
    }

    /// Why the host's state no longer is what was approved; none when it still is. What an earlier run had begun is as that
    /// run left it.
    pub fn stale(&self, playbook: &Playbook, approved: &[Change], begun: &dyn Fn(&Change) -> bool) -> Option<String> {
        for change in approved.iter().filter(|c| !begun(c)) {
            let Some(Body::Changing(verb)) = playbook.steps.get(change.step).map(|s| s.body) else {
                return Some("the playbook has changed".to_owned());
            };
            if let Some(why) = verb.stale(change, self.planned_now(change)) {
                return Some(why);
            }
        }
        let touchy = |c: &&Change| c.rows.iter().any(|r| !matches!(r, Row::Message { .. }));
        let new = self.planned.iter().filter(touchy).find(|c| !approved.iter().any(|a| a.is_same_act(c)));
        new.map(|change| format!("`{}` is due now but was not approved", change.title))
    }

    /// Leaves messages out that went since they were approved; those of `begun` are not looked for.
    pub fn leave_out_gone(&mut self, changes: &mut [Change], begun: &dyn Fn(&Change) -> bool) {
        for change in changes.iter_mut().filter(|c| !begun(c)) {
            let now: HashMap<&str, &Row> =
                self.planned_now(change).iter().flat_map(|c| &c.rows).map(|row| (row.key(), row)).collect();
            let is_there = |row: &Row| {
                !matches!(row, Row::Message { .. }) || now.get(row.key()).is_some_and(|now| now.is_still(row))
            };
            let gone: Vec<Row> = change.rows.extract_if(.., |row| !is_there(row)).collect();
            self.gone.extend(gone.into_iter().map(|row| (change.step, change.item, row)));
        }
    }

    /// From here on exactly these changes are done.
    pub fn apply(&mut self, changes: Vec<Change>) {
        self.applying = true;
        self.to_do = changes.into();
        self.unsaid.clear();
    }

    /// The step's next change that is to be done.
    pub fn next_change(&mut self, step: usize) -> Option<Change> {
        self.to_do.pop_front_if(|c| c.step == step)
    }

    /// Enters how a change ended, those of its messages among it that were gone before. True when the step is done.
    pub fn changed(&mut self, step: &Step, change: &Change, mut end: ChangeEnd) -> bool {
        for (.., row) in self.gone.extract_if(.., |(step, item, _)| (*step, *item) == (change.step, change.item)) {
            end.planned += 1;
            end.rows.push(RowResult::new(row.key(), RowEnd::Gone, None));
        }
        let bad = matches!(end.outcome, Outcome::Failed | Outcome::Unknown | Outcome::TimedOut | Outcome::Cancelled);
        self.ends.push(end);
        // One by one, and not on to the next when one went wrong.
        if bad {
            self.to_do.retain(|c| c.step != step.index || step.on_error.is_some());
        }
        self.to_do.front().is_none_or(|c| c.step != step.index)
    }

    /// How the step ends whose changes were done, and how long they took; `obstacle` is why it is not done at all.
    pub fn end_of(&mut self, step: &Step, obstacle: Option<String>) -> (End, Duration) {
        let ends = std::mem::take(&mut self.ends);
        let planned: Vec<&Change> = self.planned.iter().filter(|c| c.step == step.index).collect();
        let end = match (obstacle, ends.is_empty(), planned.is_empty()) {
            (Some(reason), ..) => End::because(Outcome::Skipped, reason),
            (None, true, true) => End::because(Outcome::Skipped, "condition was not met at planning time"),
            (None, true, false) => {
                let data = planned_data(step, planned);
                End { data, ..End::because(Outcome::Unchanged, "no change needed") }
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
        (end, ends.iter().map(|e| e.elapsed).sum())
    }
}
