//! Whose a file is, before it is obeyed.
//!
//! A file says what is done on servers, and to which: `fleet.toml`, inventories and the programs that print them,
//! playbooks and what they include, plans, lists of hosts, keys and passwords, known_hosts, maintenance dates, databases
//! of countries, the state folder. Whoever can write it, or put another one in its place, gives orders. So the file and
//! every folder above it must belong to this user or root, and nobody else may write them: the rule of OpenSSH's
//! StrictModes, and of git's `safe.directory` with modes besides.
//!
//! Deliberately not checked:
//! * what is data and gives no orders: logs given to `senders`, mails given to `trace`, files given as `-p NAME=@FILE`;
//! * what an inventory program starts or reads itself, such as its interpreter and its libraries;
//! * access lists, beyond the mask that stands in a file's mode; what root, or another process of this user, may do;
//! * who could mount something else there.

use crate::model::Problem;
use crate::model::problem::Place;
use rustix::process::geteuid;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// As many as the kernel follows.
const MAX_LINKS: usize = 40;
const OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// Why a file is not obeyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untrusted {
    /// The file, a folder above it, or a link on the way.
    entry: PathBuf,
    owner: u32,
    mode: u32,
    wrong: Wrong,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Owner,
    Writable,
    Links,
}

impl Untrusted {
    /// What makes it good, if its content is.
    pub fn help(&self) -> String {
        let entry = self.entry.display();
        match self.wrong {
            Wrong::Owner => format!("if you trust what it holds: chown {} {entry}", geteuid().as_raw()),
            Wrong::Writable => format!("if you trust what it holds: chmod go-w {entry}"),
            Wrong::Links => "name the file itself".to_owned(),
        }
    }

    /// The problem of the file that was named.
    pub fn problem(&self, file: &Path) -> Problem {
        Problem::new(file.display().to_string(), Place::default(), self.to_string()).with_help(self.help())
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entry, owner, mode, wrong } = self;
        let entry = entry.display();
        match wrong {
            Wrong::Owner => write!(f, "not trusted: {entry} belongs to another user (uid {owner}, mode {mode:04o})"),
            Wrong::Writable => write!(f, "not trusted: other users may write {entry} (uid {owner}, mode {mode:04o})"),
            Wrong::Links => write!(f, "not trusted: more than {MAX_LINKS} symbolic links stand on the way to {entry}"),
        }
    }
}

/// Whether the file, or folder, is obeyed: it and every folder above it belong to this user or root, and nobody else may
/// write them. A folder that everybody may write and that is sticky, such as `/tmp`, will do above it, since what stands
/// in it must be ours too. A symbolic link is judged by what it leads to and by each folder on the way, and must be ours
/// itself. What is not there is nobody's: whoever reads it says so.
///
/// # Errors
/// The first entry on the way, from the root, that somebody else could have written.
pub fn check(path: &Path) -> Result<(), Untrusted> {
    check_for(geteuid().as_raw(), path)
}

fn check_for(user: u32, path: &Path) -> Result<(), Untrusted> {
    let mut at = PathBuf::from("/");
    let mut rest: VecDeque<OsString> = words(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    let mut links = 0;
    loop {
        let Ok(entry) = at.symlink_metadata() else { return Ok(()) };
        judge(user, &at, &entry, rest.is_empty())?;
        if entry.is_symlink() {
            links += 1;
            if links > MAX_LINKS {
                return Err(untrusted(path, &entry, Wrong::Links));
            }
            let Ok(target) = std::fs::read_link(&at) else { return Ok(()) };
            at.pop();
            if target.is_absolute() {
                at = PathBuf::from("/");
            }
            for word in words(&target).into_iter().rev() {
                rest.push_front(word);
            }
        }
        match rest.pop_front() {
            None if entry.is_symlink() => {}
            None => return Ok(()),
            Some(word) if word == ".." => _ = at.pop(),
            Some(word) => at.push(word),
        }
    }
}

/// The words of a path, without its root and `.`.
fn words(path: &Path) -> VecDeque<OsString> {
    let word = |c: Component<'_>| match c {
        Component::Normal(_) | Component::ParentDir => Some(c.as_os_str().to_owned()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    };
    path.components().filter_map(word).collect()
}

fn judge(user: u32, at: &Path, entry: &Metadata, last: bool) -> Result<(), Untrusted> {
    if entry.uid() != user && entry.uid() != 0 {
        return Err(untrusted(at, entry, Wrong::Owner));
    }
    // A link has no mode of its own, and what is written to a device does not stay.
    let holds = entry.is_dir() || entry.is_file();
    let shared = entry.is_dir() && entry.mode() & STICKY != 0 && !last;
    if holds && entry.mode() & OTHERS_WRITE != 0 && !shared {
        return Err(untrusted(at, entry, Wrong::Writable));
    }
    Ok(())
}

fn untrusted(entry: &Path, meta: &Metadata, wrong: Wrong) -> Untrusted {
    Untrusted { entry: entry.to_owned(), owner: meta.uid(), mode: meta.mode() & 0o7777, wrong }
}

#[cfg(test)]
mod tests;
