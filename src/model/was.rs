//! What was true of an object when a change of it was planned: shown in the plan, and compared before the change is done.
//!
//! Plans and records hold these forms without a tag; their members tell them apart. An unknown member is refused, so that
//! no form is taken for another.

use super::mail::AccountKind;
use serde::{Deserialize, Serialize};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum AccountWas {
    /// It was there.
    There {
        /// A mailbox, an alias, ..
        kind: AccountKind,
        /// It could not log in.
        disabled: bool,
        /// Where it was read: `plesk`, `passwd`.
        source: String,
        /// Every word by which it logs in.
        logins: Vec<String>,
    },
    /// There was none, and it is to be made again.
    Absent {
        /// False; it tells this form from the other.
        exists: bool,
    },
}

impl AccountWas {
    /// There is no such account.
    pub const ABSENT: Self = Self::Absent { exists: false };

    /// Whether it was switched off; none where there was no account.
    pub fn disabled(&self) -> Option<bool> {
        match self {
            Self::There { disabled, .. } => Some(*disabled),
            Self::Absent { .. } => None,
        }
    }

    /// Every word by which it logs in.
    pub fn logins(&self) -> &[String] {
        match self {
            Self::There { logins, .. } => logins,
            Self::Absent { .. } => &[],
        }
    }

    /// Whether nothing but an alias stood under its name.
    pub fn is_alias(&self) -> bool {
        matches!(self, Self::There { kind: AccountKind::Alias, .. })
    }
}

/// A service, a file, a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum ThingWas {
    /// Nothing that its name does not say.
    Nothing,
    /// A service.
    Service {
        /// Whether it ran; none: that was not known.
        runs: Option<bool>,
    },
    /// A path.
    File {
        /// What was there; none: nothing.
        now: Option<File>,
        /// What is to be there; none: nothing.
        new: Option<NewFile>,
    },
    /// A command whose line is too long to be its name.
    Command {
        /// All its words.
        argv: Vec<String>,
    },
    /// A script.
    Script {
        /// Its text.
        sh: String,
    },
}

/// A text by its checksum and size, as cksum tells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// The CRC of POSIX `cksum`.
    pub sum: u32,
    /// Bytes.
    pub size: u64,
}

impl Sum {
    /// The checksum of a text that is here, as the host's cksum would tell it.
    pub fn of(text: &[u8]) -> Self {
        let size = text.len() as u64;
        let length = size.to_le_bytes();
        let used = length.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
        let all = text.iter().chain(length.iter().take(used));
        let sum = all.fold(0_u32, |crc, byte| {
            (0..8).fold(crc ^ (u32::from(*byte) << 24), |crc, _| {
                (crc << 1) ^ if crc & 0x8000_0000 == 0 { 0 } else { 0x04C1_1DB7 }
            })
        });
        Self { sum: !sum, size }
    }
}

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its content.
    #[serde(flatten)]
    pub sum: Sum,
    /// Octal digits.
    pub mode: String,
    /// `UID:GID`.
    pub owner: String,
    /// `USER:GROUP`.
    pub names: String,
}

impl File {
    /// Whether it is that user's, and of that group where one is named.
    pub fn is_of(&self, owner: &str) -> bool {
        let split = |text: &str| text.split_once(':').map(|(u, g)| (u.to_owned(), g.to_owned())).unwrap_or_default();
        let (ids, names) = (split(&self.owner), split(&self.names));
        let (user, group) = owner.split_once(':').map_or((owner, None), |(u, g)| (u, Some(g)));
        (ids.0 == user || names.0 == user) && group.is_none_or(|g| ids.1 == g || names.1 == g)
    }
}

/// What a file is to be; of mode and owner, none: as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewFile {
    /// Its content.
    #[serde(flatten)]
    pub sum: Sum,
    /// Octal digits.
    pub mode: Option<String>,
    /// As it was asked for: `USER`, `USER:GROUP`, by name or number.
    pub owner: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Row;

    #[test]
    fn rows_of_earlier_records_are_read_and_written_as_they_were() {
        let file = r#"{"sum":1,"size":2,"mode":"644","owner":"0:0","names":"root:root"}"#;
        let account = |was: &str| format!(r#"{{"kind":"account","address":"a@b.jp","was":{was}}}"#);
        let thing = |was: &str| format!(r#"{{"kind":"thing","name":"x","was":{was}}}"#);
        let records = [
            account(r#"{"kind":"mailbox","disabled":false,"source":"plesk","logins":["a@b.jp","a"]}"#),
            account(r#"{"exists":false}"#),
            thing("null"),
            thing(r#"{"runs":true}"#),
            thing(r#"{"runs":null}"#),
            thing(&format!(r#"{{"now":null,"new":{}}}"#, file.replace(r#","names":"root:root""#, ""))),
            thing(&format!(r#"{{"now":{file},"new":{{"sum":3,"size":4,"mode":null,"owner":null}}}}"#)),
            thing(&format!(r#"{{"now":{file},"new":null}}"#)),
            thing(r#"{"argv":["echo","x"]}"#),
            thing(r##"{"sh":"# why\nrm x\n"}"##),
        ];
        let mut seen: Vec<Row> = Vec::new();
        for record in records {
            let row: Row = serde_json::from_str(&record).unwrap_or_else(|e| panic!("{record}: {e}"));
            assert_eq!(serde_json::to_string(&row).unwrap(), record);
            assert!(!seen.contains(&row), "{record} is taken for another");
            seen.push(row);
        }
    }

    #[test]
    fn what_is_of_no_known_form_is_refused() {
        for was in [r#"{"runs":true,"more":1}"#, r#"{"other":1}"#, r#"{"argv":"x"}"#, "true"] {
            assert!(serde_json::from_str::<ThingWas>(was).is_err(), "{was}");
        }
        for was in ["null", "{}", r#"{"kind":"mailbox"}"#, r#"{"runs":true}"#] {
            assert!(serde_json::from_str::<AccountWas>(was).is_err(), "{was}");
        }
    }
}
