//! The byte stream under a connection: a TCP socket or a jump host's channel, with what the SSH library
//! leaves out.
//!
//! - The server's identification is read here, as OpenSSH reads it: up to 1,024 lines may stand before it, and
//!   whatever is not SSH is named instead of waited for. The client's own line goes out at once, so that this
//!   costs no round trip.
//! - Delayed acknowledgements are switched off after every read: a server runs Nagle's algorithm until its
//!   session starts, and would otherwise wait 40 ms for each of ours.
//! - One token ends the stream from outside, so that no task outlives its connection whatever it waits for.

use russh::ChannelStream;
use russh::client::Msg;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// As OpenSSH (`ssh.h`, SSH_MAX_PRE_BANNER_LINES).
const MAX_LINES: usize = 1024;
/// As OpenSSH (`ssh.h`, SSH_MAX_BANNER_LEN).
const MAX_LINE: usize = 8192;
/// How much of a foreign protocol's first line is kept for the report.
const SAMPLE: usize = 60;

pub(super) enum Stream {
    Tcp(TcpStream),
    Jump(Box<ChannelStream<Msg>>),
}

/// What was heard before the key exchange, for whoever explains why there was none.
#[derive(Clone, Debug, Default)]
pub(super) struct Preamble {
    /// The first bytes of all.
    pub sample: Vec<u8>,
    /// At least one whole line came that was not the identification.
    pub lines: bool,
    /// The server's identification, without its line end.
    pub identified: Option<String>,
    /// Why it is not an SSH 2 server.
    pub refused: Option<&'static str>,
}

/// What was heard so far, shared with whoever waits.
#[derive(Clone, Debug, Default)]
pub(super) struct BannerLog(Arc<Mutex<Preamble>>);

impl BannerLog {
    pub fn preamble(&self) -> Preamble {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn with<T>(&self, f: impl FnOnce(&mut Preamble) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(super) struct Wire {
    stream: Stream,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    is_cut: bool,
    /// Until the identification has come.
    greeting: Option<Greeting>,
    /// The identification and what came with it, not yet handed on.
    held: Vec<u8>,
}

impl Wire {
    pub fn new(stream: Stream, banner: BannerLog, cut: CancellationToken) -> Self {
        Self {
            stream,
            cut: Box::pin(cut.cancelled_owned()),
            is_cut: false,
            greeting: Some(Greeting { banner, line: Vec::new(), lines: 0 }),
            held: Vec::new(),
        }
    }

    fn check_cut(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if !self.is_cut && self.cut.as_mut().poll(cx).is_ready() {
            self.is_cut = true;
        }
        if self.is_cut { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }

    fn poll_inner(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Tcp(tcp) => {
                ready!(Pin::new(&mut *tcp).poll_read(cx, buf))?;
                // Only an optimisation, and the kernel forgets it after a while: set again each time.
                let _ = tcp.set_quickack(true);
                Poll::Ready(Ok(()))
            }
            Stream::Jump(channel) => Pin::new(channel).poll_read(cx, buf),
        }
    }
}

use std::future::Future;

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.check_cut(cx)?;
        while let Some(mut greeting) = this.greeting.take() {
            let mut space = [0; 512];
            let mut piece = ReadBuf::new(&mut space);
            match this.poll_inner(cx, &mut piece) {
                Poll::Pending => {
                    this.greeting = Some(greeting);
                    return Poll::Pending;
                }
                Poll::Ready(result) => result?,
            }
            if piece.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            match greeting.feed(piece.filled()) {
                Ok(None) => this.greeting = Some(greeting),
                Ok(Some(rest)) => this.held = rest,
                Err(reason) => return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, reason))),
            }
        }
        if !this.held.is_empty() {
            let n = this.held.len().min(buf.remaining());
            buf.put_slice(this.held.get(..n).unwrap_or_default());
            this.held.drain(..n);
            return Poll::Ready(Ok(()));
        }
        this.poll_inner(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check_cut(cx)?;
        match &mut self.stream {
            Stream::Tcp(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Stream::Jump(channel) => Pin::new(channel).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check_cut(cx)?;
        match &mut self.stream {
            Stream::Tcp(tcp) => Pin::new(tcp).poll_flush(cx),
            Stream::Jump(channel) => Pin::new(channel).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.check_cut(cx).is_err() {
            return Poll::Ready(Ok(()));
        }
        match &mut self.stream {
            Stream::Tcp(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Stream::Jump(channel) => Pin::new(channel).poll_shutdown(cx),
        }
    }
}

/// Reads lines until the identification.
struct Greeting {
    banner: BannerLog,
    line: Vec<u8>,
    lines: usize,
}

impl Greeting {
    /// The identification with all that followed it, once it has come.
    fn feed(&mut self, bytes: &[u8]) -> Result<Option<Vec<u8>>, &'static str> {
        self.banner.with(|preamble| {
            let room = SAMPLE.saturating_sub(preamble.sample.len());
            preamble.sample.extend(bytes.iter().take(room));
        });
        let mut bytes = bytes;
        while let Some(end) = bytes.iter().position(|&b| b == b'\n') {
            let (line, rest) = bytes.split_at(end + 1);
            self.line.extend_from_slice(line);
            if self.identified()? {
                let mut all = std::mem::take(&mut self.line);
                all.extend_from_slice(rest);
                return Ok(Some(all));
            }
            self.line.clear();
            bytes = rest;
        }
        self.line.extend_from_slice(bytes);
        if self.line.len() > MAX_LINE {
            return self.refuse("its first line is not terminated");
        }
        Ok(None)
    }

    /// Whether the line is the identification.
    fn identified(&mut self) -> Result<bool, &'static str> {
        let line = self.line.trim_ascii_end();
        if line.starts_with(b"SSH-2.0-") || line.starts_with(b"SSH-1.99-") {
            let text = String::from_utf8_lossy(line).into_owned();
            self.banner.with(|preamble| preamble.identified = Some(text));
            return Ok(true);
        }
        if line.starts_with(b"SSH-") {
            return self.refuse("it supports only the insecure SSH protocol 1");
        }
        self.lines += 1;
        self.banner.with(|preamble| preamble.lines = true);
        // Protocols whose servers speak first, or answer our line: no need to wait for more of it.
        let foreign: [&[u8]; 7] = [b"HTTP/", b"220 ", b"220-", b"554 ", b"* OK", b"+OK", b"RFB "];
        if self.lines == 1 && foreign.iter().any(|f| line.starts_with(f)) {
            return self.refuse("it uses another protocol");
        }
        if self.lines > MAX_LINES {
            return self.refuse("too much text before the SSH identification string");
        }
        Ok(false)
    }

    fn refuse<T>(&self, reason: &'static str) -> Result<T, &'static str> {
        self.banner.with(|preamble| preamble.refused = Some(reason));
        Err(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(pieces: &[&[u8]]) -> (Preamble, Option<Vec<u8>>) {
        let banner = BannerLog::default();
        let mut greeting = Greeting { banner: banner.clone(), line: Vec::new(), lines: 0 };
        let mut out: Option<Vec<u8>> = None;
        for piece in pieces {
            match &mut out {
                Some(out) => out.extend_from_slice(piece),
                None => match greeting.feed(piece) {
                    Ok(rest) => out = rest,
                    Err(_) => break,
                },
            }
        }
        (banner.preamble(), out)
    }

    #[test]
    fn text_before_the_identification_is_passed_over() {
        let (preamble, out) = read(&[b"welcome\r\nto us\nSSH-2.", b"0-OpenSSH_5.3\r\n\0\0\x01", b"\x02"]);
        assert_eq!(preamble.identified.as_deref(), Some("SSH-2.0-OpenSSH_5.3"));
        assert_eq!(out.unwrap(), b"SSH-2.0-OpenSSH_5.3\r\n\0\0\x01\x02");
        let many = "line\n".repeat(1000) + "SSH-1.99-x\n";
        assert!(read(&[many.as_bytes()]).1.is_some());
    }

    #[test]
    fn what_is_not_ssh_is_named() {
        for (bytes, reason) in [
            (&b"SSH-1.5-old\n"[..], "it supports only the insecure SSH protocol 1"),
            (b"HTTP/1.1 400 Bad Request\r\n", "it uses another protocol"),
            (b"220 mx ESMTP\r\n", "it uses another protocol"),
            (&b"x".repeat(9000), "its first line is not terminated"),
            (&b"x\n".repeat(2000), "too much text before the SSH identification string"),
        ] {
            assert_eq!(read(&[bytes]).0.refused, Some(reason));
        }
        let (preamble, out) = read(&[b"hello\nthere"]);
        assert!(preamble.lines && preamble.refused.is_none() && out.is_none());
        assert_eq!(preamble.sample, b"hello\nthere");
    }

    proptest! {
        #[test]
        fn the_pieces_do_not_matter(cut in 0usize..40) {
            let text = b"motd\r\n\r\nSSH-2.0-x y\r\nrest of it all";
            let (a, b) = text.split_at(cut.min(text.len()));
            prop_assert_eq!(read(&[a, b]).1, read(&[text]).1);
        }
    }
}
