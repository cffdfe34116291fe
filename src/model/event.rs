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
    /// The [`VERSION`] that it was written by.
    pub v: u32,
    /// The run that it belongs to.
    pub run: RunId,
    /// Its number within the run.
    pub seq: u64,
    /// When it was put in order, by the controller's clock.
    pub at: Timestamp,
    /// What happened.
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
    /// The playbook's `summary`; empty when it has none.
    pub summary: String,
    /// The playbook's `mode`: `read-only`, `change` or `destructive`.
    pub mode: String,
    /// `plan`: changes are written down only; `apply`: they are done. Absent: nothing is changed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purpose: String,
    /// As typed: `tag:plesk`.
    pub selector: String,
    /// Every selected host, in order.
    pub hosts: Vec<HostName>,
    /// Name and version of the program: `fleet 0.1.0`.
    pub tool: String,
    /// How many hosts are worked on at once.
    pub parallel: usize,
    /// Parameters as given, secrets left out.
    pub params: BTreeMap<String, Value>,
}

/// What kind of run it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunKind {
    /// The steps of a playbook.
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
    /// The name of the verb that it does: `mail.queue.inspect`.
    pub verb: String,
}

/// What happened. In JSON the variant's name stands in kebab case under `event`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum EventKind {
    /// First of a run.
    RunStarted {
        /// What the run is about to do.
        info: RunInfo,
    },
    /// It has its place among those that connect; the first that is told of a host.
    Connecting {
        /// The host.
        host: HostName,
    },
    /// Authenticated, and with a shell that answers.
    Connected {
        /// The host.
        host: HostName,
        /// `SHA256:..` of the host key that was accepted.
        fingerprint: String,
        /// Old algorithms had to be allowed for it.
        legacy: bool,
        /// Milliseconds from `Connecting` to here.
        millis: u64,
    },
    /// What it is was found out.
    Profiled {
        /// The host.
        host: HostName,
        /// What it says it is.
        profile: Profile,
    },
    /// A step begins. The one event that may be dropped, when the recorder is behind.
    StepStarted {
        /// The host.
        host: HostName,
        /// The step.
        step: StepRef,
    },
    /// The step is over on this host, whatever the outcome; also for one that never ran.
    StepFinished {
        /// The host.
        host: HostName,
        /// The step.
        step: StepRef,
        /// How it ended.
        outcome: Outcome,
        /// Why it was skipped, or what the failure said. Sanitised.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// The host's error that ended it; none where the step itself ended badly or well.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fault: Option<Fault>,
        /// The playbook said `on_error: continue` and why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tolerated: Option<String>,
        /// What the verb read, typed as `fleet verbs` says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<Value>,
        /// Milliseconds that its scripts took on the host, of all its items together; 0 when none ran.
        millis: u64,
    },
    /// A `finding` step judged something worth a person's attention.
    Found {
        /// The host.
        host: HostName,
        /// The step that judged.
        step: StepRef,
        /// The judgement.
        finding: Finding,
    },
    /// What would be changed on the host in this stage of the playbook.
    Planned {
        /// The host.
        host: HostName,
        /// From 0; a `confirm` begins the next.
        stage: usize,
        /// One for each act, in the order in which they would be done; empty: nothing is to be changed.
        changes: Vec<Change>,
        /// What was not read in full, and so may be missing in it. Sanitised.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        incomplete: Vec<String>,
    },
    /// A change is about to be sent. Durable before anything leaves.
    ChangeIntended {
        /// The host.
        host: HostName,
        /// The step that changes.
        step: StepRef,
        /// The name of the change on the host.
        op: Op,
        /// What was planned.
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
        /// The host.
        host: HostName,
        /// How it ended.
        status: HostStatus,
        /// The host's error; none when it ended well, or badly by its steps alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fault: Option<Fault>,
        /// Remarks such as "mail server exim is not yet supported". Sanitised.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notes: Vec<String>,
        /// Milliseconds from `Connecting` to here; 0 when it was not contacted.
        millis: u64,
    },
    /// Somebody asked to stop; `running` names who does what at that moment.
    Interrupted {
        /// How often it was asked: 1 no new host, 2 what runs is ended, 3 nobody is waited for.
        stage: u8,
        /// Hosts that were being worked on, each with its step's name or what it did.
        running: Vec<(HostName, String)>,
    },
    /// Last of a run.
    RunFinished {
        /// What the run came to.
        summary: Summary,
    },
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeResult {
    /// The host.
    pub host: HostName,
    /// The step that changed.
    pub step: StepRef,
    /// The name of the change on the host.
    pub op: Op,
    /// Objects with a known end; the others are of unknown fate.
    pub rows: Vec<RowResult>,
    /// Sanitised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Why it failed or is not known, sanitised; none where there is nothing to tell.
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
    /// Milliseconds from the run's start to its end.
    pub millis: u64,
}

impl Summary {
    /// How many hosts ended with that status.
    pub fn count(&self, status: HostStatus) -> usize {
        self.hosts.get(status.word()).copied().unwrap_or(0)
    }

    /// How many hosts ended, whatever the status.
    pub fn total(&self) -> usize {
        self.hosts.values().sum()
    }
}
