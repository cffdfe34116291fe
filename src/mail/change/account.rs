//! What the ways of changing an account share: pieces of their scripts, and the parts made of them.
//!
//! A script is put together of such pieces, its own last. What every one of them begins with refuses a name that could
//! hurt, and knows how to answer.

use crate::shell::Part;
use std::time::Duration;

/// The answer, and what every script refuses.
const ANSWER: &str = include_str!("account/answer.sh");
/// How Dovecot is asked, and its cache emptied.
pub const DOVECOT: &str = include_str!("account/dovecot.sh");
/// Whether Dovecot takes the new password.
pub const LOGIN: &str = include_str!("account/login.sh");
/// Mail into an archive that is read back and compared, and out of it again.
pub const KEEP: &str = include_str!("account/keep.sh");

/// A part that changes an account in a moment.
pub fn part(name: &str, pieces: &[&str]) -> Part {
    Part::new(name, [&[ANSWER, DOVECOT], pieces].concat().concat())
}

/// A part that reads or writes a whole mailbox.
pub fn long_part(name: &str, pieces: &[&str]) -> Part {
    Part { timeout: Duration::from_secs(2 * 3600), ..part(name, pieces) }
}

#[cfg(test)]
pub mod testing;
