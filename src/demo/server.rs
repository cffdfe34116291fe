//! One SSH server of the demo: accepts connections, authenticates the one key, hands out shells.

use super::scenario::Behaviour;
use super::served::Served;
use super::session::Shell;
use crate::shell::batch::{Received, Receiver};
use russh::keys::{PrivateKey, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Config, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, Disconnect, MethodKind, MethodSet, Preferred, SshId, cipher, kex};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

const BANNER: &str = "SSH-2.0-fleet_demo";
/// What a web server says to whoever speaks SSH.
const HTTP: &str = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nBad Request\n";
/// Channels that a server opens which wants into the client's network: more than a client puts up with.
const INTRUSIONS: u32 = 16;
/// Only the cheapest of what every client has: the demo is also what benchmarks connect to.
const KEX: &[kex::Name] = &[
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::EXTENSION_SUPPORT_AS_SERVER,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
];
const CIPHERS: &[cipher::Name] = &[cipher::AES_128_GCM, cipher::AES_256_GCM, cipher::CHACHA20_POLY1305];

/// The settings of a server with this host key.
pub fn config(key: PrivateKey) -> Arc<Config> {
    Arc::new(Config {
        server_id: SshId::Standard(Cow::Borrowed(BANNER)),
        methods: MethodSet::from([MethodKind::PublicKey].as_slice()),
        auth_rejection_time: Duration::ZERO,
        keys: vec![key],
        window_size: 256 << 10,
        channel_buffer_size: 8,
        event_buffer_size: 8,
        nodelay: true,
        preferred: Preferred { kex: Cow::Borrowed(KEX), cipher: Cow::Borrowed(CIPHERS), ..Preferred::default() },
        ..Config::default()
    })
}

/// Everything a listener needs for its connections.
#[derive(Clone)]
pub struct Listener {
    pub host: Arc<Served>,
    pub config: Arc<Config>,
    /// The only key that may log in.
    pub client: Arc<PublicKey>,
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
}

impl Listener {
    /// Accepts connections until told to stop.
    pub async fn listen(self, listener: TcpListener) {
        while let Some(accepted) = self.stop.run_until_cancelled(listener.accept()).await {
            match accepted {
                Ok((stream, _)) => {
                    let served = self.clone();
                    self.tasks.spawn(async move {
                        // A connection that fails is its client's concern.
                        let _ = served.connection(stream).await;
                    });
                }
                // Out of descriptors: some come back when connections end.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn connection(self, mut stream: TcpStream) -> Result<(), russh::Error> {
        let mut said = [0; 256];
        match self.host.behaviour() {
            Behaviour::Silent => {
                let until_closed = async { while stream.read(&mut said).await.is_ok_and(|n| n > 0) {} };
                self.stop.run_until_cancelled(until_closed).await;
            }
            Behaviour::NotSsh => {
                let answer = async {
                    // What the client says is read, or closing would reset the connection.
                    if stream.read(&mut said).await? > 0 {
                        stream.write_all(HTTP.as_bytes()).await?;
                    }
                    stream.shutdown().await
                };
                self.stop.run_until_cancelled(answer).await.transpose()?;
            }
            Behaviour::DropAfterBanner => {
                let greet = async {
                    stream.write_all(format!("{BANNER}\r\n").as_bytes()).await?;
                    stream.read(&mut said).await
                };
                self.stop.run_until_cancelled(greet).await.transpose()?;
                stream.set_zero_linger()?;
            }
            Behaviour::Honest
            | Behaviour::Slow(_)
            | Behaviour::OtherKey
            | Behaviour::Flood
            | Behaviour::OpensChannels => {
                stream.set_nodelay(true)?;
                let peer = Peer { host: self.host, client: self.client, tasks: self.tasks, channels: HashMap::new() };
                let running = russh::server::run_stream(self.config, stream, peer);
                let Some(running) = self.stop.run_until_cancelled(running).await.transpose()? else { return Ok(()) };
                let handle = running.handle();
                if self.stop.run_until_cancelled(running).await.is_none() {
                    let _ = handle.disconnect(Disconnect::ByApplication, "the demo ends".into(), String::new()).await;
                }
            }
        }
        Ok(())
    }
}

/// One client's connection.
struct Peer {
    host: Arc<Served>,
    client: Arc<PublicKey>,
    tasks: TaskTracker,
    channels: HashMap<ChannelId, Open>,
}

/// A channel with a shell.
struct Open {
    receiver: Receiver,
    /// None after the end of the client's input.
    parts: Option<UnboundedSender<Received>>,
    _closed: DropGuard,
}

impl Peer {
    fn judge(&self, key: &PublicKey) -> Auth {
        if key.key_data() == self.client.key_data() { Auth::Accept } else { Auth::reject() }
    }
}

impl Handler for Peer {
    type Error = russh::Error;

    async fn auth_publickey_offered(&mut self, _: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, Self::Error> {
        Ok(self.judge(offer.public_key))
    }

    async fn auth_publickey(&mut self, _: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        Ok(self.judge(key.public_key))
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let command = String::from_utf8_lossy(data).into_owned();
        session.channel_success(channel)?;
        if self.host.behaviour() == Behaviour::OpensChannels {
            for n in 0..INTRUSIONS {
                session.channel_open_forwarded_tcpip("127.0.0.1", 25, "203.0.113.66", 40_000 + n)?;
            }
        }
        let (parts, received) = unbounded_channel();
        let closed = CancellationToken::new();
        let guard = closed.clone().drop_guard();
        let shell = is_shell(&command);
        // With a password, sudo's shell says first that it is there; this sudo asks for none.
        if let Some((_, mark)) = command.split_once("'echo ").filter(|_| shell) {
            let mark = mark.split(';').next().unwrap_or_default();
            session.data(channel, format!("{mark}\n"))?;
        }
        let (host, handle) = (self.host.clone(), session.handle());
        self.tasks.spawn(async move {
            let at = Shell { host: &host, handle, channel, closed };
            if shell { at.serve(received).await } else { at.command(&command).await }
        });
        self.channels.insert(channel, Open { receiver: Receiver::default(), parts: Some(parts), _closed: guard });
        Ok(())
    }

    async fn data(&mut self, channel: ChannelId, data: &[u8], _: &mut Session) -> Result<(), Self::Error> {
        if let Some(Open { receiver, parts: Some(parts), .. }) = self.channels.get_mut(&channel) {
            // A shell that has ended reads no more.
            receiver.feed(data).into_iter().for_each(|part| _ = parts.send(part));
        }
        Ok(())
    }

    async fn channel_eof(&mut self, channel: ChannelId, _: &mut Session) -> Result<(), Self::Error> {
        if let Some(open) = self.channels.get_mut(&channel) {
            open.parts = None;
        }
        Ok(())
    }

    async fn channel_close(&mut self, channel: ChannelId, _: &mut Session) -> Result<(), Self::Error> {
        self.channels.remove(&channel);
        Ok(())
    }
}

/// Whether a command starts the shell that reads parts, as itself or by sudo.
fn is_shell(command: &str) -> bool {
    command.starts_with("exec ") && command.trim_end_matches('\'').ends_with("/bin/sh -s")
}

#[cfg(test)]
mod tests {
    use super::is_shell;

    #[test]
    fn every_way_to_start_a_shell_is_known() {
        for shell in [
            "exec /bin/sh -s",
            "exec sudo -n -- /bin/sh -s",
            "exec env LC_ALL=C sudo -k -S -p M.P -- /bin/sh -c 'echo M.R; exec /bin/sh -s'",
        ] {
            assert!(is_shell(shell), "{shell}");
        }
        assert!(!is_shell("hostname") && !is_shell("exec /bin/sh -c true"));
    }
}
