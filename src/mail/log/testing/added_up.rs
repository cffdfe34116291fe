//! The other way of reading a log: Postfix's is added up on the host when it is large.

use super::files::{File, print};
use crate::host::answer::testing::awk;

const PROGRAM: &str = include_str!("../../mta/postfix/compact.awk");

/// What the script prints of files that are large, and whether it could add them up: else their lines follow after
/// all. `half` is a last line that has no end.
pub fn added_up(files: &[File], half: &[u8], days: &[String]) -> (Vec<u8>, bool) {
    let (added, status) = awk(PROGRAM, &days.join("|"), &contents(files, half));
    assert!(matches!(status, Some(0 | 3)), "{status:?}");
    let whole = status == Some(0);
    let rest = if whole { b"end\n".to_vec() } else { print(files) };
    ([added, rest].concat(), whole)
}

/// What goes into the program: the marks of the script begin with a byte 1.
fn contents(files: &[File], half: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for (n, File { modified, lines, .. }) in files.iter().enumerate() {
        text.extend(format!("\x01== 9 {modified} /var/log/mail.log\n\x01first \n").into_bytes());
        lines.iter().for_each(|line| text.extend([line.as_slice(), b"\n"].concat()));
        if n + 1 == files.len() {
            text.extend(half);
        }
        text.extend(b"\x01\n");
    }
    text
}
