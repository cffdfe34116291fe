//! Made-up runs for this room's tests.

use super::digest::Digest;
use super::{Lang, Options, Progress};
use crate::model::fault::{FaultKind, Unreachable};
use crate::model::{Change, Op, Summary, event};
use crate::model::{Event, EventKind, Fault, Finding, HostName, HostStatus, Level, Outcome, RunId, RunInfo, StepRef};
use crate::secret::Screen;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// Events, one second apart.
pub struct Story {
    pub events: Vec<Event>,
    pending: BTreeMap<String, (Vec<String>, Option<Fault>)>,
}

pub fn host(name: &str) -> HostName {
    HostName::parse(name).unwrap()
}

fn step(id: &str) -> StepRef {
    let index = usize::from(id.as_bytes()[0]);
    StepRef { index, id: id.into(), name: format!("Look at {id}"), verb: format!("mail.{id}") }
}

impl Story {
    pub fn new(playbook: &str, hosts: &[&str]) -> Self {
        let info = RunInfo {
            playbook: playbook.into(),
            kind: None,
            summary: "Look for mail abuse. Changes nothing.".into(),
            mode: "read-only".into(),
            purpose: String::new(),
            selector: "tag:plesk & !tag:frozen".into(),
            hosts: hosts.iter().map(|h| host(h)).collect(),
            tool: "fleet 0.1.0".into(),
            parallel: 20,
            params: BTreeMap::new(),
        };
        let mut story = Self { events: Vec::new(), pending: BTreeMap::new() };
        story.push(EventKind::RunStarted { info });
        story
    }

    pub fn push(&mut self, kind: EventKind) -> &mut Self {
        let seq = self.events.len() as u64 + 1;
        let start: Timestamp = "2026-11-24T02:30:00Z".parse().unwrap();
        let at = start + SignedDuration::from_secs(seq as i64);
        self.events.push(Event { v: event::VERSION, run: RunId("2026-11-24.3".into()), seq, at, kind });
        self
    }

    pub fn connect(&mut self, name: &str) -> &mut Self {
        self.push(EventKind::Connecting { host: host(name) });
        let fingerprint = "SHA256:abc".into();
        self.push(EventKind::Connected { host: host(name), fingerprint, legacy: name == "old", millis: 30 })
    }

    pub fn begin(&mut self, name: &str, id: &str) -> &mut Self {
        self.push(EventKind::StepStarted { host: host(name), step: step(id) })
    }

    pub fn intend(&mut self, name: &str, id: &str) -> &mut Self {
        let (verb, title, args) = (step(id).verb, "hold".into(), Value::Null);
        let change = Change { step: 0, item: 0, verb, title, args, rows: vec![], undo: None, irreversible: false };
        self.push(EventKind::ChangeIntended {
            host: host(name),
            step: step(id),
            op: Op::new([1; 16]),
            change,
            instead_of: None,
        })
    }

    pub fn step(&mut self, name: &str, id: &str, data: Option<Value>) -> &mut Self {
        self.push(EventKind::StepFinished {
            host: host(name),
            step: step(id),
            outcome: Outcome::Unchanged,
            reason: None,
            fault: None,
            tolerated: None,
            data,
            millis: 120,
        })
    }

    pub fn failing(&mut self, name: &str, id: &str, reason: &str, tolerated: Option<&str>) -> &mut Self {
        self.push(EventKind::StepFinished {
            host: host(name),
            step: step(id),
            outcome: Outcome::Failed,
            reason: Some(reason.into()),
            fault: None,
            tolerated: tolerated.map(Into::into),
            data: None,
            millis: 2_400,
        })
    }

    pub fn found(&mut self, name: &str, code: &str, level: Level, key: &str, data: Value) -> &mut Self {
        let data = data.as_object().cloned().unwrap();
        let finding =
            Finding { code: code.into(), level, key: key.into(), message: format!("{code} in own words"), data };
        self.push(EventKind::Found { host: host(name), step: step("judge"), finding })
    }

    pub fn note(&mut self, name: &str, note: &str) -> &mut Self {
        self.pending.entry(name.into()).or_default().0.push(note.into());
        self
    }

    pub fn fault(&mut self, name: &str, fault: Fault) -> &mut Self {
        self.pending.entry(name.into()).or_default().1 = Some(fault);
        self
    }

    pub fn end(&mut self, name: &str, status: HostStatus) -> &mut Self {
        let (notes, fault) = self.pending.remove(name).unwrap_or_default();
        self.push(EventKind::HostFinished { host: host(name), status, fault, notes, millis: 1_500 })
    }

    pub fn unreachable(&mut self, name: &str) -> &mut Self {
        self.push(EventKind::Connecting { host: host(name) });
        let fault = Fault::new(FaultKind::Unreachable(Unreachable::ConnectTimeout), "connect timed out after 10s");
        self.fault(name, fault.with_hint("fleet doctor shows which phase fails")).end(name, HostStatus::Unreachable)
    }

    pub fn interrupt(&mut self, stage: u8, name: &str, what: &str) -> &mut Self {
        self.push(EventKind::Interrupted { stage, running: vec![(host(name), what.into())] })
    }

    pub fn digest(&self) -> Digest {
        let mut digest = Digest::default();
        self.events.iter().for_each(|e| digest.event(e));
        digest
    }

    /// All events, with the run's end.
    pub fn finish(&mut self) -> Vec<Event> {
        let mut summary = Summary { millis: 72_000, ..Summary::default() };
        for host in &self.digest().hosts {
            *summary.hosts.entry(host.status.word().into()).or_default() += 1;
            summary.failed_steps += host.steps.iter().filter(|s| s.is_problem()).count();
            summary.tolerated += host.steps.iter().filter(|s| s.tolerated.is_some()).count();
            for found in &host.findings {
                *summary.findings.entry(found.finding.level.word().into()).or_default() += 1;
            }
        }
        self.push(EventKind::RunFinished { summary });
        self.events.clone()
    }
}

/// A writer whose content can be read later.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A pipe whose reader is gone.
pub struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

pub fn options() -> Options {
    Options {
        color: false,
        progress: Progress::None,
        lang: Lang::En,
        width: 100,
        verbose: 0,
        screen: Screen::default(),
        stdout: Box::new(io::sink()),
        stderr: Box::new(io::sink()),
    }
}
