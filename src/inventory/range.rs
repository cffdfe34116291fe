//! Ranges of names: `mx[01-20]`, `[1-9/2]`, `[1-3,7]`, `dc[1-2]-mx[1-9/2]`. Expands them; folding back is
//! in [`super::fold`].

use std::iter::StepBy;
use std::ops::{Range, RangeInclusive};

/// Names that one range may stand for.
pub const MAX_NAMES: usize = 100_000;
/// Bytes of fixed text in a range; a host name has no more.
const MAX_TEXT: usize = 253;
/// Digits of one number, so that it fits 64 bits.
pub(super) const MAX_DIGITS: usize = 18;

/// What is wrong with a range, and which bytes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// Bytes of the text that was read.
    pub span: Range<usize>,
    /// One sentence, without the text itself.
    pub message: String,
}

impl Bad {
    fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }
}

enum Piece<'t> {
    Text(&'t str),
    Numbers(Vec<Run>),
}

/// `from-to/step`, written with at least `width` digits.
struct Run {
    from: u64,
    to: u64,
    step: u64,
    width: usize,
}

impl Run {
    fn count(&self) -> usize {
        usize::try_from((self.to - self.from) / self.step).unwrap_or(usize::MAX).saturating_add(1)
    }

    fn values(&self) -> StepBy<RangeInclusive<u64>> {
        (self.from..=self.to).step_by(usize::try_from(self.step).unwrap_or(usize::MAX))
    }
}

/// All names that `text` stands for, the last bracket counting fastest. Text without brackets is one name.
///
/// # Errors
/// When a bracket is open, empty, holds something else than numbers, runs downwards, or more than [`MAX_NAMES`] names
/// would come of it.
pub fn expand(text: &str) -> Result<Vec<String>, Bad> {
    let pieces = pieces(text)?;
    let whole = || 0..text.len();
    let fixed: usize = pieces.iter().map(|p| if let Piece::Text(t) = p { t.len() } else { 0 }).sum();
    if fixed > MAX_TEXT {
        return Err(Bad::new(whole(), format!("a name has at most {MAX_TEXT} bytes")));
    }
    let count = pieces.iter().fold(1usize, |all, piece| match piece {
        Piece::Text(_) => all,
        Piece::Numbers(runs) => {
            all.saturating_mul(runs.iter().fold(0, |sum: usize, run| sum.saturating_add(run.count())))
        }
    });
    if count > MAX_NAMES {
        return Err(Bad::new(whole(), "the range expands to more than 100,000 names"));
    }
    let mut names = vec![String::new()];
    for piece in &pieces {
        match piece {
            Piece::Text(text) => names.iter_mut().for_each(|name| name.push_str(text)),
            Piece::Numbers(runs) => {
                names = names
                    .iter()
                    .flat_map(|name| runs.iter().map(move |run| (name, run)))
                    .flat_map(|(name, run)| run.values().map(move |v| format!("{name}{v:0width$}", width = run.width)))
                    .collect();
            }
        }
    }
    Ok(names)
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, Bad> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(offset) = rest.find(['[', ']']) else {
            pieces.push(Piece::Text(rest));
            break;
        };
        let (fixed, bracket) = rest.split_at(offset);
        if !fixed.is_empty() {
            pieces.push(Piece::Text(fixed));
        }
        let open = at + offset;
        let Some(inside) = bracket.strip_prefix('[') else {
            return Err(Bad::new(open..open + 1, "`]` without `[`"));
        };
        let Some((inside, _)) = inside.split_once(']') else {
            return Err(Bad::new(open..text.len(), "`[` without `]`"));
        };
        pieces.push(Piece::Numbers(runs(inside, open + 1)?));
        at = open + inside.len() + 2;
    }
    Ok(pieces)
}

/// The runs between brackets; `start` is where they stand in the whole text.
fn runs(inside: &str, start: usize) -> Result<Vec<Run>, Bad> {
    let mut at = start;
    let mut runs = Vec::new();
    for item in inside.split(',') {
        let span = at..at + item.len();
        runs.push(run(item.trim()).map_err(|message| Bad::new(span, message))?);
        at += item.len() + 1;
    }
    Ok(runs)
}

fn run(item: &str) -> Result<Run, &'static str> {
    let (ends, step) = match item.split_once('/') {
        Some((ends, step)) => (ends, number(step)?),
        None => (item, 1),
    };
    let (first, last) = ends.split_once('-').unwrap_or((ends, ends));
    let (from, to) = (number(first)?, number(last)?);
    let padded = |text: &str| text.len() > 1 && text.starts_with('0');
    let width = if padded(first) { first.len() } else { 0 };
    if from > to {
        return Err("the range is descending; write the smaller number first");
    }
    if step == 0 {
        return Err("the step must not be 0");
    }
    if last.len() < width || (padded(last) && last.len() != width) {
        return Err("both ends need the same zero padding, such as [01-20]");
    }
    Ok(Run { from, to, step, width })
}

fn number(text: &str) -> Result<u64, &'static str> {
    const WANTED: &str = "brackets hold numbers and ranges, such as [01-20], [1-9/2] or [1-3,7]";
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(WANTED);
    }
    if text.len() > MAX_DIGITS {
        return Err("a number has at most 18 digits");
    }
    text.parse().map_err(|_| WANTED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(text: &str) -> String {
        expand(text).unwrap().join(" ")
    }

    #[test]
    fn ranges_count_as_people_expect() {
        assert_eq!(names("mx07"), "mx07");
        assert_eq!(names("mx[08-11]"), "mx08 mx09 mx10 mx11");
        assert_eq!(names("mx[99-101].jp"), "mx99.jp mx100.jp mx101.jp");
        assert_eq!(names("[1-9/4]"), "1 5 9");
        assert_eq!(names("a[1-3,07]"), "a1 a2 a3 a07");
        assert_eq!(names("dc[1-2]-mx[1-3/2]"), "dc1-mx1 dc1-mx3 dc2-mx1 dc2-mx3");
    }

    #[test]
    fn what_is_no_range_is_refused_with_its_place() {
        for (text, part) in [
            ("mx[20-01]", "20-01"),
            ("mx[1-3,x]", "x"),
            ("mx[]", ""),
            ("mx[1-3/0]", "1-3/0"),
            ("mx[1-3", "[1-3"),
            ("mx1]", "]"),
            ("mx[[1]]", "[1"),
            ("mx[01-003]", "01-003"),
            ("mx[001-20]", "001-20"),
            ("mx[1-100001]", "mx[1-100001]"),
            ("m[1-999]x[1-999]", "m[1-999]x[1-999]"),
            ("[1-99999999999999999999]", "1-99999999999999999999"),
        ] {
            let bad = expand(text).unwrap_err();
            assert_eq!(&text[bad.span.clone()], part, "{text}: {}", bad.message);
        }
        assert!(expand(&format!("{}[1-100000]", "x".repeat(1 << 20))).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a0-9\\[\\],/é-]{0,30}") {
            if let Err(bad) = expand(&text) {
                prop_assert!(text.get(bad.span).is_some());
            }
        }
    }
}
