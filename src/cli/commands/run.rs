use crate::cli::args::{AgreeArgs, ConnectionArgs, PaceArgs, PlaybookArgs, SelectionArgs, fail_on_words};
use crate::cli::change::{self, Wish};
use crate::cli::error::CliError;
use crate::cli::settings::Settings;
use crate::cli::{load, planfile, start};
use crate::model::Level;

/// Run a playbook on many hosts
///
/// A playbook that reads runs at once. One that changes hosts is planned first, shown, and applied when somebody agrees;
/// without a terminal and without `--yes` nothing is changed. `fleet check` says what is wrong with a playbook; `fleet
/// verbs` what one may do.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleet run audit --hosts tag:plesk
  fleet run audit --hosts all --exclude tag:frozen -p window=7d --output json
  fleet run audit --hosts all --geoip GeoLite2-Country.mmdb --geoip GeoLite2-ASN.mmdb
  fleet run ./mine.yaml --hosts 'mx[01-20]' --expect 20")]
pub struct Args {
    #[command(flatten)]
    what: PlaybookArgs,
    /// Exit with 8 when there is a finding of this level or worse; with 10 when a host could not be reached, too
    #[arg(long, value_name = "LEVEL", default_value = "high", value_parser = fail_on_words())]
    fail_on: String,
    /// Judge maintenance periods as of this day (YYYY-MM-DD) instead of today
    #[arg(long, value_name = "DATE")]
    as_of: Option<jiff::civil::Date>,
    /// Plan and change nothing, like `fleet plan`
    #[arg(short = 'C', long, help_heading = "Changes")]
    check: bool,
    /// Show every object of the plan
    #[arg(short = 'D', long, help_heading = "Changes")]
    pub diff: bool,
    #[command(flatten)]
    agree: AgreeArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    pace: PaceArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let playbook = load::playbook(settings, &args.what.playbook)?;
    let params = load::params(&args.what.param)?;
    let (changes, named) = (playbook.changes(), planfile::named(&args.what.playbook, &playbook));
    let order = start::Order {
        fail_on: Level::parse(&args.fail_on),
        as_of: args.as_of,
        ..start::Order::new(playbook, params.clone(), &args.selection, &args.connection, &args.pace)
    };
    if !changes {
        return start::run(settings, order);
    }
    let prepared = start::Prepared::new(settings, order)?;
    change::run(&prepared, Wish { named, params: &params, agree: args.agree, check: args.check, file: None })
}
