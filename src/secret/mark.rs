//! The mark of what was written here: HMAC-SHA-256 under a key in a file of the state folder (0600). Whoever does not have
//! the key can neither write a text that carries the mark nor change one that does.

use super::key::key;
use ring::hmac;
use std::fmt::Write;
use std::io;
use std::path::Path;

/// Marks texts, and knows its own marks again.
pub struct Mark {
    key: hmac::Key,
}

impl Mark {
    /// With the key in that file, which is made when it is absent.
    ///
    /// # Errors
    /// When the file cannot be read or made, or holds no key.
    pub fn open(file: &Path) -> io::Result<Self> {
        let key = key(file, "without it no plan that was saved can be applied")?;
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, &key) })
    }

    /// The mark of a text, as hexadecimal digits.
    pub fn of(&self, text: &[u8]) -> String {
        let tag = hmac::sign(&self.key, text);
        tag.as_ref().iter().fold(String::new(), |mut digits, byte| {
            let _ = write!(digits, "{byte:02x}");
            digits
        })
    }

    /// Whether this is the mark of that text. How long it takes tells nothing of the right one.
    pub fn is(&self, text: &[u8], mark: &str) -> bool {
        let digit = |at: usize| mark.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let bytes: Option<Vec<u8>> = (0..mark.len()).step_by(2).map(digit).collect();
        bytes.is_some_and(|bytes| hmac::verify(&self.key, text, &bytes).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_mark_is_of_one_text_and_one_key_and_outlives_a_restart() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = here.path().join("plan.key");
        let mark = Mark::open(&file).unwrap().of(b"delete 4 messages");
        assert_eq!((mark.len(), std::fs::metadata(&file).unwrap().mode() & 0o7777), (64, 0o600));
        let again = Mark::open(&file).unwrap();
        assert!(again.is(b"delete 4 messages", &mark));
        assert!(!again.is(b"delete 5 messages", &mark));
        assert!(!Mark::open(&there.path().join("plan.key")).unwrap().is(b"delete 4 messages", &mark));
        for bad in ["", "0", &mark[..62], &format!("{mark}00"), &"é".repeat(32), &"+1".repeat(32)] {
            assert!(!again.is(b"delete 4 messages", bad), "{bad}");
        }
    }
}
