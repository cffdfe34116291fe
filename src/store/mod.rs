//! What lasts: runs and their events, in one SQLite file. The only room that knows SQL.
//!
//! WAL mode with `synchronous=FULL`: what was committed survives a power cut. The folder is 0700 and the file
//! 0600, whatever the umask; a folder that others can enter is refused. Nothing here interprets events beyond
//! what its indexes need, and no secret reaches it, because events hold none.

mod schema;
mod usual;
mod history;
mod changes;
mod journal;

pub use changes::{Alive, Claim, Lock, Sealed, Taken};
pub use history::{HostLine, RunLine};
pub use journal::Journal;

use crate::model::RunId;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Why the store cannot be used. The text names the file and the way out.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{path}: {message}")]
    Folder { path: String, message: String },
    #[error("{path}: the database cannot be used: {source}")]
    Sql { path: String, source: rusqlite::Error },
    #[error("{path}: the database cannot be brought to this version's form: {message}")]
    Migration { path: String, message: String },
    #[error("no run is called `{0}`; `fleet runs` lists them")]
    NoSuchRun(String),
    #[error("run {run}: event {seq} cannot be read: {source}")]
    Event { run: RunId, seq: u64, source: serde_json::Error },
}

/// How long another controller is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// The state folder's database.
pub struct Store {
    connection: Connection,
    file: PathBuf,
}

impl Store {
    /// Opens the database in `folder`, making both when they are absent and bringing an older database to the
    /// present form.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        private_folder(folder)?;
        let file = folder.join("fleet.db");
        let name = file.display().to_string();
        // SQLite takes the mode of the journal files from the database's own.
        OpenOptions::new().create(true).append(true).mode(0o600).open(&file).map_err(|e| folder_error(&file, &e))?;
        let sql = |source| StoreError::Sql { path: name.clone(), source };
        // Whoever comes first makes the tables; what it decides by is read outside of its transaction.
        let _turn = turn(&folder.join("fleet.db.lock"))?;
        let mut connection = Connection::open(&file).map_err(sql)?;
        connection.busy_timeout(PATIENCE).map_err(sql)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(sql)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(sql)?;
        connection.pragma_update(None, "foreign_keys", "ON").map_err(sql)?;
        // What is forgotten is not left in the file.
        connection.pragma_update(None, "secure_delete", "ON").map_err(sql)?;
        schema::migrate(&mut connection)
            .map_err(|e| StoreError::Migration { path: name.clone(), message: e.to_string() })?;
        Ok(Self { connection, file })
    }

    fn sql(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Sql { path: self.file.display().to_string(), source }
    }

    /// Takes the next name of the day for a run that begins now. Two controllers never get the same.
    pub fn new_run(&mut self, now: Timestamp) -> Result<RunId, StoreError> {
        let day = now.to_zoned(jiff::tz::TimeZone::system()).date().to_string();
        let made = (|| {
            let tx = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let last: Option<i64> = tx
                .query_row("SELECT max(number) FROM runs WHERE day = ?1", [&day], |row| row.get(0))
                .optional()?
                .flatten();
            let number = last.unwrap_or(0) + 1;
            let run = RunId(format!("{day}.{number}"));
            tx.execute(
                "INSERT INTO runs (run, day, number, started) VALUES (?1, ?2, ?3, ?4)",
                params![run.0, day, number, now.as_millisecond()],
            )?;
            tx.commit()?;
            Ok(run)
        })();
        made.map_err(|e| self.sql(e))
    }
}

/// Makes the folder 0700, or checks that the one that is there belongs to this user and to nobody else.
fn private_folder(folder: &Path) -> Result<(), StoreError> {
    let refuse =
        |message: &str| Err(StoreError::Folder { path: folder.display().to_string(), message: message.to_owned() });
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|e| folder_error(folder, &e))?;
    let meta = folder.symlink_metadata().map_err(|e| folder_error(folder, &e))?;
    if !meta.is_dir() {
        return refuse("the state folder is not a folder (a symbolic link is not followed)");
    }
    if meta.uid() != rustix::process::geteuid().as_raw() {
        return refuse("the state folder belongs to another user; choose one with --state");
    }
    if meta.mode() & 0o077 != 0 {
        return refuse("the state folder is open to other users; `chmod 700` it");
    }
    Ok(())
}

/// An exclusive lock on `path`; ends when dropped.
fn turn(path: &Path) -> Result<File, StoreError> {
    let lock =
        OpenOptions::new().create(true).append(true).mode(0o600).open(path).map_err(|e| folder_error(path, &e))?;
    let until = Instant::now() + PATIENCE;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(Duration::from_millis(5)),
            Err(e) => return Err(folder_error(path, &e.into())),
        }
    }
}

fn folder_error(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Folder { path: path.display().to_string(), message: error.to_string() }
}

#[cfg(test)]
mod tests;
