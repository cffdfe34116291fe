//! Bytes that a host sent. The host may be rooted and hostile, so these bytes are data and nothing else.
//!
//! There is no `Display`, no `AsRef<str>` and no `Into<String>`. The ways out are a parser
//! ([`HostBytes::parse`]), sanitised text for a person ([`HostBytes::for_human`]) and the raw bytes for a
//! file ([`HostBytes::to_artifact`]).

use std::fmt;
use unicode_width::UnicodeWidthChar;

/// What a host sent, bounded by whoever received it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HostBytes(Vec<u8>);

impl HostBytes {
    /// Takes bytes as a host sent them; nothing is checked or changed.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// How many bytes there are, before any sanitising.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the host sent nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Hands the bytes to a parser with a strict grammar.
    ///
    /// # Errors
    /// What the parser says.
    pub fn parse<T, E>(&self, parser: impl FnOnce(&[u8]) -> Result<T, E>) -> Result<T, E> {
        parser(&self.0)
    }

    /// At most `max` characters of sanitised text.
    pub fn for_human(&self, max: usize) -> String {
        clean(&String::from_utf8_lossy(&self.0), max)
    }

    /// The raw bytes, for a file that only this user can read.
    pub fn to_artifact(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for HostBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostBytes({} bytes)", self.0.len())
    }
}

/// Makes text safe for a terminal, a log line or a report: line feeds and tabs stay, every other control,
/// format, bidirectional or invisible character becomes visible as `\u{..}`, and what is past `max`
/// characters becomes one mark.
pub fn clean(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max));
    for (n, c) in text.chars().enumerate() {
        if n == max {
            out.push('…');
            break;
        }
        match c {
            '\n' | '\t' => out.push(c),
            c if is_unsafe(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Like [`clean`], and on one line: line feeds and tabs become visible too.
pub fn clean_line(text: &str, max: usize) -> String {
    // Nearly every text is this one, and a mail log holds hundreds of thousands of them.
    if text.len() <= max && text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return text.to_owned();
    }
    clean(text, max).replace('\n', "\\n").replace('\t', " ")
}

/// Controls, format characters, bidirectional overrides, separators, private use and anything of no width
/// that could hide or reorder what stands beside it.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E000}'..='\u{F8FF}' | '\u{E0000}'..='\u{E0FFF}' | '\u{F0000}'..='\u{10FFFF}')
        || c.width().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_of_a_terminal_become_visible() {
        let host = HostBytes::new(b"ok \x1b]0;pwn\x07 \xc2\x9b31m \xe2\x80\xaegnp".to_vec());
        assert_eq!(host.for_human(99), "ok \\u{1b}]0;pwn\\u{7} \\u{9b}31m \\u{202e}gnp");
        assert_eq!(format!("{host:?}"), "HostBytes(24 bytes)");
    }

    #[test]
    fn japanese_text_stays_as_it_is() {
        assert_eq!(clean("日本語 ｶﾅ é", 99), "日本語 ｶﾅ é");
    }

    #[test]
    fn long_text_is_cut_with_a_mark() {
        assert_eq!(clean("abcdef", 3), "abc…");
        assert_eq!(clean("abc", 3), "abc");
    }

    proptest! {
        #[test]
        fn no_byte_sequence_leaves_a_control_character(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let text = HostBytes::new(bytes).for_human(10_000);
            prop_assert!(text.chars().all(|c| c == '\n' || c == '\t' || !is_unsafe(c)));
        }
    }
}
