//! Where events go.

use crate::model::Event;
use std::io;

/// A receiver of the run's events, in order. The store comes first and its failure ends the run; any other
/// sink that fails is dropped with a warning, and the others go on.
pub trait Sink: Send {
    /// Called once for every event, in the order of `seq`, on the dispatcher's thread.
    ///
    /// # Errors
    /// When the receiver cannot take it: a full disk, a pipe that was closed.
    fn event(&mut self, event: &Event) -> io::Result<()>;
    /// The same for an event that something irrevocable waits for: when it returns, the event survives a crash, and so
    /// does `sealed`, a secret that only the store's owner can open.
    ///
    /// # Errors
    /// When it is not certain that the event survives; what waits for it must not go on then.
    fn durable(&mut self, event: &Event, sealed: Option<&[u8]>) -> io::Result<()> {
        let _ = sealed;
        self.event(event)
    }
    /// Called at least every 100 ms while a run is going on: commit, redraw.
    ///
    /// # Errors
    /// As for [`Sink::event`].
    fn tick(&mut self) -> io::Result<()> {
        Ok(())
    }
}
