//! What selectors know beside the inventory, what they ask for, and why there is no selection.

use crate::model::{HostName, HostStatus, Problem, Profile};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A set of hosts that an earlier run left: `last:failed`, `run:2026-11-24.3/failed`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResultSet {
    /// `None` is the last run.
    pub run: Option<String>,
    /// The word of a [`HostStatus`], or `findings`: hosts that have some.
    pub kind: &'static str,
}

impl ResultSet {
    /// The kinds of result that there are.
    pub fn kinds() -> impl Iterator<Item = &'static str> + Clone {
        HostStatus::ALL.iter().map(|status| status.word()).chain(["findings"])
    }

    pub(super) fn last(kind: &str) -> Option<Self> {
        Some(Self { run: None, kind: Self::kinds().find(|known| *known == kind)? })
    }

    pub(super) fn of_run(id: &str, kind: &str) -> Option<Self> {
        Some(Self { run: Some(id.to_owned()), ..Self::last(kind)? })
    }
}

/// What selectors know beside the inventory. The caller asks [`Selection::needs`](super::Selection::needs) and brings it.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// By the path as it was typed after `file:`; `Err` says why it could not be read.
    pub files: BTreeMap<String, Result<String, String>>,
    /// A run that there is not has no entry; a run without such hosts has an empty one.
    pub results: BTreeMap<ResultSet, BTreeSet<HostName>>,
    /// What the last run saw of each host.
    pub profiles: BTreeMap<HostName, Profile>,
}

/// What a selection asks of the [`Context`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Paths of lists of hosts, as typed after `file:`; the caller reads them.
    pub files: BTreeSet<String>,
    /// Hosts of earlier runs, which the store knows.
    pub results: BTreeSet<ResultSet>,
    /// Whether a selector asks for what the last run saw: `panel:`, `mta:` or `os:`.
    pub profiles: bool,
}

/// Why there is no selection. Nothing was contacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectError {
    /// Not a selector, or one that can be read in two ways.
    Invalid(Problem),
    /// A name, tag or group that nobody has, or no host left.
    Nothing(Problem),
    /// Not as many as `--expect` said.
    Expectation(Problem),
}

impl SelectError {
    /// What is wrong, for people, whichever kind it is.
    pub fn problem(&self) -> &Problem {
        match self {
            Self::Invalid(problem) | Self::Nothing(problem) | Self::Expectation(problem) => problem,
        }
    }
}

impl fmt::Display for SelectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem().fmt(f)
    }
}

impl std::error::Error for SelectError {}
