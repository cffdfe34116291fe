//! The one way by which text for people leaves fleet. Whatever is put on it is sanitised here once more, so
//! the only escape sequences that come out are its own colours.

use crate::model::untrusted::{clean, clean_line};
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};

/// How a piece of text is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    Plain,
    Strong,
    Faint,
    Good,
    Notice,
    Bad,
    Alarm,
}

impl Ink {
    const fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Notice => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default(),
            Self::Alarm => AnsiColor::Red.on_default().bold(),
        }
    }
}

/// Lines of styled, sanitised text.
#[derive(Debug)]
pub struct Paper {
    color: bool,
    text: String,
}

impl Paper {
    pub fn new(color: bool) -> Self {
        Self { color, text: String::new() }
    }

    /// Adds a piece to the current line; a line feed in it becomes visible.
    pub fn put(&mut self, ink: Ink, piece: impl AsRef<str>) -> &mut Self {
        self.push(ink, &clean_line(piece.as_ref(), usize::MAX));
        self
    }

    /// Adds a plain piece.
    pub fn say(&mut self, piece: impl AsRef<str>) -> &mut Self {
        self.put(Ink::Plain, piece)
    }

    /// Ends the current line.
    pub fn end(&mut self) -> &mut Self {
        self.text.push('\n');
        self
    }

    /// Adds text of many lines, each behind `mark`. Its tabs stay.
    pub fn block(&mut self, ink: Ink, mark: &str, text: &str) {
        for line in text.lines() {
            self.put(Ink::Faint, mark);
            self.push(ink, &clean(line, usize::MAX));
            self.end();
        }
    }

    pub fn into_text(self) -> String {
        self.text
    }

    /// Writes everything and flushes.
    pub fn print(self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.text.as_bytes())?;
        out.flush()
    }

    fn push(&mut self, ink: Ink, clean: &str) {
        if self.color && ink != Ink::Plain && !clean.is_empty() {
            let style = ink.style();
            self.text.push_str(&format!("{style}{clean}{style:#}"));
        } else {
            self.text.push_str(clean);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn print(color: bool, piece: &str) -> String {
        let mut paper = Paper::new(color);
        paper.put(Ink::Alarm, piece).say(piece).end();
        paper.block(Ink::Plain, piece, piece);
        paper.into_text()
    }

    #[test]
    fn colours_are_the_only_escapes() {
        let mut paper = Paper::new(true);
        paper.put(Ink::Bad, "a\x1b[0mb").put(Ink::Bad, "").end();
        assert_eq!(paper.into_text(), "\x1b[31ma\\u{1b}[0mb\x1b[0m\n");
    }

    #[test]
    fn a_block_keeps_its_lines_and_tabs_and_marks_each() {
        let mut paper = Paper::new(false);
        paper.block(Ink::Plain, "! ", "a\tb\r\nc\rd\n");
        assert_eq!(paper.into_text(), "! a\tb\n! c\\u{d}d\n");
    }

    proptest! {
        #[test]
        fn no_string_gets_a_control_character_out(piece in any::<String>()) {
            let plain = print(false, &piece);
            prop_assert!(plain.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'), "{plain:?}");
            let colored = print(true, &piece).replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[31m", "").replace("\x1b[0m", "");
            prop_assert!(!colored.contains('\x1b'), "{colored:?}");
        }
    }
}
