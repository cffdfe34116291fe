//! One made-up host as its connections share it, and what runs on it.

use super::machine::Machine;
use super::scenario::{Behaviour, Scenario};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// What can be ended by a pid: the part alone, or its whole session.
#[derive(Clone, Default)]
pub struct Running {
    pub part: CancellationToken,
    pub session: CancellationToken,
}

/// A host as its connections share it.
pub struct Served {
    scenario: Scenario,
    next_pid: AtomicU32,
    running: Mutex<HashMap<u32, Running>>,
}

impl Served {
    pub fn new(scenario: Scenario) -> Self {
        Self { scenario, next_pid: AtomicU32::new(4_200), running: Mutex::default() }
    }

    pub fn behaviour(&self) -> Behaviour {
        self.scenario.behaviour
    }

    pub fn machine(&self) -> &Machine {
        &self.scenario.machine
    }

    /// Enters a part that has begun; its pid.
    pub fn started(&self, running: Running) -> u32 {
        let pid = self.next_pid.fetch_add(1, Ordering::Relaxed);
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(pid, running);
        pid
    }

    pub fn ended(&self, pid: u32) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&pid);
    }

    /// Ends what the data of a kill part names: a process, and `1` for its whole session. Returns its answer.
    pub fn kill(&self, data: &[String]) -> String {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let pid = data.first().and_then(|pid| pid.parse().ok());
        if let Some(found) = pid.and_then(|pid: u32| running.get(&pid)) {
            if data.get(3).is_some_and(|whole| whole == "1") { &found.session } else { &found.part }.cancel();
        }
        "left=0\n".into()
    }
}
