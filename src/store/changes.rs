//! Changes: what was approved, what was sent, the passwords that were sealed, and who holds which host.

use super::{Store, StoreError, turn};
use crate::model::{HostName, Op, RunId};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;

/// A sealed password of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed {
    pub op: Op,
    pub host: HostName,
    /// None: it was handed over, then.
    pub sealed: Result<Vec<u8>, Timestamp>,
    /// The word of its change: `applied`, `failed`, `unknown`, `intended`.
    pub state: String,
}

/// A host that a run changes, or changed when its controller died.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    pub host: HostName,
    pub run: RunId,
    pub who: String,
    pub since: Timestamp,
    /// The controller of the run is alive.
    pub alive: bool,
}

/// Why a run cannot have its hosts.
#[derive(Debug)]
pub enum Taken {
    /// Others hold these.
    Locked(Vec<Lock>),
    /// The run that it would go on with was gone on with by another.
    Resumed,
    /// The plan was applied before, by this run.
    Used(RunId),
}

/// What a run takes before it changes anything.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    pub run: &'a RunId,
    /// The run that it goes on with.
    pub resumes: Option<&'a RunId>,
    /// Who runs it, for people.
    pub who: &'a str,
    pub hosts: &'a [HostName],
    /// What was approved for it, and the id of that.
    pub plan: &'a str,
    pub id: &'a str,
}

/// What keeps a run's locks alive: while this is held, its controller is there.
pub struct Alive(#[expect(dead_code, reason = "held, not read")] File);

impl Store {
    fn run_file(&self, run: &RunId) -> std::path::PathBuf {
        let plain: String = run.0.chars().filter(|c| c.is_ascii_alphanumeric() || "-.".contains(*c)).collect();
        self.file.with_file_name(format!("run-{plain}.lock"))
    }

    /// The run, those that it goes on with, and those that went on with it, in order. One alone is all of its own chain.
    pub fn chain(&self, run: &RunId) -> Result<Vec<RunId>, StoreError> {
        let mut chain = VecDeque::from([run.clone()]);
        let next = |sql: &str, of: &RunId| {
            let found = self.connection.query_row(sql, [&of.0], |row| row.get::<_, Option<String>>(0)).optional();
            found.map(|found| found.flatten().map(RunId)).map_err(|e| self.sql(e))
        };
        while let Some(before) = next("SELECT resumes FROM plans WHERE run = ?1", chain.front().unwrap_or(run))?
            && !chain.contains(&before)
        {
            chain.push_front(before);
        }
        while let Some(after) = next("SELECT run FROM plans WHERE resumes = ?1", chain.back().unwrap_or(run))?
            && !chain.contains(&after)
        {
            chain.push_back(after);
        }
        Ok(chain.into())
    }

    /// When the changes of a run were approved: the first of its chain began then.
    pub fn approved(&self, run: &RunId) -> Result<Timestamp, StoreError> {
        let first = self.chain(run)?.into_iter().next().unwrap_or_else(|| run.clone());
        let started =
            self.connection.query_row("SELECT started FROM runs WHERE run = ?1", [&first.0], |row| row.get(0));
        Ok(Timestamp::from_millisecond(started.map_err(|e| self.sql(e))?).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// The runs that changed one of these hosts and had not ended by then.
    pub fn changed(&self, hosts: &[HostName], since: Timestamp) -> Result<Vec<RunId>, StoreError> {
        let read = || {
            let sql = "SELECT DISTINCT run, host FROM changes JOIN runs USING (run)
                 WHERE ended IS NULL OR ended >= ?1 ORDER BY started";
            let mut statement = self.connection.prepare(sql)?;
            let rows = statement.query_map([since.as_millisecond()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<(String, String)>>>()
        };
        let mut rows = read().map_err(|e| self.sql(e))?;
        rows.retain(|(_, host)| hosts.iter().any(|h| h.as_str() == host));
        let mut runs: Vec<RunId> = rows.into_iter().map(|(run, _)| RunId(run)).collect();
        runs.dedup();
        Ok(runs)
    }

    /// What was approved for a run that changed hosts.
    pub fn plan_of(&self, run: &RunId) -> Result<Option<String>, StoreError> {
        let found = self.connection.query_row("SELECT body FROM plans WHERE run = ?1", [&run.0], |row| row.get(0));
        found.optional().map_err(|e| self.sql(e))
    }

    /// The sealed passwords of a run and its chain, in the order in which they were made.
    pub fn sealed(&self, run: &RunId) -> Result<Vec<Sealed>, StoreError> {
        let read = |run: &RunId| {
            let mut statement = self.connection.prepare(
                "SELECT op, host, sealed, told, state FROM changes
                 WHERE run = ?1 AND (sealed IS NOT NULL OR told IS NOT NULL) ORDER BY seq",
            )?;
            let rows = statement
                .query_map([&run.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
            rows.collect::<rusqlite::Result<Vec<(String, String, Option<Vec<u8>>, Option<i64>, String)>>>()
        };
        let time = |ms: Option<i64>| Timestamp::from_millisecond(ms.unwrap_or(0)).unwrap_or(Timestamp::UNIX_EPOCH);
        let one = |(op, host, sealed, told, state): (String, String, Option<Vec<u8>>, Option<i64>, String)| {
            let (op, host) = (Op::parse(&op)?, HostName::parse(&host)?);
            Some(Sealed { op, host, sealed: sealed.ok_or(time(told)), state })
        };
        let mut all = Vec::new();
        for run in self.chain(run)? {
            all.extend(read(&run).map_err(|e| self.sql(e))?.into_iter().filter_map(one));
        }
        Ok(all)
    }

    /// Forgets passwords that were handed over: from here on nobody can read them here again.
    pub fn handed_over(&mut self, ops: &[Op], now: Timestamp) -> Result<(), StoreError> {
        let done = (|| {
            let tx = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for op in ops {
                tx.execute(
                    "UPDATE changes SET sealed = NULL, told = ?2 WHERE op = ?1",
                    params![op.as_str(), now.as_millisecond()],
                )?;
            }
            tx.commit()?;
            // Their pages are still in the write-ahead log.
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        })();
        done.map_err(|e| self.sql(e))
    }

    /// The run that applied the plan of this id.
    pub fn used(&self, id: &str) -> Result<Option<RunId>, StoreError> {
        let sql = "SELECT run FROM plans WHERE id = ?1 AND resumes IS NULL";
        let found = self.connection.query_row(sql, [id], |row| row.get(0)).optional();
        found.map(|run| run.map(RunId)).map_err(|e| self.sql(e))
    }

    /// Takes hosts for a run that will change them, all of them or none, and keeps what was approved for it and which run
    /// it goes on with. Nobody else can do the same in between, and no plan is applied twice.
    ///
    /// A lock whose controller is gone and which left nothing in doubt is taken over, and so is that of the run which is
    /// resumed, or of one before it.
    pub fn take(&mut self, claim: Claim<'_>, now: Timestamp) -> Result<Result<Alive, Taken>, StoreError> {
        let Claim { run, resumes, who, hosts, plan, id } = claim;
        let file = turn(&self.run_file(run))?;
        let tx = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate);
        let tx = tx.map_err(|e| self.sql(e))?;
        let chain = resumes.map_or(Ok(Vec::new()), |run| self.chain(run))?;
        if chain.last() != resumes {
            return Ok(Err(Taken::Resumed));
        }
        if let (None, Some(by)) = (resumes, self.used(id)?) {
            return Ok(Err(Taken::Used(by)));
        }
        let mut held = Vec::new();
        for lock in self.locks()?.into_iter().filter(|lock| lock.run != *run && hosts.contains(&lock.host)) {
            if lock.alive || (!chain.contains(&lock.run) && self.in_doubt(&lock.run, &lock.host)?) {
                held.push(lock);
            }
        }
        if !held.is_empty() {
            return Ok(Err(Taken::Locked(held)));
        }
        let done = (|| {
            for host in hosts {
                tx.execute(
                    "INSERT OR REPLACE INTO locks (host, run, who, since) VALUES (?1, ?2, ?3, ?4)",
                    params![host.as_str(), run.0, who, now.as_millisecond()],
                )?;
            }
            let resumes = resumes.map(|r| r.0.as_str());
            let values = params![run.0, plan, resumes, id];
            tx.execute("INSERT INTO plans (run, body, resumes, id) VALUES (?1, ?2, ?3, ?4)", values)?;
            tx.commit()
        })();
        done.map_err(|e| self.sql(e))?;
        Ok(Ok(Alive(file)))
    }

    /// Every lock, by host.
    pub fn locks(&self) -> Result<Vec<Lock>, StoreError> {
        let read = || {
            let mut statement = self.connection.prepare("SELECT host, run, who, since FROM locks ORDER BY host")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
            rows.collect::<rusqlite::Result<Vec<(String, String, String, i64)>>>()
        };
        let one = |(host, run, who, since): (String, String, String, i64)| {
            let run = RunId(run);
            let alive = self.is_alive(&run);
            let since = Timestamp::from_millisecond(since).unwrap_or(Timestamp::UNIX_EPOCH);
            Some(Lock { host: HostName::parse(&host)?, run, who, since, alive })
        };
        Ok(read().map_err(|e| self.sql(e))?.into_iter().filter_map(one).collect())
    }

    /// Whether the run's controller still runs on this machine.
    pub fn is_alive(&self, run: &RunId) -> bool {
        let file = OpenOptions::new().append(true).mode(0o600).open(self.run_file(run));
        file.is_ok_and(|file| matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)))
    }

    /// Whether a change of that run, or of one of its chain, on that host is of unknown fate.
    pub fn in_doubt(&self, run: &RunId, host: &HostName) -> Result<bool, StoreError> {
        let sql =
            "SELECT EXISTS (SELECT 1 FROM changes WHERE run = ?1 AND host = ?2 AND state IN ('intended', 'unknown'))";
        for run in self.chain(run)? {
            let found = self.connection.query_row(sql, params![run.0, host.as_str()], |row| row.get(0));
            if found.map_err(|e| self.sql(e))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Gives the run's hosts back, but for those that it left in doubt, which are returned.
    pub fn unlock(&mut self, run: &RunId) -> Result<Vec<HostName>, StoreError> {
        let mut kept = Vec::new();
        for lock in self.locks()?.into_iter().filter(|lock| lock.run == *run) {
            if self.in_doubt(run, &lock.host)? {
                kept.push(lock.host);
                continue;
            }
            self.unlock_host(run, &lock.host)?;
        }
        if kept.is_empty() {
            // Nobody is left who would ask whether their controllers are alive.
            for run in self.chain(run)?.iter().filter(|one| *one == run || !self.is_alive(one)) {
                let _ = std::fs::remove_file(self.run_file(run));
            }
        }
        Ok(kept)
    }

    /// Gives one host back.
    pub fn unlock_host(&mut self, run: &RunId, host: &HostName) -> Result<bool, StoreError> {
        let done =
            self.connection.execute("DELETE FROM locks WHERE host = ?1 AND run = ?2", params![host.as_str(), run.0]);
        done.map(|n| n > 0).map_err(|e| self.sql(e))
    }
}
