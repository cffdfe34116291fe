//! The two walks of a stage: what was planned is agreed to, or refused, and done change by change.

use super::end::{ChangeEnd, End, Said};
use super::stage::{Purpose, Stage};
use super::states::State;
use super::walk::Flow;
use crate::model::untrusted::clean_line;
use crate::model::{Change, Outcome, Secret};
use crate::playbook::Step;
use crate::playbook::verb::Ctx;
use crate::playbook::verb::changing::Changing;
use std::time::Duration;

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

impl Flow {
    /// The number of the stage, from 0.
    pub fn stage(&self) -> usize {
        self.stage.number
    }

    /// What the `confirm` in front of it says.
    pub fn message(&self) -> String {
        let confirm = self.stage.steps.start.checked_sub(1).and_then(|n| self.step(n));
        let args = confirm.and_then(|step| step.args(&self.facts.scope).ok());
        let text = args.as_ref().and_then(|args| args.get("message")?.as_str());
        clean_line(text.unwrap_or_default(), 1_000)
    }

    /// Whether the step belongs to it.
    pub fn in_stage(&self, step: usize) -> bool {
        self.stage.holds(step)
    }

    /// What was not read in full, and so may be missing in the plan.
    pub fn incomplete(&self) -> &[String] {
        &self.stage.incomplete
    }

    /// What is next, when [`Flow::next`] asks nothing.
    pub fn turn(&mut self, said: &mut Vec<Said>) -> Turn {
        if self.stage.applying {
            let playbook = self.facts.playbook.clone();
            let open = self.stage.steps.clone().find(|n| !self.states.is_over(*n));
            if let Some(step) = open.and_then(|n| playbook.steps.get(n)) {
                let obstacle = self.obstacle(step);
                if obstacle.is_none()
                    && let Some(change) = self.stage.next_change(step.index)
                {
                    return Turn::Change(Box::new(change));
                }
                self.finish_step(step, obstacle, said);
                return Turn::Go;
            }
        } else if self.is_undecided() {
            let changes = self.stage.plans();
            if !changes.is_empty() || self.resumes.iter().any(|step| self.in_stage(*step)) {
                return Turn::Planned(changes);
            }
            // Nothing is to be done, as far as was read: no plan tells what was not. What was deferred is read now.
            for why in std::mem::take(&mut self.stage.incomplete) {
                self.host.note(why);
            }
            // Something may have been approved all the same.
            if self.purpose == Purpose::Apply {
                return Turn::Planned(changes);
            }
            self.begin_applying(Vec::new());
            return Turn::Go;
        }
        said.append(&mut self.stage.unsaid);
        self.next_stage(said)
    }

    /// Over the `confirm` into what stands behind it, or to the end.
    fn next_stage(&mut self, said: &mut Vec<Said>) -> Turn {
        let (playbook, confirm) = (self.facts.playbook.clone(), self.stage.steps.end);
        let Some(step) = playbook.steps.get(confirm) else {
            return if self.states.are_over() { Turn::Over } else { self.leftover(said) };
        };
        let end = match &self.host.stopped {
            Some(reason) => End::because(Outcome::Skipped, reason.clone()),
            None => End::of(Outcome::Unchanged),
        };
        self.skip(step, end, said);
        self.stage = Stage::of(&playbook, self.stage.number + 1, confirm + 1);
        Turn::Go
    }

    /// What was deferred and will not be walked again.
    fn leftover(&mut self, said: &mut Vec<Said>) -> Turn {
        let playbook = self.facts.playbook.clone();
        let reason = self.host.refused.as_ref().or(self.host.stopped.as_ref());
        let reason = reason.map_or("depends on the result of a planned change", String::as_str).to_owned();
        let deferred = |s: &&Step| self.states.is(s.index, State::Deferred);
        let deferred: Vec<&Step> = playbook.steps.iter().chain(&playbook.always).filter(deferred).collect();
        for step in &deferred {
            self.skip(step, End::because(Outcome::Skipped, reason.clone()), said);
        }
        if deferred.is_empty() { Turn::Over } else { Turn::Go }
    }

    /// Why the host's state no longer is what was approved; none when it still is. What an earlier run had begun is as that
    /// run left it.
    pub fn stale(&self, approved: &[Change], begun: &dyn Fn(&Change) -> bool) -> Option<String> {
        self.stage.stale(&self.facts.playbook, approved, begun)
    }

    /// The second walk: exactly these changes are done. Messages that went since they were approved are left out, and told
    /// as gone; those of `begun`, which an earlier run had begun, are not looked for: they may be gone because of it.
    pub fn approve(&mut self, mut changes: Vec<Change>, begun: &dyn Fn(&Change) -> bool) {
        self.stage.leave_out_gone(&mut changes, begun);
        self.begin_applying(changes);
    }

    fn begin_applying(&mut self, changes: Vec<Change>) {
        let Some(first) = self.stage.first_change else { return };
        self.stage.apply(changes);
        if self.host.stopped_at.take().is_some_and(|at| at >= first) {
            self.host.stopped = None;
        }
        for index in first..self.stage.steps.end {
            self.states.set(index, State::Pending);
        }
    }

    /// What became of a change that an earlier run had begun, and that is not to be done any more.
    pub fn settled(&mut self, change: &Change, outcome: Outcome) {
        self.host.unknown |= outcome == Outcome::Unknown;
        let what = match outcome {
            Outcome::Changed => "was done",
            Outcome::Unchanged => "needed no change",
            Outcome::Unknown => "has an unknown outcome",
            _ => "was not done",
        };
        self.host.note(format!("an earlier run started `{}`: it {what}", clean_line(&change.title, 200)));
    }

    /// Nothing of this stage is done, nor of those behind it.
    pub fn refuse(&mut self, outcome: Outcome, reason: &str, said: &mut Vec<Said>) {
        let reason = clean_line(reason, 300);
        let only_planned = outcome == Outcome::WouldChange;
        if !only_planned {
            self.host.note(reason.clone());
            self.host.refused = Some(reason.clone());
            self.stage.unsaid.clear();
        }
        said.append(&mut self.stage.unsaid);
        let playbook = self.facts.playbook.clone();
        let from = self.stage.steps.start;
        let is_told = |said: &[Said], n: usize| said.iter().any(|s| matches!(s, Said::Step { step, .. } if *step == n));
        for step in &playbook.steps {
            let again = !only_planned && step.index >= from && step.changes();
            if (again || !self.states.is_over(step.index)) && !is_told(said, step.index) {
                self.skip(step, End::because(Outcome::Skipped, reason.clone()), said);
            }
        }
        // What was only planned left nothing that the end of the playbook could read.
        let unread = |n: &usize| *n >= from && self.step(*n).is_some_and(Step::changes);
        let deferred = playbook.always.iter().filter(|s| s.needs_steps.iter().any(unread));
        for index in deferred.map(|s| s.index).collect::<Vec<_>>() {
            self.states.set(index, State::Deferred);
        }
        self.stage.end(&playbook);
    }

    /// What became of the change that [`Turn::Change`] gave.
    pub fn changed(&mut self, change: &Change, mut end: ChangeEnd, said: &mut Vec<Said>) {
        let playbook = self.facts.playbook.clone();
        let Some(step) = playbook.steps.get(change.step) else { return };
        if end.outcome == Outcome::Skipped {
            // Another run holds the host, and has done so from the beginning unless something was done before.
            let reason = end.reason.take().unwrap_or_default();
            if !self.acted {
                return self.refuse(Outcome::Skipped, &reason, said);
            }
            end = ChangeEnd { outcome: Outcome::Failed, reason: Some(reason), ..end };
        }
        self.acted = true;
        if self.stage.changed(step, change, end) {
            self.finish_step(step, None, said);
        }
    }

    fn finish_step(&mut self, step: &Step, obstacle: Option<String>, said: &mut Vec<Said>) {
        let (end, elapsed) = self.stage.end_of(step, obstacle);
        let end = self.verified(step, end);
        self.end(step, end, elapsed, said);
    }

    /// What the playbook wants to be true of the step's own result.
    fn verified(&mut self, step: &Step, end: End) -> End {
        let (Some(verify), Outcome::Changed, Some(data)) = (&step.verify, end.outcome, &end.data) else { return end };
        self.facts.scope.set_step(&step.id, data);
        let why = match verify.truth(&self.facts.scope) {
            Ok(true) => return end,
            Ok(false) => format!("done, but verification failed: {}", clean_line(verify.text(), 200)),
            Err(error) => error.to_string(),
        };
        End { outcome: Outcome::Failed, reason: Some(clean_line(&why, 300)), ..end }
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
        let verb = self.facts.verb(change)?;
        Some(what(verb, &self.facts.ctx(&change.args, secret, again)))
    }

    /// How long one act of it may take.
    pub fn timeout(&self, change: &Change) -> Duration {
        self.step(change.step).map_or(Duration::ZERO, |step| self.facts.change_timeout(step))
    }
}
