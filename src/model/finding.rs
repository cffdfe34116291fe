//! What a playbook judged worth a person's attention.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How much a finding matters; ordered, so `--fail-on high` is a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Worth knowing, and nothing to do.
    Info,
    /// To be looked at.
    Warn,
    /// To be acted on; `--fail-on` counts from here unless it is told otherwise.
    High,
    /// To be acted on at once.
    Critical,
}

impl Level {
    /// From the least to the worst.
    pub const ALL: &[Self] = &[Self::Info, Self::Warn, Self::High, Self::Critical];
    /// Their words, in the same order.
    pub const WORDS: &[&str] = &["info", "warn", "high", "critical"];

    /// The word of it in playbooks, events, JSON and `--fail-on`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The level of that word; none when there is no such word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|l| l.word() == word)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// One judgement about one host. `code` and `key` together are stable from night to night.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Upper-case words joined by `_`, such as `SENDER_HOT`.
    pub code: String,
    /// As the playbook gave it.
    pub level: Level,
    /// What it is about within the host, such as an account; empty when it is about the host itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// The playbook's own sentence, sanitised.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Numbers and evidence, as the playbook declared them.
    #[serde(default)]
    pub data: serde_json::Map<String, serde_json::Value>,
}
