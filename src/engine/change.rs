//! One change on one host: the intent first, then what it takes, then the look that says what became of it.

use super::executor::Executor;
use super::flow::{ChangeEnd, Flow};
use super::run::{Changes, Durable, Left, Note};
use crate::mail::change::Claims;
use crate::mail::change::queue::Act;
use crate::model::untrusted::clean_line;
use crate::model::{Change, ChangeResult, EventKind, Fault, Op, Outcome, Row, RowEnd, RowResult, Secret, StepRef};
use crate::shell::witness::{self, Trace};
use crate::shell::{Ended, Part, PartOutput};
use crate::ssh::Shell;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// How often, and how long in all, a change that still runs is waited for.
const POLL: Duration = Duration::from_secs(2);
const POLLS: u32 = 150;

/// What one change is done with.
pub(super) struct Doing<'a> {
    pub executor: &'a Executor,
    pub changes: &'a Changes,
    pub flow: &'a Flow,
    pub shell: &'a mut Shell,
    pub working: &'a CancellationToken,
    pub change: &'a Change,
    pub step: StepRef,
}

/// Why the acts came to no claims.
enum Stop {
    /// It is certain that nothing of the act was done, or that it ended badly: the host can be looked at.
    Failed(String),
    /// Another run holds the host. Nothing that changes was sent.
    Locked(String),
    /// Nothing that changes was sent.
    NotSent(String, Option<Fault>),
    /// It was sent, and no answer came.
    Lost(String, Option<Fault>),
}

impl Doing<'_> {
    /// Does it, or settles what an earlier run left of it.
    pub async fn run(mut self) -> ChangeEnd {
        let began = Instant::now();
        let left = self.changes.left(&self.executor.target.host.name, self.change).cloned();
        if let Some(Left { op, rows: Some(rows), .. }) = &left
            && self.change.rows.iter().all(|row| rows.iter().any(|r| r.key == row.key() && r.end != RowEnd::Failed))
        {
            let notes = vec!["done by an earlier run".to_owned()];
            return ChangeEnd::judged(op.clone(), self.change.rows.len(), rows.clone(), notes, Duration::ZERO);
        }
        let planned = self.change.rows.len();
        let bad = |op: &Op, text: &str| ChangeEnd::bad(op.clone(), planned, Outcome::Failed, text, began.elapsed());
        let op = Op::new(rand::random());
        let secret = match self.secret(left.as_ref()) {
            Ok(secret) => secret,
            Err(why) => return bad(&op, &why),
        };
        let mut todo = self.change.clone();
        let mut settled = Vec::new();
        if let Some(left) = &left {
            match self.settle(left, secret.as_ref()).await {
                Ok(rows) => settled = rows,
                Err(end) => return ChangeEnd { elapsed: began.elapsed(), ..*end },
            }
            let known = ChangeEnd::judged(left.op.clone(), settled.len(), settled.clone(), Vec::new(), began.elapsed());
            if left.rows.is_none() {
                // The earlier change is out of doubt, whatever comes of the rest.
                let none = known.rows.iter().all(|r| r.end == RowEnd::Failed);
                let outcome = if none { Outcome::Failed } else { known.outcome };
                self.tell(&ChangeEnd { outcome, ..known.clone() }).await;
            }
            let done = |row: &Row| settled.iter().any(|r| r.key == row.key() && r.end != RowEnd::Failed);
            todo.rows.retain(|row| !done(row));
            if todo.rows.is_empty() {
                return ChangeEnd { planned: known.rows.len().max(planned), ..known };
            }
        }
        // Nothing that changes leaves before this is durable.
        if !self.intend(&op, &todo, secret.as_ref(), left.map(|l| l.op)).await {
            return bad(&op, "the journal cannot be written");
        }
        let end = self.act(&op, &todo, secret.as_ref(), settled, began).await;
        self.tell(&end).await;
        end
    }

    /// The password to set: the one that an earlier run sealed, else a new one.
    fn secret(&self, left: Option<&Left>) -> Result<Option<Secret>, String> {
        if !self.flow.with_verb(self.change, None, |verb, _| verb.generates()).unwrap_or(false) {
            return Ok(None);
        }
        let vault = &self.changes.vault;
        let secret = match left.and_then(|l| Some((l.op.as_str(), l.sealed.as_deref()?))) {
            Some((name, sealed)) => vault.unseal(name, sealed),
            None => vault.generate(),
        };
        secret.map(Some).map_err(|e| e.to_string())
    }

    async fn intend(&self, op: &Op, change: &Change, secret: Option<&Secret>, instead_of: Option<Op>) -> bool {
        let sealed = secret.map(|secret| self.changes.vault.seal(op.as_str(), secret));
        let Ok(sealed) = sealed.transpose() else { return false };
        let host = self.executor.target.host.name.clone();
        let (step, op, change) = (self.step.clone(), op.clone(), change.clone());
        let kind = EventKind::ChangeIntended { host, step, op, change, instead_of };
        let (done, durable) = oneshot::channel();
        let note = Note { kind, durable: Some(Durable { sealed, done }) };
        self.executor.events.send(note).await.is_ok() && durable.await.is_ok()
    }

    async fn tell(&self, end: &ChangeEnd) {
        let result = ChangeResult {
            host: self.executor.target.host.name.clone(),
            step: self.step.clone(),
            op: end.op.clone(),
            rows: end.rows.clone(),
            notes: end.notes.clone(),
            reason: end.reason.clone(),
        };
        let kind = match end.outcome {
            Outcome::Changed | Outcome::Unchanged => EventKind::ChangeApplied(result),
            Outcome::Unknown => EventKind::ChangeUnknown(result),
            _ => EventKind::ChangeFailed(result),
        };
        let (done, durable) = oneshot::channel();
        let note = Note { kind, durable: Some(Durable { sealed: None, done }) };
        if self.executor.events.send(note).await.is_ok() {
            let _ = durable.await;
        }
    }

    async fn act(
        &mut self,
        op: &Op,
        change: &Change,
        secret: Option<&Secret>,
        settled: Vec<RowResult>,
        began: Instant,
    ) -> ChangeEnd {
        let planned = change.rows.len() + settled.iter().filter(|r| r.end != RowEnd::Failed).count();
        let bad = |outcome, text: &str| ChangeEnd::bad(op.clone(), planned, outcome, text, began.elapsed());
        let claims = match self.acts(op, change, secret).await {
            Ok(claims) => Some(claims),
            Err(Stop::Locked(why)) => return bad(Outcome::Skipped, &why),
            Err(Stop::NotSent(why, fault)) => return ChangeEnd { fault, ..bad(Outcome::Failed, &why) },
            Err(Stop::Lost(why, fault)) => return ChangeEnd { fault, ..bad(Outcome::Unknown, &why) },
            Err(Stop::Failed(why)) => Some(Claims { fault: Some(why), ..Claims::default() }),
        };
        match self.judged(change, claims.as_ref(), secret).await {
            Ok(rows) => {
                let mut notes = claims.as_ref().map(|c| c.notes.clone()).unwrap_or_default();
                notes.extend(claims.as_ref().and_then(|c| c.fault.clone()));
                let rows = settled.into_iter().filter(|r| r.end != RowEnd::Failed).chain(rows).collect();
                let data = claims.map(|c| c.data).unwrap_or_default();
                ChangeEnd { data, ..ChangeEnd::judged(op.clone(), planned, rows, notes, began.elapsed()) }
            }
            Err(why) => bad(Outcome::Unknown, &why),
        }
    }

    /// All acts one after the other, until the verb says that it is done.
    async fn acts(&mut self, op: &Op, change: &Change, secret: Option<&Secret>) -> Result<Claims, Stop> {
        // The session has to answer before anything that changes is sent.
        match self.one(witness::ready(op, &self.changes.who)).await {
            Ok(ready) if ready.ended == Ended::Status(0) => {}
            Ok(ready) => {
                let why = clean_line(ready.stderr.for_human(400).trim(), 300);
                let why = if why.is_empty() { "the host did not get ready".to_owned() } else { why };
                return Err(match ready.ended {
                    Ended::Status(witness::LOCKED) => Stop::Locked(why),
                    _ => Stop::NotSent(why, self.shell.fault().cloned()),
                });
            }
            Err(Stop::Failed(why)) => return Err(Stop::NotSent(why, None)),
            Err(Stop::Locked(why)) => return Err(Stop::NotSent(why, None)),
            Err(Stop::Lost(why, fault) | Stop::NotSent(why, fault)) => return Err(Stop::NotSent(why, fault)),
        }
        let dir = format!("{}/keep", op.folder());
        let mut done: Vec<Vec<PartOutput>> = Vec::new();
        let mut written = 0;
        loop {
            let next = self.flow.with_verb(change, secret, |verb, ctx| verb.next(ctx, change, &dir, &done));
            let next = next.ok_or_else(|| Stop::Failed("the step has no such verb".to_owned()))?;
            match next.map_err(|failure| Stop::Failed(failure.message))? {
                Act::Done(claims) => return Ok(claims),
                Act::Read(parts) => {
                    let outputs = self.read(&parts).await.map_err(Stop::Failed)?;
                    done.push(outputs);
                }
                Act::Write(part) => {
                    let part = Part { timeout: part.timeout.max(self.flow.timeout(change)), ..part };
                    let output = self.one(witness::guarded(op, written, part)).await?;
                    written += 1;
                    match output.ended {
                        Ended::Status(_) => done.push(vec![output]),
                        Ended::NotStarted => return Err(Stop::Failed("it was not started".to_owned())),
                        // Ended by us: what it did until then is looked at.
                        Ended::TimedOut => return Err(Stop::Failed("it was ended: it took too long".to_owned())),
                        Ended::Cancelled | Ended::Lost => {
                            let why = "no answer came after it was sent".to_owned();
                            return Err(Stop::Lost(why, self.shell.fault().cloned()));
                        }
                    }
                }
            }
        }
    }

    async fn one(&mut self, part: Part) -> Result<PartOutput, Stop> {
        match self.shell.run(&[part], &mut |_, _| {}, self.working).await {
            Ok(mut outputs) => outputs.pop().ok_or_else(|| Stop::Failed("there is no answer".to_owned())),
            // Its text may have reached the host all the same: only its BEGIN is missing.
            Err(fault) => Err(Stop::Lost(fault.to_string(), Some(fault))),
        }
    }

    async fn read(&mut self, parts: &[Part]) -> Result<Vec<PartOutput>, String> {
        let outputs = self.shell.run(parts, &mut |_, _| {}, self.working).await.map_err(|f| f.to_string())?;
        match outputs.iter().any(|o| matches!(o.ended, Ended::Lost | Ended::Cancelled | Ended::NotStarted)) {
            true => Err(self.shell.fault().map_or_else(|| "the host did not answer".to_owned(), ToString::to_string)),
            false => Ok(outputs),
        }
    }

    /// Reads the host and judges each row.
    async fn judged(
        &mut self,
        change: &Change,
        claims: Option<&Claims>,
        secret: Option<&Secret>,
    ) -> Result<Vec<RowResult>, String> {
        let parts = self.flow.with_verb(change, secret, |verb, ctx| verb.look(ctx, change));
        let parts = parts.ok_or("the step has no such verb")?.map_err(super::flow::refusal)?;
        let outputs = if parts.is_empty() { Vec::new() } else { self.read(&parts).await? };
        let rows = self.flow.with_verb(change, secret, |verb, ctx| verb.judge(ctx, change, claims, &outputs));
        rows.ok_or("the step has no such verb")?.map_err(|failure| failure.message)
    }

    /// What an earlier run's change came to, by its traces and by looking. The error is the end of a change of which nothing
    /// is done now: it stays unknown, or its traces say how it ended.
    async fn settle(&mut self, left: &Left, secret: Option<&Secret>) -> Result<Vec<RowResult>, Box<ChangeEnd>> {
        if let Some(rows) = &left.rows {
            return Ok(rows.clone());
        }
        let planned = self.change.rows.len();
        let unknown =
            |why: &str| Box::new(ChangeEnd::bad(left.op.clone(), planned, Outcome::Unknown, why, Duration::ZERO));
        for _ in 0..POLLS {
            let outputs = self.read(&[witness::traces(&left.op)]).await.map_err(|why| unknown(&why))?;
            let traces = witness::read_traces(&outputs).ok_or_else(|| unknown("its traces cannot be read"))?;
            match traces.last() {
                // It never began on the host.
                None | Some(Trace::None) => return Ok(Vec::new()),
                Some(Trace::Running) => tokio::time::sleep(POLL).await,
                Some(trace @ (Trace::Broken | Trace::Done(_))) => {
                    let change = &left.change;
                    let by_trace = self.flow.with_verb(change, None, |verb, ctx| verb.settled(ctx, change, trace));
                    match by_trace.flatten() {
                        None => {}
                        Some(Err(why)) => return Err(unknown(&why)),
                        Some(Ok(Claims { rows, notes, data, .. })) => {
                            let end = ChangeEnd::judged(left.op.clone(), planned, rows, notes, Duration::ZERO);
                            let end = ChangeEnd { data, ..end };
                            self.tell(&end).await;
                            return Err(Box::new(end));
                        }
                    }
                    return self.judged(&left.change, None, secret).await.map_err(|why| unknown(&why));
                }
            }
        }
        Err(unknown("it still runs on the host"))
    }
}
