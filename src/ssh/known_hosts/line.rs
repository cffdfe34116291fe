//! One line of a `known_hosts` file, read as OpenSSH reads it (`hostfile.c`, `match.c`), from any bytes.

use hmac::{Hmac, KeyInit, Mac};
use russh::keys::{PublicKeyBase64, parse_public_key_base64};
use sha1::Sha1;

/// What the word with `@` in front of a line makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    /// A plain record of a host's key.
    None,
    /// A certificate authority. Host certificates are not accepted, so it never makes a key trusted.
    Authority,
    Revoked,
}

/// Whom a line speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// Plain names only, in lower case.
    Exact(Vec<Vec<u8>>),
    /// The comma-separated list as it stands, in lower case: it holds wildcards or negations.
    Patterns(Vec<u8>),
    /// `|1|salt|hash`: HMAC-SHA1 of the one name.
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub marker: Marker,
    pub names: Names,
    /// `ssh-ed25519` and the like.
    pub kind: String,
    /// The key's base64, as it stands: two keys are equal exactly when these texts are.
    pub key: String,
}

/// The key types a record may have. Other lines are bad, as they are for OpenSSH.
const KINDS: [&str; 8] = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
    "ssh-dss",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

/// Reads a line. `Ok(None)`: empty or a comment. `Err`: bad, with the reason; the rest of the file is unharmed.
pub(super) fn parse(line: &[u8]) -> Result<Option<Line>, &'static str> {
    let line = line.split(|&b| b == 0).next().unwrap_or_default();
    let mut words = line.split(|&b| b == b' ' || b == b'\t' || b == b'\r').filter(|w| !w.is_empty()).peekable();
    let marker = match words.peek() {
        None => return Ok(None),
        Some(word) if word.starts_with(b"#") => return Ok(None),
        Some(&b"@cert-authority") => Marker::Authority,
        Some(&b"@revoked") => Marker::Revoked,
        Some(word) if word.starts_with(b"@") => return Err("unknown marker"),
        Some(_) => Marker::None,
    };
    if marker != Marker::None {
        words.next();
    }
    let names = words.next().ok_or("no host name")?;
    if marker != Marker::None && names.starts_with(b"@") {
        return Err("more than one marker");
    }
    let kind = words.next().ok_or("no key type")?;
    let kind = KINDS.iter().find(|k| k.as_bytes() == kind).ok_or("unknown key type")?;
    let key = words.next().and_then(|k| std::str::from_utf8(k).ok()).ok_or("no key")?;
    Ok(Some(Line { marker, names: parse_names(names)?, kind: (*kind).to_owned(), key: key.to_owned() }))
}

fn parse_names(names: &[u8]) -> Result<Names, &'static str> {
    if names.starts_with(b"|") {
        return hashed(names).ok_or("bad host hash");
    }
    let names = names.to_ascii_lowercase();
    if names.iter().any(|b| matches!(b, b'*' | b'?' | b'!')) {
        return Ok(Names::Patterns(names));
    }
    Ok(Names::Exact(names.split(|&b| b == b',').filter(|n| !n.is_empty()).map(<[u8]>::to_vec).collect()))
}

fn hashed(names: &[u8]) -> Option<Names> {
    let text = std::str::from_utf8(names).ok()?.strip_prefix("|1|")?;
    let (salt, hash) = text.split_once('|')?;
    let (salt, hash) = (base64(salt)?, base64(hash)?);
    (salt.len() == 20 && hash.len() == 20).then_some(Names::Hashed { salt, hash })
}

/// Strict base64 with padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0u32, 0u32);
    for b in digits.bytes() {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = (held << 6 | u32::from(value)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits) as u8);
        }
    }
    Some(out)
}

impl Names {
    /// `name` is in lower case, and `[name]:port` where the port is not 22.
    pub fn matches(&self, name: &[u8]) -> bool {
        match self {
            Self::Exact(names) => names.iter().any(|n| n == name),
            Self::Patterns(list) => in_list(name, list),
            Self::Hashed { salt, hash } => Hmac::<Sha1>::new_from_slice(salt).is_ok_and(|mut mac| {
                mac.update(name);
                mac.verify_slice(hash).is_ok()
            }),
        }
    }
}

impl Line {
    /// Whether the key is one: OpenSSH skips lines whose key does not parse or is of another type than said.
    /// Looked at only when a line matters, since most lines of a long file never do.
    pub fn has_valid_key(&self) -> bool {
        parse_public_key_base64(&self.key)
            .is_ok_and(|key| key.algorithm().as_str() == self.kind && key.public_key_base64() == self.key)
    }
}

/// A name against a list of patterns: a negated match refuses whatever else matches.
fn in_list(name: &[u8], list: &[u8]) -> bool {
    let mut found = false;
    for pattern in list.split(|&b| b == b',') {
        match pattern.strip_prefix(b"!") {
            Some(pattern) if wild(name, pattern) => return false,
            Some(_) => {}
            None => found |= wild(name, pattern),
        }
    }
    found
}

/// `*` stands for any bytes, `?` for one. Linear apart from the last star, so no pattern is slow.
fn wild(name: &[u8], pattern: &[u8]) -> bool {
    let (mut n, mut p) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(&byte) = name.get(n) {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p + 1, n));
                p += 1;
            }
            Some(&b) if b == b'?' || b == byte => {
                n += 1;
                p += 1;
            }
            _ => match star {
                Some((after, at)) => {
                    star = Some((after, at + 1));
                    n = at + 1;
                    p = after;
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|&b| b == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wildcards_match_as_in_openssh() {
        for (name, pattern, expected) in [
            ("mx1.example", "*.example", true),
            ("mx1.example", "mx?.example", true),
            ("mx10.example", "mx?.example", false),
            ("[127.0.0.1]:2222", "[127.*]:2222", true),
            ("abcabd", "*ab?", true),
            ("", "*", true),
            ("a", "", false),
        ] {
            assert_eq!(wild(name.as_bytes(), pattern.as_bytes()), expected, "{name} {pattern}");
        }
        assert!(!in_list(b"mx1", b"*,!mx1"));
        assert!(in_list(b"mx2", b"!mx1,*"));
        assert!(!in_list(b"mx2", b"!mx1"));
    }

    #[test]
    fn a_hashed_name_is_found_by_its_hmac() {
        // Written by `ssh-keygen -H` for `[127.0.0.1]:22790`.
        let names = parse_names(b"|1|8AmH4hIUhQrd5cGEBcOmlz8MVBI=|9cs1GWMlHyAFBbJSWxfsYhwZbzg=").unwrap();
        assert!(matches!(names, Names::Hashed { .. }));
        assert!(!names.matches(b"127.0.0.1"));
        for bad in ["|1|xx|yy", "|2|AA==|AA==", "|1|", "|"] {
            assert!(parse_names(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn bad_lines_are_named_and_comments_are_not() {
        for (line, reason) in [
            ("h", "no key type"),
            ("h ssh-ed25519", "no key"),
            ("h ssh-foo AAAA", "unknown key type"),
            ("h 1024 35 123", "unknown key type"),
            ("@foo h ssh-ed25519 AAAA", "unknown marker"),
            ("@revoked @revoked h ssh-ed25519 AAAA", "more than one marker"),
        ] {
            assert_eq!(parse(line.as_bytes()), Err(reason), "{line}");
        }
        for empty in ["", "   ", "# x", " \t# y", "\r"] {
            assert_eq!(parse(empty.as_bytes()), Ok(None), "{empty:?}");
        }
    }

    proptest! {
        #[test]
        fn no_line_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(Some(line)) = parse(&bytes) {
                line.names.matches(b"mx1");
                line.has_valid_key();
            }
        }

        #[test]
        fn a_pattern_of_stars_is_never_slow(pattern in "[a*?]{0,60}", name in "[ab]{0,200}") {
            wild(name.as_bytes(), pattern.as_bytes());
        }
    }
}
