//! Which folder a message was submitted from: with `+arguments` in its `log_selector` Exim writes a line when it
//! is started, and the message's own line follows from the same process.

use super::words::word;
use memchr::memmem;
use std::collections::HashMap;

/// Seconds between the two lines at most.
const WITHIN: i64 = 2;

/// `DIRECTORY N args: PROGRAM ARGUMENTS`, of a process that is about to submit. Returns the directory.
pub fn started(text: &[u8]) -> Option<&[u8]> {
    let at = memmem::find(text, b" args: ")?;
    let (head, arguments) = (text.get(..at)?, text.get(at + b" args: ".len()..)?);
    let blank = memchr::memrchr(b' ', head)?;
    let (directory, count) = (head.get(..blank)?, head.get(blank + 1..)?);
    let (program, mut rest) = word(arguments)?;
    let program = program.rsplit(|&b| b == b'/').next()?;
    if !count.iter().all(u8::is_ascii_digit) || matches!(program, b"mailq" | b"runq" | b"newaliases") {
        return None;
    }
    while let Some((option, after)) = word(rest).filter(|(option, _)| option.starts_with(b"-")) {
        rest = after;
        match option {
            b"-bm" | b"-bs" | b"-bS" => {}
            // Queue runners, deliveries, listings (fleet's own too), and what an administrator does.
            [b'-', b'M' | b'q' | b'b', ..] => return None,
            _ => {}
        }
    }
    Some(directory)
}

/// Starts that no message has followed yet.
#[derive(Default)]
pub struct Scripts<'a> {
    by_pid: HashMap<&'a [u8], (i64, &'a [u8])>,
    /// Where no process ids are logged: the starts since the last time when each had its message.
    last: i64,
    directory: &'a [u8],
    mixed: bool,
    starts: usize,
    followed: usize,
}

impl<'a> Scripts<'a> {
    pub fn start(&mut self, at: i64, pid: Option<&'a [u8]>, directory: &'a [u8]) {
        if let Some(pid) = pid {
            self.by_pid.insert(pid, (at, directory));
            return;
        }
        if self.followed >= self.starts || !self.is_near(at) {
            (self.directory, self.mixed, self.starts, self.followed) = (directory, false, 0, 0);
        }
        self.mixed |= self.directory != directory;
        self.starts += 1;
        self.last = at;
    }

    /// The folder of a message that a local process submitted; none when more than one could be it, or when it
    /// tells nothing: `/`, or Exim's own.
    pub fn take(&mut self, at: i64, pid: Option<&[u8]>) -> Option<&'a [u8]> {
        let directory = match pid {
            Some(pid) => {
                let (started, directory) = self.by_pid.remove(pid)?;
                (0..=WITHIN).contains(&at.saturating_sub(started)).then_some(directory)?
            }
            None if self.followed >= self.starts || !self.is_near(at) => return None,
            None => {
                self.followed += 1;
                (!self.mixed).then_some(self.directory)?
            }
        };
        let tells = directory.starts_with(b"/") && directory != b"/" && !directory.starts_with(b"/var/spool/exim");
        tells.then_some(directory)
    }

    fn is_near(&self, at: i64) -> bool {
        (0..=WITHIN).contains(&at.saturating_sub(self.last))
    }
}
