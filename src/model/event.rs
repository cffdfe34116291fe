//! The one ordered stream of a run. It is the journal, the history and what reporters draw, so it is owned,
//! serialisable, versioned and without secrets. The engine makes events; the store keeps them; reporters
//! read nothing else.

use super::{Change, Fault, Finding, HostName, HostStatus, Op, Outcome, Profile, RowResult};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The version of the event format. Raise it when a reader of the old form would misread the new one.
pub const VERSION: u32 = 1;

/// A run's name: the day it began and a counter, such as `2026-11-24.3`; unique within a state folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub String);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One event. `seq` counts from 1 without gaps within a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub v: u32,
    pub run: RunId,
    pub seq: u64,
    pub at: Timestamp,
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What a run is about to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// The playbook's name; `exec` for a single command.
    pub playbook: String,
    /// None in the record of a version that did not tell; see [`RunInfo::kind`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<RunKind>,
    pub summary: String,
    pub mode: String,
    /// `plan`: changes are written down only; `apply`: they are done. Absent: nothing is changed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purpose: String,
    /// As typed: `tag:plesk`.
    pub selector: String,
    /// Every selected host, in order.
    pub hosts: Vec<HostName>,
    pub tool: String,
    pub parallel: usize,
    /// Parameters as given, secrets left out.
    pub params: BTreeMap<String, Value>,
}

/// What kind of run it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunKind {
    Playbook,
    /// One command, by `fleet exec`.
    Command,
}

impl RunInfo {
    /// What kind of run it is. Where an old record does not tell, its name does.
    pub fn kind(&self) -> RunKind {
        let by_name = if self.playbook == "exec" { RunKind::Command } else { RunKind::Playbook };
        self.kind.unwrap_or(by_name)
    }
}

/// A step of the playbook.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StepRef {
    /// Position in the playbook, from 0.
    pub index: usize,
    /// Its `id`, else `step-N`.
    pub id: String,
    /// For people.
    pub name: String,
    pub verb: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum EventKind {
    /// First of a run.
    RunStarted {
        info: RunInfo,
    },
    Connecting {
        host: HostName,
    },
    Connected {
        host: HostName,
        /// `SHA256:..` of the host key that was accepted.
        fingerprint: String,
        /// Old algorithms had to be allowed for it.
        legacy: bool,
        millis: u64,
    },
    Profiled {
        host: HostName,
        profile: Profile,
    },
    StepStarted {
        host: HostName,
        step: StepRef,
    },
    StepFinished {
        host: HostName,
        step: StepRef,
        outcome: Outcome,
        /// Why it was skipped, or what the failure said. Sanitised.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fault: Option<Fault>,
        /// The playbook said `on_error: continue` and why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tolerated: Option<String>,
        /// What the verb read, typed as `fleet verbs` says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<Value>,
        millis: u64,
    },
    Found {
        host: HostName,
        step: StepRef,
        finding: Finding,
    },
    /// What would be changed on the host in this stage of the playbook.
    Planned {
        host: HostName,
        /// From 0; a `confirm` begins the next.
        stage: usize,
        changes: Vec<Change>,
        /// What was not read in full, and so may be missing in it. Sanitised.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        incomplete: Vec<String>,
    },
    /// A change is about to be sent. Durable before anything leaves.
    ChangeIntended {
        host: HostName,
        step: StepRef,
        op: Op,
        change: Change,
        /// The change of an earlier run that was not done, and is done with this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead_of: Option<Op>,
    },
    /// It was done, as reading the host again shows.
    ChangeApplied(ChangeResult),
    /// It was not done, or not to every object.
    ChangeFailed(ChangeResult),
    /// It is not known whether it was done.
    ChangeUnknown(ChangeResult),
    /// Last of a host. Every selected host gets exactly one.
    HostFinished {
        host: HostName,
        status: HostStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fault: Option<Fault>,
        /// Remarks such as "mail server exim is not yet supported". Sanitised.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notes: Vec<String>,
        millis: u64,
    },
    /// Somebody asked to stop; `running` names who does what at that moment.
    Interrupted {
        stage: u8,
        running: Vec<(HostName, String)>,
    },
    /// Last of a run.
    RunFinished {
        summary: Summary,
    },
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeResult {
    pub host: HostName,
    pub step: StepRef,
    pub op: Op,
    /// Objects with a known end; the others are of unknown fate.
    pub rows: Vec<RowResult>,
    /// Sanitised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl EventKind {
    /// The host it is about, if it is about one.
    pub fn host(&self) -> Option<&HostName> {
        match self {
            Self::Connecting { host }
            | Self::Connected { host, .. }
            | Self::Profiled { host, .. }
            | Self::StepStarted { host, .. }
            | Self::StepFinished { host, .. }
            | Self::Found { host, .. }
            | Self::Planned { host, .. }
            | Self::ChangeIntended { host, .. }
            | Self::HostFinished { host, .. } => Some(host),
            Self::ChangeApplied(end) | Self::ChangeFailed(end) | Self::ChangeUnknown(end) => Some(&end.host),
            Self::RunStarted { .. } | Self::Interrupted { .. } | Self::RunFinished { .. } => None,
        }
    }
}

/// What a run came to. The exit code is decided from this and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many hosts ended how, by the status's word; absent means none.
    pub hosts: BTreeMap<String, usize>,
    /// Findings by level's word.
    pub findings: BTreeMap<String, usize>,
    /// Steps that failed or timed out and were not tolerated.
    pub failed_steps: usize,
    /// Failures under `on_error: continue`.
    pub tolerated: usize,
    /// Changes of unknown fate.
    pub unknown_changes: usize,
    /// Host tasks that ended by a bug in fleet.
    pub internal: usize,
    /// Signal that ended the run early (2 or 15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted_by: Option<u8>,
    /// The limit that stopped the run early, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// Why reports ended before the run did: a full disk, a pipe that was closed. The record is whole all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<String>,
    /// It was to change something, and came to no step that does: it stopped before, or no condition held. It may be meant
    /// so: a `stop` with the outcome [`NO_ACTION`]. What was already as it is to be is no such case.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
    pub millis: u64,
    /// The exit code and why; none in the record of a version that did not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<Exit>,
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// The exit code: that of the worst reason; see `model::exit::ALL`.
    pub code: u8,
    /// Every reason for a code other than 0, by its word, the worst first.
    pub reasons: Vec<String>,
}

/// The outcome of a `stop` that means to change nothing.
pub const NO_ACTION: &str = "no-action";

impl Summary {
    pub fn count(&self, status: HostStatus) -> usize {
        self.hosts.get(status.word()).copied().unwrap_or(0)
    }

    pub fn total(&self) -> usize {
        self.hosts.values().sum()
    }
}
