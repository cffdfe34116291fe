//! What a log told of logins, before it is added up.

use crate::mail::log::LoginRecord;

/// What a log told of logins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoginReading {
    /// In the order of the log.
    pub records: Vec<LoginRecord>,
    /// Lines that were read.
    pub lines: usize,
    /// The earliest time at which a source begins, in seconds since 1970.
    pub begins: Option<i64>,
    /// The script came to its end.
    pub ended: bool,
    /// What is missing, in words.
    pub incomplete: Vec<String>,
}
