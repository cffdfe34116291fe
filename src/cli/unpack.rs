//! Files that a person names, unpacked by what they are, whatever they are called.
//!
//! They may come from anybody, so nothing about them is believed: what all of them hold is bounded, what is unpacked may
//! not be much more than what it is unpacked from, and no decoder gets more memory than an honest file needs.

mod xz;

use super::error::CliError;
use crate::local::read::{self, Unread};
use crate::mail::offline::LogFile;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Cursor, IsTerminal, Read, Seek};
use std::os::fd::AsFd;
use std::path::Path;
use std::rc::Rc;

/// Bytes of all logs together, unpacked.
const MAX: u64 = 2 << 30;
/// Bytes that may come out for each that goes in; mail logs come to 10 to 40.
const RATIO: u64 = 100;
/// Bytes that may come out beyond that, once for all logs: a line that is repeated packs very well.
const SLACK: u64 = 32 << 20;
/// Bytes that a packed file may ask its decoder to remember; `xz -9` and `zstd --ultra -21` need as many.
const MAX_WINDOW: u64 = 64 << 20;
const STEP: usize = 64 << 10;

/// Reads logs, plain or packed. `-` is standard input.
pub fn log_files(names: &[String]) -> Result<Vec<LogFile>, CliError> {
    let mut bounds = Bounds { left: MAX, slack: SLACK };
    names.iter().map(|name| log_file(name, &mut bounds)).collect()
}

fn log_file(name: &str, bounds: &mut Bounds) -> Result<LogFile, CliError> {
    let wrong = |why: &dyn std::fmt::Display| CliError::invalid(format!("{name}: {why}"));
    let (bytes, modified) = match name {
        "-" => {
            let mut input = Vec::new();
            let stdin = stdin().map_err(|e| wrong(&e))?;
            // What is unpacked may be read twice.
            stdin.take(bounds.left + 1).read_to_end(&mut input).map_err(|e| wrong(&e))?;
            (bounds.unpacked(Cursor::new(input)), 0)
        }
        path => {
            let file = read::open(Path::new(path)).map_err(|e| wrong(&e))?;
            let changed = file.metadata().and_then(|m| m.modified()).ok();
            let changed = changed.and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
            let changed = changed.map_or(0, |t| i64::try_from(t.as_secs()).unwrap_or(0));
            (bounds.unpacked(BufReader::new(file)), changed)
        }
    };
    Ok(LogFile { name: name.to_owned(), modified, bytes: bytes.map_err(|e| wrong(&e))? })
}

/// Standard input, unless it is a device that never ends.
fn stdin() -> Result<File, Unread> {
    let file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    match file.is_terminal() {
        true => Ok(file),
        false => read::stream(file),
    }
}

/// A reader that counts what was taken from it.
struct Counted<R> {
    inner: R,
    taken: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.taken.set(self.taken.get() + n as u64);
        Ok(n)
    }
}

/// What all logs together may still come to.
struct Bounds {
    left: u64,
    slack: u64,
}

impl Bounds {
    fn unpacked(&mut self, mut input: impl Read + Seek) -> io::Result<Vec<u8>> {
        let head = head(&mut input)?;
        let taken = Rc::new(Cell::new(0));
        let counted = |inner| Counted { inner, taken: taken.clone() };
        let mut bytes = Vec::new();
        let unpacked = match head.as_slice() {
            [0x1f, 0x8b, ..] => self.read(flate2::read::MultiGzDecoder::new(counted(input)), &taken, &mut bytes),
            [b'B', b'Z', b'h', ..] => self.read(bzip2::read::MultiBzDecoder::new(counted(input)), &taken, &mut bytes),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => xz::windows(&mut input, MAX_WINDOW).and_then(|()| {
                input.rewind()?;
                self.read(lzma_rust2::XzReader::new(counted(input), true), &taken, &mut bytes)
            }),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => self.zstd(input, &taken, &mut bytes),
            _ => return self.plain(input, bytes),
        };
        unpacked.map_err(|e| io::Error::new(e.kind(), format!("it cannot be unpacked: {e}")))?;
        match is_packed(&bytes) {
            true => Err(io::Error::other("what is unpacked from it is packed itself; unpack it first")),
            false => Ok(bytes),
        }
    }

    fn plain(&mut self, mut input: impl Read, mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        (&mut input).take(self.left + 1).read_to_end(&mut bytes)?;
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or_else(too_much)?;
        Ok(bytes)
    }

    /// Frame after frame.
    fn zstd(&mut self, mut input: impl Read + Seek, taken: &Rc<Cell<u64>>, bytes: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let head = head(&mut input)?;
            if head.is_empty() {
                return Ok(());
            }
            if zstd_window(&head).is_none_or(|window| window > MAX_WINDOW) {
                return Err(window_too_large());
            }
            let frame = ruzstd::decoding::StreamingDecoder::new(Counted { inner: &mut input, taken: taken.clone() });
            self.read(frame.map_err(|e| io::Error::other(e.to_string()))?, taken, bytes)?;
        }
    }

    fn read(&mut self, mut from: impl Read, taken: &Cell<u64>, bytes: &mut Vec<u8>) -> io::Result<()> {
        let (mut buffer, mut before) = (vec![0; STEP], taken.get());
        loop {
            let n = from.read(&mut buffer)?;
            if n == 0 {
                return Ok(());
            }
            let now = taken.get();
            // What went in before does not pay for what comes out later: one bomb could hide behind much else.
            self.slack = (now - before).saturating_mul(RATIO).saturating_add(self.slack).min(SLACK);
            before = now;
            self.slack = self.slack.checked_sub(n as u64).ok_or_else(|| {
                io::Error::other(format!("it comes to more than {RATIO} times its size, which no log does"))
            })?;
            self.left = self.left.checked_sub(n as u64).ok_or_else(too_much)?;
            bytes.extend_from_slice(buffer.get(..n).unwrap_or_default());
        }
    }
}

fn too_much() -> io::Error {
    io::Error::other("the logs hold more than 2 GiB together; split them")
}

fn window_too_large() -> io::Error {
    io::Error::other("unpacking it takes more than 64 MiB of memory; pack it with the usual options")
}

/// The first bytes, left where they are.
fn head(input: &mut (impl Read + Seek)) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    input.by_ref().take(18).read_to_end(&mut head)?;
    input.seek_relative(-(head.len() as i64))?;
    Ok(head)
}

fn is_packed(bytes: &[u8]) -> bool {
    let magic: [&[u8]; 4] = [b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"];
    magic.iter().any(|magic| bytes.starts_with(magic))
}

/// How many bytes the decoder of a zstd frame has to remember (RFC 8878, 3.1.1.1); none for one that is cut off.
fn zstd_window(frame: &[u8]) -> Option<u64> {
    let descriptor = *frame.get(4)?;
    if descriptor & 0x20 == 0 {
        let window = u64::from(*frame.get(5)?);
        let base = 1_u64 << (10 + (window >> 3));
        return Some(base + base / 8 * (window & 7));
    }
    // One segment: all of its content.
    let at = 5 + [0, 1, 2, 4].get(usize::from(descriptor & 3))?;
    let size = 1_usize << (descriptor >> 6);
    let little = frame.get(at..at + size)?.iter().rev().fold(0, |n: u64, byte| n << 8 | u64::from(*byte));
    Some(if size == 2 { little + 256 } else { little })
}

#[cfg(test)]
mod tests;
