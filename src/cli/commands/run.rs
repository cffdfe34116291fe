use crate::cli::args::{ConnectionArgs, PaceArgs, SelectionArgs};
use crate::cli::error::CliError;
use crate::cli::settings::Settings;
use crate::cli::{load, start};
use crate::model::Level;
use std::time::Duration;

/// Run a playbook on many hosts
///
/// A playbook that reads runs at once. `fleet check` says what is wrong with a playbook; `fleet verbs` what one
/// may do. The built-in playbook is `audit`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleet run audit --hosts tag:plesk
  fleet run audit --hosts all --exclude tag:frozen -p window=7d --output json
  fleet run ./mine.yaml --hosts 'mx[01-20]' --expect 20")]
pub struct Args {
    /// A playbook's name, or a file (with `/` or `.yaml`)
    playbook: String,
    /// A parameter; NAME=@FILE takes the file's text
    #[arg(short, long = "param", value_name = "NAME=VALUE")]
    param: Vec<String>,
    /// Exit with 8 when there is a finding of this level or worse
    #[arg(long, value_name = "LEVEL", default_value = "high", value_parser = ["info", "warn", "high", "critical", "never"])]
    fail_on: String,
    /// Judge maintenance periods as of this day (YYYY-MM-DD) instead of today
    #[arg(long, value_name = "DATE")]
    as_of: Option<jiff::civil::Date>,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    pace: PaceArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let order = start::Order {
        playbook: load::playbook(settings, &args.playbook)?,
        params: load::params(&args.param)?,
        selection: &args.selection,
        connection: &args.connection,
        pace: &args.pace,
        fail_on: Level::parse(&args.fail_on),
        as_of: args.as_of,
        default_timeout: Duration::from_secs(60),
    };
    start::run(settings, order)
}
