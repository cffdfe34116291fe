use crate::cli::args::{ConnectionArgs, PaceArgs, SelectionArgs};
use crate::cli::change::{self, AgreeArgs, Wish};
use crate::cli::error::CliError;
use crate::cli::settings::Settings;
use crate::cli::start::{Order, Prepared};
use crate::cli::{load, planfile};
use crate::engine::flow;
use std::path::PathBuf;
use std::time::Duration;

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
    /// A playbook's name, or a file (with `/` or `.yaml`)
    playbook: String,
    /// A parameter; NAME=@FILE takes the file's text
    #[arg(short, long = "param", value_name = "NAME=VALUE")]
    param: Vec<String>,
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
    let playbook = load::playbook(settings, &args.playbook)?;
    if !flow::changes(&playbook) {
        let text =
            format!("{} changes nothing, so there is nothing to plan; `fleet run {}`", args.playbook, args.playbook);
        return Err(CliError::invalid(text));
    }
    let params = load::params(&args.param)?;
    let named = planfile::named(&args.playbook, &playbook);
    let order = Order {
        playbook,
        params: params.clone(),
        selection: &args.selection,
        connection: &args.connection,
        pace: &args.pace,
        fail_on: None,
        as_of: None,
        default_timeout: Duration::from_secs(60),
    };
    let prepared = Prepared::new(settings, order)?;
    change::run(&prepared, Wish { named, params: &params, agree: AgreeArgs::default(), check: true, file: args.file })
}
