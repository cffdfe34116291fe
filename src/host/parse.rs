//! What a parser of a host's answer says when it cannot read it, and how it keeps a host's text.

use crate::model::untrusted::clean_line;
use std::fmt;

/// Characters of a host's text that a report keeps of one value: an address (254), a reason.
pub const MAX_TEXT: usize = 320;

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
    /// Takes the message, which is sanitised and cut to [`MAX_TEXT`] characters.
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

/// The text of a host's bytes, safe to print and bounded.
pub fn text(bytes: &[u8]) -> String {
    clean_line(&String::from_utf8_lossy(bytes), MAX_TEXT)
}
