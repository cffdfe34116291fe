use crate::cli::args::{AgreeArgs, ConnectionArgs, PaceArgs, PlaybookArgs, SelectionArgs};
use crate::cli::change::{self, Wish};
use crate::cli::error::CliError;
use crate::cli::settings::Settings;
use crate::cli::start::{Order, Prepared};
use crate::cli::{load, planfile};
use std::path::PathBuf;

/// Show what a playbook would change, without changing anything
///
/// Reads the hosts and lists every object that would be changed. With `-o FILE` the plan is saved, and `fleet apply FILE`
/// applies exactly that plan, as long as nothing that it is based on has changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleet plan purge-queue --hosts mx07 -p accounts=info@example.jp
  fleet plan rescue-mail --hosts mx07 -p accounts=info@example.jp -o mx07.plan && fleet apply mx07.plan")]
pub struct Args {
    #[command(flatten)]
    what: PlaybookArgs,
    /// Save the plan to this file; same as `-o FILE`
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    pace: PaceArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let playbook = load::playbook(settings, &args.what.playbook)?;
    if !playbook.changes() {
        let text = format!(
            "{} makes no changes, so there is nothing to plan; use `fleet run {}`",
            args.what.playbook, args.what.playbook
        );
        return Err(CliError::invalid(text));
    }
    let params = load::params(&args.what.param)?;
    let named = planfile::named(&args.what.playbook, &playbook);
    let order = Order::new(playbook, params.clone(), &args.selection, &args.connection, &args.pace);
    let prepared = Prepared::new(settings, order)?;
    change::run(&prepared, Wish { named, params: &params, agree: AgreeArgs::default(), check: true, file: args.file })
}
