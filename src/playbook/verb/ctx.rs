//! What a verb knows when it is asked, and why it may have nothing to ask or to tell.

use crate::host::ask::Support;
use crate::host::os_support::Table;
use crate::mail::geo::Geo;
use crate::mail::signals::Baseline;
use crate::model::host::Host;
use crate::model::profile::Profile;
use crate::model::secret::Secret;
use crate::shell::Part;
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::time::Duration;

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
    /// The host as the inventory has it.
    pub host: &'a Host,
    /// The host as it was found; empty before it was profiled.
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

impl Refusal {
    /// Why, for people.
    pub fn into_text(self) -> String {
        match self {
            Self::NotSupported(why) | Self::Invalid(why) => why,
        }
    }
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
