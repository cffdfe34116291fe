//! Reading a file of this machine within bounds. Only regular files are read: a FIFO may never be written, and a device
//! never ends.

use super::trust;
use crate::model::Problem;
use crate::model::problem::Place;
use rustix::fs::{OFlags, major, minor};
use std::fs::{File, FileType, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long one file is read. A network file system that hangs in the middle of a read is not ended by it.
const WITHIN: Duration = Duration::from_secs(60);
const STEP: u64 = 1 << 20;

/// Why a file was not read.
#[derive(Debug)]
pub enum Unread {
    /// There is none.
    Missing(io::Error),
    /// Anything else; a sentence.
    Other(String),
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(error) => write!(f, "cannot be read: {error}"),
            Self::Other(why) => f.write_str(why),
        }
    }
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::Missing(error),
            _ => Self::Other(format!("cannot be read: {error}")),
        }
    }
}

/// Opens a regular file to read it, whatever lies there; `/dev/null` is an empty one.
///
/// # Errors
/// When there is none, or something else.
pub fn open(path: &Path) -> Result<File, Unread> {
    let flags = (OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY).bits().cast_signed();
    only(OpenOptions::new().read(true).custom_flags(flags).open(path)?, FileType::is_file)
}

/// A file that is open already, such as standard input, if it is a regular one or comes through a pipe or a socket.
///
/// # Errors
/// For a folder or a device.
pub fn stream(file: File) -> Result<File, Unread> {
    only(file, |kind| kind.is_file() || kind.is_fifo() || kind.is_socket())
}

fn only(file: File, good: impl Fn(&FileType) -> bool) -> Result<File, Unread> {
    let about = file.metadata()?;
    let (is, device) = (about.file_type(), about.rdev());
    match good(&is) || is.is_char_device() && (major(device), minor(device)) == (1, 3) {
        true => Ok(file),
        false => Err(Unread::Other(format!("is {}; only regular files are read, to a bound", kind(is)))),
    }
}

fn kind(of: FileType) -> &'static str {
    match () {
        () if of.is_dir() => "a folder",
        () if of.is_fifo() => "a FIFO",
        () if of.is_socket() => "a socket",
        () => "a device",
    }
}

/// The bytes of a regular file of at most `max` bytes.
///
/// # Errors
/// When it cannot be read, is none, or holds more.
pub fn bytes(path: &Path, max: u64) -> Result<Vec<u8>, Unread> {
    let mut file = open(path)?;
    let (mut bytes, until) = (Vec::new(), Instant::now() + WITHIN);
    loop {
        let before = bytes.len();
        (&mut file).take(STEP).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > max {
            return Err(Unread::Other(format!("holds more than {}, the most that is read of it", size(max))));
        }
        if bytes.len() == before {
            return Ok(bytes);
        }
        if Instant::now() > until {
            return Err(Unread::Other(format!("could not be read within {} s", WITHIN.as_secs())));
        }
    }
}

/// The same as text.
///
/// # Errors
/// As [`bytes`], and when it is not UTF-8.
pub fn text(path: &Path, max: u64) -> Result<String, Unread> {
    String::from_utf8(bytes(path, max)?).map_err(|_| Unread::Other("is not UTF-8 text".to_owned()))
}

/// The text of a file that is obeyed; none when there is no such file.
///
/// # Errors
/// When others could have written it, and as [`text`].
pub fn order_if_there(path: &Path, max: u64) -> Result<Option<String>, Problem> {
    trust::check(path).map_err(|untrusted| untrusted.problem(path))?;
    match text(path, max) {
        Ok(text) => Ok(Some(text)),
        Err(Unread::Missing(_)) => Ok(None),
        Err(unread) => Err(problem(path, &unread)),
    }
}

/// The text of a file that is obeyed.
///
/// # Errors
/// When others could have written it, and as [`text`].
pub fn order(path: &Path, max: u64) -> Result<String, Problem> {
    trust::check(path).map_err(|untrusted| untrusted.problem(path))?;
    text(path, max).map_err(|unread| problem(path, &unread))
}

/// A file that was not read, as a problem of it.
pub fn problem(path: &Path, unread: &Unread) -> Problem {
    Problem::new(path.display().to_string(), Place::default(), unread.to_string())
}

/// `64 MiB`, for people.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..0x10_0000 => format!("{} KiB", bytes >> 10),
        0x10_0000..0x4000_0000 => format!("{} MiB", bytes >> 20),
        _ => format!("{} GiB", bytes >> 30),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn only_a_regular_file_within_its_bound_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("whole"), "12345").unwrap();
        std::fs::write(at("latin"), [b'a', 0xff]).unwrap();
        assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
        std::os::unix::fs::symlink(at("fifo"), at("link")).unwrap();
        assert_eq!(text(&at("whole"), 5).unwrap(), "12345");
        assert_eq!(text(Path::new("/dev/null"), 5).unwrap(), "");
        for (path, why) in [
            (at("whole"), "holds more than 0 KiB"),
            (at("latin"), "not UTF-8"),
            (at("fifo"), "is a FIFO"),
            (at("link"), "is a FIFO"),
            (dir.path().to_owned(), "is a folder"),
            ("/dev/zero".into(), "is a device"),
            (at("none"), "cannot be read"),
        ] {
            let began = Instant::now();
            let error = text(&path, 4).unwrap_err().to_string();
            assert!(error.contains(why) && began.elapsed() < Duration::from_secs(2), "{path:?}: {error}");
        }
        assert_eq!([size(4 << 10), size(64 << 20), size(2 << 30)], ["4 KiB", "64 MiB", "2 GiB"]);
    }
}
