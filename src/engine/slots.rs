//! Places to connect and to work: how many hosts do so at once.

use super::job::{Job, Target};
use crate::model::HostName;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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
    pub(super) fn new(job: &Job, targets: &[Target]) -> Self {
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
