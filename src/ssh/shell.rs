//! A shell on a host: one exec channel that stays open and runs batch after batch of parts.

use super::answers::{Answers, Progress};
use super::budget::Drawn;
use super::exchange::{EndTree, Exchange, Over};
use super::link::Link;
use super::reader::Reader;
use super::sudo::{self, Root};
use crate::model::Fault;
use crate::model::fault::{FaultKind, Shell as ShellFault};
use crate::shell::batch::{self, Nonce};
use crate::shell::frames::Frames;
use crate::shell::{Part, PartOutput};
use russh::client::Msg;
use russh::{Channel, ChannelWriteHalf};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// How long a shell may take to go away when nothing more is wanted of it.
const CLOSE: Duration = Duration::from_secs(2);

/// A shell that is open on a host.
pub struct Shell {
    link: Arc<Link>,
    reader: Reader,
    write: ChannelWriteHalf<Msg>,
    root: Root,
    nonce: Nonce,
    /// The number of the next part.
    next: u32,
    /// Parts whose END may still come on standard error.
    late: BTreeSet<u32>,
    out: Frames,
    err: Frames,
    /// Why it runs nothing more.
    fault: Option<Fault>,
    /// How it ends process trees; the shells that do so may not.
    end_tree: Option<EndTree>,
    /// For the answers of the last batch.
    drawn: Option<Drawn>,
}

impl Shell {
    pub(super) async fn open(link: Arc<Link>, root: Root, end_tree: EndTree) -> Result<Self, Fault> {
        match link.open().await? {
            Some(channel) => Self::start(link, channel, root, Some(end_tree)).await,
            None => Err(Fault::new(FaultKind::Shell(ShellFault::Restricted), "the server opens no session")),
        }
    }

    pub(super) async fn start(
        link: Arc<Link>,
        channel: Channel<Msg>,
        root: Root,
        end_tree: Option<EndTree>,
    ) -> Result<Self, Fault> {
        let until = Instant::now() + link.deadlines.open;
        let (half, write) = channel.split();
        let mut reader = Reader::new(half, link.clone());
        let mark = Nonce::new(rand::random());
        write.exec(true, root.command(mark.as_str())).await.map_err(|_| link.notes.lost())?;
        let nonce = Nonce::new(rand::random());
        let mut out = Frames::new(&nonce);
        if let Root::Password(password) = &root {
            let rest = sudo::enter(&mut reader, &write, password, mark.as_str(), until).await?;
            // Nothing of this session was sent yet, so no mark can be in it.
            out.feed(&rest, &mut |_| {});
        }
        let err = Frames::new(&nonce);
        Ok(Self {
            link,
            reader,
            write,
            root,
            nonce,
            next: 0,
            late: BTreeSet::new(),
            out,
            err,
            fault: None,
            end_tree,
            drawn: None,
        })
    }

    /// Why the shell runs nothing more, once that is so: a part of it is `Lost`, a process tree may still be
    /// there, or the batch was cancelled.
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// Runs `parts` one after the other, each within its own deadline. All of them are sent at once.
    ///
    /// A part whose deadline passes is ended and the next ones go on. When `cancel` fires, the running part is
    /// ended with everything in its session, and the rest is not started. A part that could not be ended for
    /// certain is `Lost`, and so is one whose connection ended; [`Shell::fault`] then says why. The error is for
    /// a batch of which no part began, and for a host that breaks the protocol.
    pub async fn run(
        &mut self,
        parts: &[Part],
        on: &mut (dyn FnMut(usize, Progress) + Send),
        cancel: &CancellationToken,
    ) -> Result<Vec<PartOutput>, Fault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let mut text = if self.next == 0 { batch::preamble(&self.nonce) } else { String::new() };
        for (n, part) in (self.next..).zip(parts) {
            let laid_out = batch::layout(&self.nonce, n, part);
            text.push_str(&laid_out.map_err(|e| Fault::new(FaultKind::Internal, e.to_string()))?);
        }
        let mut answers = Answers::new(parts, self.next, &mut self.late);
        self.next += parts.len() as u32;
        // Stands if this future is dropped half-way: the answers would be taken for those of another batch.
        self.fault = Some(Fault::new(FaultKind::Lost, "an earlier batch was abandoned"));
        let sending = self.write.data_bytes(text.into_bytes());
        let over = Over {
            link: &self.link,
            reader: &mut self.reader,
            out: &mut self.out,
            err: &mut self.err,
            root: &self.root,
            end_tree: self.end_tree,
        };
        let drawn = self.drawn.insert(Drawn::new(self.link.budget.clone()));
        let mut result = Exchange::new(over, parts, &mut answers, drawn).run(sending, on, cancel).await;
        for (n, progress) in answers.news.drain(..) {
            on(n, progress);
        }
        if result.is_ok() && !parts.is_empty() && !answers.any_began() {
            let text = format!("the login shell ate the script's first lines, or cannot run it: {}", answers.noise());
            result = Err(Fault::new(FaultKind::Shell(ShellFault::DidNotStart), text));
        }
        self.fault = result.err();
        match &self.fault {
            Some(fault) if fault.kind == FaultKind::Violation => Err(fault.clone()),
            Some(fault) if !answers.any_began() && !cancel.is_cancelled() => Err(fault.clone()),
            _ => Ok(answers.into_outputs(Instant::now())),
        }
    }

    /// The answers of the last batch were read: other hosts may keep as many bytes. The next batch says so too.
    pub fn release(&mut self) {
        self.drawn = None;
    }

    /// Ends the shell. The error is a host that breaks the protocol even now.
    pub async fn close(mut self) -> Result<(), Fault> {
        let _ = self.write.eof().await;
        let until = Instant::now() + CLOSE;
        // Something in the background may hold the streams: not waited for.
        while let Ok(next) = timeout_at(until, self.reader.next()).await {
            if next?.is_none() {
                return Ok(());
            }
        }
        let _ = self.write.close().await;
        Ok(())
    }
}
