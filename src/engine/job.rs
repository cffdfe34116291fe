//! What a run is to do, and who says what of it is done.

use crate::host::os_support::Table;
use crate::mail::geo::Geo;
use crate::mail::signals::Baseline;
use crate::model::{Change, Host, HostName, Op, RowEnd, RowResult, RunId, RunInfo, Sink};
use crate::playbook::{Params, Playbook};
use crate::secret::Vault;
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The controller's clock as a run uses it, and what is judged by it: taken once, so that all hosts are judged alike.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Seconds since 1970.
    pub now: i64,
    /// The day by which maintenance periods are judged.
    pub as_of: jiff::civil::Date,
    /// The maintenance dates, the user's rows among them.
    pub support: Arc<Table>,
    /// Where clients are, as far as the user gave databases.
    pub geo: Arc<Geo>,
}

/// A host and the jump hosts in front of it, nearest to the controller first.
#[derive(Clone, Debug)]
pub struct Target {
    pub host: Arc<Host>,
    pub chain: Vec<Arc<Host>>,
    /// What is usual for the host's accounts, by earlier runs.
    pub baseline: Arc<Baseline>,
}

/// Deadlines of a run. Those of the phases of connecting belong to the SSH client.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// One step on one host, unless the step has its own.
    pub step: Duration,
    /// Everything on one host, connecting included.
    pub host: Duration,
}

/// What a run is to do.
pub struct Job {
    pub run: RunId,
    pub info: RunInfo,
    pub playbook: Arc<Playbook>,
    pub params: Params,
    pub clock: Clock,
    pub timeouts: Timeouts,
    /// Hosts that work at once.
    pub parallel: usize,
    /// Hosts that connect at once.
    pub connecting: usize,
    /// Hosts at once behind one jump host.
    pub per_jump_host: usize,
    /// How many hosts may end badly before no new one is started.
    pub max_fail: Option<usize>,
    /// How many hosts go at a time, one wave after the other; empty: all at once. When a host ends badly, no further wave
    /// begins, unless `max_fail` says how many may.
    pub waves: Vec<usize>,
    /// The first wave is the canary: when a host of it ends badly, that is the end whatever `max_fail` says.
    pub canary: bool,
    /// What is changed, and who says so; none for a playbook that reads.
    pub changes: Option<Changes>,
}

/// How a run changes hosts.
pub struct Changes {
    /// False: the changes are planned and not done.
    pub apply: bool,
    /// Who says whether what was planned is done.
    pub approver: Arc<dyn Approver>,
    /// Makes passwords and seals them.
    pub vault: Arc<Vault>,
    /// Who runs this, for the host's lock: `ops@controller, run 2026-11-24.3`.
    pub who: String,
    /// What earlier runs left on the hosts, for a run that resumes them, in order.
    pub prior: BTreeMap<HostName, Vec<PriorChange>>,
    /// What other runs changed since, which is left alone.
    pub overtaken: BTreeMap<HostName, Vec<Overtaken>>,
}

impl Changes {
    /// What earlier runs left of this change, in order.
    pub(super) fn prior(&self, host: &HostName, change: &Change) -> Vec<&PriorChange> {
        self.prior.get(host).into_iter().flatten().filter(|l| l.change.is_same_act(change)).collect()
    }

    /// The run that changed this object of the change since.
    pub(super) fn overtaken(&self, host: &HostName, change: &Change, key: &str) -> Option<&RunId> {
        let mut same = self.overtaken.get(host).into_iter().flatten().filter(|o| o.change.is_same_act(change));
        same.find_map(|o| o.by.get(key))
    }
}

/// Objects of an approved change that other runs changed after it was approved, or after it was begun.
#[derive(Clone, Debug)]
pub struct Overtaken {
    pub change: Change,
    /// By the object's key.
    pub by: BTreeMap<String, RunId>,
}

/// A change of an earlier run.
#[derive(Clone, Debug)]
pub struct PriorChange {
    pub op: Op,
    /// When it was about to be sent.
    pub at: Timestamp,
    pub change: Change,
    /// The run that sent it heard how it ended; otherwise another has looked since.
    pub heard: bool,
    /// Known ends of its rows; none: it is not known what became of it.
    pub rows: Option<Vec<RowResult>>,
    pub sealed: Option<Vec<u8>>,
}

impl PriorChange {
    /// Whether it changed this object, or may have.
    pub fn did(&self, key: &str) -> bool {
        match &self.rows {
            None => self.change.rows.iter().any(|row| row.key() == key),
            Some(rows) => {
                let undone = |end| matches!(end, RowEnd::Failed | RowEnd::Gone | RowEnd::Overtaken);
                rows.iter().any(|row| row.key == key && !undone(row.end))
            }
        }
    }
}

/// Says whether what was planned may be done.
pub trait Approver: Send + Sync {
    /// The changes of one stage of one host that may be done; the error is why none may.
    fn approve<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Vec<Change>, String>>;
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub host: &'a HostName,
    /// Of the key that the host shows.
    pub fingerprint: &'a str,
    /// From 0.
    pub stage: usize,
    /// What the `confirm` in front of it says.
    pub message: &'a str,
    pub planned: &'a [Change],
}

/// A request to stop, by signal: 2 (Ctrl-C) or 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupt(pub u8);

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The first sink, the journal, failed: without it nothing may go on.
    #[error("the journal cannot be written: {0}")]
    Journal(io::Error),
    #[error("the recorder of the run ended early: {0}")]
    Ledger(String),
}

/// Where events go: the journal, then everyone else.
pub struct Sinks {
    pub journal: Box<dyn Sink>,
    pub others: Vec<Box<dyn Sink>>,
}
