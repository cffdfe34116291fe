//! Passwords that are made here: from the operating system's generator, sealed before they are sent anywhere.
//!
//! Sealed with ChaCha20-Poly1305 under a key in a file of the state folder (0600). The seal keeps a password out of the
//! database, its backups and its readers; whoever has both the folder and the key has the password.

use super::key::{key, random};
use crate::model::Secret;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::io;
use std::path::Path;

/// Characters of a password: the customer's rule asks for eight and all four classes, this is stronger.
const LENGTH: usize = 24;
const LOWER: &[u8] = b"abcdefghijkmnpqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const DIGIT: &[u8] = b"23456789";
/// No symbol that a shell, a panel, a URL or a mail program's settings treat specially. Of those that Plesk counts.
const SYMBOL: &[u8] = b"!@#%^*_";

/// Makes passwords, seals and opens them.
pub struct Vault {
    key: LessSafeKey,
}

impl Vault {
    /// With the key in that file, which is made when it is absent.
    ///
    /// # Errors
    /// When the file cannot be read or made, or holds no key.
    pub fn open(file: &Path) -> io::Result<Self> {
        let key = key(file, "without it no sealed password can be opened")?;
        let key = UnboundKey::new(&CHACHA20_POLY1305, &key);
        let key = key.map_err(|_| io::Error::other("the key cannot be used"))?;
        Ok(Self { key: LessSafeKey::new(key) })
    }

    /// A new password: letters of both cases, digits and symbols, at least one of each, and none that look alike.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn generate(&self) -> io::Result<Secret> {
        let all: Vec<u8> = [LOWER, UPPER, DIGIT, SYMBOL].concat();
        loop {
            let text = (0..LENGTH).map(|_| pick(&all)).collect::<io::Result<Vec<u8>>>()?;
            let has = |class: &[u8]| text.iter().any(|b| class.contains(b));
            // A symbol at the beginning is lost in some mail programs' forms.
            let begins_well = text.first().is_some_and(u8::is_ascii_alphanumeric);
            if [LOWER, UPPER, DIGIT, SYMBOL].iter().all(|class| has(class)) && begins_well {
                return Ok(Secret::new(String::from_utf8_lossy(&text).into_owned()));
            }
        }
    }

    /// Seals a secret for `name`, under which alone it opens again.
    pub fn seal(&self, name: &str, secret: &Secret) -> io::Result<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut bytes = secret.expose().as_bytes().to_vec();
        let sealed =
            self.key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(name), &mut bytes);
        sealed.map_err(|_| io::Error::other("the password cannot be sealed"))?;
        Ok([&nonce[..], &bytes].concat())
    }

    /// Opens what [`seal`](Self::seal) sealed under the same name.
    pub fn unseal(&self, name: &str, sealed: &[u8]) -> io::Result<Secret> {
        let wrong = || io::Error::other("the sealed password does not open: another key, or another's seal");
        let (nonce, bytes) = sealed.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
        let mut bytes = bytes.to_vec();
        let open = self.key.open_in_place(nonce, Aad::from(name), &mut bytes).map_err(|_| wrong())?;
        let text = std::str::from_utf8(open).map_err(|_| wrong())?.to_owned();
        bytes.fill(0);
        Ok(Secret::new(text))
    }
}

/// One of them, each as likely.
fn pick(from: &[u8]) -> io::Result<u8> {
    let fair = 256 - 256 % from.len();
    loop {
        let [byte] = random()?;
        if let Some(picked) = from.get(usize::from(byte) % from.len()).filter(|_| usize::from(byte) < fair) {
            return Ok(*picked);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(dir: &Path) -> Vault {
        Vault::open(&dir.join("seal.key")).unwrap()
    }

    #[test]
    fn passwords_have_all_classes_and_differ() {
        let dir = tempfile::tempdir().unwrap();
        let vault = vault(dir.path());
        let made: std::collections::BTreeSet<String> =
            (0..500).map(|_| vault.generate().unwrap().expose().to_owned()).collect();
        assert_eq!(made.len(), 500);
        for text in made {
            assert_eq!(text.len(), LENGTH);
            assert!(
                [LOWER, UPPER, DIGIT, SYMBOL].iter().all(|class| text.bytes().any(|b| class.contains(&b))),
                "{text}"
            );
            assert!(text.bytes().all(|b| !b"'\"\\$`&|;<>(){}~ 0O1lI".contains(&b)), "{text}");
        }
    }

    #[test]
    fn what_is_sealed_opens_under_its_name_alone_and_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let sealed = vault(dir.path()).seal("op1", &Secret::new("Abc!2345".into())).unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("Abc!"));
        let again = vault(dir.path());
        assert_eq!(again.unseal("op1", &sealed).unwrap().expose(), "Abc!2345");
        assert!(again.unseal("op2", &sealed).is_err());
        assert!(again.unseal("op1", &sealed[..20]).is_err());
        let other = tempfile::tempdir().unwrap();
        assert!(vault(other.path()).unseal("op1", &sealed).is_err());
        std::fs::write(dir.path().join("seal.key"), b"short").unwrap();
        assert!(Vault::open(&dir.path().join("seal.key")).is_err());
    }
}
