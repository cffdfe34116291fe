//! The whole way of a playbook that changes: plan, show, ask, apply; or plan and keep the plan.

use super::agree::{agree, too_far};
use super::apply::{Approved, apply};
use super::plan::{Plan, plan};
use crate::cli::args::AgreeArgs;
use crate::cli::error::CliError;
use crate::cli::output::remark;
use crate::cli::planfile::{HostPlan, Named, PlanFile};
use crate::cli::start::Prepared;
use crate::cli::{exit, replay};
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
    let quiet = !only_plan && !prepared.settings.format.for_people;
    let Plan { run, summary, hosts: plans } = plan(prepared, quiet)?;
    let exit = exit::of(&summary, &prepared.terms());
    let hosts: Vec<HostPlan> = plans.values().cloned().collect();
    let file = PlanFile::new(Timestamp::now(), &run.0, wish.named, wish.params, hosts)?;
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
        // Nobody agrees to what was not shown.
        false if !summary.dropped.is_empty() && !wish.agree.yes => {
            let text = "the plan could not be shown in full; nothing was changed".to_owned();
            return Err(CliError { code: exit.code, text });
        }
        false => agree(&wish.agree, &prepared.playbook.limits, &file).map(|()| true),
    };
    // Where nothing follows, the plan is all that there is to tell.
    if quiet && !matches!(asked, Ok(true)) {
        let told = replay::tell(prepared.settings, &prepared.store(), &run);
        told.map_err(|error| CliError { code: exit::worse(exit.code, error.code), ..error })?;
    }
    if !asked? {
        if summary.unchanged {
            remark(unchanged(prepared));
        }
        return Ok(exit.code);
    }
    let bad = |status: &&HostStatus| !matches!(status, HostStatus::Ok | HostStatus::Skipped);
    for status in HostStatus::ALL.iter().filter(bad).filter(|s| summary.count(**s) > 0) {
        let n = summary.count(*status);
        remark(&format!("note: {n} {status} when it was planned, and left alone: fleet show {run}"));
    }
    // A host that could not even be planned is no less bad because the others went well.
    apply(prepared, Approved { plan: file, prior: BTreeMap::new(), resumes: None, agree: wish.agree, before: exit })
}

/// What to do where nothing was changed.
fn unchanged(prepared: &Prepared<'_>) -> &'static str {
    match prepared.playbook.params.iter().any(|param| param.name == "accounts") {
        true => {
            "note: nothing was changed; the report says why\n  name the account with -p accounts=.., or see with \
             `fleet run audit` what the host sends"
        }
        false => "note: nothing was changed; the report says why",
    }
}
