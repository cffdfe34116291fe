use crate::cli::change::{self, ApplyArgs, Approved};
use crate::cli::error::CliError;
use crate::cli::planfile::PlanFile;
use crate::cli::settings::Settings;
use crate::cli::start::Prepared;
use crate::engine::Left;
use crate::model::{EventKind, HostName, RunId};
use crate::store::{Store, StoreError};
use std::collections::BTreeMap;

/// Settle what a run that was broken off left, and finish it
///
/// Each change of unknown fate is looked at on its host first: it was done, or it was not, or it still runs. What was
/// approved and not done is then done, with the same passwords. Nothing is done twice.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run: its name, a bare number for one of the newest day, or `last`
    run: String,
    #[command(flatten)]
    how: ApplyArgs,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let store = Store::open(&settings.state)?;
    let named = store.find_run(&args.run)?;
    // Who goes on with a run goes on with what went on with it before.
    let run = store.chain(&named)?.pop().unwrap_or(named);
    if store.is_alive(&run) {
        return Err(CliError::refused(format!("run {run} is still working")));
    }
    let Some(body) = store.plan_of(&run)? else {
        let text = format!("run {run} changed nothing, so there is nothing to resume");
        return Err(CliError::invalid(format!("{text}\n  `fleet locks` names the runs that left something")));
    };
    let plan = PlanFile::parse(&format!("the plan of run {run}"), &body)?;
    let playbook = change::playbook(settings, &plan.playbook)?;
    // Its time may be over: what was begun is to be settled all the same.
    if let Some(why) = plan.refused(&playbook, plan.made) {
        return Err(CliError::refused(format!("stale: {why}\n  look at the hosts and plan again")));
    }
    let left = left(&store, &run)?;
    let selection = plan.selection();
    let order = change::order(&plan, playbook, &selection, &args.how);
    let prepared = Prepared::new(settings, order)?;
    drop(store);
    change::apply(&prepared, Approved { plan, left, resumes: Some(run), agree: args.how.agree.clone() })
}

/// What a run and those of its chain left, by host: their changes in order, with their known ends and their sealed
/// passwords.
pub fn left(store: &Store, run: &RunId) -> Result<BTreeMap<HostName, Vec<Left>>, StoreError> {
    let mut left: BTreeMap<HostName, Vec<Left>> = BTreeMap::new();
    for run in store.chain(run)? {
        store.replay(&run, &mut |event| match &event.kind {
            EventKind::ChangeIntended { host, op, change, .. } => {
                let one = Left { op: op.clone(), change: change.clone(), rows: None, sealed: None };
                left.entry(host.clone()).or_default().push(one);
            }
            EventKind::ChangeApplied(end) | EventKind::ChangeFailed(end) => {
                let all = left.entry(end.host.clone()).or_default();
                if let Some(one) = all.iter_mut().find(|l| l.op == end.op) {
                    one.rows = Some(end.rows.clone());
                }
            }
            _ => {}
        })?;
    }
    for sealed in store.sealed(run)? {
        let of_host = left.get_mut(&sealed.host);
        if let Some(one) = of_host.and_then(|all| all.iter_mut().find(|l| l.op == sealed.op)) {
            one.sealed = sealed.sealed.ok();
        }
    }
    Ok(left)
}
