//! The answer of a session, taken apart at its marks, in whatever pieces it arrives.
//!
//! A mark is a line `NONCE B number pid start session` or `NONCE E number status`. What stands before the first mark is a
//! login shell's noise. The nonce is random, so output that imitates a mark cannot match it; a host that
//! learned it from its own input can forge its own answers, which it can do anyway.

use super::Process;
use super::batch::Nonce;
use memchr::memmem;

/// A piece of a session's stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// Outside of any part.
    Noise(&'a [u8]),
    Begin {
        n: u32,
        process: Process,
    },
    /// Some output of the part that began last.
    Output(&'a [u8]),
    End {
        n: u32,
        status: i32,
    },
}

/// Splits one stream of a session. Standard error carries only END marks; what stands between two of them
/// belongs to the part that the second one ends.
#[derive(Debug)]
pub struct Frames {
    mark: Vec<u8>,
    held: Vec<u8>,
    inside: bool,
}

/// No line after the nonce is longer: ` B 4294967295 4294967295 18446744073709551615 4294967295`.
const LONGEST_TAIL: usize = 64;

impl Frames {
    pub fn new(nonce: &Nonce) -> Self {
        Self { mark: format!("\n{} ", nonce.as_str()).into_bytes(), held: Vec::new(), inside: false }
    }

    /// Takes the next bytes and hands out what they complete.
    pub fn feed(&mut self, bytes: &[u8], on: &mut dyn FnMut(Frame<'_>)) {
        // The common case of a flood: nothing held back, so nothing is copied.
        if self.held.is_empty() {
            let rest = split(&self.mark, &mut self.inside, bytes, on);
            self.held.extend_from_slice(rest);
        } else {
            let mut joined = std::mem::take(&mut self.held);
            joined.extend_from_slice(bytes);
            let rest = split(&self.mark, &mut self.inside, &joined, on);
            self.held = rest.to_vec();
        }
    }

    /// Hands out what was held back in the hope of a mark: the stream has ended.
    pub fn finish(&mut self, on: &mut dyn FnMut(Frame<'_>)) {
        let held = std::mem::take(&mut self.held);
        emit(self.inside, &held, on);
    }
}

fn emit(inside: bool, bytes: &[u8], on: &mut dyn FnMut(Frame<'_>)) {
    match (bytes.is_empty(), inside) {
        (true, _) => {}
        (false, true) => on(Frame::Output(bytes)),
        (false, false) => on(Frame::Noise(bytes)),
    }
}

/// Emits frames from the front of `bytes` and returns the tail that may be the start of a mark.
fn split<'a>(mark: &[u8], inside: &mut bool, mut bytes: &'a [u8], on: &mut dyn FnMut(Frame<'_>)) -> &'a [u8] {
    let finder = memmem::Finder::new(mark);
    let mut from = 0;
    while let Some(at) = bytes.get(from..).and_then(|b| finder.find(b)).map(|p| p + from) {
        let (before, rest) = bytes.split_at(at);
        let tail = rest.get(mark.len()..).unwrap_or_default();
        match memchr::memchr(b'\n', tail.get(..tail.len().min(LONGEST_TAIL)).unwrap_or_default()) {
            None if tail.len() < LONGEST_TAIL => {
                emit(*inside, before, on);
                return rest;
            }
            Some(end) => match tail.get(..end).and_then(parse) {
                Some(frame) => {
                    emit(*inside, before, on);
                    *inside = matches!(frame, Frame::Begin { .. });
                    on(frame);
                    // The line feed that ends a mark may be the one that begins the next.
                    bytes = tail.get(end + 1..).unwrap_or_default();
                    from = 0;
                }
                None => from = at + 1,
            },
            None => from = at + 1,
        }
    }
    let keep = longest_suffix_that_starts(mark, bytes);
    let (out, rest) = bytes.split_at(bytes.len() - keep);
    emit(*inside, out, on);
    rest
}

/// How many bytes at the end of `bytes` could be the beginning of `mark`.
fn longest_suffix_that_starts(mark: &[u8], bytes: &[u8]) -> usize {
    (1..mark.len().min(bytes.len() + 1)).rev().find(|&n| mark.get(..n).is_some_and(|m| bytes.ends_with(m))).unwrap_or(0)
}

fn parse(line: &[u8]) -> Option<Frame<'static>> {
    let text = std::str::from_utf8(line).ok()?;
    let mut words = text.split(' ');
    let (kind, n, value) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
    match (kind, words.next(), words.next(), words.next()) {
        ("B", Some(start), Some(session), None) => {
            let (pid, start, session) = (value.parse().ok()?, start.parse().ok()?, session.parse().ok()?);
            Some(Frame::Begin { n, process: Process { pid, start, session } })
        }
        ("E", None, ..) => Some(Frame::End { n, status: value.parse().ok()? }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MARK: &str = "abababababababababababababababab";

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let mut frames = Frames::new(&Nonce::new([0xab; 16]));
        let mut seen: Vec<String> = Vec::new();
        let mut on = |frame: Frame<'_>| {
            let (word, bytes): (&str, &[u8]) = match frame {
                Frame::Noise(b) => ("noise ", b),
                Frame::Output(b) => ("out ", b),
                Frame::Begin { n, process: Process { pid, start, session } } => {
                    return seen.push(format!("begin {n} {pid} {start} {session}"));
                }
                Frame::End { n, status } => return seen.push(format!("end {n} {status}")),
            };
            let text = String::from_utf8_lossy(bytes).into_owned();
            match seen.last_mut() {
                Some(last) if last.starts_with(word) => last.push_str(&text),
                _ => seen.push(format!("{word}{text}")),
            }
        };
        pieces.iter().for_each(|piece| frames.feed(piece, &mut on));
        frames.finish(&mut on);
        seen
    }

    fn sample() -> String {
        format!(
            "motd\n\n{MARK} B 0 77 9001 70\nhello\n\n{MARK} E 0 0\n\n{MARK} B 1 78 9002 70\n\n{MARK} E 1 -1\ntrailing"
        )
    }

    #[test]
    fn noise_output_and_marks_are_told_apart() {
        let seen = read(&[sample().as_bytes()]);
        assert_eq!(
            seen,
            [
                "noise motd\n",
                "begin 0 77 9001 70",
                "out hello\n",
                "end 0 0",
                "begin 1 78 9002 70",
                "end 1 -1",
                "noise trailing"
            ]
        );
    }

    #[test]
    fn a_look_alike_is_output() {
        let text =
            format!("\n{MARK} B 0 77 9001 70\n\n{MARK} B 0 77\n\n{MARK} X 0 0\n\n{MARK} E zero 0\n\n{MARK} E 0 0\n");
        let seen = read(&[text.as_bytes()]);
        assert_eq!(
            seen,
            ["begin 0 77 9001 70", &format!("out \n{MARK} B 0 77\n\n{MARK} X 0 0\n\n{MARK} E zero 0\n"), "end 0 0"]
        );
    }

    proptest! {
        #[test]
        fn the_pieces_do_not_matter(cuts in proptest::collection::vec(0usize..400, 0..12)) {
            let text = sample();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|w| &text.as_bytes()[w[0]..w[1]]).collect();
            prop_assert_eq!(read(&pieces), read(&[text.as_bytes()]));
        }

        #[test]
        fn no_byte_is_lost_and_nothing_panics(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'a'), Just(b'b'), Just(b' '), any::<u8>()], 0..300)) {
            let mut frames = Frames::new(&Nonce::new([0xab; 16]));
            let mut total = 0;
            let mut on = |frame: Frame<'_>| if let Frame::Noise(b) | Frame::Output(b) = frame { total += b.len() };
            frames.feed(&bytes, &mut on);
            frames.finish(&mut on);
            prop_assert_eq!(total, bytes.len());
        }
    }
}
