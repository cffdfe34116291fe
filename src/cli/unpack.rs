//! Files that a person names, unpacked by what they are, whatever they are called.

use super::error::CliError;
use crate::mail::offline::LogFile;
use std::fs::File;
use std::io::{self, Read};

/// Bytes of one log when unpacked; a small file can hold any amount.
const MAX: u64 = 2 << 30;

/// Reads a log, plain or packed. `-` is standard input.
pub fn log_file(name: &str) -> Result<LogFile, CliError> {
    let wrong = |why: &dyn std::fmt::Display| CliError::invalid(format!("{name}: {why}"));
    let (packed, modified) = match name {
        "-" => (read(io::stdin().lock()), 0),
        path => {
            let file = File::open(path).map_err(|e| wrong(&e))?;
            let changed = file.metadata().and_then(|m| m.modified()).ok();
            let changed = changed.and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
            (read(file), changed.map_or(0, |t| i64::try_from(t.as_secs()).unwrap_or(0)))
        }
    };
    let bytes =
        unpacked(packed.map_err(|e| wrong(&e))?).map_err(|e| wrong(&format!("it cannot be decompressed: {e}")))?;
    Ok(LogFile { name: name.to_owned(), modified, bytes })
}

fn unpacked(packed: Vec<u8>) -> io::Result<Vec<u8>> {
    match packed.as_slice() {
        [0x1f, 0x8b, ..] => read(flate2::read::MultiGzDecoder::new(packed.as_slice())),
        [b'B', b'Z', b'h', ..] => read(bzip2::read::MultiBzDecoder::new(packed.as_slice())),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => read(lzma_rust2::XzReader::new(packed.as_slice(), true)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let (mut rest, mut bytes) = (packed.as_slice(), Vec::new());
            while !rest.is_empty() {
                let frame = ruzstd::decoding::StreamingDecoder::new(&mut rest);
                bytes.append(&mut read(frame.map_err(|e| io::Error::other(e.to_string()))?)?);
                bounded(&bytes)?;
            }
            Ok(bytes)
        }
        _ => Ok(packed),
    }
}

fn read(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX + 1).read_to_end(&mut bytes)?;
    bounded(&bytes)?;
    Ok(bytes)
}

fn bounded(bytes: &[u8]) -> io::Result<()> {
    match bytes.len() as u64 > MAX {
        true => Err(io::Error::other("it is larger than 2 GiB; split it")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::process::{Command, Stdio};

    #[test]
    fn what_is_packed_is_told_by_its_first_bytes() {
        let text = "Nov 24 01:57:35 mx1 postfix/qmgr[128]: A: removed\n".repeat(5_000);
        assert_eq!(unpacked(text.clone().into_bytes()).unwrap(), text.as_bytes());
        for tool in ["gzip", "bzip2", "xz"] {
            let mut child = Command::new(tool).arg("-c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            let mut into = child.stdin.take().unwrap();
            let sent = text.clone();
            let writer = std::thread::spawn(move || into.write_all(sent.as_bytes()));
            let packed = child.wait_with_output().unwrap().stdout;
            writer.join().unwrap().unwrap();
            check(&packed, &text, tool);
        }
        let packed = ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
        check(&packed, &text, "zstd");
    }

    fn check(packed: &[u8], text: &str, tool: &str) {
        assert!(packed.len() < text.len() / 2, "{tool}");
        assert_eq!(unpacked(packed.to_vec()).unwrap(), text.as_bytes(), "{tool}");
        // Rotated logs are often joined as they are.
        assert_eq!(unpacked([packed, packed].concat()).unwrap().len(), 2 * text.len(), "{tool}");
        let (half, _) = packed.split_at(packed.len() / 2);
        assert!(unpacked(half.to_vec()).is_err(), "{tool}");
    }
}
