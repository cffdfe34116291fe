//! The writing end: one run's events, in order.
//!
//! Events are grouped into transactions, committed at every tick and at the end, so that thousands of hosts
//! cost a few syncs a second. An event that something irrevocable waits for is committed at once.

use super::{Store, usual};
use crate::engine::Sink;
use crate::model::{ChangeResult, Event, EventKind, HostName};
use rusqlite::params;
use std::collections::HashMap;
use std::io;

/// Events in one transaction at most, so that a crash loses no more than these.
const GROUP: usize = 512;

/// Writes the events of one run.
pub struct Journal {
    store: Store,
    pending: usize,
    findings: HashMap<HostName, u32>,
}

impl Journal {
    pub fn new(store: Store) -> Self {
        Self { store, pending: 0, findings: HashMap::new() }
    }

    fn write(&mut self, event: &Event) -> rusqlite::Result<()> {
        let db = &self.store.connection;
        if self.pending == 0 {
            db.execute_batch("BEGIN IMMEDIATE")?;
        }
        self.pending += 1;
        let run = &event.run.0;
        let body = serde_json::to_string(event).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
        db.prepare_cached("INSERT INTO events (run, seq, body) VALUES (?1, ?2, ?3)")?.execute(params![
            run,
            event.seq as i64,
            body
        ])?;
        match &event.kind {
            EventKind::RunStarted { info } => {
                db.execute(
                    "UPDATE runs SET playbook = ?2, selector = ?3 WHERE run = ?1",
                    params![run, info.playbook, info.selector],
                )?;
            }
            EventKind::Profiled { host, profile } => {
                let body =
                    serde_json::to_string(profile).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
                db.prepare_cached("INSERT OR REPLACE INTO profiles (host, run, body) VALUES (?1, ?2, ?3)")?
                    .execute(params![host.as_str(), run, body])?;
            }
            EventKind::StepFinished { host, step, outcome, data, .. } => {
                usual::keep(db, event.at, host, &step.verb, *outcome, data.as_ref())?;
            }
            EventKind::ChangeApplied(end) => self.settled(end, "applied")?,
            EventKind::ChangeFailed(end) => self.settled(end, "failed")?,
            EventKind::ChangeUnknown(end) => self.settled(end, "unknown")?,
            EventKind::Found { host, .. } => *self.findings.entry(host.clone()).or_default() += 1,
            EventKind::HostFinished { host, status, .. } => {
                let findings = self.findings.remove(host).unwrap_or(0);
                db.prepare_cached("INSERT INTO hosts (run, host, status, findings) VALUES (?1, ?2, ?3, ?4)")?
                    .execute(params![run, host.as_str(), status.word(), findings])?;
            }
            EventKind::RunFinished { summary } => {
                let summary =
                    serde_json::to_string(summary).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
                db.execute(
                    "UPDATE runs SET ended = ?2, summary = ?3 WHERE run = ?1",
                    params![run, event.at.as_millisecond(), summary],
                )?;
            }
            _ => {}
        }
        if self.pending >= GROUP || matches!(event.kind, EventKind::RunStarted { .. } | EventKind::RunFinished { .. }) {
            self.commit()?;
        }
        Ok(())
    }

    fn settled(&self, end: &ChangeResult, state: &str) -> rusqlite::Result<()> {
        let db = &self.store.connection;
        db.prepare_cached("UPDATE changes SET state = ?2 WHERE op = ?1")?.execute(params![end.op.as_str(), state])?;
        // Nothing was sent, so its password is nobody's.
        if state == "failed" && end.rows.is_empty() {
            db.execute("UPDATE changes SET sealed = NULL WHERE op = ?1", [end.op.as_str()])?;
        }
        Ok(())
    }

    fn commit(&mut self) -> rusqlite::Result<()> {
        if self.pending > 0 {
            self.store.connection.execute_batch("COMMIT")?;
            self.pending = 0;
        }
        Ok(())
    }

    fn io(&self, error: rusqlite::Error) -> io::Error {
        io::Error::other(self.store.sql(error))
    }
}

impl Sink for Journal {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.write(event).map_err(|e| self.io(e))
    }

    fn durable(&mut self, event: &Event, sealed: Option<&[u8]>) -> io::Result<()> {
        let written = self.write(event).and_then(|()| {
            if let EventKind::ChangeIntended { host, op, instead_of, .. } = &event.kind {
                // The password goes over to the new change, so that it is handed over once.
                let db = &self.store.connection;
                let before = instead_of.as_ref().map(|op| op.as_str());
                db.execute("UPDATE changes SET sealed = NULL WHERE op = ?1 AND state != 'applied'", [before])?;
                let values = params![op.as_str(), event.run.0, host.as_str(), event.seq as i64, sealed];
                db.execute(
                    "INSERT INTO changes (op, run, host, seq, state, sealed) VALUES (?1, ?2, ?3, ?4, 'intended', ?5)",
                    values,
                )?;
            }
            self.commit()
        });
        written.map_err(|e| self.io(e))
    }

    fn tick(&mut self) -> io::Result<()> {
        self.commit().map_err(|e| self.io(e))
    }
}
