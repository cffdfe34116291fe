//! The lines that are redrawn in place, with indicatif. One line for the run and a few that are used again
//! for whoever is slowest: a bar for each of 1,000 hosts would cost more than the hosts do.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io;

pub struct Bars {
    multi: MultiProgress,
    /// The line for the run, then one for each shown host.
    lines: Vec<ProgressBar>,
}

impl Bars {
    /// None when `target` is no terminal.
    pub fn on(target: ProgressDrawTarget) -> Option<Self> {
        let multi = MultiProgress::with_draw_target(target);
        (!multi.is_hidden()).then(|| Self { multi, lines: Vec::new() })
    }

    /// What takes them away until they are drawn the next time.
    pub fn hide(&self) -> impl FnMut() + Send + use<> {
        let multi = self.multi.clone();
        move || drop(multi.clear())
    }

    /// Writes lines above those that are redrawn; they stay.
    pub fn above(&self, text: &str) -> io::Result<()> {
        text.lines().try_for_each(|line| self.multi.println(line))
    }

    /// Shows these lines and no others; each is cut to the terminal.
    pub fn draw(&mut self, wanted: Vec<String>) {
        while self.lines.len() > wanted.len() {
            if let Some(line) = self.lines.pop() {
                self.multi.remove(&line);
            }
        }
        while self.lines.len() < wanted.len() {
            let style = ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
            self.lines.push(self.multi.add(ProgressBar::no_length().with_style(style)));
        }
        for (line, text) in self.lines.iter().zip(wanted) {
            if line.message() != text {
                line.set_message(text);
            }
        }
    }

    /// Takes everything away that was not written above.
    pub fn clear(&mut self) -> io::Result<()> {
        self.draw(Vec::new());
        self.multi.clear()
    }
}
