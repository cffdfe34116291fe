//! What stops a host's work: people, the limits of the run, and the host's own deadline.

use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How people and limits stop a host's work.
#[derive(Clone)]
pub struct Stops {
    /// No new host. Those that work go on.
    pub hosts: CancellationToken,
    /// No new host, no new step.
    pub starting: CancellationToken,
    /// End what runs on the host.
    pub working: CancellationToken,
}

impl Stops {
    /// Nothing is stopped yet.
    pub fn new() -> Self {
        let starting = CancellationToken::new();
        Self { hosts: starting.child_token(), starting, working: CancellationToken::new() }
    }
}

/// A host's own deadline. It ends the work the way an interruption does: by ending it on the host. While the host
/// waits for a place to work it stands still: how long others take is not the host's time.
pub struct Limit {
    left: Duration,
    running: Option<(Instant, JoinHandle<()>)>,
    /// It has passed.
    pub overdue: CancellationToken,
    /// Cancelled when it has passed, or when somebody interrupts.
    pub working: CancellationToken,
}

impl Limit {
    pub fn new(left: Duration, working: CancellationToken) -> Self {
        Self { left, running: None, overdue: CancellationToken::new(), working }
    }

    pub fn run(&mut self) {
        let (left, overdue, working) = (self.left, self.overdue.clone(), self.working.clone());
        let timer = tokio::spawn(async move {
            tokio::time::sleep(left).await;
            overdue.cancel();
            working.cancel();
        });
        self.running = Some((Instant::now(), timer));
    }

    pub fn rest(&mut self) {
        if let Some((since, timer)) = self.running.take() {
            timer.abort();
            self.left = self.left.saturating_sub(since.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_deadline_of_a_host_stands_still_while_it_waits_for_others() {
        let mut limit = Limit::new(Duration::from_millis(300), CancellationToken::new());
        limit.run();
        limit.rest();
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert!(!limit.overdue.is_cancelled());
        limit.run();
        limit.working.cancelled().await;
        assert!(limit.overdue.is_cancelled());
    }
}
