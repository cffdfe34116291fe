use crate::cli::args::{ConnectionArgs, PaceArgs, SelectionArgs};
use crate::cli::change::{self, AgreeArgs, Approved};
use crate::cli::error::CliError;
use crate::cli::output::remark;
use crate::cli::planfile::PlanFile;
use crate::cli::settings::Settings;
use crate::cli::start::{Order, Prepared};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Do what a kept plan says, and nothing else
///
/// Every host is read again first. Where the host's key, its entry in the inventory, the playbook, the program or what
/// the plan rests on has changed, nothing is done to that host: it is stale.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file that `fleet plan -o FILE` wrote
    plan: PathBuf,
    #[command(flatten)]
    agree: AgreeArgs,
    #[command(flatten)]
    pace: PaceArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let plan = PlanFile::read(&args.plan)?;
    let playbook = change::playbook(settings, &plan.playbook)?;
    if let Some(why) = plan.refused(&playbook, Timestamp::now()) {
        return Err(CliError::refused(format!("stale: {why}\n  plan again")));
    }
    let selection = selection(&plan);
    let order = Order {
        playbook,
        params: plan.params.iter().map(|(k, v)| (k.clone(), v.into())).collect(),
        selection: &selection,
        connection: &args.connection,
        pace: &args.pace,
        fail_on: None,
        as_of: None,
        default_timeout: Duration::from_secs(60),
    };
    let prepared = Prepared::new(settings, order)?;
    remark(&format!("plan of {}: {} objects on {}", plan.made, change::total(&plan), selection.hosts.join(", ")));
    change::agree(&args.agree, &plan)?;
    change::apply(&prepared, Approved { plan, left: BTreeMap::new(), resumes: None, agree: args.agree })
}

/// The hosts of a plan, by name.
pub fn selection(plan: &PlanFile) -> SelectionArgs {
    let hosts = plan.hosts.iter().map(|h| h.host.to_string()).collect();
    SelectionArgs { hosts, ..SelectionArgs::default() }
}
