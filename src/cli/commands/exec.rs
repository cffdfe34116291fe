use crate::cli::args::{ConnectionArgs, PaceArgs, SelectionArgs};
use crate::cli::error::CliError;
use crate::cli::settings::Settings;
use crate::cli::start;
use crate::model::RunKind;
use crate::playbook::{self, Given};
use std::time::Duration;

/// Run one command on many hosts and group identical output
///
/// The arguments after `--` are joined with spaces and interpreted by `/bin/sh` on each host, as with `ssh`. The command
/// runs as the inventory says (including `sudo`), with LC_ALL=C and an empty standard input. A non-zero exit status is a
/// failure of that host.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleet exec --hosts 'mx[01-20]' -- uptime
  fleet exec --hosts tag:plesk -T 5m -- 'postqueue -p | tail -n 1'")]
pub struct Args {
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    pace: PaceArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
    /// Command to run
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<String>,
}

/// The command travels as data and is evaluated there, so it stands on no argument list.
const PLAYBOOK: &str = r#"
fleet: 1
name: exec
summary: One command on many hosts
mode: read-only
params:
  command: { type: string, required: true }
steps:
  - id: exec
    name: command
    script: { sh: 'eval "$1"', args: ["{{ params.command }}"], reads: true }
"#;

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let command = args.command.join(" ");
    if command.contains('\n') {
        return Err(CliError::invalid(
            "the command must be a single line; otherwise, write a playbook with a `script` step",
        ));
    }
    let playbook = playbook::load("exec", PLAYBOOK, &|_| Err("includes are not available here".into()))?;
    let params = [("command".to_owned(), Given::Text(command))].into();
    let order = start::Order {
        kind: RunKind::Command,
        default_timeout: Duration::from_secs(3600),
        ..start::Order::new(playbook, params, &args.selection, &args.connection, &args.pace)
    };
    start::run(settings, order)
}
