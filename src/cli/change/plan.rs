//! Planning: what would be changed on which host. Nothing is changed.

use crate::cli::error::CliError;
use crate::cli::planfile::{self, Planned};
use crate::cli::start::{Execution, Prepared};
use crate::cli::{load, replay};
use crate::engine::{Approver, Changes, Question};
use crate::model::{Change, RunId, Summary};
use futures::future::BoxFuture;
use std::sync::Arc;

/// A walk that planned.
pub struct Plan {
    pub run: RunId,
    pub summary: Summary,
    pub hosts: Planned,
}

/// Plans on all hosts. What comes back is what the run's record says.
pub fn plan(prepared: &Prepared<'_>, quiet: bool) -> Result<Plan, CliError> {
    let vault = load::vault(prepared.settings)?;
    let (who, prior, overtaken) = Default::default();
    let changes = Changes { apply: false, approver: Arc::new(Nobody), vault, who, prior, overtaken };
    let run = prepared.begin()?;
    let summary = prepared.execute(&run, Execution { changes: Some(changes), quiet, ..Execution::default() })?;
    let mut hosts = replay::planned(&prepared.store(), &run)?;
    for (name, plan) in &mut hosts {
        plan.entry = prepared.inventory.host(name).map(planfile::entry).unwrap_or_default();
    }
    Ok(Plan { run, summary, hosts })
}

struct Nobody;

impl Approver for Nobody {
    fn approve<'a>(&'a self, _: Question<'a>) -> BoxFuture<'a, Result<Vec<Change>, String>> {
        Box::pin(async { Err("nobody was asked".to_owned()) })
    }
}
