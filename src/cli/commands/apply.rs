use crate::cli::args::ApplyArgs;
use crate::cli::change::agree::{agree, objects};
use crate::cli::change::apply::{Approved, apply};
use crate::cli::error::CliError;
use crate::cli::output::remark;
use crate::cli::planfile::PlanFile;
use crate::cli::settings::Settings;
use crate::cli::start::Prepared;
use crate::model::Exit;
use crate::model::counted::counted;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Do what a kept plan says, and nothing else
///
/// Every host is read again first. Where the host's key, its entry in the inventory, the playbook, the program or what
/// the plan rests on has changed, nothing is done to that host: it is stale.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file that `fleet plan -o FILE` wrote
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
    apply(
        &prepared,
        Approved {
            plan,
            prior: BTreeMap::new(),
            resumes: None,
            agree: args.how.agree.clone(),
            before: Exit::default(),
        },
    )
}
