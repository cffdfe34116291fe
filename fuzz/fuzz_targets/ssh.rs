//! What comes of an SSH server, and what is known of it: `k` and lines of known_hosts, else the stream of a session
//! in pieces of as many bytes as the first byte says.
#![no_main]

use fleet::shell::batch::{Nonce, Receiver};
use fleet::shell::frames::{Frame, Frames};
use fleet::ssh::known_hosts::{KnownHosts, Verdict};
use fleet_fuzz::safe_lines;
use russh::keys::parse_public_key_base64;

const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

libfuzzer_sys::fuzz_target!(|data: &[u8]| match data {
    [b'k', lines @ ..] => known_hosts(lines),
    [size, stream @ ..] => session(usize::from(*size).max(1), stream),
    [] => {}
});

fn known_hosts(lines: &[u8]) {
    let file = std::env::temp_dir().join(format!("fleet-fuzz-{}", std::process::id()));
    std::fs::write(&file, lines).unwrap();
    let known = KnownHosts::load(&[file]).unwrap();
    assert!(known.bad_lines().len() <= lines.split(|&b| b == b'\n').count());
    known.bad_lines().iter().for_each(|bad| safe_lines(&bad.to_string()));
    let key = parse_public_key_base64(KEY).unwrap();
    for (host, port) in [("mx1.example.jp", 22), ("192.0.2.1", 2222), ("2001:db8::1", 22)] {
        let kinds = known.kinds(host, port, true);
        match known.verdict(host, port, &key) {
            Verdict::Known | Verdict::Unknown | Verdict::Revoked(_) => {}
            Verdict::Changed(recorded) => assert!(kinds.contains(&recorded.kind), "{recorded:?}"),
        }
    }
}

fn session(size: usize, stream: &[u8]) {
    let whole = frames(stream.chunks(stream.len().max(1)));
    assert_eq!(whole, frames(stream.chunks(size)));
    let mut receiver = Receiver::default();
    stream.chunks(size).for_each(|piece| drop(receiver.feed(piece)));
}

/// Marks and the bytes between them. What is no mark comes out again.
fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]> + Clone) -> Vec<(String, Vec<u8>)> {
    let mut frames = Frames::new(&Nonce::new([0xab; 16]));
    let mut seen: Vec<(String, Vec<u8>)> = Vec::new();
    let mut on = |frame: Frame<'_>| {
        let (word, bytes) = match frame {
            Frame::Noise(bytes) => ("noise".to_owned(), bytes),
            Frame::Output(bytes) => ("output".to_owned(), bytes),
            mark => (format!("{mark:?}"), &b""[..]),
        };
        match seen.last_mut() {
            Some((last, held)) if *last == word && !bytes.is_empty() => held.extend_from_slice(bytes),
            _ => seen.push((word, bytes.to_vec())),
        }
    };
    pieces.clone().for_each(|piece| frames.feed(piece, &mut on));
    frames.finish(&mut on);
    let bytes: usize = pieces.map(<[u8]>::len).sum();
    let out: usize = seen.iter().map(|(_, bytes)| bytes.len()).sum();
    // A mark is a line feed, the nonce, and at least ` B 0 0` and a line feed; it is at most 66 bytes.
    let marks = seen.iter().filter(|(_, bytes)| bytes.is_empty()).count();
    assert!((out + marks * 40..=out + marks * 66).contains(&bytes), "{bytes} bytes, {out} out, {marks} marks");
    seen
}
