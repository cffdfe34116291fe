//! The two walks of a stage: what is planned, what was approved of it, and what became of that.

mod ends;
mod plan;

pub use ends::ChangeEnd;

use super::{End, Flow, Purpose, Said, State};
use crate::model::untrusted::clean_line;
use crate::model::{Change, Outcome, Row, Secret};
use crate::playbook::verb::changing::Changing;
use crate::playbook::verb::{Body, Ctx, Refusal};
use crate::playbook::{Playbook, Step};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// One stage of a playbook: the steps up to the next `confirm`.
#[derive(Debug, Default)]
pub(super) struct Stage {
    /// Its number, from 0.
    pub number: usize,
    /// Index of its first step.
    from: usize,
    /// Index of the `confirm` that ends it, or of the first step of `always`.
    until: usize,
    /// Index of its first step that changes.
    first_change: Option<usize>,
    /// Its changes are being done.
    applying: bool,
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
    /// The step that stopped the host.
    pub stopped_at: Option<usize>,
    /// A change is of unknown fate.
    pub unknown: bool,
    /// A change was begun, in this stage or one before it.
    acted: bool,
    /// Why nothing is changed.
    pub refused: Option<String>,
}

/// What is to happen when there is nothing to ask.
#[derive(Debug, PartialEq)]
pub enum Turn {
    /// The walk is over.
    Over,
    /// Ask again.
    Go,
    /// These changes were planned, or none; [`Flow::approve`] or [`Flow::refuse`] is next.
    Planned(Vec<Change>),
    /// This change is to be done now; [`Flow::changed`] is next.
    Change(Box<Change>),
}

fn is_change(step: &Step) -> bool {
    matches!(step.body, Body::Changing(_))
}

impl Flow {
    pub(super) fn first_stage(mut self) -> Self {
        self.enter_stage(0, 0);
        self
    }

    fn enter_stage(&mut self, number: usize, from: usize) {
        let steps = &self.playbook.steps;
        let confirm = |s: &&Step| s.index >= from && matches!(s.body, Body::Confirm);
        let until = steps.iter().find(confirm).map_or(steps.len(), |s| s.index);
        let first_change = steps.iter().find(|s| (from..until).contains(&s.index) && is_change(s)).map(|s| s.index);
        let (unknown, acted, refused) = (self.stage.unknown, self.stage.acted, self.stage.refused.take());
        self.stage = Stage { number, from, until, first_change, unknown, acted, refused, ..Stage::default() };
    }

    /// Its number, from 0.
    pub fn stage(&self) -> usize {
        self.stage.number
    }

    /// What the `confirm` in front of it says.
    pub fn message(&self) -> String {
        let confirm = self.stage.from.checked_sub(1).and_then(|n| self.step(n));
        let args = confirm.and_then(|step| step.args(&self.scope).ok());
        let text = args.as_ref().and_then(|args| args.get("message")?.as_str());
        clean_line(text.unwrap_or_default(), 1_000)
    }

    /// Whether the step belongs to it.
    pub fn in_stage(&self, step: usize) -> bool {
        (self.stage.from..self.stage.until).contains(&step)
    }

    /// What was not read in full, and so may be missing in the plan.
    pub fn incomplete(&self) -> &[String] {
        &self.stage.incomplete
    }

    /// Nothing at or behind this step is looked at now: another stage, or a change that has to be done first.
    pub(super) fn is_border(&self, step: &Step) -> bool {
        let open = || !matches!(self.states.get(step.index), Some(State::Over { .. }));
        step.index >= self.stage.until || (self.stage.applying && is_change(step) && open())
    }

    /// Its changes are still being planned: what stands at the end of the playbook is not done before they were, or were
    /// refused.
    pub(super) fn is_undecided(&self) -> bool {
        let over = self.stage.refused.is_some() || self.failed || self.timed_out;
        self.stage.first_change.is_some() && !self.stage.applying && !over
    }

    /// While changes are planned, what reads their results has nothing to read, and what stands behind the first of them
    /// is judged when it was done.
    pub(super) fn is_deferred(&self, step: &Step) -> bool {
        let deferred = |n: &usize| {
            self.states.get(*n) == Some(&State::Deferred)
                || ((self.stage.from..self.stage.until).contains(n) && self.step(*n).is_some_and(is_change))
        };
        let behind = self.stage.first_change.is_some_and(|first| step.index > first);
        let waits = || match step.body {
            Body::Reading(verb) => behind && verb.after_changes(),
            Body::Finding | Body::Findings | Body::Incomplete | Body::Stop | Body::Assert => {
                behind && step.index < self.stage.until
            }
            Body::Changing(_) | Body::Either(..) | Body::Include | Body::Confirm => false,
        };
        !self.stage.applying && self.stage.first_change.is_some() && (step.needs_steps.iter().any(deferred) || waits())
    }

    /// Whether the step is walked again when its stage is done, so that what is found now is not yet told.
    pub(super) fn is_silent(&self, step: &Step) -> bool {
        let first = self.stage.first_change.is_some_and(|first| step.index >= first);
        self.purpose == Purpose::Apply && !self.stage.applying && first && step.index < self.stage.until
    }

    /// What is next, when [`Flow::next`] asks nothing.
    pub fn turn(&mut self, said: &mut Vec<Said>) -> Turn {
        let steps = self.stage.from..self.stage.until;
        let open = |flow: &Self| steps.clone().find(|n| !matches!(flow.states.get(*n), Some(State::Over { .. })));
        if self.stage.applying {
            let playbook = self.playbook.clone();
            if let Some(step) = open(self).and_then(|n| playbook.steps.get(n)) {
                if let Some(reason) = self.obstacle(step, false) {
                    self.finish_step(step, Some(reason), said);
                    return Turn::Go;
                }
                match self.stage.to_do.pop_front_if(|c| c.step == step.index) {
                    Some(change) => return Turn::Change(Box::new(change)),
                    None => self.finish_step(step, None, said),
                }
                return Turn::Go;
            }
        } else if self.is_undecided() {
            let changes: Vec<Change> = self.stage.planned.iter().filter(|c| !c.rows.is_empty()).cloned().collect();
            if !changes.is_empty() || self.resumes.iter().any(|step| self.in_stage(*step)) {
                return Turn::Planned(changes);
            }
            // Nothing is to be done, as far as was read: no plan tells what was not. What was deferred is read now.
            let incomplete = std::mem::take(&mut self.stage.incomplete);
            for why in incomplete {
                if !self.notes.contains(&why) {
                    self.notes.push(why);
                }
            }
            // Something may have been approved all the same.
            if self.purpose == Purpose::Apply {
                return Turn::Planned(changes);
            }
            self.begin_applying(Vec::new());
            return Turn::Go;
        }
        said.append(&mut self.stage.unsaid);
        let until = self.stage.until;
        if until < self.playbook.steps.len() {
            self.set(until, State::Over { result: false });
            if let Some(step) = self.step(until) {
                let end = match &self.stopped {
                    Some(reason) => End::because(Outcome::Skipped, reason.clone()),
                    None => End::of(Outcome::Unchanged),
                };
                said.push(Said::Step { step: step.index, end, elapsed: Duration::ZERO });
            }
            self.enter_stage(self.stage.number + 1, until + 1);
            return Turn::Go;
        }
        if self.states.iter().all(|s| matches!(s, State::Over { .. })) { Turn::Over } else { self.leftover(said) }
    }

    /// What was deferred and will not be walked again.
    fn leftover(&mut self, said: &mut Vec<Said>) -> Turn {
        let playbook = self.playbook.clone();
        let reason = self.stage.refused.clone().or(self.stopped.clone());
        let mut moved = false;
        let deferred = |flow: &Self, s: &&Step| flow.states.get(s.index) == Some(&State::Deferred);
        while let Some(step) = playbook.steps.iter().chain(&playbook.always).find(|s| deferred(self, s)) {
            let reason = reason.clone().unwrap_or_else(|| "it reads what a change would leave".to_owned());
            let end = End::because(Outcome::Skipped, reason);
            self.set(step.index, State::Over { result: false });
            said.push(Said::Step { step: step.index, end, elapsed: Duration::ZERO });
            moved = true;
        }
        if moved { Turn::Go } else { Turn::Over }
    }

    /// Why the host's state no longer is what was approved; none when it still is. What an earlier run had begun is as that
    /// run left it.
    pub fn stale(&self, approved: &[Change], begun: &dyn Fn(&Change) -> bool) -> Option<String> {
        let touchy = |c: &&Change| c.rows.iter().any(|r| !matches!(r, Row::Message { .. }));
        let verb = |change: &Change| match self.step(change.step).map(|s| s.body) {
            Some(Body::Changing(verb)) => Some(verb),
            _ => None,
        };
        for change in approved.iter().filter(|c| !begun(c)) {
            let now = self.stage.planned.iter().find(|c| c.is_same_act(change));
            let Some(verb) = verb(change) else { return Some("the playbook has changed".to_owned()) };
            if let Some(why) = verb.stale(change, now) {
                return Some(why);
            }
        }
        let new = self.stage.planned.iter().filter(touchy).find(|c| !approved.iter().any(|a| a.is_same_act(c)));
        new.map(|change| format!("`{}` is to be done now and was not approved", change.title))
    }

    /// Why one approved change, of which nothing was begun, is left alone: what it rests on is no longer so.
    pub(in crate::engine) fn overtaken(&self, change: &Change) -> Option<String> {
        let now = self.stage.planned.iter().find(|c| c.is_same_act(change));
        match self.step(change.step)?.body {
            Body::Changing(verb) => verb.stale(change, now),
            _ => None,
        }
    }

    /// The second walk: exactly these changes are done. Messages that went since they were approved are left out, and told
    /// as gone; those of `begun`, which an earlier run had begun, are not looked for: they may be gone because of it.
    pub fn approve(&mut self, mut changes: Vec<Change>, begun: &dyn Fn(&Change) -> bool) {
        for change in changes.iter_mut().filter(|c| !begun(c)) {
            let now = self.stage.planned.iter().find(|c| c.is_same_act(change));
            let now: HashMap<&str, &Row> = now.iter().flat_map(|c| &c.rows).map(|row| (row.key(), row)).collect();
            let is_there = |row: &Row| {
                !matches!(row, Row::Message { .. }) || now.get(row.key()).is_some_and(|now| now.is_still(row))
            };
            let gone: Vec<Row> = change.rows.extract_if(.., |row| !is_there(row)).collect();
            self.stage.gone.extend(gone.into_iter().map(|row| (change.step, change.item, row)));
        }
        self.begin_applying(changes);
    }

    fn begin_applying(&mut self, changes: Vec<Change>) {
        let Some(first) = self.stage.first_change else { return };
        self.stage.applying = true;
        self.stage.to_do = changes.into();
        self.stage.unsaid.clear();
        if self.stage.stopped_at.take().is_some_and(|at| at >= first) {
            self.stopped = None;
        }
        for index in first..self.stage.until {
            self.set(index, State::Pending);
        }
    }

    /// What became of a change that an earlier run had begun, and that is not to be done any more.
    pub fn settled(&mut self, change: &Change, outcome: Outcome) {
        self.stage.unknown |= outcome == Outcome::Unknown;
        let what = match outcome {
            Outcome::Changed => "was done",
            Outcome::Unchanged => "had nothing to do",
            Outcome::Unknown => "is of unknown fate",
            _ => "was not done",
        };
        let note = format!("an earlier run began `{}`: it {what}", clean_line(&change.title, 200));
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Nothing of this stage is done, nor of those behind it.
    pub fn refuse(&mut self, outcome: Outcome, reason: &str, said: &mut Vec<Said>) {
        let reason = clean_line(reason, 300);
        if outcome != Outcome::WouldChange {
            self.notes.push(reason.clone());
            self.stage.refused = Some(reason.clone());
            self.stage.unsaid.clear();
        }
        said.append(&mut self.stage.unsaid);
        self.stage.first_change = None;
        let playbook = self.playbook.clone();
        let is_told = |said: &[Said], n: usize| said.iter().any(|s| matches!(s, Said::Step { step, .. } if *step == n));
        for step in &playbook.steps {
            let over = matches!(self.states.get(step.index), Some(State::Over { .. }));
            let again = outcome != Outcome::WouldChange && step.index >= self.stage.from && is_change(step);
            if (!over || again) && !is_told(said, step.index) {
                self.set(step.index, State::Over { result: false });
                let end = End::because(Outcome::Skipped, reason.clone());
                said.push(Said::Step { step: step.index, end, elapsed: Duration::ZERO });
            }
        }
        // What was only planned left nothing that the end of the playbook could read.
        let from = self.stage.from;
        let unread = |n: &usize| *n >= from && self.step(*n).is_some_and(is_change);
        let deferred = playbook.always.iter().filter(|s| s.needs_steps.iter().any(unread)).map(|s| s.index);
        for index in deferred.collect::<Vec<_>>() {
            self.set(index, State::Deferred);
        }
        self.stage.until = playbook.steps.len();
        self.stage.from = self.stage.until;
    }

    /// The verb of a change and what it knows, for whoever does it: with the password that it sets, and whether an earlier
    /// run had begun with it.
    pub fn with_verb<T>(
        &self,
        change: &Change,
        secret: Option<&Secret>,
        again: bool,
        what: impl FnOnce(&dyn Changing, &Ctx<'_>) -> T,
    ) -> Option<T> {
        match self.step(change.step)?.body {
            Body::Changing(verb) => Some(what(verb, &Ctx { secret, again, ..self.ctx(&change.args) })),
            _ => None,
        }
    }

    /// How long one act of it may take.
    pub fn timeout(&self, change: &Change) -> Duration {
        let own = self.step(change.step).and_then(|s| s.timeout);
        // Deleting 4,000 messages took 22 s on two cores.
        own.unwrap_or(self.default_timeout.max(Duration::from_secs(600)))
    }
}

/// Whether a playbook changes anything at all.
pub fn changes(playbook: &Playbook) -> bool {
    playbook.steps.iter().any(is_change)
}

/// The sentence for what cannot be asked.
pub fn refusal(refusal: Refusal) -> String {
    match refusal {
        Refusal::NotSupported(why) | Refusal::Invalid(why) => why,
    }
}
