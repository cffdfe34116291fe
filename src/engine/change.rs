//! One change on one host: the intent first, then what it takes, then the look that says what became of it.

mod settle;

use super::flow::{ChangeEnd, Flow};
use super::host_events::HostEvents;
use super::job::{Changes, PriorChange};
use crate::host::act::{Act, Evidence, ScriptReport};
use crate::model::untrusted::clean_line;
use crate::model::{Change, ChangeResult, EventKind, Fault, Op, Outcome, Row, RowEnd, RowResult, Secret, StepRef};
use crate::shell::guard;
use crate::shell::{Ended, Part, PartOutput};
use crate::ssh::Shell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// What one change is done with.
pub(super) struct ChangeRun<'a> {
    pub events: &'a HostEvents,
    pub changes: &'a Changes,
    pub flow: &'a Flow,
    pub shell: &'a mut Shell,
    pub working: &'a CancellationToken,
    pub change: &'a Change,
    pub step: StepRef,
    /// An earlier run had begun with it.
    pub again: bool,
}

/// Why the acts came to no report.
enum Stop {
    /// It is certain that nothing of the act was done, or that it ended badly: the host can be looked at.
    Failed(String),
    /// Another run holds the host. Nothing that changes was sent.
    Locked(String),
    /// Nothing that changes was sent.
    NotSent(String, Option<Fault>),
    /// It was ended by us, or had ended before we looked.
    Overdue,
    /// It was sent, and no answer came.
    Lost(String, Option<Fault>),
}

impl ChangeRun<'_> {
    /// Does it, or settles what an earlier run left of it.
    pub async fn run(mut self) -> ChangeEnd {
        let began = Instant::now();
        let planned = self.change.rows.len();
        let bad = |op: &Op, text: &str| ChangeEnd::bad(op.clone(), planned, Outcome::Failed, text, began.elapsed());
        let op = Op::new(rand::random());
        let prior: Vec<PriorChange> = self.changes.prior(&self.events.host, self.change).into_iter().cloned().collect();
        self.again = !prior.is_empty();
        let mut known: BTreeMap<String, RowResult> = BTreeMap::new();
        let mut secret = None;
        for prior in &prior {
            secret = match self.unseal(prior) {
                Ok(found) => found.or(secret),
                Err(why) => return bad(&op, &why),
            };
            match self.settle(prior, secret.as_ref()).await {
                Ok(rows) => known.extend(rows.into_iter().map(|row| (row.key.clone(), row))),
                Err(end) => {
                    let end = ChangeEnd { elapsed: began.elapsed(), ..*end };
                    self.tell(&end).await;
                    return end;
                }
            }
        }
        let alone = self.left_alone(known.is_empty());
        let once = self.flow.with_verb(self.change, None, self.again, |verb, _| verb.once()) == Some(true);
        known.retain(|_, row| once || row.end != RowEnd::Failed);
        for row in alone {
            known.entry(row.key.clone()).or_insert(row);
        }
        let mut todo = self.change.clone();
        todo.rows.retain(|row| !known.contains_key(row.key()));
        let settled: Vec<RowResult> = known.into_values().collect();
        if todo.rows.is_empty() && !settled.is_empty() {
            let is_over = |row: &RowResult| matches!(row.end, RowEnd::Overtaken | RowEnd::Failed);
            let notes = if settled.iter().any(is_over) { vec![] } else { vec!["done by an earlier run".to_owned()] };
            let op = prior.last().map_or(op, |last| last.op.clone());
            return ChangeEnd::judged(op, settled.len(), settled, notes, began.elapsed());
        }
        if secret.is_none() {
            secret = match self.generate() {
                Ok(secret) => secret,
                Err(why) => return bad(&op, &why),
            };
        }
        let once = self.flow.with_verb(self.change, None, self.again, |verb, _| verb.keeps_once()) == Some(true);
        let dir = prior.first().filter(|_| once).map_or(&op, |first| &first.op).kept();
        let before = prior.into_iter().next_back().map(|l| l.op);
        // Nothing that changes leaves before this is durable.
        if !self.intend(&op, &todo, secret.as_ref(), before).await {
            return bad(&op, "the journal cannot be written");
        }
        let mut end = self.act(&op, &todo, secret.as_ref(), &dir, began).await;
        self.tell(&end).await;
        // What an earlier run did, or somebody else did since, belongs to the step, and not to this op.
        let was = ChangeEnd::judged(op, settled.len(), settled, Vec::new(), Duration::ZERO);
        let well = matches!(end.outcome, Outcome::Unchanged | Outcome::Changed);
        if well && was.outcome > end.outcome {
            (end.outcome, end.reason) = (was.outcome, was.reason);
        }
        end.planned += was.planned;
        end.rows.splice(..0, was.rows);
        end
    }

    /// Rows that somebody else changed since: another run, by the record; or anybody, where nothing was begun and the host is
    /// no longer as it was planned upon.
    fn left_alone(&self, untouched: bool) -> Vec<RowResult> {
        let changed = if self.again && untouched { self.flow.overtaken(self.change) } else { None };
        let of = |row: &Row| {
            let by = self.changes.overtaken(&self.events.host, self.change, row.key());
            let why = by.map(|run| format!("run {run} changed it since")).or(changed.clone())?;
            Some(RowResult { key: row.key().to_owned(), end: RowEnd::Overtaken, why: Some(why) })
        };
        self.change.rows.iter().filter_map(of).collect()
    }

    /// A new password, where the verb sets one.
    fn generate(&self) -> Result<Option<Secret>, String> {
        match self.flow.with_verb(self.change, None, false, |verb, _| verb.generates()) {
            Some(true) => self.changes.vault.generate().map(Some).map_err(|e| e.to_string()),
            _ => Ok(None),
        }
    }

    /// The password that an earlier run sealed.
    fn unseal(&self, prior: &PriorChange) -> Result<Option<Secret>, String> {
        let Some(sealed) = &prior.sealed else { return Ok(None) };
        self.changes.vault.unseal(prior.op.as_str(), sealed).map(Some).map_err(|e| e.to_string())
    }

    async fn intend(&self, op: &Op, change: &Change, secret: Option<&Secret>, instead_of: Option<Op>) -> bool {
        let sealed = secret.map(|secret| self.changes.vault.seal(op.as_str(), secret));
        let Ok(sealed) = sealed.transpose() else { return false };
        let host = self.events.host.clone();
        let (step, op, change) = (self.step.clone(), op.clone(), change.clone());
        let kind = EventKind::ChangeIntended { host, step, op, change, instead_of };
        self.events.record(kind, sealed).await
    }

    async fn tell(&self, end: &ChangeEnd) {
        let result = ChangeResult {
            host: self.events.host.clone(),
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
        // Where the journal is gone the run ends, whatever is told here.
        let _ = self.events.record(kind, None).await;
    }

    async fn act(&mut self, op: &Op, change: &Change, secret: Option<&Secret>, dir: &str, began: Instant) -> ChangeEnd {
        let planned = change.rows.len();
        let bad = |outcome, text: &str| ChangeEnd::bad(op.clone(), planned, outcome, text, began.elapsed());
        let report = match self.acts(op, change, secret, dir).await {
            Ok(report) => report,
            Err(Stop::Locked(why)) => return bad(Outcome::Skipped, &why),
            Err(Stop::NotSent(why, fault)) => return ChangeEnd { fault, ..bad(Outcome::Failed, &why) },
            Err(Stop::Lost(why, fault)) => return ChangeEnd { fault, ..bad(Outcome::Unknown, &why) },
            Err(Stop::Failed(why)) => ScriptReport { fault: Some(why), ..ScriptReport::default() },
            Err(Stop::Overdue) => match self.overdue(op, change).await {
                Ok(report) => report,
                Err(why) => return bad(Outcome::Unknown, &why),
            },
        };
        match self.judged(change, Evidence::Report(&report), secret).await {
            Ok(rows) => {
                let ScriptReport { mut notes, fault, data, .. } = report;
                notes.extend(fault);
                ChangeEnd { data, ..ChangeEnd::judged(op.clone(), planned, rows, notes, began.elapsed()) }
            }
            Err(why) => bad(Outcome::Unknown, &why),
        }
    }

    /// All acts one after the other, until the verb says that it is done.
    async fn acts(
        &mut self,
        op: &Op,
        change: &Change,
        secret: Option<&Secret>,
        dir: &str,
    ) -> Result<ScriptReport, Stop> {
        // The session has to answer before anything that changes is sent.
        match self.one(guard::ready(op, &self.changes.who)).await {
            Ok(ready) if ready.ended == Ended::Status(0) => {}
            Ok(ready) => {
                let why = clean_line(ready.stderr.for_human(400).trim(), 300);
                let why = if why.is_empty() { "the host did not get ready".to_owned() } else { why };
                return Err(match ready.ended {
                    Ended::Status(guard::LOCKED) => Stop::Locked(why),
                    _ => Stop::NotSent(why, self.shell.fault().cloned()),
                });
            }
            Err(Stop::Failed(why) | Stop::Locked(why)) => return Err(Stop::NotSent(why, None)),
            Err(Stop::Lost(why, fault) | Stop::NotSent(why, fault)) => return Err(Stop::NotSent(why, fault)),
            Err(Stop::Overdue) => return Err(Stop::NotSent("the host did not get ready".to_owned(), None)),
        }
        let mut done: Vec<Vec<PartOutput>> = Vec::new();
        let mut written = 0;
        loop {
            let next = self.flow.with_verb(change, secret, self.again, |verb, ctx| verb.next(ctx, change, dir, &done));
            let next = next.ok_or_else(|| Stop::Failed("the step has no such verb".to_owned()))?;
            match next.map_err(|failure| Stop::Failed(failure.message))? {
                Act::Done(report) => return Ok(report),
                Act::Read(parts) => {
                    let outputs = self.read(&parts).await.map_err(Stop::Failed)?;
                    done.push(outputs);
                }
                Act::Write(part) => {
                    if written == 0 && self.working.is_cancelled() {
                        return Err(Stop::NotSent("interrupted".to_owned(), None));
                    }
                    let part = Part { timeout: part.timeout.max(self.flow.timeout(change)), ..part };
                    let output = self.one(guard::guarded(op, written, dir, part)).await?;
                    written += 1;
                    match output.ended {
                        Ended::Status(_) => done.push(vec![output]),
                        Ended::TimedOut => return Err(Stop::Overdue),
                        // That it began is not known: its text is on the way, and may be read to its end.
                        Ended::Cancelled | Ended::Lost | Ended::NotStarted => {
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
        evidence: Evidence<'_>,
        secret: Option<&Secret>,
    ) -> Result<Vec<RowResult>, String> {
        let parts = self.flow.with_verb(change, secret, self.again, |verb, ctx| verb.look(ctx, change));
        let parts = parts.ok_or("the step has no such verb")?.map_err(super::flow::refusal)?;
        let outputs = if parts.is_empty() { Vec::new() } else { self.read(&parts).await? };
        let rows =
            self.flow.with_verb(change, secret, self.again, |verb, ctx| verb.judge(ctx, change, evidence, &outputs));
        rows.ok_or("the step has no such verb")?.map_err(|failure| failure.message)
    }
}
