//! What is changed on a host: the objects, fixed when the change was planned, and what became of each.

use super::mail::QueuedMessage;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// The name of one change that is sent to a host: 32 hexadecimal digits by chance. The host does each op once at most.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Op(String);

impl Op {
    /// From 16 random bytes.
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(bytes.iter().map(|b| format!("{b:02x}")).collect())
    }

    /// Text that is an op, and so nothing that a path or a command could misread.
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        (text.len() == 32 && text.bytes().all(digit)).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder on the host where the op leaves its traces, and keeps what it may have to bring back.
    pub fn folder(&self) -> String {
        format!("/var/lib/fleet/{}", self.0)
    }

    /// The folder in it that a change keeps, and that undoing it reads.
    pub fn kept(&self) -> String {
        format!("{}/keep", self.folder())
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One object that a change is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Row {
    /// A queued message. It is the same one only while id, arrival, sender and size are.
    Message { id: String, arrival: i64, sender: String, size: u64, recipients: u64 },
    /// An account, and what was true of it when the change was planned.
    Account { address: String, was: Value },
    /// Anything else: a service, a file, a command; what was true of it.
    Thing { name: String, was: Value },
}

impl Row {
    pub fn message(message: &QueuedMessage) -> Self {
        Self::Message {
            id: message.id.clone(),
            arrival: message.arrival,
            sender: message.sender.clone(),
            size: message.size,
            recipients: message.recipients.len() as u64,
        }
    }

    /// What names it on its host: a queue id, an address, a name.
    pub fn key(&self) -> &str {
        match self {
            Self::Message { id, .. } => id,
            Self::Account { address, .. } => address,
            Self::Thing { name, .. } => name,
        }
    }

    /// Whether both are the same message, whoever of its recipients was served in between.
    pub fn is_still(&self, other: &Self) -> bool {
        let Self::Message { recipients, .. } = other else { return self == other };
        let mut own = self.clone();
        if let Self::Message { recipients: own, .. } = &mut own {
            *own = *recipients;
        }
        own == *other
    }

    /// Whether this is that message and not another that got its id.
    pub fn is(&self, message: &QueuedMessage) -> bool {
        matches!(self, Self::Message { id, arrival, sender, size, .. }
            if *id == message.id && *arrival == message.arrival && *sender == message.sender && *size == message.size)
    }
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowEnd {
    /// Held back: it waits and is not delivered.
    Held,
    Released,
    Deleted,
    Restored,
    /// An account or a thing is now as planned.
    Changed,
    /// It was no longer there, or was another object of the same name, before anything was done to it.
    Gone,
    /// It was delivered, as the log says, while it was being held or deleted.
    InFlightSent,
    /// Somebody else changed it since it was approved, so it was left alone.
    Overtaken,
    Failed,
}

impl RowEnd {
    pub const ALL: &[Self] = &[
        Self::Held,
        Self::Released,
        Self::Deleted,
        Self::Restored,
        Self::Changed,
        Self::Gone,
        Self::InFlightSent,
        Self::Overtaken,
        Self::Failed,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Released => "released",
            Self::Deleted => "deleted",
            Self::Restored => "restored",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::InFlightSent => "in-flight-sent",
            Self::Overtaken => "overtaken",
            Self::Failed => "failed",
        }
    }

    pub fn parse(word: &[u8]) -> Option<Self> {
        Self::ALL.iter().copied().find(|end| end.word().as_bytes() == word)
    }
}

/// A row with its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowResult {
    pub key: String,
    pub end: RowEnd,
    /// Why it failed, sanitised; what else is to be known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// One act of one step on one host, as it was planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Index of the step.
    pub step: usize,
    /// Position of the for_each's item, from 0; 0 without a for_each.
    pub item: usize,
    pub verb: String,
    /// For people, the item's label among it: `hold 812 messages of info@example.jp`.
    pub title: String,
    /// The verb's arguments, without secrets.
    pub args: Value,
    pub rows: Vec<Row>,
    /// What it takes back when it is undone, for people; none when it cannot be undone.
    pub undo: Option<String>,
    /// It destroys what undo cannot bring back in full; shown in the plan.
    pub irreversible: bool,
}

impl Change {
    /// Whether it is the same act of the same step, whenever each was planned.
    pub fn is_same_act(&self, other: &Self) -> bool {
        self.step == other.step && self.args == other.args
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_op_is_nothing_but_digits() {
        let op = Op::new([0xab; 16]);
        assert_eq!(Op::parse(op.as_str()), Some(op.clone()));
        assert_eq!(op.folder(), format!("/var/lib/fleet/{}", "ab".repeat(16)));
        for bad in ["", "../..", &"A".repeat(32), &"a".repeat(33)] {
            assert_eq!(Op::parse(bad), None);
        }
    }

    #[test]
    fn a_message_is_known_by_more_than_its_id() {
        let message = QueuedMessage {
            id: "A2CDA9D291A".into(),
            queue: "deferred".into(),
            arrival: 5,
            size: 300,
            sender: "a@b.jp".into(),
            login: None,
            recipients: vec!["x@y.jp".into()],
            reason: None,
        };
        let row = Row::message(&message);
        assert!(row.is(&QueuedMessage { queue: "hold".into(), ..message.clone() }));
        assert!(!row.is(&QueuedMessage { arrival: 6, ..message.clone() }));
        assert!(!row.is(&QueuedMessage { size: 301, ..message }));
    }
}
