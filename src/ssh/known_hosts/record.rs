//! Writing a key down for good. A key counts as accepted only when its line has reached the disk.

use super::{KnownHosts, Verdict, bare, fingerprint, lookup_name};
use russh::keys::{PublicKey, PublicKeyBase64};
use rustix::fs::{FlockOperation, flock};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long another process may hold the lock: it writes one line.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// The line that stands in a `known_hosts` file.
pub fn text(host: &str, port: u16, key: &PublicKey) -> String {
    format!("{} {} {}", lookup_name(host, port), key.algorithm().as_str(), key.public_key_base64())
}

/// Appends the key to `file`, durably, unless it stands there already. Blocking.
///
/// # Errors
/// When another process recorded another key for the host meanwhile, when the name could not be read back, and when
/// anything keeps the line from the disk; the file is then as it was.
pub fn append(file: &Path, host: &str, port: u16, key: &PublicKey) -> Result<(), String> {
    // OpenSSH never records such names: they would be patterns, markers or two fields.
    let host = bare(host);
    if host.is_empty() || host.bytes().any(|b| b"@?*#[]|'\",!\\".contains(&b) || b <= b' ' || b == 0x7f) {
        return Err("this address cannot be written to a known_hosts file".into());
    }
    let shown = file.display();
    let fail = |what: &str, e: io::Error| format!("{shown}: cannot {what}: {e}");
    let dir = file.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| fail("create its folder", e))?;
    let _lock = lock(file).map_err(|e| fail("lock it", e))?;

    let current = KnownHosts::load(&[file.to_owned()]).map_err(|p| p.to_string())?;
    match current.verdict(host, port, key) {
        Verdict::Known => return Ok(()),
        Verdict::Unknown => {}
        Verdict::Changed(r) | Verdict::Revoked(r) => {
            return Err(format!("{shown}:{}: a different key is already recorded, {}", r.line, r.fingerprint));
        }
    }
    let new = !file.exists();
    let mut out = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(file)
        .map_err(|e| fail("open it", e))?;
    let before = out.metadata().map_err(|e| fail("read it", e))?.len();
    let mut line =
        if ends_in_line(&mut out, before).map_err(|e| fail("read it", e))? { String::new() } else { "\n".into() };
    line.push_str(&text(host, port, key));
    line.push('\n');
    if let Err(e) = out.write_all(line.as_bytes()).and_then(|()| out.sync_all()) {
        // Half a line would be joined to whatever is written next. Nothing more can be done if this fails too.
        let _ = out.set_len(before);
        return Err(fail("write it", e));
    }
    if new {
        File::open(dir).and_then(|d| d.sync_all()).map_err(|e| fail("write its folder", e))?;
    }
    // What counts is what a reader finds.
    match KnownHosts::load(&[file.to_owned()]).map(|k| k.verdict(host, port, key)) {
        Ok(Verdict::Known) => Ok(()),
        _ => Err(format!("{shown}: the key {} could not be read back", fingerprint(key))),
    }
}

fn ends_in_line(file: &mut File, len: u64) -> io::Result<bool> {
    if len == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::Start(len - 1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// An exclusive lock on a file beside `file`; ends when dropped.
fn lock(file: &Path) -> io::Result<File> {
    let mut name = file.as_os_str().to_owned();
    name.push(".lock");
    let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(PathBuf::from(name))?;
    let until = Instant::now() + LOCK_WAIT;
    loop {
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(lock),
            Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(20))
            }
            Err(e) => return Err(e.into()),
        }
    }
}
