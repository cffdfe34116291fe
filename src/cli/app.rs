//! The program: its command line, and which command does what.

use super::args::{Global, format_words};
use super::commands::{
    apply, check, completion, demo, doctor, exec, help, hosts, init, locks, plan, resume, run, runs, schema, secret,
    senders, show, trust, undo, unlock, verbs,
};
use super::error::CliError;
use super::settings::Settings;
use super::{exit, output};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  fleet demo                                     see it work, without any server
  fleet init && fleet doctor                     set up; what is wrong and how to mend it
  fleet hosts 'tag:plesk & !tag:frozen'          who is meant
  fleet run audit --hosts tag:plesk              look for mail abuse; changes nothing
  fleet run rescue-mail --hosts mx07             end it; shows a plan and asks first
  fleet exec --hosts tag:plesk --reads -- uptime one command on many hosts

`fleet help selectors`, `fleet help playbook`, `fleet help changing` and `fleet help exit-codes` explain more.";

/// Audit and rescue mail servers over SSH, many at once.
#[derive(Debug, Parser)]
#[command(name = "fleet", version, about, after_help = EXAMPLES, disable_help_subcommand = true, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

impl Cli {
    /// `fleet plan -o FILE` keeps the plan in that file; everywhere else, and with a format's word, `-o` is the format.
    fn with_plan_file(mut self) -> Self {
        if let Command::Plan(args) = &mut self.command
            && let Some(file) = self.global.output.take_if(|given| !format_words().contains(&given.as_str()))
        {
            args.file.get_or_insert(file.into());
        }
        // Every object is what `-v` shows of a plan, too.
        if let Command::Run(args) = &self.command {
            self.global.verbose = self.global.verbose.max(u8::from(args.diff));
        }
        self
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Init(init::Args),
    Doctor(doctor::Args),
    Hosts(hosts::Args),
    Exec(exec::Args),
    Run(run::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Resume(resume::Args),
    Undo(undo::Args),
    Locks(locks::Args),
    Unlock(unlock::Args),
    Runs(runs::Args),
    Show(show::Args),
    Check(check::Args),
    Verbs(verbs::Args),
    Schema(schema::Args),
    Senders(senders::Args),
    Trust(trust::Args),
    Secret(secret::Args),
    Completion(completion::Args),
    Help(help::Args),
}

impl Command {
    /// Does it, and says which exit code it came to.
    fn run(self, settings: &Settings) -> Result<u8, CliError> {
        match self {
            Self::Demo(args) => demo::run(settings, args),
            Self::Init(args) => init::run(settings, args),
            Self::Doctor(args) => doctor::run(settings, args),
            Self::Hosts(args) => hosts::run(settings, args),
            Self::Exec(args) => exec::run(settings, args),
            Self::Run(args) => run::run(settings, args),
            Self::Plan(args) => plan::run(settings, args),
            Self::Apply(args) => apply::run(settings, args),
            Self::Resume(args) => resume::run(settings, args),
            Self::Undo(args) => undo::run(settings, args),
            Self::Locks(args) => locks::run(settings, args),
            Self::Unlock(args) => unlock::run(settings, args),
            Self::Runs(args) => runs::run(settings, args),
            Self::Show(args) => show::run(settings, args),
            Self::Check(args) => check::run(settings, args),
            Self::Verbs(args) => verbs::run(settings, args),
            Self::Schema(args) => schema::run(settings, args),
            Self::Senders(args) => senders::run(settings, args),
            Self::Trust(args) => trust::run(settings, args),
            Self::Secret(args) => secret::run(settings, args),
            Self::Completion(args) => completion::run(args, Cli::command()),
            Self::Help(args) => help::run(args, Cli::command()),
        }
    }
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    crate::secret::keep_memory_private();
    ExitCode::from(start(std::env::args_os()))
}

fn start(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let parsed = Cli::command().try_get_matches_from(arguments).and_then(|m| Cli::from_arg_matches(&m));
    let cli = match parsed {
        Ok(cli) => cli.with_plan_file(),
        Err(error) => {
            // clap's own codes are 0 for help and version, 2 for usage: ours too.
            let code = u8::try_from(error.exit_code()).unwrap_or(exit::INVALID);
            return match error.print().and_then(|()| io::stdout().flush()) {
                Err(why) if code == exit::OK => {
                    let CliError { code, text } = CliError::output(&why);
                    output::complain(&text);
                    code
                }
                _ => code,
            };
        }
    };
    match Settings::new(&cli.global).and_then(|settings| cli.command.run(&settings)) {
        Ok(code) => code,
        Err(CliError { code, text }) => {
            output::complain(&text);
            code
        }
    }
}
