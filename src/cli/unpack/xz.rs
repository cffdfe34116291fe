//! The layout of an .xz file, walked without unpacking it: the decoder takes as much memory as each block's header asks
//! for, before anything is unpacked, and has no limit of its own.

use super::window_too_large;
use std::io::{self, Read};

/// Bytes of the check behind a block, by its kind.
const CHECKS: [u64; 16] = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

/// Fails when a block asks for more than `max` bytes, or the file is not laid out as the format says.
pub fn windows(input: &mut impl Read, max: u64) -> io::Result<()> {
    let mut file = Walk { input };
    let mut started = false;
    loop {
        // Streams may be joined, with zeros in between.
        let Some(first) = file.first()? else { return if started { Ok(()) } else { Err(damaged()) } };
        if first == 0 && started {
            file.skip(3)?;
            continue;
        }
        let [_, _, _, _, _, _, kind, ..] = file.bytes::<11>()?;
        let check = CHECKS.get(usize::from(kind & 15)).copied().ok_or_else(damaged)?;
        while file.block(check, max)? {}
        started = true;
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is damaged or cut off")
}

struct Walk<'a, R> {
    input: &'a mut R,
}

impl<R: Read> Walk<'_, R> {
    fn first(&mut self) -> io::Result<Option<u8>> {
        let mut byte = [0];
        Ok((self.input.read(&mut byte)? > 0).then_some(byte).map(|[byte]| byte))
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).map_err(|_| damaged())?;
        Ok(bytes)
    }

    fn byte(&mut self) -> io::Result<u8> {
        self.bytes().map(|[byte]| byte)
    }

    fn two(&mut self) -> io::Result<u64> {
        self.bytes().map(|bytes| u64::from(u16::from_be_bytes(bytes)))
    }

    fn skip(&mut self, n: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.input.by_ref().take(n), &mut io::sink())?;
        if skipped == n { Ok(()) } else { Err(damaged()) }
    }

    /// One block, or the index and the end of the stream, which are no block.
    fn block(&mut self, check: u64, max: u64) -> io::Result<bool> {
        let size = self.byte()?;
        if size == 0 {
            self.index()?;
            return Ok(false);
        }
        let mut header = vec![0; usize::from(size) * 4 + 3];
        self.input.read_exact(&mut header).map_err(|_| damaged())?;
        if window(&header).ok_or_else(damaged)? > max {
            return Err(window_too_large());
        }
        let mut length = 0;
        loop {
            // LZMA2's pieces: what they hold is not looked at.
            let (head, data) = match self.byte()? {
                0 => break,
                1 | 2 => (3, self.two()? + 1),
                control @ 0x80.. => {
                    self.two()?;
                    let data = self.two()? + 1;
                    (5, data + u64::from(control >= 0xc0))
                }
                _ => return Err(damaged()),
            };
            self.skip(data)?;
            length += head + data;
        }
        self.skip((length + 1).next_multiple_of(4) - (length + 1) + check)?;
        Ok(true)
    }

    fn number(&mut self, read: &mut u64) -> io::Result<u64> {
        let mut number = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            *read += 1;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(damaged())
    }

    fn index(&mut self) -> io::Result<()> {
        let mut read = 1;
        for _ in 0..self.number(&mut read)? {
            self.number(&mut read)?;
            self.number(&mut read)?;
        }
        // Padding, a checksum, the footer.
        self.skip(read.next_multiple_of(4) - read + 4 + 12)
    }
}

/// The dictionary that a block's header asks for, when LZMA2 is its only filter.
fn window(header: &[u8]) -> Option<u64> {
    let (flags, mut rest) = header.split_first()?;
    let sizes = usize::from(flags & 0x40 != 0) + usize::from(flags & 0x80 != 0);
    for _ in 0..sizes {
        let end = rest.iter().position(|byte| byte & 0x80 == 0)?;
        rest = rest.get(end + 1..)?;
    }
    match rest {
        [0x21, 1, bits @ 0..40, ..] if flags & 3 == 0 => Some((2 | u64::from(bits & 1)) << (bits / 2 + 11)),
        [0x21, 1, 40, ..] if flags & 3 == 0 => Some(u64::from(u32::MAX)),
        _ => None,
    }
}
