//! How far a playbook may go.

use serde::Serialize;
use std::fmt;

/// How far a playbook may go; ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    ReadOnly,
    Change,
    Destructive,
}

impl Mode {
    pub(crate) const WORDS: &[&str] = &["read-only", "change", "destructive"];

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
