//! The owner of a run: starts one task for each host, puts all their events in one order on a thread of its
//! own, and ends the run when everyone has ended.

use super::flow::Clock;
use super::host::Executor;
use super::ledger::{Action, Ledger};
use super::limit::Stops;
use crate::mail::signals::Baseline;
use crate::model::fault::FaultKind;
use crate::model::sink::Sink;
use crate::model::{
    Change, Event, EventKind, Fault, Host, HostName, HostStatus, Op, RowResult, RunId, RunInfo, Summary,
};
use crate::playbook::{Params, Playbook};
use crate::secret::Vault;
use crate::ssh::{Client, Secrets};
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

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
    pub left: BTreeMap<HostName, Vec<Left>>,
}

impl Changes {
    /// What earlier runs left of this change, in order.
    pub(super) fn left(&self, host: &HostName, change: &Change) -> Vec<&Left> {
        self.left.get(host).into_iter().flatten().filter(|l| l.change.is_same_act(change)).collect()
    }
}

/// A change of an earlier run.
#[derive(Clone, Debug)]
pub struct Left {
    pub op: Op,
    pub change: Change,
    /// Known ends of its rows; none: it is not known what became of it.
    pub rows: Option<Vec<RowResult>>,
    pub sealed: Option<Vec<u8>>,
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

/// Places among those that connect and those that work.
pub struct Permits {
    connecting: Arc<Semaphore>,
    working: Arc<Semaphore>,
    behind: HashMap<HostName, Arc<Semaphore>>,
}

/// A host's places while it is worked on.
pub struct Places {
    /// Held until the host has a place among those that work, so that no more connections are open than there
    /// are places.
    pub connecting: Option<OwnedSemaphorePermit>,
    /// Held to the host's end.
    _behind: Option<OwnedSemaphorePermit>,
}

impl Permits {
    fn new(job: &Job, targets: &[Target]) -> Self {
        let of = |n: usize| Arc::new(Semaphore::new(n.clamp(1, Semaphore::MAX_PERMITS)));
        let jumps = targets.iter().filter_map(|t| t.chain.last());
        Self {
            connecting: of(job.connecting),
            working: of(job.parallel),
            behind: jumps.map(|jump| (jump.name.clone(), of(job.per_jump_host))).collect(),
        }
    }

    pub(super) async fn connect(&self, target: &Target) -> Places {
        // The narrower gate first, so that hosts behind a busy jump host take no place from the others.
        let behind = match target.chain.last().and_then(|jump| self.behind.get(&jump.name)) {
            Some(gate) => gate.clone().acquire_owned().await.ok(),
            None => None,
        };
        Places { connecting: self.connecting.clone().acquire_owned().await.ok(), _behind: behind }
    }

    pub(super) async fn work(&self) -> Option<OwnedSemaphorePermit> {
        self.working.clone().acquire_owned().await.ok()
    }
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
    #[error("the run's books were lost: {0}")]
    Ledger(String),
}

/// Where events go: the journal, then everyone else.
pub struct Sinks {
    pub journal: Box<dyn Sink>,
    pub others: Vec<Box<dyn Sink>>,
}

/// What a host's task tells the run's owner.
pub(super) struct Note {
    pub kind: EventKind,
    /// Somebody waits until it is durable.
    pub durable: Option<Durable>,
}

/// The wish that an event be durable.
pub(super) struct Durable {
    pub sealed: Option<Vec<u8>>,
    pub done: oneshot::Sender<()>,
}

impl From<EventKind> for Note {
    fn from(kind: EventKind) -> Self {
        Self { kind, durable: None }
    }
}

enum Message {
    Event(Box<Note>),
    Interrupt(u8, u8),
    /// Why no further host is started.
    Stopped(String),
    Tick,
}

/// Runs `job` on `targets` and returns how it ended. `interrupts` may be fed at any time: the first stops
/// starting, the second ends what runs on the hosts, the third gives up waiting.
pub async fn run(
    job: Job,
    targets: Vec<Target>,
    client: Arc<Client>,
    secrets: Arc<dyn Secrets>,
    sinks: Sinks,
    mut interrupts: mpsc::Receiver<Interrupt>,
) -> Result<Summary, RunError> {
    let stops = Stops::new();
    let permits = Arc::new(Permits::new(&job, &targets));
    let (messages, inbox) = mpsc::channel(1024);
    let (events, mut kinds) = mpsc::channel(1024);
    let ledger = Ledger::new(job.run.clone(), Timestamp::now(), job.max_fail);
    let first = EventKind::RunStarted { info: job.info.clone() };
    let hosts = stops.hosts.clone();
    let books = tokio::task::spawn_blocking(move || keep_books(ledger, first, sinks, inbox, &hosts));

    let job = Arc::new(job);
    let mut tasks = JoinSet::new();
    let mut names = HashMap::new();
    let mut waves = waves(&job.waves, targets).into_iter();
    // Taken when nobody is left to start, so that the channel ends with the last host.
    let mut events = Some(events);
    let (mut well, mut wave) = (true, 0);

    let mut stage = 0;
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut open = true;
    while open || !tasks.is_empty() {
        if tasks.is_empty()
            && let Some(of) = events.take()
        {
            if !well && (job.max_fail.is_none() || (job.canary && wave == 1)) {
                stops.hosts.cancel();
                let what = if job.canary && wave == 1 { "the canary" } else { "a host of the batch" };
                let why = format!("{what} ended badly; the other hosts were not started");
                let _ = messages.send(Message::Stopped(why)).await;
            }
            wave += 1;
            for target in waves.next().unwrap_or_default() {
                let name = target.host.name.clone();
                let executor = Executor {
                    job: job.clone(),
                    target,
                    client: client.clone(),
                    secrets: secrets.clone(),
                    permits: permits.clone(),
                    stops: stops.clone(),
                    events: of.clone(),
                };
                names.insert(tasks.spawn(executor.run()).id(), name);
            }
            if waves.len() > 0 {
                events = Some(of);
            }
        }
        let message = tokio::select! {
            biased;
            Some(Interrupt(by)) = interrupts.recv() => {
                stage += 1;
                stops.starting.cancel();
                if stage >= 2 {
                    stops.working.cancel();
                }
                Message::Interrupt(stage, by)
            }
            kind = kinds.recv(), if open => match kind {
                Some(note) => Message::Event(Box::new(note)),
                None => { open = false; continue }
            },
            Some(ended) = tasks.join_next_with_id() => match ended {
                Ok((_, ended_well)) => { well &= ended_well; continue }
                Err(error) => {
                    well = false;
                    match names.get(&error.id()) {
                        Some(host) => Message::Event(Box::new(internal(host.clone(), &error).into())),
                        None => continue,
                    }
                }
            },
            _ = ticks.tick() => Message::Tick,
        };
        if messages.send(message).await.is_err() {
            // The books are closed: the journal failed. Nothing new may begin.
            stops.starting.cancel();
            stops.working.cancel();
            break;
        }
        if stage >= 3 {
            break;
        }
    }
    drop(messages);
    tasks.abort_all();
    books.await.map_err(|e| RunError::Ledger(e.to_string()))?
}

/// The hosts in the waves in which they go.
fn waves(sizes: &[usize], targets: Vec<Target>) -> Vec<Vec<Target>> {
    if sizes.is_empty() {
        return vec![targets];
    }
    let mut targets = targets.into_iter();
    let mut waves: Vec<Vec<Target>> = sizes.iter().map(|n| targets.by_ref().take(*n).collect()).collect();
    if let Some(last) = waves.last_mut() {
        last.extend(targets);
    }
    waves.retain(|wave| !wave.is_empty());
    waves
}

/// A host's task that panicked becomes that host's result; the others go on.
fn internal(host: HostName, error: &tokio::task::JoinError) -> EventKind {
    let fault = Fault::new(FaultKind::Internal, format!("fleet failed on this host; please report it: {error}"));
    EventKind::HostFinished { host, status: HostStatus::Failed, fault: Some(fault), notes: Vec::new(), millis: 0 }
}

/// The thread that owns the run's state: it numbers events, gives them to the journal and then to everyone.
fn keep_books(
    mut ledger: Ledger,
    first: EventKind,
    sinks: Sinks,
    mut inbox: mpsc::Receiver<Message>,
    hosts: &CancellationToken,
) -> Result<Summary, RunError> {
    let mut open = BTreeMap::new();
    if let EventKind::RunStarted { info } = &first {
        open.extend(info.hosts.iter().cloned().map(|host| (host, false)));
    }
    let (event, _) = ledger.enter(Timestamp::now(), first);
    let mut sinks = Teller { sinks, untold: Vec::new() };
    sinks.give(event)?;
    while let Some(message) = inbox.blocking_recv() {
        match message {
            Message::Tick => {
                sinks.flush()?;
                sinks.sinks.others.iter_mut().for_each(|sink| drop(sink.tick()));
            }
            Message::Stopped(why) => ledger.stopped(why),
            Message::Interrupt(stage, by) => {
                sinks.give(ledger.interrupt(Timestamp::now(), stage, by))?;
                sinks.flush()?;
            }
            Message::Event(note) => {
                let Note { kind, durable } = *note;
                match &kind {
                    EventKind::Connecting { host } => drop(open.insert(host.clone(), true)),
                    EventKind::HostFinished { host, .. } => drop(open.remove(host)),
                    _ => {}
                }
                let (event, action) = ledger.enter(Timestamp::now(), kind);
                if action == Some(Action::StopStarting) {
                    hosts.cancel();
                }
                match durable {
                    None => sinks.give(event)?,
                    Some(Durable { sealed, done }) => {
                        sinks.sinks.journal.durable(&event, sealed.as_deref()).map_err(RunError::Journal)?;
                        // Whoever waited may be gone.
                        let _ = done.send(());
                        sinks.untold.push(event);
                        sinks.tell();
                    }
                }
            }
        }
    }
    // Who is left here was given up: after a third Ctrl-C nobody waits for its end.
    for (host, begun) in open {
        let status = if begun { HostStatus::Cancelled } else { HostStatus::NotStarted };
        let notes =
            if begun { vec!["not waited for; what it did last is not confirmed".to_owned()] } else { Vec::new() };
        let kind = EventKind::HostFinished { host, status, fault: None, notes, millis: 0 };
        let (event, _) = ledger.enter(Timestamp::now(), kind);
        sinks.give(event)?;
    }
    let (event, summary) = ledger.close(Timestamp::now());
    sinks.give(event)?;
    sinks.flush()?;
    Ok(summary)
}

/// The journal first, and everyone else when it is durable there: what was told is not lost with the controller.
struct Teller {
    sinks: Sinks,
    untold: Vec<Event>,
}

/// Events that wait to be durable at most.
const UNTOLD: usize = 512;

impl Teller {
    fn give(&mut self, event: Event) -> Result<(), RunError> {
        self.sinks.journal.event(&event).map_err(RunError::Journal)?;
        self.untold.push(event);
        if self.untold.len() >= UNTOLD { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), RunError> {
        if !self.untold.is_empty() {
            self.sinks.journal.tick().map_err(RunError::Journal)?;
            self.tell();
        }
        Ok(())
    }

    /// When another sink fails it is dropped, and the others go on.
    fn tell(&mut self) {
        for event in self.untold.drain(..) {
            self.sinks.others.retain_mut(|sink| sink.event(&event).is_ok());
        }
    }
}
