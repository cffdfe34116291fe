//! The reading side of an exec channel, and what its end means.

use super::link::Link;
use crate::model::fault::{FaultKind, Shell as ShellFault};
use crate::model::{Fault, untrusted};
use russh::{ChannelMsg, ChannelReadHalf};
use std::sync::Arc;

/// The reading side of a channel. The first exit status counts; a second one is a forgery.
pub(super) struct Reader {
    half: ChannelReadHalf,
    status: Option<u32>,
    signal: Option<String>,
    /// The server closed the channel; otherwise the connection ended.
    pub closed: bool,
    link: Arc<Link>,
}

impl Reader {
    pub fn new(half: ChannelReadHalf, link: Arc<Link>) -> Self {
        Self { half, status: None, signal: None, closed: false, link }
    }

    /// The next data, or a refusal of the exec request; `None` at the end. EOF is not the end: the exit status
    /// comes after it.
    pub async fn next(&mut self) -> Result<Option<ChannelMsg>, Fault> {
        loop {
            match self.half.wait().await {
                Some(
                    msg @ (ChannelMsg::Data { .. } | ChannelMsg::ExtendedData { ext: 1, .. } | ChannelMsg::Failure),
                ) => {
                    return Ok(Some(msg));
                }
                Some(ChannelMsg::ExitStatus { exit_status }) => {
                    self.first()?;
                    self.status = Some(exit_status);
                }
                Some(ChannelMsg::ExitSignal { signal_name, .. }) => {
                    self.first()?;
                    self.signal = Some(format!("{signal_name:?}"));
                }
                Some(ChannelMsg::Close) => self.closed = true,
                Some(_) => {}
                None => {
                    let lost = self.link.notes.lost();
                    return if lost.kind == FaultKind::Violation { Err(lost) } else { Ok(None) };
                }
            }
        }
    }

    fn first(&self) -> Result<(), Fault> {
        match self.status.is_some() || self.signal.is_some() {
            true => Err(Fault::new(FaultKind::Violation, "a second exit status")),
            false => Ok(()),
        }
    }

    /// The fault for a channel that ended before anything ran; `noise` is what was printed instead.
    pub fn ended(&self, noise: &str) -> Fault {
        if !self.closed {
            return self.link.notes.lost();
        }
        let lower = noise.to_ascii_lowercase();
        let refuses =
            ["not available", "restricted", "nologin", "not allowed", "unrecognized command", "git shell", "sftp"];
        let kind = match refuses.iter().any(|w| lower.contains(w)) || noise.is_empty() && self.status == Some(1) {
            true => ShellFault::Restricted,
            false => ShellFault::DidNotStart,
        };
        let text = match noise.is_empty() {
            true => format!("the login shell exited without output ({})", self.exit()),
            false => format!("the login shell exited ({}): {noise}", self.exit()),
        };
        Fault::new(FaultKind::Shell(kind), text)
    }

    pub fn exit(&self) -> String {
        match (&self.status, &self.signal) {
            (Some(status), _) => format!("status {status}"),
            (None, Some(signal)) => format!("signal {}", untrusted::clean_line(signal, 20)),
            (None, None) => "no status".into(),
        }
    }
}
