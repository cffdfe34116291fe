//! What is read of a recorded run: all of it for a person or a program, what it planned, and what it changed.

use super::error::CliError;
use super::planfile::{HostPlan, PlanFile, Planned};
use super::settings::Settings;
use crate::engine::{Overtaken, PriorChange};
use crate::model::{Change, EventKind, HostName, RunId};
use crate::playbook::verbs;
use crate::report::{self, Progress, Replay};
use crate::store::{Store, StoreError};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// Tells a recorded run, and whether it came to its end.
pub fn tell(settings: &Settings, store: &Store, run: &RunId) -> Result<bool, CliError> {
    let options =
        report::Options { progress: Progress::None, stderr: Box::new(io::sink()), ..settings.report_options() };
    let mut replay = Replay::new(report::reporter(settings.format, options));
    let mut told = Ok(());
    store.replay(run, &mut |event| {
        if told.is_ok() {
            told = replay.event(event);
        }
    })?;
    told?;
    Ok(replay.end()?)
}

/// What a run planned.
pub fn planned(store: &Store, run: &RunId) -> Result<Planned, StoreError> {
    let mut plans = Planned::new();
    store.replay(run, &mut |event| match &event.kind {
        EventKind::Connected { host, fingerprint, .. } => {
            plans.insert(host.clone(), HostPlan::of_host(host.clone(), fingerprint.clone()));
        }
        EventKind::Planned { host, stage, changes, incomplete } => {
            if let Some(plan) = plans.get_mut(host) {
                plan.stage = *stage;
                plan.changes.clone_from(changes);
                plan.incomplete.clone_from(incomplete);
            }
        }
        _ => {}
    })?;
    Ok(plans)
}

/// Changes of earlier runs, by host.
pub type Prior = BTreeMap<HostName, Vec<PriorChange>>;

/// What a run and those of its chain left, by host: their changes in order, with their known ends and their sealed
/// passwords.
pub fn prior(store: &Store, run: &RunId) -> Result<Prior, StoreError> {
    let mut prior = Prior::new();
    for run in store.chain(run)? {
        let mut sent = BTreeSet::new();
        store.replay(&run, &mut |event| match &event.kind {
            EventKind::ChangeIntended { host, op, change, .. } => {
                let (op, change) = (op.clone(), change.clone());
                let one = PriorChange { op, at: event.at, change, heard: false, rows: None, sealed: None };
                sent.insert(one.op.clone());
                prior.entry(host.clone()).or_default().push(one);
            }
            EventKind::ChangeApplied(end) | EventKind::ChangeFailed(end) => {
                let all = prior.entry(end.host.clone()).or_default();
                if let Some(one) = all.iter_mut().find(|l| l.op == end.op) {
                    one.rows = Some(end.rows.clone());
                    one.heard = sent.contains(&end.op);
                }
            }
            _ => {}
        })?;
    }
    for sealed in store.sealed(run)? {
        let of_host = prior.get_mut(&sealed.host);
        if let Some(one) = of_host.and_then(|all| all.iter_mut().find(|l| l.op == sealed.op)) {
            one.sealed = sealed.sealed.ok();
        }
    }
    Ok(prior)
}

/// Whether rows of the same key are the same object. A command has none: it is the same only word for word.
fn is_of_same(one: &Change, other: &Change) -> bool {
    match [one, other].map(|change| is_once(&change.verb)) {
        [false, false] => true,
        _ => one.verb == other.verb && one.args == other.args,
    }
}

/// Whether what the verb began is not done again, however it ended.
pub fn is_once(verb: &str) -> bool {
    verbs::find(verb).and_then(|v| v.changing()).is_some_and(|verb| verb.once())
}

/// What other runs than those of the chain changed on the plan's hosts: objects of its changes since they were approved, or
/// since the chain began them last.
pub fn overtaken(
    store: &Store,
    run: &RunId,
    plan: &PlanFile,
    prior: &Prior,
    approved: Timestamp,
) -> Result<BTreeMap<HostName, Vec<Overtaken>>, StoreError> {
    let hosts: Vec<HostName> = plan.hosts.iter().map(|h| h.host.clone()).collect();
    let mut known: BTreeSet<RunId> = store.chain(run)?.into_iter().collect();
    let mut others = Vec::new();
    for other in store.changed(&hosts, approved)? {
        if known.insert(other.clone()) {
            known.extend(store.chain(&other)?);
            others.push((self::prior(store, &other)?, other));
        }
    }
    let mut all: BTreeMap<HostName, Vec<Overtaken>> = BTreeMap::new();
    for HostPlan { host, changes, .. } in &plan.hosts {
        let own = prior.get(host).map_or(&[][..], Vec::as_slice);
        for change in changes.iter().chain(own.iter().map(|p| &p.change)) {
            let begun = own.iter().filter(|p| p.change.is_same_act(change)).map(|p| p.at).max();
            let since = begun.unwrap_or(approved);
            let by = |key: &str| {
                let did = |theirs: &Prior| {
                    let theirs = theirs.get(host).into_iter().flatten();
                    theirs.filter(|p| p.at > since && is_of_same(change, &p.change)).any(|p| p.did(key))
                };
                others.iter().find(|(theirs, _)| did(theirs)).map(|(_, run)| run.clone())
            };
            let by: BTreeMap<_, _> =
                change.rows.iter().filter_map(|row| Some((row.key().to_owned(), by(row.key())?))).collect();
            if !by.is_empty() {
                all.entry(host.clone()).or_default().push(Overtaken { change: change.clone(), by });
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn an_account_is_the_same_for_all_verbs_and_a_script_only_word_for_word() {
        let change = |verb: &str, args: Value| Change {
            step: 0,
            item: 0,
            verb: verb.into(),
            title: String::new(),
            args,
            rows: Vec::new(),
            undo: None,
            irreversible: false,
        };
        let account = |verb| change(verb, json!({ "account": "info@example.jp" }));
        assert!(is_of_same(&account("mail.account.set_password"), &account("mail.account.disable")));
        let script = |sh: &str| change("script", json!({ "sh": sh }));
        assert!(is_of_same(&script("reboot"), &script("reboot")));
        assert!(!is_of_same(&script("reboot"), &script("true")));
        assert!(!is_of_same(&script("reboot"), &account("mail.account.disable")));
    }
}
