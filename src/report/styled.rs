//! The one way by which text for people leaves fleet. Whatever is put on it is sanitised here once more, so
//! the only escape sequences that come out are its own colours.

use crate::model::untrusted::{clean, clean_line};
use anstyle::AnsiColor;
use std::io::{self, Write};

/// How a piece of text is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    Plain,
    /// Bold: headings.
    Strong,
    /// Dimmed: what is beside the point.
    Faint,
    /// Green: it went well.
    Good,
    /// Yellow: something to look at.
    Notice,
    /// Red: it went wrong.
    Bad,
    /// Bold red: what must not be overlooked.
    Alarm,
}

impl Style {
    const fn ansi(self) -> anstyle::Style {
        match self {
            Self::Plain => anstyle::Style::new(),
            Self::Strong => anstyle::Style::new().bold(),
            Self::Faint => anstyle::Style::new().dimmed(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Notice => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default(),
            Self::Alarm => AnsiColor::Red.on_default().bold(),
        }
    }
}

/// Lines of styled, sanitised text.
#[derive(Debug)]
pub struct Page {
    color: bool,
    text: String,
}

impl Page {
    /// An empty page; without `color`, styles leave no trace.
    pub fn new(color: bool) -> Self {
        Self { color, text: String::new() }
    }

    /// Adds a piece to the current line; a line feed in it becomes visible.
    pub fn put(&mut self, style: Style, piece: impl AsRef<str>) -> &mut Self {
        self.push(style, &clean_line(piece.as_ref(), usize::MAX));
        self
    }

    /// Adds a plain piece.
    pub fn say(&mut self, piece: impl AsRef<str>) -> &mut Self {
        self.put(Style::Plain, piece)
    }

    /// Ends the current line.
    pub fn end(&mut self) -> &mut Self {
        self.text.push('\n');
        self
    }

    /// Adds text of many lines, each behind `mark`. Its tabs stay.
    pub fn block(&mut self, style: Style, mark: &str, text: &str) {
        for line in text.lines() {
            self.put(Style::Faint, mark);
            self.push(style, &clean(line, usize::MAX));
            self.end();
        }
    }

    /// All lines, with the colours' escape sequences where the page has colours.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Writes everything and flushes.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn print(self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.text.as_bytes())?;
        out.flush()
    }

    fn push(&mut self, style: Style, clean: &str) {
        if self.color && style != Style::Plain && !clean.is_empty() {
            let style = style.ansi();
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
        let mut page = Page::new(color);
        page.put(Style::Alarm, piece).say(piece).end();
        page.block(Style::Plain, piece, piece);
        page.into_text()
    }

    #[test]
    fn colours_are_the_only_escapes() {
        let mut page = Page::new(true);
        page.put(Style::Bad, "a\x1b[0mb").put(Style::Bad, "").end();
        assert_eq!(page.into_text(), "\x1b[31ma\\u{1b}[0mb\x1b[0m\n");
    }

    #[test]
    fn a_block_keeps_its_lines_and_tabs_and_marks_each() {
        let mut page = Page::new(false);
        page.block(Style::Plain, "! ", "a\tb\r\nc\rd\n");
        assert_eq!(page.into_text(), "! a\tb\n! c\\u{d}d\n");
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
