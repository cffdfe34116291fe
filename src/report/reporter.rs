//! Events -> what people and programs read. A reporter draws from events alone: it never asks the store, a
//! host or a clock for a result, so a stored run reads as it read live. Data goes to stdout, everything else
//! to stderr.

mod columns;
pub mod digest;
mod document;
mod folded;
pub mod format;
mod live;
mod page;
mod paper;
mod replay;
pub mod text;

#[cfg(test)]
mod testing;

pub use columns::columns;
pub use format::{FORMATS, Format, yaml_text};
pub use page::{Look, plan_of_host};
pub use paper::{Ink, Paper};
pub use replay::replay;
pub use text::Lang;

use crate::model::Event;
use crate::model::sink::Sink;
use live::Live;
use std::io::{self, Write};

/// What to show on stderr while the run goes on. Remarks, such as what Ctrl-C does, are always shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// One line for the run and one for each of the slowest hosts, redrawn in place. It draws on the process's
    /// own stderr, the terminal whose size it must know; where that is no terminal, it is a [`Self::Counter`].
    /// A format for programs gets none.
    Bar,
    /// A line for each finished host that is not plainly ok, and a line of counts every 30 seconds.
    Counter,
    None,
}

/// How to report, all of it decided by the command line.
pub struct Options {
    pub color: bool,
    pub progress: Progress,
    pub lang: Lang,
    /// Cells of the terminal; 0 when there is none.
    pub width: u16,
    /// 1: the steps of each host; 2: what they read, too.
    pub verbose: u8,
    pub stdout: Box<dyn Write + Send>,
    pub stderr: Box<dyn Write + Send>,
}

/// A reporter that writes `format`.
pub fn reporter(format: &Format, mut options: Options) -> Box<dyn Sink> {
    if options.progress == Progress::Bar && !format.for_people {
        options.progress = Progress::None;
    }
    let live = Live::new(options.progress, options.lang, options.color, options.stderr);
    let look = page::Look {
        color: options.color,
        lang: options.lang,
        width: usize::from(options.width),
        verbose: options.verbose,
    };
    Box::new(Reporter { live: Some(live), data: (format.make)(look, options.stdout) })
}

/// What goes to stderr, and what goes to stdout. When stderr is gone the data still arrives.
struct Reporter {
    live: Option<Live>,
    data: Box<dyn Sink>,
}

impl Sink for Reporter {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        if let Some(live) = &mut self.live
            && live.event(event).is_err()
        {
            self.live = None;
        }
        self.data.event(event)
    }

    fn tick(&mut self) -> io::Result<()> {
        if let Some(live) = &mut self.live
            && live.tick().is_err()
        {
            self.live = None;
        }
        self.data.tick()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HostStatus;
    use testing::{Closed, Shared, Story, options};

    #[test]
    fn a_closed_stdout_is_an_error_and_no_panic() {
        let events = Story::new("audit", &["a"]).end("a", HostStatus::Ok).finish();
        for format in FORMATS {
            let mut reporter = reporter(format, Options { stdout: Box::new(Closed), ..options() });
            let told: Vec<_> = events.iter().map(|e| reporter.event(e)).collect();
            assert!(
                told.iter().any(|r| r.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::BrokenPipe)),
                "{}",
                format.name
            );
        }
    }

    #[test]
    fn a_closed_stderr_costs_no_data() {
        let events = Story::new("audit", &["a", "b"]).end("a", HostStatus::Failed).finish();
        for progress in [Progress::Counter, Progress::None] {
            for format in FORMATS {
                let out = Shared::default();
                let stdout = Box::new(out.clone());
                let mut reporter =
                    reporter(format, Options { stdout, stderr: Box::new(Closed), progress, ..options() });
                for event in &events {
                    reporter.event(event).unwrap();
                    reporter.tick().unwrap();
                }
                assert!(out.text().contains("failed"), "{}", format.name);
            }
        }
    }

    #[test]
    fn a_format_for_programs_draws_nothing() {
        let events = Story::new("audit", &["a"]).end("a", HostStatus::Failed).finish();
        for format in FORMATS.iter().filter(|f| !f.for_people) {
            let err = Shared::default();
            let mut reporter =
                reporter(format, Options { stderr: Box::new(err.clone()), progress: Progress::Bar, ..options() });
            for event in &events {
                reporter.event(event).unwrap();
                reporter.tick().unwrap();
            }
            assert_eq!(err.text(), "", "{}", format.name);
        }
    }
}
