//! How a queue is changed: the scripts of one mail server, and what all of them share in `control.sh`.

use crate::shell::Part;
use std::time::Duration;

/// Bytes of an answer that are kept: a row takes some 40, with a reason 300.
const MAX_ANSWER: usize = 16 << 20;

/// Changes the queue. Every part gets the ids of queued messages as lines of its input, checked by
/// [`Queue::is_id`](super::Queue::is_id), and answers as [`crate::host::act`] says. It needs root, and does nothing to
/// a message that was not named.
pub struct Control {
    /// Pieces before what all share; they do nothing by themselves.
    pub before: &'static str,
    /// What its scripts share.
    pub own: &'static str,
    /// The script of [`Control::hold`]; none where the mail server cannot hold messages back.
    pub hold: Option<&'static str>,
    /// The script of [`Control::release`]; none where nothing can be held back.
    pub release: Option<&'static str>,
    /// The script of [`Control::delete`].
    pub delete: &'static str,
    /// The script of [`Control::restore`].
    pub restore: &'static str,
    /// Shell variables that all its scripts get: name and value.
    pub values: &'static [(&'static str, &'static str)],
}

impl Control {
    /// How long a change of fifty thousand messages may take on a slow disk, and listing them for it.
    pub const TIMEOUT: Duration = Duration::from_secs(1_800);

    fn part(&self, name: &str, script: &str) -> Part {
        let script = [self.before, include_str!("control.sh"), self.own, script].concat();
        let mut part = Part::new(name, script).max_stdout(MAX_ANSWER);
        part.timeout = Self::TIMEOUT;
        self.values.iter().fold(part, |part, (name, value)| part.value(name, *value))
    }

    /// Holds messages back, so that they wait and can be released; none where the mail server cannot.
    pub fn hold(&self) -> Option<Part> {
        self.hold.map(|script| self.part("queue.hold", script))
    }

    /// Lets held messages go on.
    pub fn release(&self) -> Option<Part> {
        self.release.map(|script| self.part("queue.release", script))
    }

    /// Keeps a copy of the messages in the folder `$dir`/queue, which it makes, with `list`, a line `ID SUM SIZE NAME`
    /// for each file; the names are relative to the spool, and to `/` where there are several. Reads the copy back and
    /// compares; then deletes. Where the mail server can hold messages back, only those are deleted that are held. Where
    /// it cannot, an id may become another message's at any time: its input is `ID ARRIVAL SIZE`. When there is less free
    /// space than twice the messages' size nothing is deleted, and no message of which the copy differs.
    pub fn delete(&self) -> Part {
        self.part("queue.delete", self.delete)
    }

    /// Brings back, once and held where that can be, what [`delete`](Self::delete) kept in `$dir`/queue, and tells the
    /// id that it has then: `row<TAB>OLD<TAB>restored<TAB>NEW`, also of what it brought back at an earlier time.
    pub fn restore(&self) -> Part {
        self.part("queue.restore", self.restore)
    }
}
