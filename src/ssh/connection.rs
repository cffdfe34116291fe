//! An authenticated connection to one host, and the shells on it.

use super::ending::end_tree;
use super::hostkey::{Accepted, trust_first};
use super::link::Link;
use super::settings::Secrets;
use super::shell::Shell;
use super::sudo::Root;
use crate::model::fault::{FaultKind, Privilege};
use crate::model::{Fault, HostName, Sudo};
use std::sync::Arc;

/// An authenticated connection to one host.
pub struct Connection {
    link: Arc<Link>,
    host: HostName,
}

impl Connection {
    pub(super) fn new(link: Link, host: HostName) -> Self {
        Self { link: Arc::new(link), host }
    }

    /// `SHA256:..` of the host key that was accepted.
    pub fn fingerprint(&self) -> String {
        self.link.notes.read().fingerprint
    }

    /// Whether it rests on an algorithm that only `legacy_ssh` allows.
    pub fn legacy(&self) -> bool {
        self.link.notes.read().legacy
    }

    /// Whether it has ended.
    pub fn is_closed(&self) -> bool {
        self.link.handle.is_closed()
    }

    /// A shell on the host, as root by sudo where `sudo` says so. `secrets` is asked for sudo's password.
    pub async fn shell(&self, sudo: Option<&Sudo>, secrets: &dyn Secrets) -> Result<Shell, Fault> {
        let root = match sudo {
            None => Root::No,
            Some(Sudo { password: None }) => Root::Free,
            Some(Sudo { password: Some(reference) }) => {
                Accepted::takes_secrets(self.link.notes.read().accepted).map_err(|why| {
                    let text = format!("sudo's password ({reference}): {why}");
                    Fault::new(FaultKind::Privilege(Privilege::PasswordNeeded), text).with_hint(trust_first(&self.host))
                })?;
                Root::password(&self.host, reference, secrets).await?
            }
        };
        Shell::open(self.link.clone(), root, end_tree).await
    }

    /// Says goodbye and ends the connection. Shells that still use it keep it.
    pub async fn close(self) {
        self.link.close().await;
    }
}
