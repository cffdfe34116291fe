//! What the changes of Postfix's and qmail's queues share: the script in `keep.sh`, and the bounds of a change.

use crate::shell::Part;
use std::time::Duration;

/// A part that changes the queue: `control` says where the queue is, `verb` what is done.
pub fn part(name: &str, control: &str, verb: &str, timeout: Duration) -> Part {
    let mut part = Part::new(name, [control, include_str!("keep.sh"), verb].concat()).max_stdout(MAX_ANSWER);
    part.timeout = timeout;
    part
}

/// Bytes of an answer that are kept: a row takes some 40, with a reason 300.
const MAX_ANSWER: usize = 16 << 20;
/// For what only renames files: 50,000 of them took 2 s.
pub const QUICK: Duration = Duration::from_secs(600);
/// For what copies and deletes files: a slow disk takes 5 ms for each.
pub const SLOW: Duration = Duration::from_secs(1_800);
