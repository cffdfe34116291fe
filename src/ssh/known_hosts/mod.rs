//! The keys that hosts are known by: `known_hosts` files with the verdicts of OpenSSH under
//! `StrictHostKeyChecking=yes`, read once for a whole run.
//!
//! It owns the files' grammar, the index and the one place that appends to them ([`record`]). It decides
//! nothing: what an unknown key means is the policy of `hostkey`.
//!
//! Two deliberate differences, both on the strict side: `@revoked` counts also where OpenSSH overlooks it
//! (a tab after the marker in a line that holds blanks), and host certificates are not accepted.

mod line;
pub mod record;

use crate::local::read::{self, Unread};
use crate::local::trust;
use crate::model::problem::Place;
use crate::model::{Problem, Problems};
use line::{Line, Marker, Names};
use russh::keys::{HashAlg, PublicKey, PublicKeyBase64, parse_public_key_base64};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Larger files are refused: nobody has so many hosts, and all of it is held in memory.
const MAX_FILE: u64 = 64 << 20;

/// What the files say of a host's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A line for this host holds this key.
    Known,
    /// No line speaks of this host.
    Unknown,
    /// Lines speak of this host, and none holds this key, whatever the type.
    Changed(Recorded),
    /// A line says that this key must not be trusted. Wins over everything.
    Revoked(Recorded),
}

/// The line that a verdict rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub file: PathBuf,
    /// Counts from 1.
    pub line: usize,
    pub kind: String,
    /// `SHA256:..` of the recorded key.
    pub fingerprint: String,
}

#[derive(Debug)]
struct Entry {
    line: Line,
    file: usize,
    number: usize,
}

/// All files of a run in one index. Plain names are found by hash. Hashed names cost one HMAC each, so
/// those with the very key that the host showed are tried first: a known host costs a few of them however
/// long the file is.
#[derive(Debug, Default)]
pub struct KnownHosts {
    files: Vec<PathBuf>,
    entries: Vec<Entry>,
    exact: HashMap<Vec<u8>, Vec<usize>>,
    patterns: Vec<usize>,
    hashed: Vec<usize>,
    hashed_by_key: HashMap<String, Vec<usize>>,
    bad: Vec<Problem>,
}

/// The SHA-256 fingerprint as `ssh-keygen -l` prints it.
pub fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// An address without the brackets that IPv6 addresses may be written in.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host)
}

/// The name that a host stands under: lower case, and with the port where it is not 22.
fn lookup_name(host: &str, port: u16) -> String {
    let host = bare(host).to_ascii_lowercase();
    if port == 22 { host } else { format!("[{host}]:{port}") }
}

impl KnownHosts {
    /// Reads the files in order. A file that does not exist is empty; one that cannot be read is an error,
    /// since a host could look unknown that is revoked or changed.
    pub fn load(files: &[PathBuf]) -> Result<Self, Problems> {
        let mut known = Self::default();
        let mut problems = Problems::default();
        for file in files {
            if let Err(untrusted) = trust::check(file) {
                problems.push(untrusted.problem(file));
                continue;
            }
            match read::bytes(file, MAX_FILE) {
                Ok(bytes) => known.add_file(file, &bytes),
                Err(Unread::Missing(_)) => known.add_file(file, &[]),
                Err(unread) => {
                    let message = format!("{unread}; hosts are not trusted while it is so");
                    problems.push(Problem::new(file.display().to_string(), Place::default(), message));
                }
            }
        }
        problems.or(known)
    }

    /// Lines that were passed over, with their place.
    pub fn bad_lines(&self) -> &[Problem] {
        &self.bad
    }

    fn add_file(&mut self, file: &Path, bytes: &[u8]) {
        let index = self.files.len();
        self.files.push(file.to_owned());
        for (n, text) in bytes.split(|&b| b == b'\n').enumerate() {
            match line::parse(text) {
                Ok(None) => {}
                Ok(Some(line)) => self.add(Entry { line, file: index, number: n + 1 }),
                Err(reason) => {
                    let place = Place { line: n + 1, column: 0 };
                    self.bad.push(Problem::new(
                        file.display().to_string(),
                        place,
                        format!("line passed over: {reason}"),
                    ));
                }
            }
        }
    }

    fn add(&mut self, entry: Entry) {
        let index = self.entries.len();
        match &entry.line.names {
            Names::Exact(names) => {
                for name in names {
                    self.exact.entry(name.clone()).or_default().push(index);
                }
            }
            Names::Patterns(_) => self.patterns.push(index),
            Names::Hashed { .. } => {
                self.hashed.push(index);
                self.hashed_by_key.entry(entry.line.key.clone()).or_default().push(index);
            }
        }
        self.entries.push(entry);
    }

    /// Takes up a key that was just recorded, so that the next host of the run finds it.
    pub fn learn(&mut self, file: &Path, host: &str, port: u16, key: &PublicKey) {
        let names = Names::Exact(vec![lookup_name(host, port).into_bytes()]);
        let line = Line {
            marker: Marker::None,
            names,
            kind: key.algorithm().as_str().to_owned(),
            key: key.public_key_base64(),
        };
        let file = self.files.iter().position(|f| f == file).unwrap_or_else(|| {
            self.files.push(file.to_owned());
            self.files.len() - 1
        });
        self.add(Entry { line, file, number: 0 });
    }

    /// What the files say of `key` on `host`. For another port than 22 the line must name the port; only where
    /// no line does, one for the bare name with this very key counts, as it does for OpenSSH.
    pub fn verdict(&self, host: &str, port: u16, key: &PublicKey) -> Verdict {
        match self.judge(&lookup_name(host, port), key) {
            Verdict::Unknown if port != 22 => match self.judge(&lookup_name(host, 22), key) {
                Verdict::Changed(_) => Verdict::Unknown,
                verdict => verdict,
            },
            verdict => verdict,
        }
    }

    /// The key types recorded for a host under this port. Without `hashed` the lines with hashed names are
    /// left out, which costs nothing; with it every one of them is tried.
    pub fn kinds(&self, host: &str, port: u16, hashed: bool) -> Vec<String> {
        let name = lookup_name(host, port);
        let hashed: &[usize] = if hashed { &self.hashed } else { &[] };
        let mut kinds: Vec<String> = self
            .matching(&name, hashed)
            .filter(|e| e.line.marker == Marker::None && e.line.has_valid_key())
            .map(|e| e.line.kind.clone())
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// The entries for `name`: plain ones, those with patterns, and those of `hashed` that fit.
    fn matching<'a>(&'a self, name: &'a str, hashed: &'a [usize]) -> impl Iterator<Item = &'a Entry> {
        let name = name.as_bytes();
        let exact = self.exact.get(name).map_or(&[][..], Vec::as_slice).iter();
        let others = self.patterns.iter().chain(hashed);
        exact
            .filter_map(|&i| self.entries.get(i))
            .chain(others.filter_map(|&i| self.entries.get(i)).filter(move |e| e.line.names.matches(name)))
    }

    fn judge(&self, name: &str, key: &PublicKey) -> Verdict {
        let shown = key.public_key_base64();
        let by_key = self.hashed_by_key.get(&shown).map_or(&[][..], Vec::as_slice);
        let mut known = false;
        for entry in self.matching(name, by_key).filter(|e| e.line.key == shown) {
            match entry.line.marker {
                Marker::Revoked => return Verdict::Revoked(self.recorded(entry)),
                Marker::None => known |= entry.line.kind == key.algorithm().as_str(),
                Marker::Authority => {}
            }
        }
        if known {
            return Verdict::Known;
        }
        // OpenSSH names the last line that does not fit.
        self.matching(name, &self.hashed)
            .filter(|e| e.line.marker == Marker::None && e.line.has_valid_key())
            .max_by_key(|e| (e.file, e.number))
            .map_or(Verdict::Unknown, |entry| Verdict::Changed(self.recorded(entry)))
    }

    fn recorded(&self, entry: &Entry) -> Recorded {
        Recorded {
            file: self.files.get(entry.file).cloned().unwrap_or_default(),
            line: entry.number,
            kind: entry.line.kind.clone(),
            fingerprint: parse_public_key_base64(&entry.line.key).map(|k| fingerprint(&k)).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests;
