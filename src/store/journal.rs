//! The writing end: one run's events, in order.
//!
//! Events are grouped into transactions, committed at every tick and at the end, so that thousands of hosts
//! cost a few syncs a second. An event that something irrevocable waits for is committed at once.

use super::record::Head;
use super::{Store, usual};
use crate::model::sink::Sink;
use crate::model::{ChangeResult, Event, EventKind, HostName};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Events in one transaction at most, so that a crash loses no more than these.
const GROUP: usize = 512;

/// Writes the events of one run.
pub struct Journal {
    store: Arc<Mutex<Store>>,
    /// Told and not written yet. The database is free for other runs until they are.
    waiting: Vec<Event>,
    findings: HashMap<HostName, u32>,
    /// Of the events that were written.
    head: Option<Head>,
}

impl Journal {
    /// A journal that shares the store with whoever opened it, and takes it while it writes.
    pub fn new(store: Arc<Mutex<Store>>) -> Self {
        Self { store, waiting: Vec::new(), findings: HashMap::new(), head: None }
    }

    /// Writes what waits, and what comes behind it, at once or not at all.
    fn commit(&mut self, last: Option<(&Event, Option<&[u8]>)>) -> io::Result<()> {
        if self.waiting.is_empty() && last.is_none() {
            return Ok(());
        }
        let run = self.waiting.first().or(last.map(|(event, _)| event)).map(|event| event.run.clone());
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let done = (|| {
            let tx = store.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for event in self.waiting.drain(..) {
                write(&tx, &mut self.findings, &mut self.head, &event)?;
            }
            if let Some((event, sealed)) = last {
                write(&tx, &mut self.findings, &mut self.head, event)?;
                intended(&tx, event, sealed)?;
            }
            if let (Some(head), Some(run)) = (&self.head, run) {
                let sql = "UPDATE runs SET head = ?2 WHERE run = ?1";
                tx.prepare_cached(sql)?.execute(params![run.0, head.bytes()])?;
            }
            tx.commit()
        })();
        done.map_err(|e| io::Error::other(store.sql(e)))
    }
}

fn json(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))
}

fn write(
    db: &Connection,
    findings: &mut HashMap<HostName, u32>,
    head: &mut Option<Head>,
    event: &Event,
) -> rusqlite::Result<()> {
    let (run, seq, body) = (&event.run.0, event.seq as i64, json(event)?);
    let next = head.take().unwrap_or_else(|| Head::of_run(&event.run)).with(seq, &body);
    let sql = "INSERT INTO events (run, seq, body, head) VALUES (?1, ?2, ?3, ?4)";
    db.prepare_cached(sql)?.execute(params![run, seq, body, next.bytes()])?;
    *head = Some(next);
    match &event.kind {
        EventKind::RunStarted { info } => {
            db.execute(
                "UPDATE runs SET playbook = ?2, selector = ?3 WHERE run = ?1",
                params![run, info.playbook, info.selector],
            )?;
        }
        EventKind::Profiled { host, profile } => {
            db.prepare_cached("INSERT OR REPLACE INTO profiles (host, run, body) VALUES (?1, ?2, ?3)")?
                .execute(params![host.as_str(), run, json(profile)?])?;
        }
        EventKind::StepFinished { host, step, outcome, data, .. } => {
            usual::keep(db, event.at, host, &step.verb, *outcome, data.as_ref())?;
        }
        EventKind::ChangeApplied(end) => settled(db, end, "applied")?,
        EventKind::ChangeFailed(end) => settled(db, end, "failed")?,
        EventKind::ChangeUnknown(end) => settled(db, end, "unknown")?,
        EventKind::Found { host, .. } => *findings.entry(host.clone()).or_default() += 1,
        EventKind::HostFinished { host, status, .. } => {
            let findings = findings.remove(host).unwrap_or(0);
            db.prepare_cached("INSERT INTO hosts (run, host, status, findings) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![run, host.as_str(), status.word(), findings])?;
        }
        EventKind::RunFinished { summary } => {
            db.execute(
                "UPDATE runs SET ended = ?2, summary = ?3 WHERE run = ?1",
                params![run, event.at.as_millisecond(), json(summary)?],
            )?;
        }
        _ => {}
    }
    Ok(())
}

/// The change of an intent, with the password that it is about to set.
fn intended(db: &Connection, event: &Event, sealed: Option<&[u8]>) -> rusqlite::Result<()> {
    let EventKind::ChangeIntended { host, op, instead_of, .. } = &event.kind else { return Ok(()) };
    // The password goes over to the new change, so that it is handed over once.
    let before = instead_of.as_ref().map(|op| op.as_str());
    db.execute("UPDATE changes SET sealed = NULL WHERE op = ?1 AND state != 'applied'", [before])?;
    let values = params![op.as_str(), event.run.0, host.as_str(), event.seq as i64, sealed];
    db.execute(
        "INSERT INTO changes (op, run, host, seq, state, sealed) VALUES (?1, ?2, ?3, ?4, 'intended', ?5)",
        values,
    )?;
    Ok(())
}

fn settled(db: &Connection, end: &ChangeResult, state: &str) -> rusqlite::Result<()> {
    let op = end.op.as_str();
    db.prepare_cached("UPDATE changes SET state = ?2 WHERE op = ?1")?.execute(params![op, state])?;
    // Nothing was sent, so its password is nobody's; unless a change before it, from which it has the password, set it.
    if state == "failed" && end.rows.is_empty() && !took_over(db, op)? {
        db.execute("UPDATE changes SET sealed = NULL WHERE op = ?1", [op])?;
    }
    Ok(())
}

/// Whether a change stands for one before it.
fn took_over(db: &Connection, op: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT body FROM events JOIN changes USING (run, seq) WHERE op = ?1";
    let body: Option<String> = db.query_row(sql, [op], |row| row.get(0)).optional()?;
    let event = body.and_then(|body| serde_json::from_str::<Event>(&body).ok());
    Ok(!event.is_some_and(|e| matches!(e.kind, EventKind::ChangeIntended { instead_of: None, .. })))
}

impl Sink for Journal {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.waiting.push(event.clone());
        let at_once = matches!(event.kind, EventKind::RunStarted { .. } | EventKind::RunFinished { .. });
        if at_once || self.waiting.len() >= GROUP { self.commit(None) } else { Ok(()) }
    }

    fn durable(&mut self, event: &Event, sealed: Option<&[u8]>) -> io::Result<()> {
        self.commit(Some((event, sealed)))
    }

    fn tick(&mut self) -> io::Result<()> {
        self.commit(None)
    }
}
