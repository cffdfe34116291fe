//! The thread that owns the run's state: it numbers events, gives them to the journal and then to everyone.

use super::job::{RunError, Sinks};
use super::ledger::{Action, Ledger};
use crate::model::{Event, EventKind, HostStatus, Summary};
use jiff::Timestamp;
use std::collections::BTreeMap;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

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

/// What reaches the recorder.
pub(super) enum Message {
    Event(Box<Note>),
    Interrupt(u8, u8),
    /// Why no further host is started.
    Stopped(String),
    Tick,
}

/// Owns the run's state, on a thread of its own: it numbers events, gives them to the journal and then to everyone.
pub(super) fn record(
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
    let mut recorder = Recorder { sinks, untold: Vec::new(), dropped: Vec::new() };
    recorder.give(event)?;
    while let Some(message) = inbox.blocking_recv() {
        match message {
            Message::Tick => {
                recorder.flush()?;
                recorder.sinks.others.iter_mut().for_each(|sink| drop(sink.tick()));
            }
            Message::Stopped(why) => ledger.stopped(why),
            Message::Interrupt(stage, by) => {
                recorder.give(ledger.interrupt(Timestamp::now(), stage, by))?;
                recorder.flush()?;
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
                    None => recorder.give(event)?,
                    Some(Durable { sealed, done }) => {
                        recorder.sinks.journal.durable(&event, sealed.as_deref()).map_err(RunError::Journal)?;
                        // Whoever waited may be gone.
                        let _ = done.send(());
                        recorder.untold.push(event);
                        recorder.tell();
                    }
                }
            }
        }
    }
    // Who is left here was given up: after a third Ctrl-C nobody waits for its end.
    for (host, begun) in open {
        let status = if begun { HostStatus::Cancelled } else { HostStatus::NotStarted };
        let notes =
            if begun { vec!["not waited for; its last operation is unconfirmed".to_owned()] } else { Vec::new() };
        let kind = EventKind::HostFinished { host, status, fault: None, notes, millis: 0 };
        let (event, _) = ledger.enter(Timestamp::now(), kind);
        recorder.give(event)?;
    }
    let (event, mut summary) = ledger.close(Timestamp::now());
    recorder.give(event)?;
    recorder.flush()?;
    summary.dropped = recorder.dropped;
    Ok(summary)
}

/// The journal first, and everyone else when it is durable there: what was told is not lost with the controller.
struct Recorder {
    sinks: Sinks,
    untold: Vec<Event>,
    /// Why sinks failed that were dropped.
    dropped: Vec<String>,
}

/// Events that wait to be durable at most.
const UNTOLD: usize = 512;

impl Recorder {
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

    /// When another sink fails it is dropped, and the others go on; whoever started the run is told why.
    fn tell(&mut self) {
        for event in self.untold.drain(..) {
            self.sinks.others.retain_mut(|sink| match sink.event(&event) {
                Ok(()) => true,
                Err(why) => {
                    self.dropped.push(why.to_string());
                    false
                }
            });
        }
    }
}
