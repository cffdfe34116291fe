//! How a step and a host ended.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! kebab_display {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

/// The outcome of one step on one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It ran, and nothing was or needed to be changed. The good end of every reading step.
    Unchanged,
    WouldChange,
    Changed,
    Skipped,
    Failed,
    TimedOut,
    Cancelled,
    /// A change was sent and its fate is not known.
    Unknown,
}

impl Outcome {
    pub fn word(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::WouldChange => "would-change",
            Self::Changed => "changed",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }
}
kebab_display!(Outcome);

/// How a host ended. Every selected host has exactly one at the end of a run, whether contacted or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostStatus {
    Ok,
    /// The playbook did not apply to it: a `stop` step, or a condition.
    Skipped,
    /// At least one step failed or timed out.
    Failed,
    /// No connection, no authentication, a refused host key, or a connection lost while reading.
    Unreachable,
    TimedOut,
    Cancelled,
    NotStarted,
    /// A change was sent and its fate is not known.
    Unknown,
    /// Nothing was changed: a lock, no approval, a limit, or what was approved is no longer so.
    Refused,
}

impl HostStatus {
    pub const ALL: &[Self] = &[
        Self::Ok,
        Self::Skipped,
        Self::Failed,
        Self::Unreachable,
        Self::TimedOut,
        Self::Cancelled,
        Self::NotStarted,
        Self::Unknown,
        Self::Refused,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed-out",
            Self::Cancelled => "cancelled",
            Self::NotStarted => "not-started",
            Self::Unknown => "unknown",
            Self::Refused => "refused",
        }
    }
}
kebab_display!(HostStatus);
