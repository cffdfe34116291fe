//! How to report.

use super::text::Lang;
use crate::secret::Screen;
use std::io::Write;

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
    /// The terminal that progress shares with questions.
    pub screen: Screen,
    pub stdout: Box<dyn Write + Send>,
    pub stderr: Box<dyn Write + Send>,
}
