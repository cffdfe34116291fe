//! A shell on a host: one exec channel that stays open and runs batch after batch of parts.
//!
//! It owns the channel, the deadline of each part and the end of what runs too long: the process tree is ended
//! by pid over a second channel, since a closed channel or an SSH signal ends nothing for certain.

use super::answers::Answers;
use super::connection::Link;
use super::sudo::{self, Root};
use crate::model::duration::human;
use crate::model::fault::{FaultKind, Shell as ShellFault, Timeout};
use crate::model::{Fault, untrusted};
use crate::shell::batch::{self, Nonce};
use crate::shell::frames::Frames;
use crate::shell::{Ended, Part, PartOutput, kill};
use futures::future::BoxFuture;
use russh::client::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

/// How long an END mark may take once its part's processes are gone, and standard error's after standard
/// output's.
const GRACE: Duration = Duration::from_secs(5);
/// How long ending a process tree may take: a connection, a channel, and the script's own waits.
const KILL: Duration = Duration::from_secs(30);
/// How long a shell may take to go away when nothing more is wanted of it.
const CLOSE: Duration = Duration::from_secs(2);

/// What becomes of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Its BEGIN mark came.
    Started {
        pid: u32,
    },
    Ended(Ended),
}

/// The reading side of a channel. The first exit status counts; a second one is a forgery.
pub(super) struct Reader {
    half: ChannelReadHalf,
    status: Option<u32>,
    signal: Option<String>,
    /// The server closed the channel; otherwise the connection ended.
    closed: bool,
    link: Arc<Link>,
}

impl Reader {
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
            true => format!("the login shell ended without a word ({})", self.exit()),
            false => format!("the login shell ended ({}): {noise}", self.exit()),
        };
        Fault::new(FaultKind::Shell(kind), text)
    }

    fn exit(&self) -> String {
        match (&self.status, &self.signal) {
            (Some(status), _) => format!("status {status}"),
            (None, Some(signal)) => format!("signal {}", untrusted::clean_line(signal, 20)),
            (None, None) => "no status".into(),
        }
    }
}

/// A shell that is open on a host.
pub struct Shell {
    link: Arc<Link>,
    reader: Reader,
    write: ChannelWriteHalf<Msg>,
    root: Root,
    nonce: Nonce,
    /// The number of the next part.
    next: u32,
    out: Frames,
    err: Frames,
    /// Why it runs nothing more.
    fault: Option<Fault>,
    /// It may end process trees; the shells that do so may not.
    kills: bool,
}

/// A process tree that is being ended.
struct Killing {
    part: usize,
    whole: bool,
    work: BoxFuture<'static, Result<(), String>>,
}

impl Shell {
    pub(super) async fn open(link: Arc<Link>, root: Root) -> Result<Self, Fault> {
        match link.open().await? {
            Some(channel) => Self::start(link, channel, root).await,
            None => Err(Fault::new(FaultKind::Shell(ShellFault::Restricted), "the server opens no session")),
        }
    }

    async fn start(link: Arc<Link>, channel: Channel<Msg>, root: Root) -> Result<Self, Fault> {
        let until = Instant::now() + link.deadlines.open;
        let (half, write) = channel.split();
        let mut reader = Reader { half, status: None, signal: None, closed: false, link: link.clone() };
        let mark = Nonce::new(rand::random());
        let gone = |_| link.notes.lost();
        write.exec(true, root.command(mark.as_str())).await.map_err(gone)?;
        let nonce = Nonce::new(rand::random());
        let mut out = Frames::new(&nonce);
        if let Root::Password(password) = &root {
            let rest = sudo::enter(&mut reader, &write, password, mark.as_str(), until).await?;
            // Nothing of this session was sent yet, so no mark can be in it.
            out.feed(&rest, &mut |_| {});
        }
        let err = Frames::new(&nonce);
        Ok(Self { link, reader, write, root, nonce, next: 0, out, err, fault: None, kills: true })
    }

    /// Why the shell runs nothing more, once that is so: after a part that is `Lost`, or a cancelled batch.
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
        let mut answers = Answers::new(parts, self.next);
        self.next += parts.len() as u32;
        let result = self.exchange(text, parts, &mut answers, on, cancel).await;
        for (n, progress) in answers.news.drain(..) {
            on(n, progress);
        }
        if let Err(fault) = result {
            self.fault = Some(fault.clone());
            if fault.kind == FaultKind::Violation || !answers.any_began() && !cancel.is_cancelled() {
                return Err(fault);
            }
        }
        Ok(answers.into_outputs(Instant::now()))
    }

    /// Sends the batch and takes its answers. The error is why the shell is of no more use.
    async fn exchange(
        &mut self,
        text: String,
        parts: &[Part],
        answers: &mut Answers<'_>,
        on: &mut (dyn FnMut(usize, Progress) + Send),
        cancel: &CancellationToken,
    ) -> Result<(), Fault> {
        let Self { link, reader, write, root, out, err, kills, .. } = self;
        let sending = write.data_bytes(text.into_bytes());
        tokio::pin!(sending);
        let mut sent = false;
        let mut killing: Option<Killing> = None;
        let mut cancelled = false;
        // Nothing happened since then that a deadline could count from.
        let mut quiet_since = Instant::now();
        // Part n is expected to end by itself until then, its processes being gone.
        let mut grace: Option<(usize, Instant)> = None;
        let mut doomed: Option<usize> = None;

        while !answers.complete() {
            let running = answers.running();
            let deadline = match (running, grace) {
                _ if answers.all_ended() => quiet_since + GRACE,
                (Some((n, ..)), Some((g, until))) if n == g => until,
                (Some((n, _, _)), _) if doomed == Some(n) => quiet_since + KILL * 2,
                (Some((n, _, began)), _) => began + parts.get(n).map_or(KILL, |p| p.timeout),
                (None, _) => quiet_since + link.deadlines.open,
            };
            tokio::select! {
                result = &mut sending, if !sent => {
                    sent = true;
                    // The reader will find out why.
                    let _ = result;
                }
                msg = reader.next() => {
                    let now = Instant::now();
                    let before = answers.news.len();
                    match msg? {
                        Some(ChannelMsg::Data { data }) => out.feed(&data, &mut |frame| answers.stdout(frame, now)),
                        Some(ChannelMsg::ExtendedData { data, .. }) => err.feed(&data, &mut |frame| answers.stderr(frame, now)),
                        Some(_) => {
                            let kind = FaultKind::Shell(ShellFault::Restricted);
                            return Err(Fault::new(kind, "the server refuses to run a command"));
                        }
                        None => {
                            out.finish(&mut |frame| answers.stdout(frame, now));
                            err.finish(&mut |frame| answers.stderr(frame, now));
                            answers.settle_without_stderr(now);
                            if answers.complete() {
                                return Err(reader.link.notes.lost());
                            }
                            return Err(closed(reader, root, answers));
                        }
                    }
                    if answers.news.len() > before {
                        quiet_since = now;
                    }
                    if let Some(fault) = answers.fault() {
                        return Err(fault);
                    }
                }
                () = sleep_until(deadline) => {
                    let now = Instant::now();
                    match running {
                        _ if answers.all_ended() => answers.settle_without_stderr(now),
                        None => return Err(blocked(link, answers)),
                        Some((n, ..)) if grace.is_some_and(|(g, _)| g == n) || doomed == Some(n) || !*kills => {
                            answers.give_up(n, Ended::Lost, now);
                            return Err(unconfirmed("it has not ended"));
                        }
                        Some((n, pid, _)) => {
                            doomed = Some(n);
                            quiet_since = now;
                            answers.doom(n, Ended::TimedOut);
                            killing = Some(Killing { part: n, whole: false, work: end_tree(link.clone(), root.clone(), pid, false) });
                        }
                    }
                }
                () = cancel.cancelled(), if !cancelled => {
                    cancelled = true;
                    let Some((n, pid, _)) = running else {
                        return Err(Fault::new(FaultKind::Timeout(Timeout::Total), "cancelled"));
                    };
                    doomed = Some(n);
                    quiet_since = Instant::now();
                    answers.doom(n, Ended::Cancelled);
                    killing = Some(Killing { part: n, whole: true, work: end_tree(link.clone(), root.clone(), pid, true) });
                }
                result = async { match &mut killing { Some(k) => (&mut k.work).await, None => std::future::pending().await } } => {
                    let now = Instant::now();
                    let Some(Killing { part, whole, .. }) = killing.take() else { continue };
                    match result {
                        Ok(()) if whole => {
                            answers.give_up(part, Ended::Cancelled, now);
                            return Err(Fault::new(FaultKind::Timeout(Timeout::Total), "cancelled"));
                        }
                        Ok(()) => grace = Some((part, now + GRACE)),
                        // It may have ended all the same, by an END mark that came meanwhile.
                        Err(_) if answers.running().is_none_or(|(n, ..)| n != part) => {}
                        Err(reason) => {
                            answers.give_up(part, Ended::Lost, now);
                            return Err(unconfirmed(&reason));
                        }
                    }
                }
            }
            for (n, progress) in answers.news.drain(..) {
                on(n, progress);
            }
            if cancelled && answers.running().is_none_or(|(n, ..)| doomed != Some(n)) && killing.is_none() {
                return Err(Fault::new(FaultKind::Timeout(Timeout::Total), "cancelled"));
            }
        }
        Ok(())
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

/// The channel ended with parts outstanding.
fn closed(reader: &Reader, root: &Root, answers: &Answers<'_>) -> Fault {
    let noise = answers.noise();
    if answers.any_began() {
        return match reader.closed {
            true => {
                Fault::new(FaultKind::Lost, format!("the remote shell ended before its script did ({})", reader.exit()))
            }
            false => reader.link.notes.lost(),
        };
    }
    match root {
        Root::No => reader.ended(&noise),
        _ => sudo::refusal(&noise).unwrap_or_else(|| reader.ended(&noise)),
    }
}

fn blocked(link: &Link, answers: &Answers<'_>) -> Fault {
    let within = human(link.deadlines.open);
    let noise = match answers.noise() {
        noise if noise.is_empty() => String::new(),
        noise => format!("; it printed: {noise}"),
    };
    let text = format!("the shell did not begin within {within}: a login script may be waiting for input{noise}");
    Fault::new(FaultKind::Shell(ShellFault::Blocked), text)
}

fn unconfirmed(reason: &str) -> Fault {
    Fault::new(FaultKind::Timeout(Timeout::Total), format!("cancel not confirmed: {reason}"))
}

/// Ends the process tree of `pid` over another channel, or another connection where the server allows no
/// second channel.
fn end_tree(link: Arc<Link>, root: Root, pid: u32, whole: bool) -> BoxFuture<'static, Result<(), String>> {
    Box::pin(async move {
        let work = async {
            let (via, connection) = match link.open().await.map_err(|e| e.text)? {
                Some(channel) => ((link, channel), None),
                None => {
                    let again = link.again.as_ref().ok_or("no second channel")?;
                    let connection = again.connect().await.map_err(|e| e.to_string())?;
                    let second = connection.link();
                    let channel = second.open().await.map_err(|e| e.text)?.ok_or("no second channel")?;
                    ((second, channel), Some(connection))
                }
            };
            let mut shell = Shell::start(via.0, via.1, root).await.map_err(|e| e.to_string())?;
            shell.kills = false;
            let part = kill::part(pid, whole);
            let outputs =
                shell.run(&[part], &mut |_, _| {}, &CancellationToken::new()).await.map_err(|e| e.to_string())?;
            let left = outputs.first().and_then(|o| o.stdout.parse(|bytes| kill::left(bytes).ok_or(())).ok());
            let _ = shell.close().await;
            if let Some(connection) = connection {
                connection.close().await;
            }
            match left {
                Some(0) => Ok(()),
                Some(n) => Err(format!("{n} of its processes are still there")),
                None => Err("no answer from the host".to_owned()),
            }
        };
        timeout(KILL, work).await.unwrap_or_else(|_| Err(format!("not within {}", human(KILL))))
    })
}
