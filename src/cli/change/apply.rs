//! Applying what was approved: the hosts are held, the changes are done, and what is left is told.

use super::agree::too_far;
use super::approve::Agreed;
use crate::cli::args::AgreeArgs;
use crate::cli::error::CliError;
use crate::cli::output::remark;
use crate::cli::planfile::{self, HostPlan, PlanFile, Planned};
use crate::cli::start::{Execution, Prepared};
use crate::cli::{exit, load};
use crate::engine::{Changes, Overtaken, PriorChange};
use crate::model::untrusted::clean_line;
use crate::model::{HostName, HostStatus, RunId};
use crate::store::{Alive, Claim, Lock, Taken};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is applied.
pub struct Approved {
    pub plan: PlanFile,
    pub agree: AgreeArgs,
    pub resumed: Resumed,
}

/// What an earlier run left, for one that resumes it; nothing, where it is done for the first time.
#[derive(Default)]
pub struct Resumed {
    /// That run.
    pub run: Option<RunId>,
    pub prior: BTreeMap<HostName, Vec<PriorChange>>,
    /// What other runs changed since.
    pub overtaken: BTreeMap<HostName, Vec<Overtaken>>,
    /// Why what is in doubt is settled and nothing else is done.
    pub refused: Option<String>,
}

/// Applies what was approved, and returns the exit code.
pub fn apply(prepared: &Prepared<'_>, approved: Approved) -> Result<u8, CliError> {
    let Approved { plan, agree, resumed } = approved;
    let Resumed { run: resumes, prior, overtaken, refused } = resumed;
    let in_doubt = |h: &HostPlan| prior.get(&h.host).is_some_and(|prior| prior.iter().any(|p| p.rows.is_none()));
    let is_concerned = |h: &&HostPlan| match refused {
        Some(_) => in_doubt(h),
        None => !h.changes.is_empty() || prior.contains_key(&h.host),
    };
    let hosts: Vec<HostName> = plan.hosts.iter().filter(is_concerned).map(|h| h.host.clone()).collect();
    for host in plan.hosts.iter().filter(is_concerned) {
        let now = prepared.inventory.host(&host.host).map(planfile::entry);
        if now.as_deref() != Some(host.entry.as_str()) {
            let text =
                format!("stale: {}: its entry in the inventory is not what it was when it was planned", host.host);
            return Err(CliError::refused(format!("{text}\n  plan again")));
        }
    }
    if hosts.is_empty() {
        remark("nothing has to be changed");
        return Ok(exit::OK);
    }
    let (body, id) = (serde_json::to_string(&plan).unwrap_or_default(), plan.id.clone());
    let plans: Planned = plan.hosts.into_iter().map(|h| (h.host.clone(), h)).collect();
    let limits = &prepared.playbook.limits;
    if let Some(why) = too_far(limits, &plans) {
        return Err(CliError::refused(why));
    }
    let vault = load::vault(prepared.settings)?;
    let run = prepared.begin()?;
    let (asks, who) = (!agree.yes, format!("{}, run {run}", who()));
    let approver = Agreed::new(plans, agree, limits.clone(), prepared.settings.look(), &prior).unless(refused);
    let approver = Arc::new(approver);
    let claim = Claim { run: &run, resumes: resumes.as_ref(), who: &who, hosts: &hosts, plan: &body, id: &id };
    let alive = hold(prepared, claim)?;
    let changes = Changes { apply: true, approver, vault, who, prior, overtaken };
    let executed = prepared.execute(&run, Execution { changes: Some(changes), hosts: Some(hosts), asks, quiet: false });
    let doubt = !prepared.store().unlock(&run)?.is_empty();
    drop(alive);
    if doubt {
        remark(&format!("note: what became of a change is not known; settle it: fleet resume {run}"));
    }
    let summary = executed?;
    let prior = [HostStatus::Refused, HostStatus::NotStarted, HostStatus::Cancelled];
    if !doubt && prior.iter().any(|status| summary.count(*status) > 0) {
        remark(&format!("note: not all of it was done; to go on with what can be done: fleet resume {run}"));
    }
    if !prepared.store().sealed(&run)?.is_empty() {
        remark(&format!("note: new passwords are sealed; hand them over once: fleet secret reveal {run}"));
    }
    let code = exit::of(&summary, prepared.fail_on);
    Ok(if doubt { exit::worse(code, exit::UNKNOWN) } else { code })
}

/// Takes the hosts for this run, with the plan that it goes by.
fn hold(prepared: &Prepared<'_>, claim: Claim<'_>) -> Result<Alive, CliError> {
    prepared.store().take(claim, Timestamp::now())?.map_err(|taken| match taken {
        Taken::Locked(locks) => CliError::refused(locks.iter().map(said).collect::<Vec<_>>().join("\n")),
        Taken::Resumed => CliError::refused("it was resumed by another meanwhile; look at `fleet runs`"),
        Taken::Used(by) => used(&by),
    })
}

/// Why a plan that was applied is not applied again.
pub fn used(by: &RunId) -> CliError {
    let text = format!("this plan was applied before, by run {by}, and a plan is applied once");
    CliError::refused(format!("{text}\n  finish that run with `fleet resume {by}`, or plan again"))
}

/// Who holds a host, and the way out.
fn said(lock: &Lock) -> String {
    let Lock { host, run, who, since, alive } = lock;
    let text = format!("{host} is locked by {who}, since {since}");
    match alive {
        true => format!("{text}\n  wait for it to end"),
        false => format!(
            "{text}; its fleet is gone and prior a change of unknown fate\n  settle it with `fleet resume {run}`, or \
             give the host up with `fleet unlock {host} --run {run}`"
        ),
    }
}

/// `ops@controller`.
fn who() -> String {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
    let user = user.unwrap_or_else(|_| rustix::process::geteuid().as_raw().to_string());
    let node = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let plain = |text: &str| clean_line(text.trim(), 60);
    format!("{}@{}", plain(&user), plain(&node))
}
