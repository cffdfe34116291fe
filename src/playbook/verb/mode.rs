//! How far a playbook may go, and what a verb may do.

use serde::Serialize;
use std::fmt;

/// How far a playbook may go; ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// No verb of it changes a host.
    ReadOnly,
    /// It changes hosts.
    Change,
    /// It changes hosts and may delete; allowed as [`Mode::Change`] is, and said to people.
    Destructive,
}

impl Mode {
    pub(crate) const WORDS: &[&str] = &["read-only", "change", "destructive"];

    /// The word of it in a playbook's `mode`.
    pub fn word(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::Change => "change",
            Self::Destructive => "destructive",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::ReadOnly, Self::Change, Self::Destructive].into_iter().find(|m| m.word() == word)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

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
    /// The word of it in the documentation and in messages.
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
