//! Who says yes while hosts are worked on: to what was planned before, and to what comes behind a `confirm`.

use super::agree::{Size, ask};
use crate::cli::args::AgreeArgs;
use crate::cli::planfile::Planned;
use crate::engine::{Approver, PriorChange, Question};
use crate::model::{Change, HostName, Row, RowEnd};
use crate::playbook::Limits;
use crate::report::{Look, plan_of_host};
use futures::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal};

/// Says yes to what was planned before, and asks for what comes behind a `confirm`.
pub struct Agreed {
    plans: Planned,
    agree: AgreeArgs,
    limits: Limits,
    look: Look,
    /// What earlier runs of the chain did behind a `confirm`, by host.
    done: BTreeMap<HostName, Vec<Change>>,
    /// What was agreed to behind a `confirm`, by host; one is asked for at a time.
    later: tokio::sync::Mutex<BTreeMap<HostName, Vec<Change>>>,
    /// Why nothing is agreed to.
    refused: Option<String>,
}

impl Agreed {
    /// For these plans, after what earlier runs left.
    pub fn new(
        plans: Planned,
        agree: AgreeArgs,
        limits: Limits,
        look: Look,
        prior: &BTreeMap<HostName, Vec<PriorChange>>,
    ) -> Self {
        let (done, later) = (done_beyond(&plans, prior), tokio::sync::Mutex::default());
        Self { plans, agree, limits, look, done, later, refused: None }
    }

    /// Agrees to nothing, where there is a reason.
    pub fn unless(self, refused: Option<String>) -> Self {
        Self { refused, ..self }
    }
}

/// What earlier runs did beyond the plan.
fn done_beyond(plans: &Planned, prior: &BTreeMap<HostName, Vec<PriorChange>>) -> BTreeMap<HostName, Vec<Change>> {
    let of_host = |(host, prior): (&HostName, &Vec<PriorChange>)| {
        let planned = plans.get(host).map_or(&[][..], |p| &p.changes);
        let beyond = prior.iter().filter(|l| !planned.iter().any(|c| c.is_same_act(&l.change)));
        let done = beyond.map(|l| {
            let mut change = l.change.clone();
            // What is of unknown fate may have been done.
            if let Some(ends) = &l.rows {
                let done = ends
                    .iter()
                    .filter(|r| !matches!(r.end, RowEnd::Failed | RowEnd::Overtaken))
                    .map(|r| r.key.as_str());
                let done: BTreeSet<&str> = done.collect();
                change.rows.retain(|row| done.contains(row.key()));
            }
            change
        });
        (host.clone(), done.collect())
    };
    prior.iter().map(of_host).collect()
}

/// All of a host that counts for the limits: its plan, what comes behind it, and of what earlier runs did there what is not in
/// that once more.
fn counted(plan: &[Change], later: &[Change], done: &[Change]) -> Vec<Change> {
    let mut all = [plan, later].concat();
    for change in done {
        let again = later.iter().filter(|c| c.is_same_act(change)).flat_map(|c| &c.rows);
        let again: BTreeSet<&str> = again.map(Row::key).collect();
        let mut change = change.clone();
        change.rows.retain(|row| !again.contains(row.key()));
        all.push(change);
    }
    all
}

impl Approver for Agreed {
    fn approve<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Vec<Change>, String>> {
        let Question { host, fingerprint, stage, message, planned } = question;
        Box::pin(async move {
            if let Some(why) = &self.refused {
                return Err(why.clone());
            }
            let Some(plan) = self.plans.get(host) else { return Err("not approved: there is no plan for it".into()) };
            if plan.fingerprint != fingerprint {
                return Err("stale: it shows another host key than when it was planned".into());
            }
            if stage == plan.stage {
                return Ok(plan.changes.clone());
            }
            if planned.is_empty() {
                return Ok(Vec::new());
            }
            if stage < plan.stage {
                return Err("stale: there is more to change than when it was planned; plan again".into());
            }
            let mut later = self.later.lock().await;
            let own = [later.get(host).map_or(&[][..], Vec::as_slice), planned].concat();
            let done = self.done.get(host).map_or(&[][..], Vec::as_slice);
            if let Some(why) = self.limits.exceeded(&counted(&plan.changes, &own, done)) {
                return Err(format!("not approved: {why}"));
            }
            // A yes that was given beforehand is one for all hosts together.
            let all: Vec<Change> = later.values().flatten().chain(planned).cloned().collect();
            let all = Size::of(&all, &self.limits);
            // How much comes here could not be known before: the number that was given is a limit.
            let enough = !all.by_number || self.agree.count.is_some_and(|most| all.total <= most);
            if self.agree.yes && !enough && !io::stdin().is_terminal() {
                let more = "more than --yes agrees to; resume it at a terminal, or with --count";
                return Err(format!(
                    "not approved: {} would be changed, {more}",
                    crate::model::counted::counted(all.total, "objects")
                ));
            }
            if !self.agree.yes || !enough {
                let page = format!("\n{message}\n{}", plan_of_host(host, planned, self.look).into_text());
                let size = Size::of(planned, &self.limits);
                ask(&AgreeArgs::default(), size, &page, host.as_str()).await?;
            }
            later.entry(host.clone()).or_default().extend_from_slice(planned);
            Ok(planned.to_vec())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::change::agree::objects;
    use crate::cli::planfile::HostPlan;
    use crate::report::Lang;
    use serde_json::Value;

    #[tokio::test]
    async fn a_host_that_shows_another_key_than_when_it_was_planned_is_left_alone() {
        let host = HostName::parse("mx1").unwrap();
        let plan = HostPlan::of_host(host.clone(), "SHA256:planned".into());
        let look = Look { color: false, lang: Lang::En, width: 0, verbose: 0 };
        let plans = Planned::from([(host.clone(), plan)]);
        let agreed = Agreed::new(plans, AgreeArgs::default(), Limits::default(), look, &BTreeMap::new());
        let asked = |fingerprint| {
            let (host, planned) = (&host, &[][..]);
            agreed.approve(Question { host, fingerprint, stage: 0, message: "", planned })
        };
        assert_eq!(asked("SHA256:planned").await, Ok(Vec::new()));
        assert!(asked("SHA256:other").await.unwrap_err().starts_with("stale: it shows another host key"));
    }

    #[test]
    fn what_a_run_does_once_more_counts_once() {
        let change = |step: usize, keys: &[&str]| Change {
            step,
            item: 0,
            verb: "mail.account.set_password".into(),
            title: String::new(),
            args: Value::Null,
            rows: keys.iter().map(|key| Row::Account { address: (*key).into(), was: Value::Null }).collect(),
            undo: None,
            irreversible: false,
        };
        let count = |later: &[Change]| objects(&counted(&[change(0, &["a"])], later, &[change(2, &["b", "c"])]));
        assert_eq!(count(&[]), 3);
        assert_eq!(count(&[change(2, &["b", "d"])]), 4);
        // Also when the next stage is asked for.
        assert_eq!(count(&[change(2, &["b", "d"]), change(4, &["e"])]), 5);
    }
}
