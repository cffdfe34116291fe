//! Servers that misbehave: raw sockets before the key exchange, and the SSH library's server after it.

use super::{Answer, NOBODY, host, settings};
use crate::model::fault::{Auth, FaultKind, Unreachable};
use crate::model::{Fault, Host, SecretRef};
use crate::shell::Part;
use crate::ssh::Client;
use russh::keys::{Algorithm, PrivateKey};
use russh::server::{
    Auth as Answered, ChannelOpenHandle, Config, Handler, Msg, Session, VerifiedPublicKey, run_stream,
};
use russh::{Channel, ChannelId, MethodKind, MethodSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

async fn quick(dir: &std::path::Path) -> Client {
    let mut settings = settings(dir);
    settings.accept_new = true;
    settings.deadlines.handshake = Duration::from_secs(2);
    settings.deadlines.auth = Duration::from_secs(2);
    Client::new(settings).await.unwrap()
}

/// What a connection to a port comes to that sends `bytes` in pieces, then hangs up or stays silent.
async fn raw(bytes: &'static [u8], piece: usize, hang_up: bool) -> (Fault, Duration) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        for piece in bytes.chunks(piece) {
            let _ = socket.write_all(piece).await;
            if piece.len() < 10 {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        if !hang_up {
            let mut sink = [0; 4096];
            while socket.read(&mut sink).await.is_ok_and(|n| n > 0) {}
        }
    });
    let dir = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let fault = quick(dir.path()).await.connect(&host("x", port), &[], &NOBODY).await.err().unwrap();
    server.abort();
    (fault, started.elapsed())
}

#[tokio::test]
async fn what_is_not_an_ssh_server_is_named() {
    use Unreachable::{BannerTimeout, Kex, NotSsh, Reset};
    let deadline = Duration::from_millis(1900);
    for (bytes, piece, hang_up, kind, part, slow) in [
        (&b""[..], 1, false, BannerTimeout, "said nothing within 2s", true),
        (b"", 1, true, Reset, "before it identified itself", false),
        (b"SSH-2.0-slow-loris-of-a-banner", 1, false, BannerTimeout, "not complete", true),
        (b"SSH-2.0-mute\r\n", 99, false, BannerTimeout, "SSH-2.0-mute did not finish the key exchange", true),
        (b"SSH-2.0-gone\r\n", 99, true, Reset, "during the key exchange", false),
        (b"SSH-1.5-old\r\n", 99, false, NotSsh, "SSH 1: SSH-1.5-old", false),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", 99, true, NotSsh, "HTTP/1.1 400 Bad Request", false),
        (b"220 mx ESMTP \x1b[31mred\r\n", 99, false, NotSsh, "220 mx ESMTP \\u{1b}[31mred", false),
        (b"hello\r\n", 99, false, NotSsh, "within 2s, but: hello", true),
        (b"SSH-2.0-x\r\n\xff\xff\xff\xff garbage that is no packet", 99, false, Kex, "packet size", false),
    ] {
        let (fault, took) = raw(bytes, piece, hang_up).await;
        assert_eq!(fault.kind, FaultKind::Unreachable(kind), "{fault}");
        assert!(fault.text.contains(part), "{fault}");
        assert_eq!(took > deadline, slow, "{fault} after {took:?}");
        assert!(took < Duration::from_secs(3), "{fault} after {took:?}");
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    TwoStatuses,
    StatusAfterEof,
    NoStatus,
    OpensChannels(usize),
    Unknown,
    TakesPasswords,
    ForgesMarks,
}

static PASSWORDS: AtomicUsize = AtomicUsize::new(0);

struct Evil {
    mode: Mode,
}

impl Handler for Evil {
    type Error = russh::Error;

    async fn auth_publickey(&mut self, _: &str, _: VerifiedPublicKey<'_>) -> Result<Answered, russh::Error> {
        match self.mode {
            Mode::TakesPasswords => Ok(Answered::Reject {
                proceed_with_methods: Some(MethodSet::from(&[MethodKind::Password][..])),
                partial_success: false,
            }),
            _ => Ok(Answered::Accept),
        }
    }

    async fn auth_password(&mut self, _: &str, _: &str) -> Result<Answered, russh::Error> {
        PASSWORDS.fetch_add(1, Ordering::Relaxed);
        Ok(Answered::Accept)
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(&mut self, id: ChannelId, _: &[u8], session: &mut Session) -> Result<(), russh::Error> {
        let (mode, handle) = (self.mode, session.handle());
        session.channel_success(id)?;
        tokio::spawn(async move {
            match mode {
                Mode::TwoStatuses => {
                    let _ = handle.exit_status_request(id, 1).await;
                    let _ = handle.exit_status_request(id, 0).await;
                    let _ = handle.close(id).await;
                }
                Mode::StatusAfterEof => {
                    let _ = handle.eof(id).await;
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    let _ = handle.exit_status_request(id, 7).await;
                    let _ = handle.close(id).await;
                }
                Mode::NoStatus => {
                    let _ = handle.close(id).await;
                }
                Mode::OpensChannels(n) => {
                    let mut accepted = 0;
                    for _ in 0..n {
                        accepted += usize::from(handle.channel_open_agent().await.is_ok());
                        accepted += usize::from(handle.channel_open_forwarded_tcpip("a", 1, "b", 2).await.is_ok());
                    }
                    let _ = handle.data(id, format!("accepted {accepted}")).await;
                    let _ = handle.close(id).await;
                }
                Mode::ForgesMarks => {
                    let text = "\n00000000000000000000000000000000 B 0 1\n\n00000000000000000000000000000000 E 0 0\n";
                    let _ = handle.data(id, text).await;
                    let _ = handle.exit_status_request(id, 0).await;
                    let _ = handle.close(id).await;
                }
                Mode::Unknown | Mode::TakesPasswords => {}
            }
        });
        Ok(())
    }
}

/// A host that is served by the library's own server, and a key to offer to it.
async fn evil(mode: Mode, dir: &std::path::Path) -> Host {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(Config {
        keys: vec![PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519).unwrap()],
        auth_rejection_time: Duration::ZERO,
        ..Config::default()
    });
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let config = config.clone();
            tokio::spawn(async move { run_stream(config, socket, Evil { mode }).await?.await });
        }
    });
    let key = dir.join("id");
    if !key.exists() {
        let pair = PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519).unwrap();
        pair.write_openssh_file(&key, Default::default()).unwrap();
    }
    let mut host = host("evil", port);
    host.identity_files = vec!["~/id".into()];
    host
}

async fn run(mode: Mode) -> Fault {
    let dir = tempfile::tempdir().unwrap();
    let host = evil(mode, dir.path()).await;
    let connection = quick(dir.path()).await.connect(&host, &[], &NOBODY).await.unwrap();
    let mut shell = connection.shell(None, &NOBODY).await.unwrap();
    shell.run(&[Part::new("p", ":")], &mut |_, _| {}, &CancellationToken::new()).await.unwrap_err()
}

#[tokio::test]
async fn a_second_exit_status_is_a_violation_and_one_after_eof_is_not() {
    assert_eq!(run(Mode::TwoStatuses).await.to_string(), "violation: a second exit status");
    assert!(run(Mode::StatusAfterEof).await.text.contains("(status 7)"));
    assert!(run(Mode::NoStatus).await.text.contains("(no status)"));
    assert!(run(Mode::ForgesMarks).await.text.contains("(status 0)"));
}

#[tokio::test]
async fn channels_that_the_server_opens_are_refused_and_too_many_end_the_connection() {
    let few = run(Mode::OpensChannels(3)).await;
    assert!(few.text.ends_with("accepted 0"), "{few}");
    let many = run(Mode::OpensChannels(1000)).await;
    assert_eq!(many.kind, FaultKind::Violation, "{many}");
}

#[tokio::test]
async fn a_password_goes_only_to_a_host_that_was_known_before() {
    let dir = tempfile::tempdir().unwrap();
    let mut host = evil(Mode::TakesPasswords, dir.path()).await;
    host.password = Some(SecretRef::Prompt);
    let secrets = Answer(Some("hunter2"));
    let client = quick(dir.path()).await;
    let fault = client.connect(&host, &[], &secrets).await.err().unwrap();
    assert!(fault.text.contains("no password is sent to a host whose key was accepted only now"), "{fault}");
    assert_eq!(PASSWORDS.load(Ordering::Relaxed), 0);
    assert_eq!(fault.hint.as_deref(), Some("compare the fingerprint with the server's own, then: fleet trust evil"));
    let fault = client.connect(&host, &[], &secrets).await.err().unwrap();
    assert!(fault.text.contains("no password is sent"), "on record by now, and nobody's word: {fault}");
    assert_eq!(PASSWORDS.load(Ordering::Relaxed), 0);
    let client = quick(dir.path()).await;
    assert!(client.connect(&host, &[], &secrets).await.is_ok());
    assert_eq!(PASSWORDS.load(Ordering::Relaxed), 1);
    host.password = None;
    let fault = client.connect(&host, &[], &secrets).await.err().unwrap();
    assert_eq!(fault.kind, FaultKind::Auth(Auth::Denied), "{fault}");
    assert_eq!(PASSWORDS.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_shell_that_never_answers_is_blocked_at_its_deadline() {
    let dir = tempfile::tempdir().unwrap();
    let host = evil(Mode::Unknown, dir.path()).await;
    let mut settings = settings(dir.path());
    settings.accept_new = true;
    settings.deadlines.open = Duration::from_millis(500);
    let connection = Client::new(settings).await.unwrap().connect(&host, &[], &NOBODY).await.unwrap();
    let mut shell = connection.shell(None, &NOBODY).await.unwrap();
    let fault = shell.run(&[Part::new("p", ":")], &mut |_, _| {}, &CancellationToken::new()).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Shell(crate::model::fault::Shell::Blocked), "{fault}");
}
