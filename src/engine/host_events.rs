//! What one host's task tells the recorder.

use super::recorder::{Durable, Note};
use crate::model::{EventKind, HostName, StepRef};
use tokio::sync::{mpsc, oneshot};

/// The way from one host's task to the recorder.
pub(super) struct HostEvents {
    pub host: HostName,
    pub recorder: mpsc::Sender<Note>,
}

impl HostEvents {
    /// The receiver lives until every task has ended, so a failed send means that the run is being torn down.
    pub async fn send(&self, kind: EventKind) {
        let _ = self.recorder.send(kind.into()).await;
    }

    /// An event that may be dropped when the recorder is behind.
    pub fn may_send(&self, kind: EventKind) {
        let _ = self.recorder.try_send(kind.into());
    }

    /// That a step begins.
    pub fn started(&self, step: StepRef) -> EventKind {
        EventKind::StepStarted { host: self.host.clone(), step }
    }

    /// Waits until the event, and what is sealed with it, is durable; false when it never will be.
    pub async fn record(&self, kind: EventKind, sealed: Option<Vec<u8>>) -> bool {
        let (done, durable) = oneshot::channel();
        let note = Note { kind, durable: Some(Durable { sealed, done }) };
        self.recorder.send(note).await.is_ok() && durable.await.is_ok()
    }
}
