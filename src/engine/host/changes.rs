//! What a host that is changed has besides: its plan is told and agreed to, each change is done, and what an earlier run
//! left is settled.

use super::Executor;
use crate::engine::change::ChangeRun;
use crate::engine::flow::{Flow, Said};
use crate::engine::job::Question;
use crate::engine::limit::Limit;
use crate::model::{Change, EventKind, Fault, Op, Outcome};
use crate::ssh::Shell;
use std::collections::BTreeSet;
use tokio_util::sync::CancellationToken;

impl Executor {
    /// Tells the plan of a stage, and does what is said to it. The host's time stands still while somebody thinks.
    pub(super) async fn planned(
        &self,
        flow: &mut Flow,
        planned: Vec<Change>,
        fingerprint: &str,
        limit: &mut Limit,
        said: &mut Vec<Said>,
    ) {
        let host = &self.target.host.name;
        let incomplete = flow.incomplete().to_vec();
        let (stage, changes) = (flow.stage(), planned.clone());
        let changes_left = self.job.changes.as_ref().is_some_and(|c| c.prior.contains_key(host));
        if !planned.is_empty() || changes_left {
            self.events.send(EventKind::Planned { host: host.clone(), stage, changes, incomplete }).await;
        }
        let Some(changes) = self.job.changes.as_ref().filter(|changes| changes.apply) else {
            return flow.refuse(Outcome::WouldChange, "what stands behind is planned when this is done", said);
        };
        limit.rest();
        let message = flow.message();
        let question = Question { host, fingerprint, stage, message: &message, planned: &planned };
        let approved = tokio::select! {
            biased;
            () = self.stops.starting.cancelled() => Err("interrupted".to_owned()),
            approved = changes.approver.approve(question) => approved,
        };
        limit.run();
        match approved {
            Err(why) => flow.refuse(Outcome::Skipped, &why, said),
            Ok(mut approved) => {
                // What an earlier run had begun was approved then, and is settled even where nothing is left to do.
                for prior in changes.prior.get(host).into_iter().flatten().map(|prior| &prior.change) {
                    if flow.in_stage(prior.step) && !approved.iter().any(|c| c.is_same_act(prior)) {
                        approved.push(prior.clone());
                    }
                }
                approved.sort_by_key(|c| (c.step, c.item));
                let overtaken = |c: &Change| c.rows.iter().any(|r| changes.overtaken(host, c, r.key()).is_some());
                let begun = |change: &Change| !changes.prior(host, change).is_empty() || overtaken(change);
                match flow.stale(&approved, &begun) {
                    Some(why) => flow.refuse(Outcome::Skipped, &format!("stale: {why}; plan again"), said),
                    None => flow.approve(approved, &begun),
                }
            }
        }
    }

    /// Does one change. What is returned ends the host: its shell is gone.
    pub(super) async fn change(
        &self,
        flow: &mut Flow,
        shell: &mut Shell,
        change: &Change,
        working: &CancellationToken,
        said: &mut Vec<Said>,
    ) -> Option<Fault> {
        let (changes, step) = (self.job.changes.as_ref()?, flow.step(change.step)?.reference());
        self.events.send(self.events.started(step.clone())).await;
        let change_run = ChangeRun { events: &self.events, changes, flow, shell, working, change, step, again: false };
        let end = change_run.run().await;
        flow.changed(change, end, said);
        shell.fault().cloned()
    }

    /// What an earlier run left and what is not to be done any more, is settled all the same: it may have been done.
    pub(super) async fn settle_rest(
        &self,
        flow: &mut Flow,
        shell: &mut Shell,
        settled: &BTreeSet<Op>,
        working: &CancellationToken,
    ) {
        let Some(changes) = self.job.changes.as_ref().filter(|c| c.apply) else { return };
        let prior = changes.prior.get(&self.target.host.name).into_iter().flatten();
        for prior in prior.filter(|l| l.rows.is_none() && !settled.contains(&l.op)) {
            let Some(step) = flow.step(prior.change.step).map(|s| s.reference()) else { continue };
            let change = &prior.change;
            let change_run = ChangeRun {
                events: &self.events,
                changes,
                flow,
                shell: &mut *shell,
                working,
                change,
                step,
                again: true,
            };
            let outcome = change_run.settle_alone(prior).await;
            flow.settled(&prior.change, outcome);
        }
    }
}
