//! What is wrong with a selector, shown with a mark under the part that is meant.

use crate::inventory::context::SelectError;
use crate::model::problem::{Place, Problem};
use crate::model::untrusted::clean_line;
use std::ops::Range;
use unicode_width::UnicodeWidthStr;

/// Characters of a selector that are shown on each side of the wrong part, and of that part.
const SHOWN: usize = 60;

#[derive(Clone, Debug)]
pub(in crate::inventory) struct Trouble {
    /// Bytes of the selector.
    pub span: Range<usize>,
    pub title: String,
    /// Stands after the mark.
    pub label: String,
    /// Further lines below.
    pub more: Vec<String>,
    /// The selector is well formed, and the inventory has nothing of the kind.
    pub nothing: bool,
}

impl Trouble {
    pub fn invalid(span: Range<usize>, title: impl Into<String>, label: impl Into<String>) -> Self {
        Self { span, title: title.into(), label: label.into(), more: Vec::new(), nothing: false }
    }

    /// `nothing matches` the part of `text` at `span`, because of `label`.
    pub fn nothing(text: &str, span: Range<usize>, label: impl Into<String>) -> Self {
        let part = clean_line(text.get(span.clone()).unwrap_or_default().trim(), SHOWN);
        Self { nothing: true, ..Self::invalid(span, format!("nothing matches `{part}`"), label) }
    }

    /// `option` is where the selector was typed, such as `--hosts`.
    pub fn problem(&self, option: &str, text: &str) -> Problem {
        let start = self.span.start.min(text.len());
        let end = self.span.end.clamp(start, text.len());
        let part = |range: Range<usize>| text.get(range).unwrap_or_default();
        let before = clean_line(part(0..start), usize::MAX);
        let skip = before.chars().count().saturating_sub(SHOWN);
        let before: String = match skip {
            0 => before,
            _ => ['…'].into_iter().chain(before.chars().skip(skip)).collect(),
        };
        let wrong = clean_line(part(start..end), SHOWN);
        let after = clean_line(part(end..text.len()), SHOWN);
        let pad = " ".repeat(2 + option.len() + 1 + before.width());
        let mark = "^".repeat(wrong.width().max(1));
        let label = if self.label.is_empty() { String::new() } else { format!(" {}", self.label) };
        let more: String = self.more.iter().map(|line| format!("\n  {line}")).collect();
        let help = format!("{option} {before}{wrong}{after}\n{pad}{mark}{label}{more}\nnothing was contacted");
        Problem::new(option, Place::default(), self.title.clone()).with_help(help)
    }

    pub fn error(&self, option: &str, text: &str) -> SelectError {
        match self.nothing {
            true => SelectError::Nothing(self.problem(option, text)),
            false => SelectError::Invalid(self.problem(option, text)),
        }
    }
}

/// `1 host`, `47 hosts`.
pub(in crate::inventory) fn count(hosts: usize) -> String {
    format!("{hosts} host{}", if hosts == 1 { "" } else { "s" })
}
