//! The phases of a connection, each with its deadline and its own words when it fails: resolve, dial (or a
//! channel of the jump host), identify and exchange keys, authenticate.

use super::connection::{Again, Connection, Link};
use super::handler::{Handler, Notes, Purpose, Stop};
use super::hostkey::Refused;
use super::known_hosts::{Verdict, fingerprint, record};
use super::wire::{Ear, Heard, Stream, Wire};
use super::{Client, Secrets, algorithms, auth, dial};
use crate::model::duration::human;
use crate::model::fault::{FaultKind, HostKey, Unreachable};
use crate::model::{Fault, Host, untrusted};
use futures::future::BoxFuture;
use russh::client::Handle;
use russh::keys::PublicKey;
use russh::{ChannelOpenFailure, Error, client};
use std::io;
use std::sync::{Arc, PoisonError};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A host's key, looked at without logging in.
#[derive(Clone, Debug)]
pub struct Scanned {
    /// `ssh-ed25519` and the like.
    pub kind: String,
    /// `SHA256:..`
    pub fingerprint: String,
    /// The line for a `known_hosts` file.
    pub line: String,
    /// What the files say of it.
    pub verdict: Verdict,
    key: PublicKey,
}

enum Failed {
    Fault(Box<Fault>),
    AskFor(Vec<String>),
    Scanned(Box<PublicKey>),
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self::Fault(Box::new(fault))
    }
}

struct Session {
    handle: Handle<Handler>,
    notes: Notes,
    cut: DropGuard,
}

fn unreachable(kind: Unreachable, text: impl AsRef<str>) -> Fault {
    Fault::new(FaultKind::Unreachable(kind), text)
}

impl Client {
    /// An authenticated connection to `host`, through the hosts of `chain` (nearest to the controller first).
    /// Connections to jump hosts are opened once for all hosts behind them.
    pub async fn connect(&self, host: &Host, chain: &[&Host], secrets: &dyn Secrets) -> Result<Connection, Fault> {
        let mut link = self.link(host, chain, secrets).await?;
        if let Some(again) = &mut link.again {
            again.chain = chain.iter().map(|h| Arc::new((*h).clone())).collect();
        }
        Ok(Connection::new(link))
    }

    /// The key that `host` shows, without authenticating to it.
    pub async fn scan(&self, host: &Host, chain: &[&Host], secrets: &dyn Secrets) -> Result<Scanned, Fault> {
        let shared = Arc::new(host.clone());
        let (stream, _via) = self.stream(host, chain, secrets).await?;
        let kinds = self.0.trust.kinds(host);
        match self.handshake(&shared, stream, Purpose::Scan, &kinds).await {
            Err(Failed::Scanned(key)) => Ok(Scanned {
                kind: key.algorithm().as_str().to_owned(),
                fingerprint: fingerprint(&key),
                line: record::text(&host.address, host.port, &key),
                verdict: self.0.trust.verdict(host, &key),
                key: *key,
            }),
            Err(Failed::Fault(fault)) => Err(*fault),
            Err(Failed::AskFor(_)) | Ok(_) => Err(Fault::new(FaultKind::Internal, "the host's key was not seen")),
        }
    }

    /// Records a scanned key for good. A changed or revoked key is not recorded: the old line must go first.
    pub async fn trust(&self, host: &Host, scanned: &Scanned) -> Result<(), Fault> {
        match &scanned.verdict {
            Verdict::Known => Ok(()),
            Verdict::Unknown => {
                let recorded = self.0.trust.record(host, &scanned.key).await;
                recorded.map_err(|reason| Fault::new(FaultKind::Hostkey(HostKey::Unknown), reason))
            }
            Verdict::Changed(at) => {
                let text = format!("another key stands in {}:{}, {}", at.file.display(), at.line, at.fingerprint);
                Err(Fault::new(FaultKind::Hostkey(HostKey::Changed), text).with_hint("remove that line first"))
            }
            Verdict::Revoked(at) => {
                let text = format!("{}:{} revokes this key", at.file.display(), at.line);
                Err(Fault::new(FaultKind::Hostkey(HostKey::Revoked), text))
            }
        }
    }

    async fn link(&self, host: &Host, chain: &[&Host], secrets: &dyn Secrets) -> Result<Link, Fault> {
        let shared = Arc::new(host.clone());
        let mut kinds = self.0.trust.kinds(host);
        let mut asked = false;
        let (mut session, via) = loop {
            let (stream, via) = self.stream(host, chain, secrets).await?;
            match self.handshake(&shared, stream, Purpose::Connect(asked), &kinds).await {
                Ok(session) => break (session, via),
                Err(Failed::AskFor(recorded)) if !asked => {
                    kinds = recorded;
                    asked = true;
                }
                Err(Failed::Fault(fault)) => return Err(*fault),
                Err(_) => return Err(Fault::new(FaultKind::Internal, "the host's key was not judged")),
            }
        };
        let means =
            auth::Means { host, keys: &self.0.keys, secrets, deadlines: &self.0.deadlines, notes: &session.notes };
        let password = auth::authenticate(&mut session.handle, means).await?;
        Ok(Link {
            handle: session.handle,
            notes: session.notes,
            deadlines: self.0.deadlines.clone(),
            again: Some(Again { client: self.clone(), host: shared, chain: Vec::new(), password }),
            via,
            cut: session.cut,
        })
    }

    /// A byte stream to the host's SSH port.
    async fn stream(
        &self,
        host: &Host,
        chain: &[&Host],
        secrets: &dyn Secrets,
    ) -> Result<(Stream, Option<Arc<Link>>), Fault> {
        let deadlines = &self.0.deadlines;
        if chain.is_empty() {
            let addresses = dial::resolve(&host.address, host.port, deadlines.dns).await?;
            return Ok((Stream::Tcp(dial::dial(&addresses, deadlines.tcp).await?), None));
        }
        let via = self.jump(chain, secrets).await?;
        let name = chain.last().map(|j| j.name.as_str()).unwrap_or_default();
        let open = via.handle.channel_open_direct_tcpip(host.address.as_str(), host.port.into(), "127.0.0.1", 0);
        let deadline = deadlines.dns + deadlines.tcp;
        match timeout(deadline, open).await {
            Err(_) => {
                let text = format!(
                    "jump host {name}: no connection to {}:{} within {}",
                    host.address,
                    host.port,
                    human(deadline)
                );
                Err(unreachable(Unreachable::ConnectTimeout, text))
            }
            Ok(Ok(channel)) => Ok((Stream::Jump(Box::new(channel.into_stream())), Some(via))),
            Ok(Err(Error::ChannelOpenFailure(ChannelOpenFailure::ConnectFailed))) => {
                let text = format!("jump host {name}: it cannot connect to {}:{}", host.address, host.port);
                Err(unreachable(Unreachable::Refused, text))
            }
            Ok(Err(Error::ChannelOpenFailure(reason))) => {
                Err(unreachable(Unreachable::Jump, format!("jump host {name}: it does not forward ({reason:?})")))
            }
            Ok(Err(_)) => Err(unreachable(Unreachable::Jump, format!("jump host {name}: {}", via.notes.lost()))),
        }
    }

    /// The shared connection to the last host of `chain`.
    fn jump<'a>(&'a self, chain: &'a [&'a Host], secrets: &'a dyn Secrets) -> BoxFuture<'a, Result<Arc<Link>, Fault>> {
        Box::pin(async move {
            let Some((jump, before)) = chain.split_last() else {
                return Err(Fault::new(FaultKind::Internal, "a jump without a host"));
            };
            let way: Vec<_> = chain.iter().map(|h| h.name.clone()).collect();
            let cell = {
                let mut jumps = self.0.jumps.lock().unwrap_or_else(PoisonError::into_inner);
                let cell = jumps.entry(way).or_default();
                // One that has ended is opened anew; one that could not be opened is not tried for every host.
                if matches!(cell.get(), Some(Ok(link)) if link.handle.is_closed()) {
                    *cell = Arc::default();
                }
                cell.clone()
            };
            let open = async {
                let mut link = self.link(jump, before, secrets).await.map_err(|fault| {
                    let text = format!("jump host {}: {fault}", jump.name);
                    Fault { hint: fault.hint, ..unreachable(Unreachable::Jump, text) }
                })?;
                // Nothing runs on a jump host, and what the client keeps must not keep the client.
                link.again = None;
                Ok(Arc::new(link))
            };
            cell.get_or_init(|| open).await.clone()
        })
    }

    async fn handshake(
        &self,
        host: &Arc<Host>,
        stream: Stream,
        purpose: Purpose,
        kinds: &[String],
    ) -> Result<Session, Failed> {
        let (ear, notes, cut) = (Ear::default(), Notes::default(), CancellationToken::new());
        let guard = cut.clone().drop_guard();
        let wire = Wire::new(stream, ear.clone(), cut.clone());
        let handler =
            Handler { trust: self.0.trust.clone(), host: host.clone(), purpose, notes: notes.clone(), cut, opens: 0 };
        let config = algorithms::config(host.legacy_ssh, kinds);
        let deadline = self.0.deadlines.handshake;
        match timeout(deadline, client::connect_stream(config, wire, handler)).await {
            Ok(Ok(handle)) => Ok(Session { handle, notes, cut: guard }),
            Ok(Err(Stop::Scanned(key))) => Err(Failed::Scanned(key)),
            Ok(Err(Stop::Refused(Refused::AskFor(kinds)))) => Err(Failed::AskFor(kinds)),
            Ok(Err(Stop::Refused(Refused::Fault(fault)))) => Err(Failed::Fault(fault)),
            Ok(Err(Stop::Library(e))) => {
                let goodbye = notes.read().goodbye;
                Err(explain(&e, &ear.heard(), goodbye.as_deref(), host.legacy_ssh).into())
            }
            Err(_) => Err(silence(&ear.heard(), &human(deadline)).into()),
        }
    }
}

fn sample(heard: &Heard) -> String {
    untrusted::clean_line(String::from_utf8_lossy(&heard.sample).trim_end(), 60)
}

/// The handshake's deadline passed.
fn silence(heard: &Heard, deadline: &str) -> Fault {
    match &heard.identified {
        Some(name) => {
            let name = untrusted::clean_line(name, 60);
            unreachable(Unreachable::BannerTimeout, format!("{name} did not finish the key exchange within {deadline}"))
        }
        None if heard.lines => {
            unreachable(Unreachable::NotSsh, format!("no SSH identification within {deadline}, but: {}", sample(heard)))
        }
        None if heard.sample.is_empty() => unreachable(
            Unreachable::BannerTimeout,
            format!("it accepted the connection and said nothing within {deadline}"),
        ),
        None => {
            let text = format!("its identification was not complete within {deadline}: {}", sample(heard));
            unreachable(Unreachable::BannerTimeout, text)
        }
    }
}

/// The handshake failed.
fn explain(error: &Error, heard: &Heard, goodbye: Option<&str>, legacy: bool) -> Fault {
    if let Some(reason) = heard.refused {
        return unreachable(Unreachable::NotSsh, format!("{reason}: {}", sample(heard)));
    }
    let gone = match error {
        Error::Disconnect | Error::HUP => true,
        Error::IO(e) => matches!(
            e.kind(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
        ),
        _ => false,
    };
    if heard.identified.is_none() {
        return match heard.sample.is_empty() {
            true => unreachable(Unreachable::Reset, "it closed the connection before it identified itself").with_hint(
                "sshd drops connections like this at MaxStartups, under a penalty, or by a tcp wrapper; do not try again at once",
            ),
            false => unreachable(Unreachable::NotSsh, format!("it does not speak SSH: {}", sample(heard))),
        };
    }
    match error {
        Error::NoCommonAlgo { kind, theirs, .. } => algorithms::no_common(kind, theirs, legacy),
        Error::StrictKeyExchangeViolation { .. } => Fault::new(FaultKind::Violation, error.to_string()),
        _ if gone => {
            let words = goodbye.map(|g| format!(": {g}")).unwrap_or_default();
            unreachable(Unreachable::Reset, format!("it closed the connection during the key exchange{words}"))
        }
        _ => unreachable(Unreachable::Kex, error.to_string()),
    }
}
