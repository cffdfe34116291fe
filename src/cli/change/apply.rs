//! Applying what was approved: the hosts are held, the changes are done, and what is left is told.

use super::agree::too_far;
use super::approve::Agreed;
use crate::cli::args::AgreeArgs;
use crate::cli::error::CliError;
use crate::cli::output::remark;
use crate::cli::planfile::{self, HostPlan, PlanFile, Planned};
use crate::cli::start::{Execution, Prepared};
use crate::cli::{exit, load};
use crate::engine::{Changes, PriorChange};
use crate::model::untrusted::clean_line;
use crate::model::{HostName, HostStatus, RunId};
use crate::store::{Alive, Lock, Taken};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is applied.
pub struct Approved {
    pub plan: PlanFile,
    /// What an earlier run left, for one that resumes it.
    pub prior: BTreeMap<HostName, Vec<PriorChange>>,
    /// That run.
    pub resumes: Option<RunId>,
    pub agree: AgreeArgs,
}

/// Applies what was approved, and returns the exit code.
pub fn apply(prepared: &Prepared<'_>, approved: Approved) -> Result<u8, CliError> {
    let Approved { plan, prior, resumes, agree } = approved;
    let is_concerned = |h: &&HostPlan| !h.changes.is_empty() || prior.contains_key(&h.host);
    let hosts: Vec<HostName> = plan.hosts.iter().filter(is_concerned).map(|h| h.host.clone()).collect();
    for host in plan.hosts.iter().filter(is_concerned) {
        let now = prepared.inventory.host(&host.host).map(planfile::entry);
        if now.as_deref() != Some(host.entry.as_str()) {
            let text = format!("stale: {}: its inventory entry has changed since the plan was made", host.host);
            return Err(CliError::refused(format!("{text}\n  plan again")));
        }
    }
    if hosts.is_empty() {
        remark("no changes are needed");
        return Ok(exit::OK);
    }
    let body = serde_json::to_string(&plan).unwrap_or_default();
    let plans: Planned = plan.hosts.into_iter().map(|h| (h.host.clone(), h)).collect();
    let limits = &prepared.playbook.limits;
    if let Some(why) = too_far(limits, &plans) {
        return Err(CliError::refused(why));
    }
    let vault = load::vault(prepared.settings)?;
    let run = prepared.begin()?;
    let (asks, who) = (!agree.yes, format!("{}, run {run}", who()));
    let approver = Arc::new(Agreed::new(plans, agree, limits.clone(), prepared.settings.look(), &prior));
    let alive = hold(prepared, &run, resumes.as_ref(), &who, &hosts, &body)?;
    let changes = Changes { apply: true, approver, vault, who, prior };
    let executed = prepared.execute(&run, Execution { changes: Some(changes), hosts: Some(hosts), asks, quiet: false });
    let doubt = !prepared.store().unlock(&run)?.is_empty();
    drop(alive);
    if doubt {
        remark(&format!("note: the outcome of a change is unknown; to resolve it: fleet resume {run}"));
    }
    let summary = executed?;
    let unapplied = [HostStatus::Refused, HostStatus::NotStarted, HostStatus::Cancelled];
    if !doubt && unapplied.iter().any(|status| summary.count(*status) > 0) {
        remark(&format!("note: some changes were not applied; to continue: fleet resume {run}"));
    }
    if !prepared.store().sealed(&run)?.is_empty() {
        remark(&format!(
            "note: the new passwords are stored encrypted; to reveal them, once: fleet secret reveal {run}"
        ));
    }
    let code = exit::of(&summary, prepared.fail_on);
    Ok(if doubt { exit::worse(code, exit::UNKNOWN) } else { code })
}

/// Takes the hosts for this run, with the plan that it goes by.
fn hold(
    prepared: &Prepared<'_>,
    run: &RunId,
    resumes: Option<&RunId>,
    who: &str,
    hosts: &[HostName],
    plan: &str,
) -> Result<Alive, CliError> {
    prepared.store().take(run, resumes, who, hosts, plan, Timestamp::now())?.map_err(|taken| match taken {
        Taken::Locked(locks) => CliError::refused(locks.iter().map(said).collect::<Vec<_>>().join("\n")),
        Taken::Resumed => CliError::refused("another run has already resumed it; see `fleet runs`"),
    })
}

/// Who holds a host, and the way out.
fn said(lock: &Lock) -> String {
    let Lock { host, run, who, since, alive } = lock;
    let text = format!("{host} is locked by {who}, since {since}");
    match alive {
        true => format!("{text}\n  wait for it to finish"),
        false => format!(
            "{text}; its fleet process has died and left a change with unknown outcome\n  \
             resolve it with `fleet resume {run}`, or release the lock with `fleet unlock {host} --run {run}`"
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Lang, text};

    #[test]
    fn a_lock_of_a_dead_process_is_told_with_the_way_out_in_both_languages() {
        let lock = Lock {
            host: HostName::parse("mx07").unwrap(),
            run: RunId("2026-11-24.3".into()),
            who: "ops@controller".into(),
            since: Timestamp::UNIX_EPOCH,
            alive: false,
        };
        let said = said(&lock);
        insta::assert_snapshot!(said, @r"
        mx07 is locked by ops@controller, since 1970-01-01T00:00:00Z; its fleet process has died and left a change with unknown outcome
          resolve it with `fleet resume 2026-11-24.3`, or release the lock with `fleet unlock mx07 --run 2026-11-24.3`
        ");
        insta::assert_snapshot!(text::sentence(Lang::Ja, &said), @r"
        mx07 は ops@controller がロックしています (開始 1970-01-01T00:00:00Z); fleetが異常終了し、結果を確認できない変更が残っています
          `fleet resume 2026-11-24.3` で結果を確認するか、`fleet unlock mx07 --run 2026-11-24.3` でロックを解除してください
        ");
    }
}
