//! One file of the host: what it is, and another text in its place. The new file is written beside it and renamed, so
//! that nobody ever reads half of it; what was there is kept with the op.

use super::act::{ScriptReport, report};
use super::answer::{lines, number, required};
use super::parse::ParseError;
use super::parse::text;
use crate::model::was::{File, Sum};
use crate::model::{RowEnd, RowResult};
use crate::shell::{Part, PartOutput};
use std::collections::BTreeSet;

const COMMON: &str = include_str!("file/common.sh");
const STATE: &str = include_str!("file/state.sh");
const WRITE: &str = include_str!("file/write.sh");

/// Bytes of a text that is sent.
pub const MAX: usize = 1 << 20;

/// What was read of a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// What is there now; none: nothing.
    pub now: Option<File>,
    /// What an op found there; none: nothing, or that is not known.
    pub kept: Option<File>,
    /// Whether it is known what the op found.
    pub is_kept: bool,
    /// What the op left there.
    pub left: Option<Sum>,
}

/// A path that is written to: absolute, of visible characters, without `.`, `..` and empty words, and none of the kernel's
/// or of fleet's own.
///
/// # Errors
/// Any other; the sentence does not quote it raw.
pub fn path(given: &str) -> Result<String, String> {
    let shown = || text(given.as_bytes());
    let words: Vec<&str> = given.strip_prefix('/').unwrap_or_default().split('/').collect();
    if given.len() > 1_000 || words.iter().any(|w| matches!(*w, "" | "." | "..")) || shown() != given {
        return Err(format!("`{}` is not an absolute path to a file", shown()));
    }
    let own = given.starts_with("/var/lib/fleet/");
    if own || ["proc", "sys", "dev"].iter().any(|w| words.first() == Some(w)) {
        return Err(format!("fleet does not write to {}", shown()));
    }
    Ok(given.to_owned())
}

/// `0644`: three or four octal digits, without those that stand for nothing.
///
/// # Errors
/// Any other.
pub fn mode(given: &str) -> Result<String, String> {
    let good = matches!(given.len(), 3 | 4) && given.bytes().all(|b| (b'0'..=b'7').contains(&b));
    match good.then(|| given.trim_start_matches('0')) {
        Some("") => Ok("0".to_owned()),
        Some(digits) => Ok(digits.to_owned()),
        None => Err("`mode` is three or four octal digits, such as \"0644\"".to_owned()),
    }
}

/// `USER` or `USER:GROUP`, by name or number.
///
/// # Errors
/// Any other.
pub fn owner(given: &str) -> Result<String, String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
    let good = |w: &str| {
        w.len() <= 64 && w.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && w.bytes().all(plain)
    };
    let (user, group) = given.split_once(':').unwrap_or((given, "root"));
    match good(user) && good(group) {
        true => Ok(given.to_owned()),
        false => Err("`owner` is USER or USER:GROUP".to_owned()),
    }
}

/// Reads the place, and what is in the folder that an op kept.
pub fn query(to: &str, kept: &str) -> Part {
    Part::new("file.state", [COMMON, STATE].concat()).value("to", to).value("kept", kept)
}

/// What comes into the place.
#[derive(Clone, Copy, Debug)]
pub enum New<'a> {
    /// This text.
    Text(&'a str),
    /// What the folder of an op holds.
    Kept(&'a str, Sum),
    /// Nothing: what is there is removed.
    Nothing,
}

/// A text, where it goes, and what must be there now. It says `word` of itself.
#[derive(Clone, Copy, Debug)]
pub struct Writing<'a> {
    /// The path of the place, as [`path`] takes it.
    pub to: &'a str,
    /// What must be there now; none: nothing. Anything else is left alone.
    pub was: Option<Sum>,
    /// What comes there.
    pub new: New<'a>,
    /// The mode it gets, in octal digits.
    pub mode: &'a str,
    /// Whose it becomes: `USER` or `USER:GROUP`.
    pub owner: &'a str,
    /// The folder that the host keeps.
    pub dir: &'a str,
    /// What the host says of itself when it is done.
    pub word: RowEnd,
}

/// Puts it there. Whole lines travel as lines; what stands behind the last line feed travels by itself, so that a text
/// arrives byte for byte.
pub fn write(writing: Writing<'_>) -> Part {
    let Writing { to, was, new, mode, owner, dir, word } = writing;
    let (want, text, kept) = match new {
        New::Text(text) => (Some(Sum::of(text.as_bytes())), text, ""),
        New::Kept(kept, sum) => (Some(sum), "", kept),
        New::Nothing => (None, "", ""),
    };
    let (whole, tail) = text.rsplit_once('\n').map_or((None, text), |(whole, tail)| (Some(whole), tail));
    let lines = whole.map(|whole| whole.split('\n').map(str::to_owned).collect()).unwrap_or_default();
    let values = [
        ("to", to.to_owned()),
        ("was", sum_word(was)),
        ("want", sum_word(want)),
        ("kept", kept.to_owned()),
        ("tail", tail.to_owned()),
        ("mode", mode.to_owned()),
        ("owner", owner.to_owned()),
        ("dir", dir.to_owned()),
        ("word", word.word().to_owned()),
    ];
    let part = Part::new("file.write", [COMMON, WRITE].concat()).input(lines);
    values.into_iter().fold(part, |part, (name, value)| part.value(name, value))
}

/// What [`write()`] says of it.
///
/// # Errors
/// When there is no answer at all.
pub fn said(to: &str, outputs: &[PartOutput]) -> Result<ScriptReport, ParseError> {
    report(outputs, "file.write", &BTreeSet::from([to]))
}

/// The answer of [`query`]; the inner error is why what is there is left alone.
///
/// # Errors
/// When it is none.
pub fn seen(outputs: &[PartOutput]) -> Result<Result<Seen, &'static str>, ParseError> {
    let answer = required(outputs, "file.state", "file")?;
    let mut seen = Seen::default();
    let (mut refused, mut told, mut ended) = (None, false, false);
    answer.bytes.parse(|bytes| {
        for (n, line) in lines(bytes) {
            let fields: Vec<&[u8]> = line.split(|&b| b == b'\t').collect();
            let bad = || ParseError::new("file", n, "not a description of a file");
            match fields.as_slice() {
                [b"end"] => ended = true,
                [b"now", b"none"] => told = true,
                [b"now", b"file", rest @ ..] => {
                    seen.now = Some(file(rest).ok_or_else(bad)?);
                    told = true;
                }
                [b"now", word] => {
                    told = true;
                    refused = Some(match *word {
                        b"link" => "it is a symbolic link",
                        b"folder" => "it is a folder",
                        b"no-folder" => "its folder does not exist",
                        b"other" => "it is not a regular file",
                        _ => return Err(bad()),
                    });
                }
                [b"kept", b"none"] => seen.is_kept = true,
                [b"kept", b"file", rest @ ..] => {
                    seen.kept = Some(file(rest).ok_or_else(bad)?);
                    seen.is_kept = true;
                }
                [b"left", sum, size] => seen.left = sum_of(sum, size),
                _ => {}
            }
        }
        Ok(())
    })?;
    match answer.cut_off(ended && told, "file").or(answer.fault) {
        Some(why) => Err(ParseError::new("file", 0, why)),
        None => Ok(refused.map_or(Ok(seen), Err)),
    }
}

fn sum_word(sum: Option<Sum>) -> String {
    sum.map_or_else(|| "none".to_owned(), |s| format!("{} {}", s.sum, s.size))
}

fn sum_of(sum: &[u8], size: &[u8]) -> Option<Sum> {
    Some(Sum { sum: number(sum)?, size: number(size)? })
}

fn file(fields: &[&[u8]]) -> Option<File> {
    let [sum, size, mode, owner, names] = fields else { return None };
    let ids = |text: &[u8]| !text.is_empty() && text.iter().all(|b| b.is_ascii_digit() || *b == b':');
    let octal = !mode.is_empty() && mode.iter().all(|b| (b'0'..=b'7').contains(b));
    (octal && ids(owner)).then_some(())?;
    let plain = |bytes: &[u8]| text(bytes);
    Some(File { sum: sum_of(sum, size)?, mode: plain(mode), owner: plain(owner), names: plain(names) })
}

/// What became of it: `wanted` says whether what is there is what was to come.
pub fn judge(to: &str, word: RowEnd, is_there: bool, report: Option<&ScriptReport>) -> RowResult {
    let of = |end, why: Option<String>| RowResult::new(to, end, why);
    let said = report.and_then(|c| c.rows.first()).filter(|r| r.end == RowEnd::Failed);
    match (is_there, said) {
        (true, _) => of(word, None),
        (false, Some(row)) => row.clone(),
        (false, None) => {
            let fault = report.and_then(|c| c.fault.clone());
            of(RowEnd::Failed, fault.or_else(|| Some("the content is not as planned".to_owned())))
        }
    }
}

#[cfg(test)]
mod tests;
