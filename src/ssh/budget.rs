//! Bytes of answers that all hosts of a run together may keep before they are read.
//!
//! A host draws from it piece by piece, as its answers come in; one that gets nothing waits, and what it sends waits on the
//! host. So that those that wait for each other do not wait for ever, one host at a time may go on without: it comes to
//! its end, and what it drew comes back.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// For all hosts together.
const TOTAL: usize = 128 << 20;
/// What is drawn at once.
const PIECE: usize = 1 << 20;
/// What every batch may keep without drawing: nearly all answers are smaller.
const FREE: usize = 256 << 10;
/// More than one message of a channel, on either stream.
const MESSAGE: usize = 64 << 10;

/// The bytes of a run.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    pieces: Arc<Semaphore>,
    beyond: Arc<Semaphore>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { pieces: Arc::new(Semaphore::new(TOTAL / PIECE)), beyond: Arc::new(Semaphore::new(1)) }
    }
}

/// What one batch drew; it comes back when this is dropped.
#[derive(Debug)]
pub(super) struct Drawn {
    budget: Budget,
    permits: Vec<OwnedSemaphorePermit>,
    granted: usize,
}

impl Drawn {
    pub fn new(budget: Budget) -> Self {
        Self { budget, permits: Vec::new(), granted: FREE }
    }

    /// Whether one more message can be kept beside `kept` bytes.
    pub fn has_room(&self, kept: usize) -> bool {
        self.granted.saturating_sub(kept) >= MESSAGE
    }

    /// Draws another piece, if there is one.
    pub fn try_more(&mut self) -> bool {
        let piece = self.budget.pieces.clone().try_acquire_owned();
        piece.map(|permit| self.take(permit, PIECE)).is_ok()
    }

    /// Waits for another piece, or for the right to go on without.
    pub async fn more(&mut self) {
        let Budget { pieces, beyond } = self.budget.clone();
        tokio::select! {
            Ok(permit) = pieces.acquire_owned() => self.take(permit, PIECE),
            Ok(permit) = beyond.acquire_owned() => self.take(permit, usize::MAX),
            // Neither is ever closed.
            else => {}
        }
    }

    fn take(&mut self, permit: OwnedSemaphorePermit, bytes: usize) {
        self.granted = self.granted.saturating_add(bytes);
        self.permits.push(permit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test]
    async fn who_waits_gets_what_others_give_back_and_one_goes_on_without() {
        let budget = Budget::default();
        let mut all = Drawn::new(budget.clone());
        while all.try_more() {}
        assert!(all.has_room(TOTAL) && !all.has_room(TOTAL + FREE));
        let (mut first, mut second) = (Drawn::new(budget.clone()), Drawn::new(budget));
        assert!(first.has_room(FREE - MESSAGE) && !first.has_room(FREE));
        first.more().await;
        assert!(first.has_room(100 * TOTAL), "one may go beyond");
        let wait = Duration::from_millis(100);
        assert!(timeout(wait, second.more()).await.is_err(), "and no other");
        drop(first);
        timeout(wait, second.more()).await.unwrap();
        drop((all, second));
    }
}
