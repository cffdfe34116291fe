//! SSH: from a host of the inventory to an authenticated connection, and a shell on it that runs parts.
//!
//! It owns connecting, host keys, authentication, jump hosts, sudo and the life of a remote shell. It decides
//! nothing about work: it runs the parts that it is given and says how each ended. The SSH library stands
//! here alone.
//!
//! Whatever a server sends is hostile: every phase has a deadline, every stream a bound, and everything that a
//! server asks of a client is refused.

mod algorithms;
mod answers;
mod auth;
mod connect;
mod connection;
mod dial;
mod handler;
mod hostkey;
mod keys;
pub mod known_hosts;
mod shell;
mod sudo;
#[cfg(test)]
mod tests;
mod wire;

use crate::model::{HostName, Problem, Problems, Secret, SecretRef};
use connection::Link;
use futures::future::BoxFuture;
use hostkey::Trust;
use keys::Keys;
use known_hosts::KnownHosts;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::OnceCell;

pub use connect::Scanned;
pub use connection::Connection;
pub use shell::{Progress, Shell};

/// Where passwords and passphrases come from.
pub trait Secrets: Send + Sync {
    /// The secret that the inventory names for `host`. The error is a sentence without the secret.
    fn get<'a>(&'a self, host: &'a HostName, reference: &'a SecretRef) -> BoxFuture<'a, Result<Secret, String>>;

    /// The passphrase of a private key file. Called at most once for each file in a run.
    fn passphrase<'a>(&'a self, _key: &'a Path) -> BoxFuture<'a, Result<Secret, String>> {
        Box::pin(async { Err("no passphrase can be asked for here".into()) })
    }
}

/// How long each phase of a connection may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadlines {
    pub dns: Duration,
    /// All addresses together.
    pub tcp: Duration,
    /// Identification and key exchange together.
    pub handshake: Duration,
    /// Each answer to an attempt; a server that resolves our address first may take a while.
    pub auth: Duration,
    /// From asking for a channel to the first mark of a script, sudo included.
    pub open: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self { dns: s(5), tcp: s(10), handshake: s(15), auth: s(30), open: s(20) }
    }
}

/// What all connections of a run share.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Read in this order; a file that is missing is empty.
    pub known_hosts: Vec<PathBuf>,
    /// The file that new keys are written to; also one of those that are read.
    pub write_known_hosts: PathBuf,
    /// Accept and record keys of hosts that are not known. Changed and revoked keys are refused all the same.
    pub accept_new: bool,
    pub deadlines: Deadlines,
    /// `~/` of key files.
    pub home: PathBuf,
    /// The agent's socket (`SSH_AUTH_SOCK`).
    pub agent: Option<PathBuf>,
}

impl Settings {
    /// The places that OpenSSH uses.
    pub fn for_user(home: &Path, agent: Option<PathBuf>) -> Self {
        let own = |name: &str| home.join(".ssh").join(name);
        let known_hosts = vec![
            own("known_hosts"),
            own("known_hosts2"),
            "/etc/ssh/ssh_known_hosts".into(),
            "/etc/ssh/ssh_known_hosts2".into(),
        ];
        Self {
            known_hosts,
            write_known_hosts: own("known_hosts"),
            accept_new: false,
            deadlines: Deadlines::default(),
            home: home.to_owned(),
            agent,
        }
    }
}

/// A connection to a jump host, opened once for all hosts behind it.
type Jump = Arc<OnceCell<Result<Arc<Link>, crate::model::Fault>>>;

/// The client of a run. Cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    trust: Arc<Trust>,
    keys: Keys,
    deadlines: Deadlines,
    /// By the names of the jump hosts on the way, nearest first.
    jumps: Mutex<HashMap<Vec<HostName>, Jump>>,
    bad_lines: Vec<Problem>,
}

impl Client {
    /// Reads the `known_hosts` files. Fails when one is there and cannot be read.
    pub async fn new(settings: Settings) -> Result<Self, Problems> {
        let mut files = settings.known_hosts;
        if !files.contains(&settings.write_known_hosts) {
            files.push(settings.write_known_hosts.clone());
        }
        let loaded = tokio::task::spawn_blocking(move || KnownHosts::load(&files)).await;
        let known = loaded.map_err(|e| Problem::new("known_hosts", Default::default(), e.to_string()))??;
        Ok(Self(Arc::new(Inner {
            bad_lines: known.bad_lines().to_vec(),
            trust: Arc::new(Trust::new(known, settings.accept_new, settings.write_known_hosts)),
            keys: Keys::new(settings.home, settings.agent),
            deadlines: settings.deadlines,
            jumps: Mutex::default(),
        })))
    }

    /// Lines of the `known_hosts` files that were passed over; worth a warning.
    pub fn bad_known_hosts_lines(&self) -> &[Problem] {
        &self.0.bad_lines
    }
}
