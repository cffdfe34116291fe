//! What a connection is made of. Everything of it ends when the last user of it is dropped.

use super::budget::Budget;
use super::handler::{Handler, Notes};
use super::settings::Deadlines;
use crate::model::Fault;
use crate::model::duration::human;
use crate::model::fault::{FaultKind, Shell as ShellFault};
use futures::future::BoxFuture;
use russh::client::{Handle, Msg};
use russh::{Channel, Disconnect, Error};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::DropGuard;

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// Connects to the same host once more.
pub(super) type Again = Box<dyn Fn() -> BoxFuture<'static, Result<Link, Fault>> + Send + Sync>;

/// An authenticated connection, shared by everything that uses it.
pub(super) struct Link {
    pub handle: Handle<Handler>,
    pub notes: Notes,
    pub deadlines: Deadlines,
    /// Of the run.
    pub budget: Budget,
    /// For a second connection to the same host, where one is not enough. None for jump hosts.
    pub again: Option<Again>,
    /// Keeps the way open.
    pub via: Option<Arc<Link>>,
    /// Ends the library's task, whatever it waits for.
    pub cut: DropGuard,
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

    /// Says goodbye and ends the connection, unless somebody else still uses it.
    pub async fn close(self: Arc<Self>) {
        let Some(link) = Arc::into_inner(self) else { return };
        let Self { handle, cut, via, .. } = link;
        let _ = timeout(GOODBYE, async {
            if handle.disconnect(Disconnect::ByApplication, "", "").await.is_ok() {
                let _ = handle.await;
            }
        })
        .await;
        drop((cut, via));
    }
}
