//! The domain: what a mail server and a panel say, read into the words of [`crate::model`].
//!
//! Owns the probes (a POSIX script beside the parser of its output) and the reports that playbooks see.
//! Scripts gather, Rust judges. It must not run anything: it hands out [`Part`]s and reads
//! [`PartOutput`](crate::shell::PartOutput)s. A parser is total and bounded; what it cannot read it counts
//! and names, and never guesses.
//!
//! A mail server is a folder in `mta/` and a line in [`mta::ALL`]; a panel is a folder in `panel/` and a
//! line in [`panel::ALL`].

pub mod accounts;
pub mod change;
pub mod detect;
pub mod evidence;
mod fields;
pub mod geo;
pub mod imap;
pub mod log;
pub mod logins;
pub mod mta;
pub mod nets;
pub mod os_support;
pub mod output;
pub mod panel;
pub mod queue;
pub mod senders;
pub mod sessions;
pub mod signals;
pub mod time;
pub mod web;

use crate::model::untrusted::clean_line;
use crate::shell::Part;
use std::fmt;

pub use accounts::ACCOUNTS_OUTPUT;
pub use logins::LOGINS_OUTPUT;
pub use os_support::{OS_OUTPUT, PANEL_OUTPUT};
pub use queue::QUEUE_OUTPUT;
pub use senders::SENDERS_OUTPUT;
pub use signals::SIGNALS_OUTPUT;
pub use web::WEB_OUTPUT;

/// Characters of a host's text that a report keeps of one value: an address (254), a reason.
const MAX_TEXT: usize = 320;

/// An answer that is not what the probe prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Which answer: `host facts`, `mail queue`.
    pub what: String,
    /// Counted from 1; 0 when it is not about one line.
    pub line: usize,
    /// Sanitised; never the host's raw text.
    pub message: String,
}

impl ParseError {
    pub fn new(what: &str, line: usize, message: impl AsRef<str>) -> Self {
        Self { what: what.to_owned(), line, message: clean_line(message.as_ref(), MAX_TEXT) }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.what, self.message),
            line => write!(f, "{}, line {line}: {}", self.what, self.message),
        }
    }
}

impl std::error::Error for ParseError {}

/// Whether something can be asked of a host.
#[derive(Clone, Debug, PartialEq)]
pub enum Support {
    /// What to run for it.
    Yes(Vec<Part>),
    /// Why not: `mail server exim is not yet supported`.
    NotYet(String),
}

/// The sentence of [`Support::NotYet`] for a mail server.
fn mta_not_yet(name: &str) -> String {
    match name {
        "none" => "no mail server was found".to_owned(),
        name => format!("mail server {} is not yet supported", clean_line(name, 40)),
    }
}

/// The text of a host's bytes, safe to print and bounded.
fn text(bytes: &[u8]) -> String {
    clean_line(&String::from_utf8_lossy(bytes), MAX_TEXT)
}

#[cfg(test)]
mod table_test {
    use crate::model::schema::{Field, Type};
    use serde_json::Value;

    /// Fails unless the value's keys, nested ones too, are exactly the table's.
    pub fn assert_same_keys(value: &Value, fields: &'static [Field]) {
        same(value, &Type::Object(fields), "report");
    }

    fn same(value: &Value, ty: &Type, at: &str) {
        match (ty, value) {
            (_, Value::Null) => {}
            (Type::Object(fields), Value::Object(map)) => {
                let mut declared: Vec<&str> = fields.iter().map(|f| f.name).collect();
                let mut written: Vec<&str> = map.keys().map(String::as_str).collect();
                declared.sort_unstable();
                written.sort_unstable();
                assert_eq!(written, declared, "keys of {at}");
                fields.iter().for_each(|f| same(&map[f.name], &f.ty, &format!("{at}.{}", f.name)));
            }
            (Type::List(item), Value::Array(items)) => items.iter().for_each(|v| same(v, item, at)),
            (Type::Map(item), Value::Object(map)) => map.values().for_each(|v| same(v, item, at)),
            (Type::Int | Type::Duration, Value::Number(n)) => assert!(n.is_i64() || n.is_u64(), "{at}"),
            (Type::Number | Type::Percent, Value::Number(_))
            | (Type::Str | Type::Email | Type::Time | Type::Date | Type::Enum(_), Value::String(_))
            | (Type::Bool, Value::Bool(_))
            | (Type::Any, _) => {}
            _ => panic!("{at}: {value} is not {}", ty.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    fn scripts(dir: &Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
            match entry.extension() {
                _ if entry.is_dir() => scripts(&entry, into),
                Some(kind) if kind == "sh" => into.push(entry),
                _ => {}
            }
        }
    }

    #[test]
    fn every_script_is_sound_and_asks_for_nothing_that_old_hosts_lack() {
        let mut found = Vec::new();
        scripts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/mail"), &mut found);
        assert!(found.len() >= 12, "{found:?}");
        for path in found {
            let text = std::fs::read_to_string(&path).unwrap();
            let checked = std::process::Command::new("/bin/sh").arg("-n").arg(&path).status().unwrap();
            assert!(checked.success(), "{}", path.display());
            for word in
                ["[[ ", "python", "timeout ", "stat -c", "sort -V", "grep -P", "local ", "<<<", "mktemp", "pipefail"]
            {
                assert!(!text.contains(word), "{} uses {word}", path.display());
            }
        }
    }
}
