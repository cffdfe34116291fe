//! Keys that are files of the state folder: 32 random bytes, for this user alone, made when they are first needed.

use ring::rand::{SecureRandom, SystemRandom};
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Bytes of a key.
pub(super) const LENGTH: usize = 32;

/// The key in that file, which is made when it is absent. `lost` says what cannot be done without it.
///
/// # Errors
/// When the file cannot be read or made, or holds no key.
pub(super) fn key(file: &Path, lost: &str) -> io::Result<[u8; LENGTH]> {
    let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", file.display()));
    let fresh: [u8; LENGTH] = random()?;
    if !file.exists() {
        make(file, &fresh).map_err(named)?;
    }
    let mut key = Vec::new();
    let read = OpenOptions::new().read(true).open(file);
    read.and_then(|f| f.take(LENGTH as u64 + 1).read_to_end(&mut key)).map_err(named)?;
    key.try_into().map_err(|_| named(io::Error::other(format!("this is no key: 32 bytes; {lost}"))))
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
pub(super) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("the system gives no random bytes"))?;
    Ok(bytes)
}
