//! What goes to stderr and what goes to stdout, as one receiver of events.

use super::format::Format;
use super::live::Live;
use super::options::{Options, Progress};
use super::page::Look;
use crate::model::Event;
use crate::model::sink::Sink;
use std::io;

/// A reporter that writes `format`.
pub fn reporter(format: &Format, mut options: Options) -> Box<dyn Sink> {
    if options.progress == Progress::Bar && !format.for_people {
        options.progress = Progress::None;
    }
    let live = Live::new(options.progress, options.lang, options.color, options.screen, options.stderr);
    let look =
        Look { color: options.color, lang: options.lang, width: usize::from(options.width), verbose: options.verbose };
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
    use crate::report::format::FORMATS;
    use crate::report::testing::{Closed, Shared, Story, options};

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
