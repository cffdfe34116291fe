//! Services of the host: whether one runs, and telling it. By systemd where that runs, else by `service`, else by the
//! script in `/etc/init.d`.

use super::act::{ScriptReport, report};
use super::answer::{lines, required};
use super::parse::ParseError;
use super::parse::text;
use crate::model::{RowEnd, RowResult};
use crate::shell::{Part, PartOutput};
use std::collections::BTreeSet;
use std::time::Duration;

const WAY: &str = include_str!("service/way.sh");
const STATE: &str = include_str!("service/state.sh");
const SET: &str = include_str!("service/set.sh");

/// What a service is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// It is to run from now on.
    Start,
    /// It is to run no longer.
    Stop,
    /// It is stopped and started.
    Restart,
    /// It reads its configuration again without an end.
    Reload,
}

/// Whether a service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// It runs.
    Yes,
    /// It is there and does not run.
    No,
    /// There is no such service.
    None,
    /// It is there, and systemd is told never to start it.
    Masked,
    /// Nobody can tell.
    Unknown,
}

/// What was read of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Whether it runs.
    pub runs: Runs,
    /// In the host's words, sanitised.
    pub detail: String,
}

impl Operation {
    /// The words of `state` in a playbook, for [`Operation::parse`].
    pub const WORDS: &'static [&'static str] = &["started", "stopped", "restarted", "reloaded"];

    /// The operation for a word of [`Operation::WORDS`]; none for any other.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "started" => Self::Start,
            "stopped" => Self::Stop,
            "restarted" => Self::Restart,
            "reloaded" => Self::Reload,
            _ => return None,
        })
    }

    /// What an init script and systemctl call it.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Reload => "reload",
        }
    }
}

/// The name of a service: letters, digits and `_.@:-`, beginning with a letter or digit; `.service` may stand behind it.
///
/// # Errors
/// Any other; the sentence does not quote it raw.
pub fn name(given: &str) -> Result<String, String> {
    let name = given.strip_suffix(".service").unwrap_or(given);
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.@:-".contains(&b);
    let good = name.len() <= 100
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(plain)
        && !name.contains("..");
    if good { Ok(name.to_owned()) } else { Err(format!("`{}` is not a service name", text(given.as_bytes()))) }
}

/// Reads whether it runs.
pub fn query(name: &str) -> Part {
    Part::new("service.state", [WAY, STATE].concat()).value("name", name)
}

/// Tells it; `dir` is the folder that the host keeps.
pub fn set(name: &str, operation: Operation, dir: &str) -> Part {
    let mut part = Part::new("service.set", [WAY, SET].concat());
    part.timeout = Duration::from_secs(300);
    part.value("name", name).value("verb", operation.verb()).value("dir", dir)
}

/// What [`set`] says of it.
///
/// # Errors
/// When there is no answer at all.
pub fn said(name: &str, outputs: &[PartOutput]) -> Result<ScriptReport, ParseError> {
    report(outputs, "service.set", &BTreeSet::from([name]))
}

/// The answer of [`query`].
///
/// # Errors
/// When it is none.
pub fn state(outputs: &[PartOutput]) -> Result<State, ParseError> {
    let answer = required(outputs, "service.state", "service")?;
    let (mut found, mut ended) = (None, false);
    answer.bytes.parse(|bytes| {
        for (n, line) in lines(bytes) {
            let fields: Vec<&[u8]> = line.split(|&b| b == b'\t').collect();
            match fields.as_slice() {
                [b"end"] => ended = true,
                [b"state", word, detail @ ..] => {
                    let runs = match *word {
                        b"started" => Runs::Yes,
                        b"stopped" => Runs::No,
                        b"none" => Runs::None,
                        b"masked" => Runs::Masked,
                        b"unknown" => Runs::Unknown,
                        _ => return Err(ParseError::new("service", n, "an unknown state")),
                    };
                    found = Some(State { runs, detail: text(&detail.join(&b' ')) });
                }
                _ => {}
            }
        }
        Ok(())
    })?;
    let fault = answer.cut_off(ended, "service").or(answer.fault);
    match (found, fault) {
        (Some(state), None) => Ok(state),
        (_, why) => Err(ParseError::new("service", 0, why.unwrap_or_else(|| "no response".to_owned()))),
    }
}

/// What became of it, by what was read afterwards and what was said; none when that cannot be told.
pub fn judge(name: &str, operation: Operation, state: &State, report: Option<&ScriptReport>) -> Option<RowResult> {
    let of = |end, why: Option<String>| Some(RowResult::new(name, end, why));
    let said = report.and_then(|c| c.rows.first());
    if let Some(row) = said.filter(|r| r.end == RowEnd::Failed) {
        return Some(row.clone());
    }
    let fault = report.filter(|_| said.is_none()).and_then(|c| c.fault.clone());
    match (operation, state.runs) {
        (Operation::Start, Runs::Yes) | (Operation::Stop, Runs::No) => of(RowEnd::Changed, None),
        // Running does not tell since when.
        (Operation::Restart | Operation::Reload, Runs::Yes) if said.is_some() => of(RowEnd::Changed, None),
        (Operation::Restart | Operation::Reload, Runs::Yes) => fault.and_then(|why| of(RowEnd::Failed, Some(why))),
        (_, Runs::Unknown) if said.is_some() => of(RowEnd::Changed, Some(format!("not verified: {}", state.detail))),
        (_, Runs::Unknown) => None,
        (Operation::Stop, Runs::None | Runs::Masked) => of(RowEnd::Changed, None),
        (Operation::Stop, _) => of(RowEnd::Failed, fault.or_else(|| Some("it is still running".to_owned()))),
        (_, Runs::None) => of(RowEnd::Failed, Some("no such service".to_owned())),
        _ => of(RowEnd::Failed, fault.or_else(|| Some(format!("it is not running: {}", state.detail)))),
    }
}

#[cfg(test)]
mod tests;
