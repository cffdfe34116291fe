//! What the SSH library calls while a connection lives: judge the host's key, refuse everything that a server
//! may ask of a client, and keep what it said when it hung up.

use super::algorithms;
use super::hostkey::{Accepted, Refused, Trust};
use super::known_hosts::fingerprint;
use crate::model::Fault;
use crate::model::fault::FaultKind;
use crate::model::{Host, untrusted};
use russh::client::{ChannelOpenHandle, DisconnectReason, Msg, Session};
use russh::keys::{PublicKey, PublicKeyOrCertificate};
use russh::{Channel, ChannelId, Names};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// An honest server opens none. More than this is an attack on the client's memory.
const MAX_OPENS: usize = 8;

/// Why a connection attempt stopped.
pub(super) enum Stop {
    Refused(Refused),
    /// The key was all that was wanted.
    Scanned(Box<PublicKey>),
    Library(russh::Error),
}

impl std::fmt::Debug for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(_) => f.write_str("the host key was rejected"),
            Self::Scanned(_) => f.write_str("only the host key was requested"),
            Self::Library(e) => write!(f, "{e}"),
        }
    }
}

impl From<russh::Error> for Stop {
    fn from(e: russh::Error) -> Self {
        Self::Library(e)
    }
}

/// What is known of a connection, shared with whoever uses it.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub fingerprint: String,
    pub accepted: Option<Accepted>,
    pub legacy: bool,
    /// The server's words when it hung up, or how the connection broke. Sanitised.
    pub goodbye: Option<String>,
    /// What an honest server does not do.
    pub violation: Option<String>,
}

/// Shared between the library's task and the connection's users.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes(Arc<Mutex<Said>>);

impl Notes {
    pub fn read(&self) -> Said {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn with(&self, f: impl FnOnce(&mut Said)) {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The fault for a connection that ended while it was in use.
    pub fn lost(&self) -> Fault {
        let said = self.read();
        match (said.violation, said.goodbye) {
            (Some(violation), _) => Fault::new(FaultKind::Violation, violation),
            (None, Some(goodbye)) => Fault::new(FaultKind::Lost, format!("the connection was closed: {goodbye}")),
            (None, None) => Fault::new(FaultKind::Lost, "the connection was closed"),
        }
    }
}

/// What the host's key is wanted for.
pub(super) enum Purpose {
    /// Judge it. `true`: the recorded types were already asked for.
    Connect(bool),
    /// Only look at it.
    Scan,
}

pub(super) struct Handler {
    pub trust: Arc<Trust>,
    pub host: Arc<Host>,
    pub purpose: Purpose,
    pub notes: Notes,
    pub cut: CancellationToken,
    pub opens: usize,
}

impl Handler {
    /// Counts an attempt of the server to open a channel. Not accepting it is what refuses it.
    fn opened(&mut self) {
        self.opens += 1;
        if self.opens > MAX_OPENS {
            self.notes.with(|said| said.violation = Some("the server repeatedly opens channels".into()));
            self.cut.cancel();
        }
    }
}

impl russh::client::Handler for Handler {
    type Error = Stop;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Stop> {
        // None was offered, so none is accepted.
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else { return Ok(false) };
        let asked = match self.purpose {
            Purpose::Scan => return Err(Stop::Scanned(Box::new(key.clone()))),
            Purpose::Connect(asked) => asked,
        };
        let accepted = self.trust.check(&self.host, key, asked).await.map_err(Stop::Refused)?;
        self.notes.with(|said| {
            said.fingerprint = fingerprint(key);
            // A key of a moment ago stays one, also when it is shown again.
            said.accepted = said.accepted.or(Some(accepted));
        });
        Ok(true)
    }

    async fn kex_done(&mut self, _: Option<&[u8]>, names: &Names, _: &mut Session) -> Result<(), Stop> {
        let legacy = algorithms::is_legacy(names);
        self.notes.with(|said| said.legacy |= legacy);
        Ok(())
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Stop>) -> Result<(), Stop> {
        let (text, result) = match reason {
            DisconnectReason::ReceivedDisconnect(info) => (info.message, Ok(())),
            DisconnectReason::Error(e) => (format!("{e:?}"), Err(e)),
        };
        self.notes.with(|said| said.goodbye = Some(untrusted::clean_line(&text, 200)));
        result
    }

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Stop> {
        self.opened();
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Stop> {
        self.opened();
        Ok(())
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        _: Channel<Msg>,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Stop> {
        self.opened();
        Ok(())
    }

    async fn server_channel_open_session(
        &mut self,
        _: Channel<Msg>,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Stop> {
        self.opened();
        Ok(())
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Stop> {
        self.opened();
        Ok(())
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Stop> {
        self.opened();
        Ok(())
    }

    async fn server_channel_open_x11(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Stop> {
        self.opened();
        Ok(())
    }

    async fn should_accept_unknown_server_channel(&mut self, _: ChannelId, _: &str) -> bool {
        self.opened();
        false
    }
}
