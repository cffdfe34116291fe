//! What is read of a recorded run: all of it for a person or a program, what it planned, and what it changed.

use super::error::CliError;
use super::planfile::{HostPlan, Planned};
use super::settings::Settings;
use crate::engine::PriorChange;
use crate::model::{EventKind, HostName, RunId};
use crate::report::{self, Progress, Replay};
use crate::store::{Integrity, Store, StoreError};
use std::collections::BTreeMap;
use std::io;

/// Tells a recorded run, and whether it came to its end, and whether its record is whole.
pub fn tell(settings: &Settings, store: &Store, run: &RunId) -> Result<(bool, Integrity), CliError> {
    let options =
        report::Options { progress: Progress::None, stderr: Box::new(io::sink()), ..settings.report_options() };
    let mut replay = Replay::new(report::reporter(settings.format, options));
    let mut told = Ok(());
    let integrity = store.replay(run, &mut |event| {
        if told.is_ok() {
            told = replay.event(event);
        }
    })?;
    let ended = told.and_then(|()| replay.end()).map_err(|error| CliError::output(&error))?;
    Ok((ended, integrity))
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

/// What a run and those of its chain left, by host: their changes in order, with their known ends and their sealed
/// passwords.
pub fn prior(store: &Store, run: &RunId) -> Result<BTreeMap<HostName, Vec<PriorChange>>, StoreError> {
    let mut prior: BTreeMap<HostName, Vec<PriorChange>> = BTreeMap::new();
    for run in store.chain(run)? {
        store.replay(&run, &mut |event| match &event.kind {
            EventKind::ChangeIntended { host, op, change, .. } => {
                let one = PriorChange { op: op.clone(), change: change.clone(), rows: None, sealed: None };
                prior.entry(host.clone()).or_default().push(one);
            }
            EventKind::ChangeApplied(end) | EventKind::ChangeFailed(end) => {
                let all = prior.entry(end.host.clone()).or_default();
                if let Some(one) = all.iter_mut().find(|l| l.op == end.op) {
                    one.rows = Some(end.rows.clone());
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
