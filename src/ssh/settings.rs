//! What all connections of a run share, and where their passwords come from.

use crate::model::{HostName, Secret, SecretRef};
use futures::future::BoxFuture;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a password is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// The host's password login.
    Login,
    Sudo,
}

/// Where passwords and passphrases come from.
pub trait Secrets: Send + Sync {
    /// The secret that the inventory names for `host`. The error is a sentence without the secret.
    fn get<'a>(
        &'a self,
        host: &'a HostName,
        what_for: Use,
        reference: &'a SecretRef,
    ) -> BoxFuture<'a, Result<Secret, String>>;

    /// The passphrase of a private key file; `again` when the one that was given before does not open it.
    fn passphrase<'a>(&'a self, _key: &'a Path, _again: bool) -> BoxFuture<'a, Result<Secret, String>> {
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
