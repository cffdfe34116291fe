//! The whole way of a playbook that changes: plan, show, ask, apply; or plan and keep the plan.

use super::agree::{agree, too_far};
use super::apply::{Approved, Resumed, apply};
use super::plan::{Plan, plan};
use crate::cli::args::AgreeArgs;
use crate::cli::error::CliError;
use crate::cli::output::remark;
use crate::cli::planfile::{HostPlan, Named, PlanFile};
use crate::cli::start::Prepared;
use crate::cli::{exit, load, replay};
use crate::model::HostStatus;
use crate::playbook::Given;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a plan is made from and how it is agreed to.
pub struct Wish<'a> {
    pub named: Named,
    pub params: &'a BTreeMap<String, Given>,
    pub agree: AgreeArgs,
    /// Plan only.
    pub check: bool,
    /// Where the plan is kept.
    pub file: Option<PathBuf>,
}

/// Plans, shows, asks and applies; or plans and keeps the plan.
pub fn run(prepared: &Prepared<'_>, wish: Wish<'_>) -> Result<u8, CliError> {
    let only_plan = wish.check || wish.file.is_some();
    if let (Some(setting), false) = (prepared.settings.get("require_signature"), only_plan) {
        let text = format!("{}: every plan needs a signature", setting.origin);
        let way =
            "keep it with `fleet plan .. -o FILE`, have it signed with `fleet plan sign FILE`, then `fleet apply FILE`";
        return Err(CliError::refused(format!("{text}\n  {way}")));
    }
    let quiet = !only_plan && !prepared.settings.format.for_people;
    let Plan { run, summary, hosts: plans } = plan(prepared, quiet)?;
    let code = exit::of(&summary, prepared.fail_on);
    let hosts: Vec<HostPlan> = plans.values().cloned().collect();
    let file = PlanFile::new(Timestamp::now(), &run.0, wish.named, wish.params, hosts)?;
    let file = file.marked(&load::plan_mark(prepared.settings)?);
    if let Some(why) = too_far(&prepared.playbook.limits, &plans) {
        return Err(CliError::refused(why));
    }
    if let Some(path) = &wish.file {
        file.write(path)?;
        remark(&format!("plan: {}, valid until {}; fleet apply {}", path.display(), file.expires, path.display()));
    }
    let nothing = plans.values().all(|p| p.changes.is_empty());
    let asked = match only_plan || summary.interrupted_by.is_some() || nothing {
        true => Ok(false),
        false => agree(&wish.agree, &prepared.playbook.limits, &file).map(|()| true),
    };
    // Where nothing follows, the plan is all that there is to tell.
    if quiet && !matches!(asked, Ok(true)) {
        replay::tell(prepared.settings, &prepared.store(), &run)?;
    }
    if !asked? {
        return Ok(code);
    }
    let bad = |status: &&HostStatus| !matches!(status, HostStatus::Ok | HostStatus::Skipped);
    for status in HostStatus::ALL.iter().filter(bad).filter(|s| summary.count(**s) > 0) {
        let n = summary.count(*status);
        remark(&format!("note: {n} {status} when it was planned, and left alone: fleet show {run}"));
    }
    let applied = apply(prepared, Approved { plan: file, agree: wish.agree, resumed: Resumed::default() })?;
    // A host that could not even be planned is no less bad because the others went well.
    Ok(exit::worse(code, applied))
}
