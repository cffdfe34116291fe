//! What a command can end with besides a summary: a code and a text for stderr.

use super::exit;
use crate::engine::RunError;
use crate::inventory::SelectError;
use crate::model::{Problem, Problems};
use crate::store::StoreError;
use std::fmt;
use std::io;

/// A command's failure. The text is complete: place, what is wrong, the way out.
#[derive(Debug)]
pub struct CliError {
    pub code: u8,
    pub text: String,
}

impl CliError {
    pub fn invalid(text: impl fmt::Display) -> Self {
        Self { code: exit::INVALID, text: text.to_string() }
    }

    pub fn refused(text: impl fmt::Display) -> Self {
        Self { code: exit::REFUSED, text: text.to_string() }
    }

    /// Standard output could not be written.
    pub fn output(error: &io::Error) -> Self {
        let text = match error.kind() {
            io::ErrorKind::BrokenPipe => "the output is incomplete: its reader went away".to_owned(),
            _ => format!("the output is incomplete: standard output cannot be written: {error}"),
        };
        Self { code: exit::OUTPUT, text }
    }
}

impl From<Problems> for CliError {
    fn from(problems: Problems) -> Self {
        Self::invalid(problems)
    }
}

impl From<Problem> for CliError {
    fn from(problem: Problem) -> Self {
        Self::invalid(problem)
    }
}

impl From<SelectError> for CliError {
    fn from(error: SelectError) -> Self {
        match error {
            SelectError::Invalid(problem) => Self::invalid(problem),
            SelectError::Nothing(problem) | SelectError::Expectation(problem) => {
                Self { code: exit::NOTHING, text: problem.to_string() }
            }
        }
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::NoSuchRun(_) | StoreError::Folder { .. } => exit::INVALID,
            StoreError::Full { .. }
            | StoreError::Sql { .. }
            | StoreError::Migration { .. }
            | StoreError::Event { .. } => exit::BUG,
        };
        Self { code, text: error.to_string() }
    }
}

impl From<RunError> for CliError {
    fn from(error: RunError) -> Self {
        Self { code: exit::BUG, text: error.to_string() }
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        Self { code: exit::BUG, text: error.to_string() }
    }
}
