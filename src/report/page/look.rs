//! What all parts of a page share: how it looks, its headings, and the ink of each word.

use crate::model::{HostStatus, Level, Outcome};
use crate::report::styled::{Page, Style};
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

pub(super) fn heading(page: &mut Page, label: Label, lang: Lang, what: &str) {
    page.put(Style::Strong, label.say(lang)).say(": ").say(what).end();
}

pub(super) fn ink_of_level(level: Level) -> Style {
    match level {
        Level::Info => Style::Plain,
        Level::Warn => Style::Notice,
        Level::High => Style::Bad,
        Level::Critical => Style::Alarm,
    }
}

pub(super) fn style_of_status(status: HostStatus) -> Style {
    match status {
        HostStatus::Ok => Style::Good,
        HostStatus::Skipped => Style::Faint,
        HostStatus::Failed => Style::Bad,
        HostStatus::Unreachable
        | HostStatus::TimedOut
        | HostStatus::Cancelled
        | HostStatus::NotStarted
        | HostStatus::Refused => Style::Notice,
        HostStatus::Unknown => Style::Alarm,
    }
}

pub(super) fn ink_of_outcome(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Unchanged | Outcome::Changed => Style::Good,
        Outcome::Overtaken => Style::Notice,
        Outcome::WouldChange | Outcome::TimedOut | Outcome::Cancelled => Style::Notice,
        Outcome::Skipped => Style::Faint,
        Outcome::Failed => Style::Bad,
        Outcome::Unknown => Style::Alarm,
    }
}
