//! Whether a run's record is whole: a chain over its events.
//!
//! Each event's row keeps a head: the SHA-256 of the head before it, its number and its text. The run's row keeps the head of
//! its last event, written in the same transaction. An event that was removed, put in, moved or altered since then, by
//! accident or by hand, no longer fits. Whoever can rewrite the database can also make a new chain: against that only a head
//! helps that was noted elsewhere.

use crate::model::RunId;
use sha2::{Digest, Sha256};
use std::fmt;

/// What stands for a run's events up to one of them. It is shown in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head([u8; 32]);

impl Head {
    /// Of a run without events.
    pub(super) fn of_run(run: &RunId) -> Self {
        Self(Sha256::new().chain_update(b"fleet run\0").chain_update(&run.0).finalize().into())
    }

    /// With one event more.
    pub(super) fn with(&self, seq: i64, body: &str) -> Self {
        let hash = Sha256::new().chain_update(self.0).chain_update(seq.to_be_bytes()).chain_update(body);
        Self(hash.finalize().into())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What was found of a run's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Integrity {
    /// So many events, and no more or less than were written.
    Whole { events: u64, head: Head },
    /// The run was recorded by a version without the chain.
    NotChained { events: u64 },
    /// It is not what was written: from this event on; none: events are missing at its end.
    Broken { at: Option<i64> },
}

impl Integrity {
    /// What is wrong, in words.
    pub fn problem(&self, run: &RunId) -> Option<String> {
        match self {
            Self::Whole { .. } | Self::NotChained { .. } => None,
            Self::Broken { at: Some(seq) } => Some(format!(
                "the record of run {run} is damaged: event {seq} does not follow from those before it; events were removed \
                 or altered"
            )),
            Self::Broken { at: None } => {
                Some(format!("the record of run {run} is damaged: events are missing at its end"))
            }
        }
    }
}

/// Follows the rows of a run's events.
pub(super) struct Check {
    head: Head,
    events: u64,
    chained: bool,
    broken: Option<i64>,
}

impl Check {
    pub fn new(run: &RunId) -> Self {
        Self { head: Head::of_run(run), events: 0, chained: false, broken: None }
    }

    /// The next event with the head that its row keeps.
    pub fn event(&mut self, seq: i64, body: &str, kept: Option<&[u8]>) {
        self.head = self.head.with(seq, body);
        self.events += 1;
        self.chained |= kept.is_some();
        if kept != Some(self.head.bytes()) {
            self.broken.get_or_insert(seq);
        }
    }

    /// There are no more; `kept`: the head that the run's row keeps.
    pub fn end(self, kept: Option<&[u8]>) -> Integrity {
        let Self { head, events, chained, broken } = self;
        match (kept, broken) {
            (None, _) if !chained => Integrity::NotChained { events },
            (_, Some(seq)) => Integrity::Broken { at: Some(seq) },
            (Some(kept), None) if kept == head.bytes() => Integrity::Whole { events, head },
            (_, None) => Integrity::Broken { at: None },
        }
    }
}
