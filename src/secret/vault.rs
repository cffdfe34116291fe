//! Passwords that are made here: from the operating system's generator, sealed before they are sent anywhere.
//!
//! Sealed with ChaCha20-Poly1305 under a key in a file of the state folder (0600). The seal keeps a password out of the
//! database, its backups and its readers; whoever has both the folder and the key has the password.

use crate::model::Secret;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::geteuid;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Characters of a password: the customer's rule asks for eight and all four classes, this is stronger.
const LENGTH: usize = 24;
const LOWER: &[u8] = b"abcdefghijkmnpqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const DIGIT: &[u8] = b"23456789";
/// No symbol that a shell, a panel, a URL or a mail program's settings treat specially. Of those that Plesk counts.
const SYMBOL: &[u8] = b"!@#%^*_";
const KEY: usize = 32;

/// Makes passwords, seals and opens them.
pub struct Vault {
    key: LessSafeKey,
}

impl Vault {
    /// With the key in that file, which is made when it is absent.
    ///
    /// # Errors
    /// When the file cannot be read or made, is open to others, or holds no key.
    pub fn open(file: &Path) -> io::Result<Self> {
        let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", file.display()));
        let fresh: [u8; KEY] = random()?;
        if !file.exists() {
            make(file, &fresh).map_err(named)?;
        }
        let mut key = Vec::new();
        private(file).and_then(|f| f.take(KEY as u64 + 1).read_to_end(&mut key)).map_err(named)?;
        let key = UnboundKey::new(&CHACHA20_POLY1305, &key);
        let key = key.map_err(|_| {
            named(refused("this is no key: 32 bytes; without it no sealed password can be opened".to_owned()))
        })?;
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

fn refused(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Opens the key's file, if it is a file of this user that nobody else can read or write.
fn private(file: &Path) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC).bits().cast_signed();
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(file).map_err(|e| match e.raw_os_error() {
        Some(code) if code == Errno::LOOP.raw_os_error() => {
            refused("it is a symbolic link, which is not followed".into())
        }
        _ => e,
    })?;
    let meta = opened.metadata()?;
    let (mode, shown) = (meta.mode() & 0o7777, file.display());
    match () {
        () if !meta.is_file() => Err(refused("it is not a file".to_owned())),
        () if meta.uid() != geteuid().as_raw() => Err(refused(format!(
            "it belongs to another user (uid {}); chown {} {shown}",
            meta.uid(),
            geteuid().as_raw()
        ))),
        () if mode & 0o077 != 0 => Err(refused(format!(
            "its mode is {mode:04o}, others may have read or written it; chmod 600 {shown}, and set new passwords for \
             what it sealed"
        ))),
        () => Ok(opened),
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

/// Makes the file with all of its bytes or not at all; one that somebody else made in the meantime stays.
fn make(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = file.with_extension(format!("new-{}", std::process::id()));
    let written =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new).and_then(|mut made| {
            made.write_all(bytes)?;
            made.sync_all()?;
            match std::fs::hard_link(&new, file) {
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
                _ => Ok(()),
            }
        });
    let _ = std::fs::remove_file(&new);
    written
}

/// From the operating system.
fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("the system gives no random bytes"))?;
    Ok(bytes)
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
