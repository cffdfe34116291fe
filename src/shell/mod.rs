//! A script and its data: how they are laid out on a shell's standard input, and how the answer is taken
//! apart again. Pure: it runs nothing and knows nothing of SSH.

pub mod batch;
pub mod frames;
pub mod kill;
pub mod guard;

use crate::model::{HostBytes, Secret};
use std::borrow::Cow;
use std::time::Duration;

/// One piece of work for a host's shell: a POSIX script, its data, and the bounds of its answer.
#[derive(Clone, Debug)]
pub struct Part {
    /// `[a-z0-9._-]+`; names the part in results, and stands in the script as a comment.
    pub name: String,
    /// POSIX sh, run by a shell of its own; its standard input is `input`.
    pub script: Cow<'static, str>,
    /// Shell variables that are set before the script runs. They travel as data lines, never as program
    /// text; a value may not contain a line feed or NUL.
    pub values: Vec<(&'static str, String)>,
    /// Positional parameters `"$@"` of the script, under the same rule.
    pub args: Vec<String>,
    /// Lines of standard input, under the same rule.
    pub input: Vec<String>,
    /// A secret for the script, in its variable `fleet_secret`. It travels as values do, and is never printed.
    pub secret: Option<Secret>,
    /// A command for the session's own shell, done before the part; it outlives it.
    pub session: &'static str,
    /// How long it may take before its process tree is ended.
    pub timeout: Duration,
    /// Bytes of standard output that are kept; the rest is counted and thrown away.
    pub max_stdout: usize,
}

/// A process, told apart from a later one that got its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Process {
    pub pid: u32,
    /// Ticks since the host's boot; 0 when the host did not say.
    pub start: u64,
    /// The number of its session.
    pub session: u32,
}

/// Bytes of standard error that are kept.
pub const MAX_STDERR: usize = 64 << 10;

impl Part {
    /// A part with the default bounds: 60 s, 1 MiB.
    pub fn new(name: impl Into<String>, script: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            script: script.into(),
            values: Vec::new(),
            args: Vec::new(),
            input: Vec::new(),
            secret: None,
            session: "",
            timeout: Duration::from_secs(60),
            max_stdout: 1 << 20,
        }
    }

    pub fn value(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.push((name, value.into()));
        self
    }

    pub fn input(mut self, lines: Vec<String>) -> Self {
        self.input = lines;
        self
    }

    pub fn max_stdout(mut self, bytes: usize) -> Self {
        self.max_stdout = bytes;
        self
    }
}

/// Secrets are not compared; that there is one is.
impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        let of = |p: &Self| (p.timeout, p.max_stdout, p.secret.is_some());
        (&self.name, &self.script, &self.values, &self.args, &self.input, self.session, of(self))
            == (&other.name, &other.script, &other.values, &other.args, &other.input, other.session, of(other))
    }
}

/// How a part ended on the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Its END mark came, with this exit status (128 + n for signal n).
    Status(i32),
    /// Its deadline passed and its process tree was ended.
    TimedOut,
    /// It was ended because the run was interrupted.
    Cancelled,
    /// No END mark came: the connection or the shell was lost first.
    Lost,
    /// No BEGIN mark came.
    NotStarted,
}

/// What came back of one part.
#[derive(Clone, Debug, PartialEq)]
pub struct PartOutput {
    pub name: String,
    pub ended: Ended,
    pub stdout: HostBytes,
    pub stderr: HostBytes,
    /// More came than was kept.
    pub truncated: bool,
    pub elapsed: Duration,
}
