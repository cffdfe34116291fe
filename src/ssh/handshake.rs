//! Identification and key exchange: the one phase in which a server may turn out to be anything, and the words for that.

use super::algorithms;
use super::handler::{Handler, Notes, Purpose, Stop};
use super::hostkey::{Refused, Trust};
use super::wire::{BannerLog, Preamble, Stream, Wire};
use crate::model::duration::human;
use crate::model::fault::{FaultKind, Unreachable};
use crate::model::{Fault, Host, untrusted};
use russh::client::Handle;
use russh::keys::PublicKey;
use russh::{Error, client};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Why there is no session.
pub(super) enum Failed {
    Fault(Box<Fault>),
    /// These types of host keys are to be asked for.
    AskFor(Vec<String>),
    /// Only the key was wanted, and this is it.
    Scanned(Box<PublicKey>),
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self::Fault(Box::new(fault))
    }
}

/// A connection whose keys are exchanged, before anybody has logged in.
pub(super) struct Session {
    pub handle: Handle<Handler>,
    pub notes: Notes,
    /// Ends the library's task, whatever it waits for.
    pub cut: DropGuard,
}

pub(super) fn unreachable(kind: Unreachable, text: impl AsRef<str>) -> Fault {
    Fault::new(FaultKind::Unreachable(kind), text)
}

/// Identifies and exchanges keys over `stream`, within `deadline`.
pub(super) async fn handshake(
    trust: &Arc<Trust>,
    host: &Arc<Host>,
    stream: Stream,
    purpose: Purpose,
    kinds: &[String],
    deadline: Duration,
) -> Result<Session, Failed> {
    let (banner, notes, cut) = (BannerLog::default(), Notes::default(), CancellationToken::new());
    let guard = cut.clone().drop_guard();
    let wire = Wire::new(stream, banner.clone(), cut.clone());
    let handler = Handler { trust: trust.clone(), host: host.clone(), purpose, notes: notes.clone(), cut, opens: 0 };
    let config = algorithms::config(host.legacy_ssh, kinds);
    match timeout(deadline, client::connect_stream(config, wire, handler)).await {
        Ok(Ok(handle)) => Ok(Session { handle, notes, cut: guard }),
        Ok(Err(Stop::Scanned(key))) => Err(Failed::Scanned(key)),
        Ok(Err(Stop::Refused(Refused::AskFor(kinds)))) => Err(Failed::AskFor(kinds)),
        Ok(Err(Stop::Refused(Refused::Fault(fault)))) => Err(Failed::Fault(fault)),
        Ok(Err(Stop::Library(e))) => {
            let goodbye = notes.read().goodbye;
            Err(explain(&e, &banner.preamble(), goodbye.as_deref(), host.legacy_ssh).into())
        }
        Err(_) => Err(silence(&banner.preamble(), &human(deadline)).into()),
    }
}

fn sample(preamble: &Preamble) -> String {
    untrusted::clean_line(String::from_utf8_lossy(&preamble.sample).trim_end(), 60)
}

/// The handshake's deadline passed.
fn silence(preamble: &Preamble, deadline: &str) -> Fault {
    match &preamble.identified {
        Some(name) => {
            let name = untrusted::clean_line(name, 60);
            unreachable(Unreachable::BannerTimeout, format!("key exchange with {name} timed out after {deadline}"))
        }
        None if preamble.lines => unreachable(
            Unreachable::NotSsh,
            format!("no SSH identification string within {deadline}; received: {}", sample(preamble)),
        ),
        None if preamble.sample.is_empty() => {
            unreachable(Unreachable::BannerTimeout, format!("connection accepted, but no SSH banner within {deadline}"))
        }
        None => {
            let text = format!("incomplete SSH identification string after {deadline}: {}", sample(preamble));
            unreachable(Unreachable::BannerTimeout, text)
        }
    }
}

/// The handshake failed.
fn explain(error: &Error, preamble: &Preamble, goodbye: Option<&str>, legacy: bool) -> Fault {
    if let Some(reason) = preamble.refused {
        return unreachable(Unreachable::NotSsh, format!("{reason}: {}", sample(preamble)));
    }
    let gone = match error {
        Error::Disconnect | Error::HUP => true,
        Error::IO(e) => matches!(
            e.kind(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
        ),
        _ => false,
    };
    if preamble.identified.is_none() {
        return match preamble.sample.is_empty() {
            true => unreachable(Unreachable::Reset, "connection closed before the SSH identification string").with_hint(
                "sshd drops connections this way under MaxStartups, PerSourcePenalties or TCP wrappers; wait before retrying",
            ),
            false => unreachable(Unreachable::NotSsh, format!("not an SSH server: {}", sample(preamble))),
        };
    }
    match error {
        Error::NoCommonAlgo { kind, theirs, .. } => algorithms::no_common(kind, theirs, legacy),
        Error::StrictKeyExchangeViolation { .. } => Fault::new(FaultKind::Violation, error.to_string()),
        _ if gone => {
            let words = goodbye.map(|g| format!(": {g}")).unwrap_or_default();
            unreachable(Unreachable::Reset, format!("connection closed during key exchange{words}"))
        }
        _ => unreachable(Unreachable::Kex, error.to_string()),
    }
}
