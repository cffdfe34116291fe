//! One batch on an open shell: send it, take its answers, and end what runs too long or is not wanted any more.
//!
//! The channel is read all the time, also while a process tree is being ended over another one: a channel that
//! is not read holds up the whole connection.

use super::answers::{Answers, Progress};
use super::budget::Drawn;
use super::link::Link;
use super::reader::Reader;
use super::sudo::{self, Root};
use crate::model::Fault;
use crate::model::duration::human;
use crate::model::fault::{FaultKind, Shell as ShellFault, Timeout};
use crate::shell::frames::Frames;
use crate::shell::{Ended, Part};
use futures::future::BoxFuture;
use russh::ChannelMsg;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// How long an END mark may take once its part's processes are gone, and standard error's after standard
/// output's.
const GRACE: Duration = Duration::from_secs(5);

/// How long it may take to end a process tree: a connection, a channel, and the script's own waits.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// Ends the process tree of a pid, the whole session or the part alone, and is sure of it. The error is the reason to
/// doubt it.
pub(super) type EndTree = fn(Arc<Link>, Root, u32, bool) -> BoxFuture<'static, Result<(), String>>;

/// How long nothing must come before a deadline that was noticed in time is judged, and one that was noticed late because
/// the controller was stopped or starved: then what came meanwhile still has to be read.
const QUIET: Duration = Duration::from_millis(50);
const QUIET_AFTER_STOP: Duration = Duration::from_secs(2);
/// A deadline that is noticed this late was missed because the controller did not run.
const MISSED: Duration = Duration::from_secs(1);
/// Of a host that prints without end, as many times as long is read.
const FLOOD: u32 = 5;

/// A process tree that is being ended.
struct Killing {
    part: usize,
    whole: bool,
    work: BoxFuture<'static, Result<(), String>>,
}

/// The state of one batch.
pub(super) struct Exchange<'a, 'p> {
    link: &'a Arc<Link>,
    reader: &'a mut Reader,
    out: &'a mut Frames,
    err: &'a mut Frames,
    root: &'a Root,
    /// How process trees are ended. None for the shell that does it.
    end_tree: Option<EndTree>,
    parts: &'p [Part],
    answers: &'a mut Answers<'p>,
    drawn: &'a mut Drawn,
    killing: Option<Killing>,
    /// The part that was told to end last.
    doomed: Option<usize>,
    /// That part's processes are gone, and its mark must come until then.
    grace: Option<Instant>,
    cancelled: bool,
    /// A tree may not have ended, though its part has.
    doubt: Option<Fault>,
    /// The last time that a mark came or a tree began to be ended.
    moved: Instant,
}

/// What the batch of an open shell is made of.
pub(super) struct Over<'a> {
    pub link: &'a Arc<Link>,
    pub reader: &'a mut Reader,
    pub out: &'a mut Frames,
    pub err: &'a mut Frames,
    pub root: &'a Root,
    pub end_tree: Option<EndTree>,
}

impl<'a, 'p> Exchange<'a, 'p> {
    pub fn new(over: Over<'a>, parts: &'p [Part], answers: &'a mut Answers<'p>, drawn: &'a mut Drawn) -> Self {
        let Over { link, reader, out, err, root, end_tree } = over;
        Self {
            link,
            reader,
            out,
            err,
            root,
            end_tree,
            parts,
            answers,
            drawn,
            killing: None,
            doomed: None,
            grace: None,
            cancelled: false,
            doubt: None,
            moved: Instant::now(),
        }
    }

    /// Until every part has ended. The error is why the shell is of no more use.
    pub async fn run(
        mut self,
        sending: impl Future<Output = Result<(), russh::Error>>,
        on: &mut (dyn FnMut(usize, Progress) + Send),
        cancel: &CancellationToken,
    ) -> Result<(), Fault> {
        tokio::pin!(sending);
        let mut sent = false;
        while !self.answers.complete() || self.killing.is_some() {
            let deadline = self.deadline();
            if self.waits() && !self.drawn.try_more() {
                self.wait(on, cancel).await?;
                continue;
            }
            let killing = &mut self.killing;
            let ended = async {
                match killing {
                    Some(killing) => (&mut killing.work).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                // If it fails, the reader finds out why.
                _ = &mut sending, if !sent => sent = true,
                msg = self.reader.next() => self.heard(msg?).await?,
                result = ended => self.tree_ended(result)?,
                () = sleep_until(deadline) => self.too_late(deadline).await?,
                () = cancel.cancelled(), if !self.cancelled => self.cancel().await?,
            }
            for (n, progress) in self.answers.news.drain(..) {
                on(n, progress);
            }
        }
        match self.doubt {
            Some(doubt) => Err(doubt),
            None if self.cancelled => Err(stopped()),
            None => Ok(()),
        }
    }

    /// Whether nothing more can be kept. What is ended says little, and is read on.
    fn waits(&self) -> bool {
        !self.cancelled && self.killing.is_none() && !self.drawn.has_room(self.answers.kept())
    }

    /// Leaves what the host sends where it is until others are done with what they keep. No deadline of the host passes
    /// meanwhile.
    async fn wait(
        &mut self,
        on: &mut (dyn FnMut(usize, Progress) + Send),
        cancel: &CancellationToken,
    ) -> Result<(), Fault> {
        let (part, since) = (self.answers.running().map_or(0, |(n, ..)| n), Instant::now());
        on(part, Progress::Waits);
        let granted = tokio::select! {
            () = self.drawn.more() => true,
            () = cancel.cancelled() => false,
        };
        on(part, Progress::GoesOn);
        self.answers.paused(since.elapsed());
        self.moved += since.elapsed();
        if granted { Ok(()) } else { self.cancel().await }
    }

    /// When something must have happened.
    fn deadline(&self) -> Instant {
        match self.answers.running() {
            // Only a tree is being ended, which has its own limit.
            _ if self.answers.complete() => self.moved + 2 * LIMIT,
            _ if self.answers.all_ended() => self.moved + GRACE,
            Some((n, ..)) if self.doomed == Some(n) => self.grace.unwrap_or(self.moved + 2 * LIMIT),
            Some((n, _, began)) => began + self.parts.get(n).map_or(GRACE, |p| p.timeout),
            None => self.moved + self.link.deadlines.open,
        }
    }

    async fn heard(&mut self, msg: Option<ChannelMsg>) -> Result<(), Fault> {
        let now = Instant::now();
        self.answers.full = !self.drawn.has_room(self.answers.kept());
        match msg {
            Some(ChannelMsg::Data { data }) => self.out.feed(&data, &mut |frame| self.answers.stdout(frame, now)),
            Some(ChannelMsg::ExtendedData { data, .. }) => {
                self.err.feed(&data, &mut |frame| self.answers.stderr(frame, now));
            }
            Some(_) => {
                let kind = FaultKind::Shell(ShellFault::Restricted);
                return Err(Fault::new(kind, "the server refuses to run a command"));
            }
            None => return self.closed().await,
        }
        if let Some(marked) = self.answers.marked.take() {
            self.moved = marked;
        }
        self.answers.fault().map_or(Ok(()), Err)
    }

    /// The channel has ended.
    async fn closed(&mut self) -> Result<(), Fault> {
        let now = Instant::now();
        self.out.finish(&mut |frame| self.answers.stdout(frame, now));
        self.err.finish(&mut |frame| self.answers.stderr(frame, now));
        self.answers.settle_without_stderr(now);
        // The shell went with the tree that is being ended: how that goes is the answer.
        if let Some(Killing { part, whole, work }) = self.killing.take() {
            match work.await {
                Ok(()) => self.answers.give_up(part, verdict(whole), Instant::now()),
                Err(reason) => return Err(unconfirmed(&reason)),
            }
        }
        if self.cancelled {
            return Err(stopped());
        }
        let (reader, noise) = (&self.reader, self.answers.noise());
        Err(match self.answers.any_began() {
            true if reader.closed => {
                Fault::new(FaultKind::Lost, format!("the remote shell ended before its script did ({})", reader.exit()))
            }
            true => self.link.notes.lost(),
            false => match self.root {
                Root::No => reader.ended(&noise),
                _ => sudo::refusal(&noise).unwrap_or_else(|| reader.ended(&noise)),
            },
        })
    }

    /// Reads what has arrived, until nothing came for a while: a verdict is about what the host did, not about when it
    /// was read.
    async fn catch_up(&mut self, quiet: Duration) -> Result<(), Fault> {
        let until = Instant::now() + FLOOD * quiet;
        while !self.answers.complete() && Instant::now() < until {
            let Ok(msg) = timeout(quiet, self.reader.next()).await else { break };
            self.heard(msg?).await?;
        }
        Ok(())
    }

    /// The deadline has passed, or the controller slept over it.
    async fn too_late(&mut self, deadline: Instant) -> Result<(), Fault> {
        let missed = deadline.elapsed() > MISSED;
        self.catch_up(if missed { QUIET_AFTER_STOP } else { QUIET }).await?;
        let now = Instant::now();
        if self.answers.complete() || self.deadline() > now {
            return Ok(());
        }
        let Some((n, pid, _)) = self.answers.running() else {
            if self.answers.all_ended() {
                self.answers.settle_without_stderr(now);
                self.moved = now;
                return Ok(());
            }
            return Err(self.blocked());
        };
        if self.doomed == Some(n) {
            return self.lost(n, "it has not ended");
        }
        self.kill(n, pid, false)
    }

    async fn cancel(&mut self) -> Result<(), Fault> {
        self.cancelled = true;
        self.catch_up(QUIET).await?;
        if self.answers.complete() {
            return Ok(());
        }
        match self.answers.running() {
            Some((n, pid, _)) => self.kill(n, pid, true),
            None => Err(stopped()),
        }
    }

    /// Part `n` may run on.
    fn lost(&mut self, n: usize, reason: &str) -> Result<(), Fault> {
        self.answers.give_up(n, Ended::Lost, Instant::now());
        Err(unconfirmed(reason))
    }

    fn kill(&mut self, part: usize, pid: u32, whole: bool) -> Result<(), Fault> {
        let Some(end_tree) = self.end_tree else { return self.lost(part, "it has not ended") };
        self.answers.doom(part, verdict(whole));
        self.doomed = Some(part);
        self.grace = None;
        self.moved = Instant::now();
        let work = end_tree(self.link.clone(), self.root.clone(), pid, whole);
        self.killing = Some(Killing { part, whole, work });
        Ok(())
    }

    fn tree_ended(&mut self, result: Result<(), String>) -> Result<(), Fault> {
        let now = Instant::now();
        let Some(Killing { part, whole, .. }) = self.killing.take() else { return Ok(()) };
        let runs = self.answers.running().is_some_and(|(n, ..)| n == part);
        match result {
            Ok(()) if whole => {
                self.answers.give_up(part, Ended::Cancelled, now);
                Err(stopped())
            }
            Ok(()) => {
                self.grace = Some(now + GRACE);
                Ok(())
            }
            Err(reason) if runs => self.lost(part, &reason),
            Err(reason) => {
                self.doubt = Some(unconfirmed(&reason));
                if self.cancelled { Err(unconfirmed(&reason)) } else { Ok(()) }
            }
        }
    }

    fn blocked(&self) -> Fault {
        let within = human(self.link.deadlines.open);
        let noise = match self.answers.noise() {
            noise if noise.is_empty() => String::new(),
            noise => format!("; it printed: {noise}"),
        };
        let text = match self.answers.any_began() {
            true => format!("the shell said nothing for {within} after a part had ended"),
            false => format!("the shell did not begin within {within}: a login script may be waiting for input{noise}"),
        };
        Fault::new(FaultKind::Shell(ShellFault::Blocked), text)
    }
}

fn verdict(whole: bool) -> Ended {
    if whole { Ended::Cancelled } else { Ended::TimedOut }
}

/// The shell of a cancelled batch.
fn stopped() -> Fault {
    Fault::new(FaultKind::Timeout(Timeout::Total), "cancelled")
}

fn unconfirmed(reason: &str) -> Fault {
    Fault::new(FaultKind::Timeout(Timeout::Total), format!("cancel not confirmed: {reason}"))
}
