//! A record that can be read and not written: on a file system that is mounted read-only, in a folder of another user.
//! Nothing is made beside it, no lock and no log.

use super::{Store, StoreError, folder_error, schema, sql_error};
use rusqlite::{Connection, OpenFlags};
use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

impl Store {
    /// Opens the record to look at it. Where it cannot be written, nothing is made and nothing is brought to the present form:
    /// it is read as it is.
    pub fn open_to_read(folder: &Path) -> Result<Self, StoreError> {
        if applies(folder) { open(folder) } else { Self::open(folder) }
    }
}

/// Whether there is a record that this process cannot write.
fn applies(folder: &Path) -> bool {
    let cannot = |path: &Path| rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_err();
    let file = folder.join("fleet.db");
    file.is_file() && (cannot(folder) || cannot(&file))
}

/// Opens it as it is; where that is not possible, a copy that is gone with the store.
pub(super) fn open(folder: &Path) -> Result<Store, StoreError> {
    let file = folder.join("fleet.db");
    let log = folder.join("fleet.db-wal");
    // With a log beside it, a fleet writes it now or was killed while it did, and what stands there belongs to the record:
    // SQLite reads both as long as the log's index is there too. Without one nobody writes.
    let found = match log.metadata() {
        Ok(_) => connect(&file, "mode=ro&readonly_shm=1"),
        Err(_) => connect(&file, "immutable=1"),
    };
    match found {
        Ok((connection, schema::VERSION)) => Ok(Store { connection, file, copy: None }),
        // Of an older version, which is brought to the present form; or a log without its index.
        _ => copied(folder),
    }
}

fn connect(file: &Path, how: &str) -> rusqlite::Result<(Connection, usize)> {
    let mut name = OsString::from("file:");
    for byte in file.as_os_str().as_bytes() {
        match byte {
            b'%' | b'?' | b'#' => name.push(format!("%{byte:02x}")),
            _ => name.push(OsStr::from_bytes(&[*byte])),
        }
    }
    name.push(format!("?{how}"));
    let connection = Connection::open_with_flags(name, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)?;
    let version = connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))?;
    Ok((connection, usize::try_from(version).unwrap_or(0)))
}

fn copied(folder: &Path) -> Result<Store, StoreError> {
    let file = folder.join("fleet.db");
    let copy = tempfile::Builder::new()
        .prefix("fleet-record-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .map_err(|e| folder_error(&std::env::temp_dir(), &e))?;
    for name in ["fleet.db", "fleet.db-wal"] {
        let (from, to) = (folder.join(name), copy.path().join(name));
        match fs::copy(&from, &to) {
            Ok(_) => fs::set_permissions(&to, Permissions::from_mode(0o600)).map_err(|e| folder_error(&to, &e))?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && name != "fleet.db" => {}
            Err(e) => return Err(folder_error(&from, &e)),
        }
    }
    let store = Store::open(copy.path()).map_err(|error| match error {
        StoreError::Sql { source, .. } => sql_error(&file, source),
        StoreError::Migration { message, .. } => StoreError::Migration { path: file.display().to_string(), message },
        other => other,
    })?;
    Ok(Store { file, copy: Some(copy), ..store })
}
