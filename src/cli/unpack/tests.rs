use super::*;
use std::io::Write;
use std::process::{Command, Stdio};

fn unpacked(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    Bounds { left: MAX, slack: SLACK }.unpacked(Cursor::new(bytes))
}

fn packed_by(tool: &[&str], text: &[u8]) -> Vec<u8> {
    let mut command = Command::new(tool[0]);
    let mut child = command.args(&tool[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut into = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || into.write_all(text).unwrap());
        child.wait_with_output().unwrap().stdout
    })
}

fn zstd(text: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn what_is_packed_is_told_by_its_first_bytes() {
    let text = "Nov 24 01:57:35 mx1 postfix/qmgr[128]: A: removed\n".repeat(5_000);
    assert_eq!(unpacked(text.clone().into_bytes()).unwrap(), text.as_bytes());
    for tool in [&["gzip", "-c"][..], &["bzip2", "-c"], &["xz", "-c"], &["xz", "-9ec", "--check=sha256"]] {
        check(&packed_by(tool, text.as_bytes()), &text, tool[0]);
    }
    check(&packed_by(&["xz", "-c", "--block-size=20000", "-T2"], text.as_bytes()), &text, "xz in blocks");
    check(&zstd(text.as_bytes()), &text, "zstd");
}

fn check(packed: &[u8], text: &str, tool: &str) {
    assert!(packed.len() < text.len() / 2, "{tool}");
    assert_eq!(unpacked(packed.to_vec()).unwrap(), text.as_bytes(), "{tool}");
    // Rotated logs are often joined as they are.
    assert_eq!(unpacked([packed, packed].concat()).unwrap().len(), 2 * text.len(), "{tool}");
    let (half, _) = packed.split_at(packed.len() / 2);
    assert!(unpacked(half.to_vec()).is_err(), "{tool}");
    let twice = packed_by(&["gzip", "-c"], packed);
    assert!(unpacked(twice).unwrap_err().to_string().contains("is packed itself"), "{tool}");
}

#[test]
fn a_file_that_no_tool_packs_so_is_refused_before_memory_is_taken() {
    let text = b"x\n".repeat(500);
    let mut xz = packed_by(&["xz", "-c"], &text);
    // The block's header: its size, its flags, LZMA2 and the size of its dictionary.
    let at = xz.windows(2).position(|w| w == [0x21, 1]).unwrap() + 2;
    for (bits, refused) in [(28, false), (29, true), (39, true), (40, true), (41, true)] {
        xz[at] = bits;
        let why = unpacked(xz.clone()).unwrap_err().to_string();
        assert_eq!(why.contains("64 MiB of memory"), refused && bits != 41, "{bits}: {why}");
    }
    // The window of a zstd frame, or its one segment.
    for (descriptor, window, refused) in [(0, 16 << 3, false), (0, 17 << 3, true), (0, 0xff, true), (0xa0, 0xff, true)]
    {
        let frame = [&[0x28, 0xb5, 0x2f, 0xfd, descriptor, window, 0xff, 0xff][..], &[0xff; 12]].concat();
        let why = unpacked(frame).unwrap_err().to_string();
        assert_eq!(why.contains("64 MiB of memory"), refused, "{descriptor} {window}: {why}");
    }
}

/// 128 KiB of zeros from four bytes, as often as one likes.
fn zstd_bomb(blocks: usize) -> Vec<u8> {
    let block = [0x02, 0x00, 0x10, 0x00];
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 10 << 3];
    for n in 0..blocks {
        frame.extend([block[0] | u8::from(n + 1 == blocks), block[1], block[2], block[3]]);
    }
    frame
}

#[test]
fn a_bomb_is_refused_however_it_is_packed_joined_or_hidden() {
    let zeros = vec![0; 40 << 20];
    for tool in ["gzip", "bzip2", "xz"] {
        let bomb = packed_by(&[tool, "-c"], &zeros);
        refused(&bomb, tool);
        let small = packed_by(&[tool, "-c"], &zeros[..8 << 20]);
        assert_eq!(unpacked(small.clone()).unwrap().len(), 8 << 20, "{tool}: a little is allowed");
        refused(&small.repeat(6), tool);
        // What does not pack well before it pays for nothing.
        let noise: Vec<u8> = (0..3_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        refused(&[packed_by(&[tool, "-c"], &noise), bomb].concat(), tool);
    }
    refused(&zstd_bomb(400), "zstd");
    refused(&zstd_bomb(60).repeat(6), "zstd");
    // All logs of a call together.
    let mut bounds = Bounds { left: MAX, slack: SLACK };
    let results: Vec<bool> = (0..6).map(|_| bounds.unpacked(Cursor::new(zstd_bomb(60))).is_ok()).collect();
    assert_eq!(results, [true, true, true, true, false, false]);
    let mut bounds = Bounds { left: 10, slack: SLACK };
    assert!(bounds.unpacked(Cursor::new(b"12345".to_vec())).is_ok());
    let why = bounds.unpacked(Cursor::new(b"123456".to_vec())).unwrap_err().to_string();
    assert!(why.contains("more than 2 GiB together"), "{why}");
}

fn refused(bomb: &[u8], tool: &str) {
    let why = unpacked(bomb.to_vec()).unwrap_err().to_string();
    assert!(why.contains("more than 100 times its size"), "{tool}: {why}");
}
