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

/// The outcome of one step on one host. Ordered: of several, the worst is the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Skipped,
    /// It ran, and nothing was or needed to be changed. The good end of every reading step.
    Unchanged,
    WouldChange,
    Changed,
    /// Somebody else changed an object since the change was approved, so that was left alone.
    Overtaken,
    Cancelled,
    TimedOut,
    Failed,
    /// A change was sent and its fate is not known.
    Unknown,
}

impl Outcome {
    /// It did not do what it was to do, or nobody knows whether it did.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut | Self::Unknown)
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::WouldChange => "would-change",
            Self::Changed => "changed",
            Self::Overtaken => "overtaken",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }
}
kebab_display!(Outcome);

/// How a host ended. Every selected host has exactly one at the end of a run, whether contacted or not. Ordered: the
/// worst is the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostStatus {
    Ok,
    /// The playbook did not apply to it: a `stop` step, or a condition.
    Skipped,
    /// Nothing was changed: a lock, no approval, a limit, or what was approved is no longer so.
    Refused,
    NotStarted,
    Cancelled,
    TimedOut,
    /// No connection, no authentication, a refused host key, or a connection lost while reading.
    Unreachable,
    /// At least one step failed or timed out.
    Failed,
    /// A change was sent and its fate is not known.
    Unknown,
}

impl HostStatus {
    /// In the order in which they are counted for people.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_listed_once_and_only_ok_is_not_worse_than_skipped() {
        let mut all = HostStatus::ALL.to_vec();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), HostStatus::ALL.len());
        assert_eq!((all.first(), all.last()), (Some(&HostStatus::Ok), Some(&HostStatus::Unknown)));
    }

    #[test]
    fn the_worst_of_several_outcomes_is_the_one_that_is_most_in_doubt() {
        let worst = |all: &[Outcome]| all.iter().copied().max();
        assert_eq!(worst(&[Outcome::Changed, Outcome::Failed, Outcome::Cancelled]), Some(Outcome::Failed));
        assert_eq!(worst(&[Outcome::Unknown, Outcome::Failed]), Some(Outcome::Unknown));
        assert_eq!(worst(&[Outcome::Unchanged, Outcome::Skipped]), Some(Outcome::Unchanged));
    }
}
