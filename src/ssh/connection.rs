//! An authenticated connection. Everything of it ends when the last user of it is dropped.

use super::handler::{Handler, Notes};
use super::shell::Shell;
use super::sudo::Root;
use super::{Client, Deadlines, Secrets};
use crate::model::duration::human;
use crate::model::fault::{FaultKind, Shell as ShellFault};
use crate::model::{Fault, Host, HostName, Secret, SecretRef, Sudo};
use futures::future::BoxFuture;
use russh::client::{Handle, Msg};
use russh::{Channel, Disconnect, Error};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::DropGuard;

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// What is behind a [`Connection`], shared with its shells.
pub(super) struct Link {
    pub handle: Handle<Handler>,
    pub notes: Notes,
    pub deadlines: Deadlines,
    /// For a second connection to the same host, where one is not enough. None for jump hosts.
    pub again: Option<Again>,
    /// Keeps the way open.
    pub via: Option<Arc<Link>>,
    /// Ends the library's task, whatever it waits for.
    pub cut: DropGuard,
}

/// What it takes to connect once more without asking anybody.
pub(super) struct Again {
    pub client: Client,
    pub host: Arc<Host>,
    pub chain: Vec<Arc<Host>>,
    pub password: Option<Secret>,
}

impl Again {
    pub async fn connect(&self) -> Result<Connection, Fault> {
        let chain: Vec<&Host> = self.chain.iter().map(AsRef::as_ref).collect();
        self.client.connect(&self.host, &chain, &Kept(self.password.clone())).await
    }
}

/// Hands out what was already given once.
struct Kept(Option<Secret>);

impl Secrets for Kept {
    fn get<'a>(&'a self, _: &'a HostName, _: &'a SecretRef) -> BoxFuture<'a, Result<Secret, String>> {
        Box::pin(async { self.0.clone().ok_or_else(|| "it is not asked for a second time".into()) })
    }
}

impl Link {
    /// A session channel, or the fault. `None`: the server allows no further one on this connection.
    pub async fn open(&self) -> Result<Option<Channel<Msg>>, Fault> {
        match timeout(self.deadlines.open, self.handle.channel_open_session()).await {
            Ok(Ok(channel)) => Ok(Some(channel)),
            Ok(Err(Error::ChannelOpenFailure(_))) => Ok(None),
            Ok(Err(_)) => Err(self.notes.lost()),
            Err(_) => {
                let text = format!("the server did not open a channel within {}", human(self.deadlines.open));
                Err(Fault::new(FaultKind::Shell(ShellFault::Blocked), text))
            }
        }
    }
}

/// An authenticated connection to one host.
pub struct Connection(Arc<Link>);

impl Connection {
    pub(super) fn new(link: Link) -> Self {
        Self(Arc::new(link))
    }

    pub(super) fn link(&self) -> Arc<Link> {
        self.0.clone()
    }

    /// `SHA256:..` of the host key that was accepted.
    pub fn fingerprint(&self) -> String {
        self.0.notes.read().fingerprint
    }

    /// Whether it rests on an algorithm that only `legacy_ssh` allows.
    pub fn legacy(&self) -> bool {
        self.0.notes.read().legacy
    }

    /// Whether it has ended.
    pub fn is_closed(&self) -> bool {
        self.0.handle.is_closed()
    }

    /// A shell on the host, as root by sudo where `sudo` says so. `secrets` is asked for sudo's password.
    pub async fn shell(&self, sudo: Option<&Sudo>, secrets: &dyn Secrets) -> Result<Shell, Fault> {
        let root = match (sudo, &self.0.again) {
            (None, _) => Root::No,
            (Some(Sudo { password: None }), _) => Root::Free,
            (Some(Sudo { password: Some(reference) }), Some(again)) => {
                Root::password(&again.host.name, reference, secrets).await?
            }
            (Some(_), None) => return Err(Fault::new(FaultKind::Internal, "a shell on a jump host")),
        };
        Shell::open(self.0.clone(), root).await
    }

    /// Says goodbye and ends the connection. Shells that still use it keep it.
    pub async fn close(self) {
        let Some(link) = Arc::into_inner(self.0) else { return };
        let Link { handle, cut, via, .. } = link;
        let _ = timeout(GOODBYE, async {
            if handle.disconnect(Disconnect::ByApplication, "", "").await.is_ok() {
                let _ = handle.await;
            }
        })
        .await;
        drop((cut, via));
    }
}
