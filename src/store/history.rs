//! The reading end: which runs there were, what happened in one, how hosts ended.

use super::record::Check;
use super::{Integrity, Store, StoreError};
use crate::model::{Event, HostName, Profile, RunId, Summary};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use std::collections::BTreeMap;

/// One run, as `fleet runs` lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunLine {
    pub run: RunId,
    pub started: Timestamp,
    pub playbook: String,
    pub selector: String,
    pub ended: Option<Timestamp>,
    /// None when the controller died before the end.
    pub summary: Option<Summary>,
}

/// How one host ended in one run.
#[derive(Clone, Debug, PartialEq)]
pub struct HostLine {
    pub host: HostName,
    /// The word of a `HostStatus`.
    pub status: String,
    pub findings: u32,
}

impl Store {
    /// The runs that began last first, at most `limit`.
    pub fn runs(&self, limit: usize) -> Result<Vec<RunLine>, StoreError> {
        let read = || {
            let mut statement = self.connection.prepare(
                "SELECT run, started, playbook, selector, ended, summary FROM runs ORDER BY begun DESC LIMIT ?1",
            )?;
            statement.query_map([limit as i64], run_line)?.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|e| self.sql(e))
    }

    /// The run that a person means: its whole name; `last`, the one that began last; or a bare number for a run of that one's
    /// day.
    pub fn find_run(&self, text: &str) -> Result<RunId, StoreError> {
        let sql = match text {
            "last" => "SELECT run FROM runs WHERE playbook IS NOT NULL AND ?1 = 'last' ORDER BY begun DESC LIMIT 1",
            _ => {
                "SELECT run FROM runs WHERE run = ?1
                 OR (CAST(number AS TEXT) = ?1 AND day = (SELECT day FROM runs ORDER BY begun DESC LIMIT 1)) LIMIT 1"
            }
        };
        let found: Option<String> =
            self.connection.query_row(sql, [text], |row| row.get(0)).optional().map_err(|e| self.sql(e))?;
        found.map(RunId).ok_or_else(|| StoreError::NoSuchRun(crate::model::untrusted::clean_line(text, 60)))
    }

    /// Calls `on` with each event of a run, in order, and says whether they are all that were written.
    pub fn replay(&self, run: &RunId, on: &mut dyn FnMut(&Event)) -> Result<Integrity, StoreError> {
        self.rows(run, &mut |seq, body| {
            let event = serde_json::from_str(body).map_err(|source| {
                let (run, seq) = (run.clone(), seq as u64);
                StoreError::Event { run, seq, source }
            })?;
            on(&event);
            Ok(())
        })
    }

    /// Whether a run's events are all that were written.
    pub fn verify(&self, run: &RunId) -> Result<Integrity, StoreError> {
        self.rows(run, &mut |_, _| Ok(()))
    }

    fn rows(
        &self,
        run: &RunId,
        on: &mut dyn FnMut(i64, &str) -> Result<(), StoreError>,
    ) -> Result<Integrity, StoreError> {
        // One statement, so that a run which is still written is seen as it was at one moment.
        let sql = "SELECT events.seq, body, events.head, runs.head
                   FROM runs LEFT JOIN events ON events.run = runs.run WHERE runs.run = ?1 ORDER BY events.seq";
        let sql_error = |e| self.sql(e);
        let mut statement = self.connection.prepare(sql).map_err(sql_error)?;
        let mut rows = statement.query([&run.0]).map_err(sql_error)?;
        let (mut check, mut end) = (Check::new(run), None);
        while let Some(row) = rows.next().map_err(sql_error)? {
            type Columns = (Option<i64>, Option<String>, Option<Vec<u8>>, Option<Vec<u8>>);
            let (seq, body, head, last): Columns = row.try_into().map_err(sql_error)?;
            end = last;
            if let (Some(seq), Some(body)) = (seq, body) {
                check.event(seq, &body, head.as_deref());
                on(seq, &body)?;
            }
        }
        Ok(check.end(end.as_deref()))
    }

    /// How the hosts of a run ended.
    pub fn hosts(&self, run: &RunId) -> Result<Vec<HostLine>, StoreError> {
        let read = || {
            let mut statement =
                self.connection.prepare("SELECT host, status, findings FROM hosts WHERE run = ?1 ORDER BY host")?;
            let rows = statement.query_map([&run.0], |row| {
                let name: String = row.get(0)?;
                Ok((name, row.get(1)?, row.get(2)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<(String, String, u32)>>>()
        };
        let rows = read().map_err(|e| self.sql(e))?;
        let line = |(name, status, findings): (String, String, u32)| {
            Some(HostLine { host: HostName::parse(&name)?, status, findings })
        };
        Ok(rows.into_iter().filter_map(line).collect())
    }

    /// The last known profile of every host.
    pub fn profiles(&self) -> Result<BTreeMap<HostName, Profile>, StoreError> {
        let read = || {
            let mut statement = self.connection.prepare("SELECT host, body FROM profiles")?;
            let rows = statement.query_map(params![], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<(String, String)>>>()
        };
        let rows = read().map_err(|e| self.sql(e))?;
        let profile =
            |(name, body): (String, String)| Some((HostName::parse(&name)?, serde_json::from_str(&body).ok()?));
        Ok(rows.into_iter().filter_map(profile).collect())
    }
}

fn run_line(row: &Row<'_>) -> rusqlite::Result<RunLine> {
    let time = |ms: i64| Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let summary: Option<String> = row.get(5)?;
    Ok(RunLine {
        run: RunId(row.get(0)?),
        started: time(row.get(1)?),
        playbook: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
        selector: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
        ended: row.get::<_, Option<i64>>(4)?.map(time),
        summary: summary.and_then(|text| serde_json::from_str(&text).ok()),
    })
}
