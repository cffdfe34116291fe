//! The client of a run: opens connections, each with its deadlines, looks at host keys, and keeps what all its
//! connections share.

use super::auth;
use super::budget::Budget;
use super::connection::Connection;
use super::dial;
use super::handler::Purpose;
use super::handshake::{Failed, Session, handshake, unreachable};
use super::hostkey::Trust;
use super::keys::Keys;
use super::known_hosts::{KnownHosts, Verdict, fingerprint, record};
use super::link::{Again, Link};
use super::settings::{Deadlines, Secrets, Settings};
use super::wire::Stream;
use crate::model::duration::human;
use crate::model::fault::{FaultKind, HostKey, Unreachable};
use crate::model::{Fault, Host, HostName, Problem, Problems, Secret, SecretRef};
use futures::future::BoxFuture;
use russh::keys::PublicKey;
use russh::{ChannelOpenFailure, Error};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;
use tokio::time::timeout;

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

/// A connection to a jump host, opened once for all hosts behind it.
type Jump = Arc<OnceCell<Result<Arc<Link>, Fault>>>;

/// The client of a run. Cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    trust: Arc<Trust>,
    keys: Keys,
    deadlines: Deadlines,
    budget: Budget,
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
            budget: Budget::default(),
            jumps: Mutex::default(),
        })))
    }

    /// Lines of the `known_hosts` files that were passed over; worth a warning.
    pub fn bad_known_hosts_lines(&self) -> &[Problem] {
        &self.0.bad_lines
    }

    /// An authenticated connection to `host`, through the hosts of `chain` (nearest to the controller first).
    /// Connections to jump hosts are opened once for all hosts behind them.
    pub async fn connect(&self, host: &Host, chain: &[&Host], secrets: &dyn Secrets) -> Result<Connection, Fault> {
        let (mut link, password) = self.link(host, chain, secrets).await?;
        let chain = chain.iter().map(|h| (*h).clone()).collect();
        link.again = Some(again(self.clone(), host.clone(), chain, password));
        Ok(Connection::new(link, host.name.clone()))
    }

    /// The key that `host` shows, without authenticating to it.
    pub async fn scan(&self, host: &Host, chain: &[&Host], secrets: &dyn Secrets) -> Result<Scanned, Fault> {
        let (stream, _via) = self.stream(host, chain, secrets).await?;
        let kinds = self.0.trust.kinds(host);
        match self.handshake(&Arc::new(host.clone()), stream, Purpose::Scan, &kinds).await {
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

    /// A connection that was authenticated, with the password if there was one.
    async fn link(&self, host: &Host, chain: &[&Host], secrets: &dyn Secrets) -> Result<(Link, Option<Secret>), Fault> {
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
        let Session { handle, notes, cut } = session;
        let Inner { deadlines, budget, .. } = &*self.0;
        let (deadlines, budget) = (deadlines.clone(), budget.clone());
        Ok((Link { handle, notes, deadlines, budget, again: None, via, cut }, password))
    }

    async fn handshake(
        &self,
        host: &Arc<Host>,
        stream: Stream,
        purpose: Purpose,
        kinds: &[String],
    ) -> Result<Session, Failed> {
        handshake(&self.0.trust, host, stream, purpose, kinds, self.0.deadlines.handshake).await
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
                // Nothing runs on a jump host, so it is not connected to again; and what the client keeps must not
                // keep the client.
                let (link, _) = self.link(jump, before, secrets).await.map_err(|fault| {
                    let text = format!("jump host {}: {fault}", jump.name);
                    Fault { hint: fault.hint, ..unreachable(Unreachable::Jump, text) }
                })?;
                Ok(Arc::new(link))
            };
            cell.get_or_init(|| open).await.clone()
        })
    }
}

/// Connects to `host` once more without asking anybody.
fn again(client: Client, host: Host, chain: Vec<Host>, password: Option<Secret>) -> Again {
    let all = Arc::new((client, host, chain, Kept(password)));
    Box::new(move || {
        let all = all.clone();
        Box::pin(async move {
            let (client, host, chain, password) = &*all;
            let chain: Vec<&Host> = chain.iter().collect();
            client.link(host, &chain, password).await.map(|(link, _)| link)
        })
    })
}

/// Hands out what was already given once.
struct Kept(Option<Secret>);

impl Secrets for Kept {
    fn get<'a>(&'a self, _: &'a HostName, _: &'a SecretRef) -> BoxFuture<'a, Result<Secret, String>> {
        Box::pin(async { self.0.clone().ok_or_else(|| "it is not asked for a second time".into()) })
    }
}
