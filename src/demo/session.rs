//! The shell behind one channel: takes parts, answers them in order with the marks of the shell's layout.

use super::answer;
use super::command::Step;
use super::scenario::Behaviour;
use super::served::{Running, Served};
use crate::shell::batch::Received;
use russh::ChannelId;
use russh::server::Handle;
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

/// What a process that was ended by SIGTERM leaves.
const TERMINATED: i32 = 143;
/// How long a server takes to notice that a session's shell is gone; whoever ended it hears of it first.
const NOTICE: Duration = Duration::from_millis(100);
/// Standard error's number among a channel's streams.
const STDERR: u32 = 1;
const FLOOD: &[u8] = &[b'.'; 32 << 10];

/// The peer is gone.
struct Gone;

/// A shell, or a single command, on one channel.
pub struct Shell<'a> {
    pub host: &'a Served,
    pub handle: Handle,
    pub channel: ChannelId,
    /// The channel has been closed.
    pub closed: CancellationToken,
}

impl Shell<'_> {
    /// Answers parts until there are no more. Its end is the channel's.
    pub async fn serve(self, mut parts: UnboundedReceiver<Received>) {
        let session = CancellationToken::new();
        let mut slow = match self.host.behaviour() {
            Behaviour::Slow(time) => Some(time),
            _ => None,
        };
        let work = async {
            while let Some(part) = parts.recv().await {
                tokio::time::sleep(slow.take().unwrap_or_default()).await;
                self.part(&part, &session).await?;
            }
            self.end(0).await
        };
        tokio::select! {
            _ = work => {}
            () = self.closed.cancelled() => {}
            () = session.cancelled() => {
                tokio::time::sleep(NOTICE).await;
                let _ = self.end(TERMINATED).await;
            }
        }
    }

    /// Answers what was asked for by a plain command instead of a shell.
    pub async fn command(self, text: &str) {
        let steps = super::command::script(self.host.machine(), text, now());
        tokio::select! {
            run = self.run(steps) => if let Ok((out, status)) = run {
                let _ = self.print(out).await;
                let _ = self.end(status).await;
            },
            () = self.closed.cancelled() => {}
        }
    }

    async fn part(&self, part: &Received, session: &CancellationToken) -> Result<(), Gone> {
        let running = Running { part: CancellationToken::new(), session: session.clone() };
        let pid = self.host.started(running.clone());
        let (mark, n) = (part.nonce.as_str(), part.n);
        let begun = self.print(format!("\n{mark} B {n} {pid} 1 {pid}\n")).await;
        let done = tokio::select! {
            done = self.body(part) => done,
            () = running.part.cancelled() => Ok((String::new(), TERMINATED)),
        };
        self.host.ended(pid);
        begun?;
        let (out, status) = done?;
        self.print(format!("{out}\n{mark} E {n} {status}\n")).await?;
        self.complain(format!("\n{mark} E {n} {status}\n")).await
    }

    async fn body(&self, part: &Received) -> Result<(String, i32), Gone> {
        if part.name == "kill" {
            return Ok((self.host.kill(&part.data), 0));
        }
        while self.host.behaviour() == Behaviour::Flood {
            self.handle.data(self.channel, FLOOD).await.map_err(|_| Gone)?;
        }
        self.run(answer::steps(self.host.machine(), part, now())).await
    }

    /// Does these things; returns what is left to print, and the status.
    async fn run(&self, steps: Vec<Step>) -> Result<(String, i32), Gone> {
        let (mut out, mut status) = (String::new(), 0);
        for step in steps {
            match step {
                Step::Print(text) => out.push_str(&text),
                Step::Complain(text) => self.complain(text).await?,
                Step::Status(n) => status = n,
                Step::Wait(time) => {
                    self.print(std::mem::take(&mut out)).await?;
                    tokio::time::sleep(time).await;
                }
            }
        }
        Ok((out, status))
    }

    async fn print(&self, text: String) -> Result<(), Gone> {
        if text.is_empty() {
            return Ok(());
        }
        self.handle.data(self.channel, text).await.map_err(|_| Gone)
    }

    async fn complain(&self, text: String) -> Result<(), Gone> {
        self.handle.extended_data(self.channel, STDERR, text).await.map_err(|_| Gone)
    }

    async fn end(&self, status: i32) -> Result<(), Gone> {
        let status = u32::try_from(status).unwrap_or(255);
        self.handle.exit_status_request(self.channel, status).await.map_err(|()| Gone)?;
        self.handle.eof(self.channel).await.map_err(|()| Gone)?;
        self.handle.close(self.channel).await.map_err(|()| Gone)
    }
}

/// Seconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
