//! What all parts of a page share: how it looks, its headings, and the ink of each word.

use crate::model::{HostStatus, Level, Outcome};
use crate::report::paper::{Ink, Paper};
use crate::report::text::{Label, Lang};

/// How a page looks.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub color: bool,
    pub lang: Lang,
    /// Cells; 0: unlimited.
    pub width: usize,
    pub verbose: u8,
}

pub(super) fn heading(paper: &mut Paper, label: Label, lang: Lang, what: &str) {
    paper.put(Ink::Strong, label.say(lang)).say(": ").say(what).end();
}

pub(super) fn ink_of_level(level: Level) -> Ink {
    match level {
        Level::Info => Ink::Plain,
        Level::Warn => Ink::Notice,
        Level::High => Ink::Bad,
        Level::Critical => Ink::Alarm,
    }
}

pub(super) fn ink_of_status(status: HostStatus) -> Ink {
    match status {
        HostStatus::Ok => Ink::Good,
        HostStatus::Skipped => Ink::Faint,
        HostStatus::Failed => Ink::Bad,
        HostStatus::Unreachable
        | HostStatus::TimedOut
        | HostStatus::Cancelled
        | HostStatus::NotStarted
        | HostStatus::Refused => Ink::Notice,
        HostStatus::Unknown => Ink::Alarm,
    }
}

pub(super) fn ink_of_outcome(outcome: Outcome) -> Ink {
    match outcome {
        Outcome::Unchanged | Outcome::Changed => Ink::Good,
        Outcome::WouldChange | Outcome::TimedOut | Outcome::Cancelled => Ink::Notice,
        Outcome::Skipped => Ink::Faint,
        Outcome::Failed => Ink::Bad,
        Outcome::Unknown => Ink::Alarm,
    }
}
