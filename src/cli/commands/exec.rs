use crate::cli::args::{ConnectionArgs, PaceArgs, SelectionArgs};
use crate::cli::error::CliError;
use crate::cli::settings::Settings;
use crate::cli::{output, start};
use crate::inventory::fold::fold;
use crate::model::RunKind;
use crate::model::counted::counted;
use crate::playbook::{self, Given};
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

/// Run one command on many hosts and fold what is the same
///
/// The words after `--` are joined by blanks and read by `/bin/sh` on each host, as `ssh` does it. The command
/// runs as the inventory says (`sudo` included), with LC_ALL=C and an empty standard input. An exit status
/// other than 0 is a failure of that host.
///
/// On more than 10 hosts, or with the selector `all`, it asks first, unless `--reads` says that the command only reads.
/// Without a terminal, and with a format for programs, nobody is asked: give `--reads` or `--yes`, or nothing is run (exit
/// code 4). It takes no lock on the hosts, and heeds none: for what changes them, write a playbook.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleet exec --hosts 'mx[01-20]' --reads -- uptime
  fleet exec --hosts tag:plesk --reads -T 5m -- 'postqueue -p | tail -n 1'
  fleet exec --hosts mx07 -- 'systemctl restart dovecot'")]
pub struct Args {
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    pace: PaceArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
    /// The command only reads: do not ask, however many hosts are selected
    #[arg(long)]
    reads: bool,
    /// Run the command without asking
    #[arg(short, long)]
    yes: bool,
    /// The command
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
        return Err(CliError::invalid("the command must be one line; for more, write a playbook with a `script` step"));
    }
    let playbook = playbook::load("exec", PLAYBOOK, &|_| Err("exec includes nothing".into()))?;
    let params = [("command".to_owned(), Given::Text(command.clone()))].into();
    let order = start::Order {
        kind: RunKind::Command,
        default_timeout: Duration::from_secs(3600),
        ..start::Order::new(playbook, params, &args.selection, &args.connection, &args.pace)
    };
    let prepared = start::Prepared::new(settings, order)?;
    let many = prepared.hosts.len() > MANY || args.selection.hosts.iter().any(|text| names_all(text));
    if many && !args.reads && !args.yes {
        agree(settings, &prepared, &command)?;
    }
    start::read(&prepared)
}

/// More hosts than these are asked about.
const MANY: usize = 10;

/// Whether `all` stands in a selector, by itself and not as the name of a tag or group.
fn names_all(selector: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || "_-.:*/@[]".contains(c);
    selector.split(|c: char| !is_word(c)).any(|word| word == "all")
}

/// Asks before any host is contacted.
fn agree(settings: &Settings, prepared: &start::Prepared<'_>, command: &str) -> Result<(), CliError> {
    let give = "give --reads if the command only reads, or --yes; nothing was contacted";
    if !settings.format.for_people {
        let text = "not approved: with an output format for programs no question is asked";
        return Err(CliError::refused(format!("{text}\n  {give}")));
    }
    if !io::stdin().is_terminal() {
        return Err(CliError::refused(format!("not approved: there is no terminal to ask at\n  {give}")));
    }
    output::remark(&format!(
        "command: {command}\n{}: {}\nno lock is taken: another run may be changing these hosts at the same time",
        counted(prepared.hosts.len(), "hosts"),
        fold(&prepared.hosts)
    ));
    let _ = write!(io::stderr(), "Type yes to run the command on these hosts, anything else runs nothing: ");
    let mut line = String::new();
    match io::stdin().read_line(&mut line) {
        Ok(_) if line.trim() == "yes" => Ok(()),
        _ => Err(CliError::refused("not approved; nothing was contacted")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selector_all_is_found_wherever_it_stands() {
        for text in ["all", "all!mx05", "tag:plesk,all", "(all) & !tag:frozen", " all "] {
            assert!(names_all(text), "{text}");
        }
        for text in ["tag:all", "group:all", "allmail", "mx-all", "all-mx[01-20]", "@all", ""] {
            assert!(!names_all(text), "{text}");
        }
    }
}
