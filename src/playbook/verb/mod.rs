//! The contract of a verb: what it is, what it may ask, and what it says.
//!
//! A verb that reads offers shell parts and a pure reader of their output. It runs nothing itself.

pub mod mode;
pub mod changing;

use crate::host::ask::Support;
use crate::host::os_support::Table;
use crate::mail::geo::Geo;
use crate::mail::signals::Baseline;
use crate::model::host::Host;
use crate::model::problem::Problems;
use crate::model::profile::Profile;
use crate::model::schema::Field;
use crate::model::secret::Secret;
use crate::model::yaml::{Node, Yaml};
use crate::shell::{Part, PartOutput};
use changing::Changing;
use mode::Mode;
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// What a verb may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Asks the host and changes nothing.
    Reading,
    /// Judges what was read; no host is asked.
    Judging,
    /// Changes the host.
    Changing,
    /// Decides how the playbook goes on.
    Control,
}

impl Class {
    pub fn word(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Judging => "judging",
            Self::Changing => "changing",
            Self::Control => "control",
        }
    }

    /// Whether a playbook of that mode may hold such a verb.
    pub fn allowed_in(self, mode: Mode) -> bool {
        self != Self::Changing || mode != Mode::ReadOnly
    }
}

/// One verb.
pub struct Verb {
    pub name: &'static str,
    pub class: Class,
    /// A few words, for the table of verbs.
    pub summary: &'static str,
    /// A paragraph, Markdown.
    pub doc: &'static str,
    pub args: &'static [Field],
    /// What `steps.ID` offers afterwards.
    pub output: &'static [Field],
    /// A step, YAML.
    pub example: &'static str,
    pub body: Body,
    /// What the table of arguments cannot say; called once, when the playbook is loaded.
    pub check: fn(args: &Node, source: &str, problems: &mut Problems),
}

impl Verb {
    /// What a step with these arguments does.
    pub(crate) fn body_of(&self, args: &Node) -> Body {
        match self.body {
            Body::Either(_, verb) if changes(args) => Body::Changing(verb),
            Body::Either(verb, _) => Body::Reading(verb),
            body => body,
        }
    }

    /// How it changes a host, where it can.
    pub fn changing(&self) -> Option<&'static dyn Changing> {
        match self.body {
            Body::Changing(verb) | Body::Either(_, verb) => Some(verb),
            _ => None,
        }
    }
}

impl fmt::Debug for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verb({})", self.name)
    }
}

/// What a verb does.
#[derive(Clone, Copy)]
pub enum Body {
    Reading(&'static dyn Reading),
    Changing(&'static dyn Changing),
    /// The one or the other, by the argument `reads`: the loader chooses for each step, and no step has this one.
    Either(&'static dyn Reading, &'static dyn Changing),
    Finding,
    Stop,
    Assert,
    Include,
    Confirm,
}

impl Body {
    /// What a step with it may do.
    pub fn class(self) -> Class {
        match self {
            Self::Reading(_) | Self::Either(..) => Class::Reading,
            Self::Changing(_) => Class::Changing,
            Self::Finding => Class::Judging,
            Self::Stop | Self::Assert | Self::Include | Self::Confirm => Class::Control,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.class().word())
    }
}

/// A verb that reads: parts for the host's shell, and their meaning.
pub trait Reading: Sync {
    /// Whether it must know what the host is, so that the host is profiled first whatever `needs` says.
    fn reads_profile(&self) -> bool {
        true
    }
    /// Whether it makes no sense before the changes that stand before it were done: it waits for their effect.
    fn after_changes(&self) -> bool {
        false
    }
    /// What to run. All parts go to the host in one script.
    fn parts(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal>;
    /// The verb's output, as its table declares it.
    fn read(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Value, Failure>;
}

/// Why a reading verb has no result.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// A sentence, sanitised.
    pub message: String,
    /// What was read all the same, for people to look at; no expression sees it.
    pub data: Option<Value>,
}

impl<T: Into<String>> From<T> for Failure {
    fn from(message: T) -> Self {
        Self { message: message.into(), data: None }
    }
}

/// What a reading verb knows when it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Ctx<'a> {
    /// The step's arguments, rendered and checked.
    pub args: &'a Value,
    pub host: &'a Host,
    pub profile: &'a Profile,
    /// The controller's clock, seconds since 1970.
    pub now: i64,
    /// The day by which maintenance periods are judged.
    pub as_of: jiff::civil::Date,
    /// The maintenance dates, the user's rows among them.
    pub support: &'a Table,
    /// Where clients are, as far as the user gave databases.
    pub geo: &'a Geo,
    /// What is usual for the host's accounts, by earlier runs.
    pub baseline: &'a Baseline,
    /// The password to set, for an act of a verb that generates one.
    pub secret: Option<&'a Secret>,
    /// An earlier run had begun with the change: what it did of it is not done again.
    pub again: bool,
}

/// Why a verb asks nothing of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `mail server exim is not yet supported`: a remark on the host, no failure.
    NotSupported(String),
    /// The arguments make no sense.
    Invalid(String),
}

/// How far back a log is read: the argument `since`, or a day.
pub(crate) fn since(ctx: &Ctx<'_>) -> Duration {
    let given = ctx.args.get("since").and_then(Value::as_f64).and_then(|s| Duration::try_from_secs_f64(s).ok());
    given.unwrap_or(Duration::from_secs(86_400))
}

/// The parts of a probe of the mail room.
pub(crate) fn parts_of(support: Support) -> Result<Vec<Part>, Refusal> {
    match support {
        Support::Yes(parts) => Ok(parts),
        Support::NotYet(why) => Err(Refusal::NotSupported(why)),
    }
}

/// A report as the verb's output.
pub(crate) fn report_of<T: Serialize, E: fmt::Display>(report: Result<T, E>) -> Result<Value, Failure> {
    let report = report.map_err(|e| e.to_string())?;
    serde_json::to_value(report).map_err(|e| e.to_string().into())
}

/// Whether a step with these arguments changes the host.
pub(crate) fn changes(args: &Node) -> bool {
    args.get("reads").is_some_and(|n| n.value == Yaml::Bool(false))
}

/// For verbs whose table says everything.
pub(crate) fn nothing_more(_: &Node, _: &str, _: &mut Problems) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_only_playbook_holds_no_verb_that_changes() {
        assert!(!Class::Changing.allowed_in(Mode::ReadOnly));
        assert!(Class::Changing.allowed_in(Mode::Change));
        assert!(Class::Reading.allowed_in(Mode::ReadOnly));
    }
}
