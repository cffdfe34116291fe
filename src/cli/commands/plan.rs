use crate::cli::args::{AgreeArgs, ConnectionArgs, PaceArgs, PlaybookArgs, SelectionArgs};
use crate::cli::change::{self, Wish};
use crate::cli::error::CliError;
use crate::cli::settings::Settings;
use crate::cli::start::{Order, Prepared};
use crate::cli::{load, planfile};
use std::path::PathBuf;

/// Show what a playbook would change; change nothing
///
/// Reads the hosts and writes down every object that would be changed. With `-o FILE` the plan is kept, and `fleet
/// apply FILE` does exactly that, as long as nothing that it rests on has changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleet plan purge-queue --hosts mx07 -p accounts=info@example.jp
  fleet plan rescue-mail --hosts mx07 -p accounts=info@example.jp -o mx07.plan && fleet apply mx07.plan")]
pub struct Args {
    #[command(flatten)]
    what: PlaybookArgs,
    /// Keep the plan in this file; `-o FILE` does too
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
            "{} changes nothing, so there is nothing to plan; `fleet run {}`",
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
