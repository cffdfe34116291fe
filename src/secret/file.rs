//! A secret in a file that only its owner can read.

use crate::local::trust;
use crate::model::Secret;
use rustix::fs::OFlags;
use rustix::process::geteuid;
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// More than any password.
const MAX: u64 = 4 << 10;

/// The first line of `path`. Blocking. The file must be regular, belong to this user or root, and be closed to
/// everybody else: one that others can read holds no secret.
pub(super) fn read(path: &Path) -> Result<Secret, String> {
    // Not blocked by a FIFO; checked after opening, so that nothing can be put in its place.
    let flags = OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .map_err(|e| format!("it cannot be opened: {e}"))?;
    let meta = file.metadata().map_err(|e| e.to_string())?;
    if !meta.is_file() {
        return Err("it is not a file".into());
    }
    if meta.uid() != 0 && meta.uid() != geteuid().as_raw() {
        return Err("it belongs to another user".into());
    }
    if meta.mode() & 0o077 != 0 {
        return Err(format!(
            "its mode is {:04o}, others can read it; chmod 600, or better a new password",
            meta.mode() & 0o7777
        ));
    }
    trust::check(path).map_err(|untrusted| format!("{untrusted}; {}", untrusted.help()))?;
    let mut text = String::new();
    // The error could quote nothing of the content.
    file.take(MAX + 1).read_to_string(&mut text).map_err(|_| "it cannot be read as text")?;
    if text.len() as u64 > MAX {
        return Err(format!("it is longer than {MAX} bytes"));
    }
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Secret::new(line.to_owned())),
        _ => Err("its first line is empty".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn file(content: &[u8], mode: u32) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (dir, path)
    }

    #[test]
    fn the_first_line_of_a_private_file_is_the_secret() {
        for content in [&b"pass word\n"[..], b"pass word", b"pass word\r\nsecond\n"] {
            let (_dir, path) = file(content, 0o600);
            assert_eq!(read(&path).unwrap().expose(), "pass word");
        }
    }

    #[test]
    fn a_file_that_is_no_secret_is_refused_without_its_content() {
        for (content, mode, part) in [
            (&b"hunter2\n"[..], 0o644, "its mode is 0644"),
            (b"hunter2\n", 0o620, "its mode is 0620"),
            (b"\nhunter2", 0o600, "first line is empty"),
            (b"hunter2\xff", 0o600, "as text"),
            (&[b'x'; 5000], 0o600, "longer"),
        ] {
            let (_dir, path) = file(content, mode);
            let error = read(&path).unwrap_err();
            assert!(error.contains(part) && !error.contains("hunter2"), "{error}");
        }
        assert!(read(Path::new("/")).unwrap_err().contains("not a file"));
        assert!(read(Path::new("/no/such")).is_err());
    }
}
