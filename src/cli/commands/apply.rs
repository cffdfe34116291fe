use crate::cli::args::ApplyArgs;
use crate::cli::change::agree::{agree, objects};
use crate::cli::change::apply::{Approved, apply};
use crate::cli::error::CliError;
use crate::cli::output::remark;
use crate::cli::planfile::PlanFile;
use crate::cli::settings::Settings;
use crate::cli::start::Prepared;
use crate::model::counted::counted;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Apply a saved plan, and nothing else
///
/// Every host is read again first. If its host key, its inventory entry or the state that the plan is based on has
/// changed, the plan is stale and the host is left unchanged. If the playbook or the fleet binary has changed, the whole
/// plan is stale.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Plan file written by `fleet plan -o FILE`
    plan: PathBuf,
    #[command(flatten)]
    how: ApplyArgs,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let plan = PlanFile::read(&args.plan)?;
    let playbook = plan.playbook.load(settings)?;
    if let Some(why) = plan.refused(&playbook, Timestamp::now()) {
        return Err(CliError::refused(format!("stale: {why}\n  plan again")));
    }
    let selection = plan.selection();
    let order = plan.order(playbook, &selection, &args.how);
    let prepared = Prepared::new(settings, order)?;
    let size = counted(objects(plan.changes()), "objects");
    remark(&format!("plan of {}: {size} on {}", plan.made, selection.hosts.join(", ")));
    agree(&args.how.agree, &prepared.playbook.limits, &plan)?;
    apply(&prepared, Approved { plan, prior: BTreeMap::new(), resumes: None, agree: args.how.agree.clone() })
}
