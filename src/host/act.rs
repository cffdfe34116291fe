//! What can be changed on a host: the scripts' common answer, and the words for what cannot be done.
//!
//! A script that changes gets the objects' names as lines on its standard input, does each, and says what it did:
//!
//! ```text
//! row<TAB>KEY<TAB>WORD[<TAB>WHY]     WORD is one of model::RowEnd's
//! note<TAB>TEXT                      for people
//! end                                last
//! ```
//!
//! What it says is not believed: the engine reads the host again and judges by that.

use super::answer::{answer, lines};
use super::parse::ParseError;
use super::parse::text;
use crate::model::{RowEnd, RowResult};
use crate::shell::guard::Trace;
use crate::shell::{Part, PartOutput};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What a script says it did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScriptReport {
    /// What it says became of the objects that were asked about; an object that is missing was not spoken of.
    pub rows: Vec<RowResult>,
    /// Its remarks for people, sanitised.
    pub notes: Vec<String>,
    /// Why it may not have done everything, or not said so.
    pub fault: Option<String>,
    /// What the verb's output has besides, by name.
    pub data: Map<String, Value>,
}

/// What is known of the acts of a change when its objects are judged.
#[derive(Clone, Copy, Debug)]
pub enum Evidence<'a> {
    /// What they said.
    Report(&'a ScriptReport),
    /// The run that sent them was broken off and heard nothing; these are the traces of those that began, in order.
    Traces(&'a [Trace]),
}

impl<'a> Evidence<'a> {
    /// What the acts said.
    pub fn report(self) -> Option<&'a ScriptReport> {
        match self {
            Self::Report(report) => Some(report),
            Self::Traces(_) => None,
        }
    }
}

/// The next act of a change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Look, and change nothing.
    Read(Vec<Part>),
    /// Change.
    Write(Part),
    /// All was done, or is said to be.
    Done(ScriptReport),
}

/// Reads the answer of the part `name` about the objects `keys`. A key that was not asked about, and a second word
/// about one, is refused and counted in the fault.
///
/// # Errors
/// When there is no answer at all.
pub fn report(outputs: &[PartOutput], name: &str, keys: &BTreeSet<&str>) -> Result<ScriptReport, ParseError> {
    let answer = answer(outputs, name, name).ok_or_else(|| ParseError::new(name, 0, "no response"))?;
    let mut report = ScriptReport::default();
    let mut told = BTreeSet::new();
    let (mut ended, mut refused) = (false, 0_usize);
    answer.bytes.parse(|bytes| {
        for (_, line) in lines(bytes) {
            let fields: Vec<&[u8]> = line.splitn(4, |&b| b == b'\t').collect();
            match fields.as_slice() {
                [b"end"] => ended = true,
                [b"note", note @ ..] => report.notes.push(text(&note.join(&b' '))),
                [b"row", key, word, why @ ..] => {
                    let key = std::str::from_utf8(key).ok().and_then(|key| keys.get(key));
                    match (key, RowEnd::parse(word)) {
                        (Some(key), Some(end)) if told.insert(*key) => {
                            let why = why.first().map(|why| text(why)).filter(|why| !why.is_empty());
                            report.rows.push(RowResult::new(*key, end, why));
                        }
                        _ => refused += 1,
                    }
                }
                // Tools speak too, some of them on standard output.
                _ => {}
            }
        }
        Ok::<(), ParseError>(())
    })?;
    let cut = answer.cut_off(ended, name);
    let odd = (refused > 0).then(|| format!("{name}: {refused} unexpected lines"));
    report.fault = answer.fault.or(cut).or(odd);
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::answer::testing::fine;

    #[test]
    fn only_what_was_asked_for_is_believed_and_each_once() {
        let keys = BTreeSet::from(["A1", "B2", "C3"]);
        let said = "noise\nrow\tA1\theld\nrow\tA1\tdeleted\nrow\tALL\tdeleted\nrow\tB2\tfailed\tno \x1bspace\t2\n\
                    row\tC3\tsolved\nnote\tone\ttwo\nend\n";
        let report = report(&[fine("queue.hold", said)], "queue.hold", &keys).unwrap();
        let rows: Vec<_> = report.rows.iter().map(|r| (r.key.as_str(), r.end, r.why.as_deref())).collect();
        assert_eq!(rows, [("A1", RowEnd::Held, None), ("B2", RowEnd::Failed, Some("no \\u{1b}space 2"))]);
        assert_eq!(report.notes, ["one two"]);
        assert_eq!(report.fault.unwrap(), "queue.hold: 3 unexpected lines");
    }

    #[test]
    fn an_answer_that_does_not_end_is_not_whole() {
        let keys = BTreeSet::from(["A1"]);
        let of = |text: &str| report(&[fine("q", text)], "q", &keys).unwrap().fault;
        assert_eq!(of("row\tA1\theld\n").unwrap(), "q: the output was truncated");
        assert_eq!(of("row\tA1\theld\nend\n"), None);
        assert!(report(&[], "q", &keys).is_err());
    }
}
