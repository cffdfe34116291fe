//! What was typed -> what is meant -> one file for each command. The only room that reads arguments, the
//! environment and the terminal, and that decides exit codes.

mod args;
mod change;
mod commands;
mod error;
pub mod exit;
mod load;
mod output;
mod planfile;
mod settings;
mod signals;
mod start;
mod unpack;

use clap::{CommandFactory, FromArgMatches};
use error::CliError;
use std::ffi::OsString;
use std::process::ExitCode;

/// `docs/configuration.md`, made from the table of settings.
pub fn configuration() -> String {
    settings::document()
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    crate::secret::keep_memory_private();
    ExitCode::from(run(std::env::args_os()))
}

fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let command = args::Cli::command();
    let parsed = command.try_get_matches_from(arguments).and_then(|m| args::Cli::from_arg_matches(&m));
    let cli = match parsed {
        Ok(cli) => cli.with_plan_file(),
        Err(error) => {
            // clap's own codes are 0 for help and version, 2 for usage: ours too.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(exit::INVALID);
        }
    };
    let done = settings::Settings::new(&cli.global).and_then(|settings| cli.command.run(&settings));
    match done {
        Ok(code) => code,
        Err(CliError { code, text }) => {
            output::complain(&text);
            code
        }
    }
}
