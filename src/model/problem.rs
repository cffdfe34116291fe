//! What is wrong with an input, where, and the way out. Never the offending value itself: inventories and
//! variable files may hold secrets, so a problem names the place and what was expected.

use serde::Serialize;
use std::fmt;

/// A place in a text: both count from 1; 0 means unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// One thing wrong with an input file or argument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file, or a name for the text such as `--hosts`.
    pub source: String,
    pub place: Place,
    pub message: String,
    /// The way out: nearest names, the right spelling, the command to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Problem {
    pub fn new(source: impl Into<String>, place: Place, message: impl Into<String>) -> Self {
        Self { source: source.into(), place, message: message.into(), help: None }
    }

    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With its way out on the same line, to stand inside another sentence.
    pub fn in_one_line(&self) -> String {
        self.to_string().replace("\n  ", "; ")
    }

    /// Adds `near: a, b` when some known name is close to what was typed.
    pub fn with_near<'a>(self, typed: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match super::near::nearest(typed, known).as_slice() {
            [] => self,
            names => self.with_help(format!("near: {}", names.join(", "))),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)?;
        if self.place.line > 0 {
            write!(f, ":{}", self.place.line)?;
        }
        if self.place.column > 0 {
            write!(f, ":{}", self.place.column)?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(help) = &self.help {
            write!(f, "\n  {help}")?;
        }
        Ok(())
    }
}

/// All problems of one input; never empty when it is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// `Ok(value)` when nothing was found wrong.
    pub fn or<T>(self, value: T) -> Result<T, Problems> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
