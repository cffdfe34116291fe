//! Signals to interruptions. SIGTERM and SIGHUP come from programs that do not press twice: what runs on the
//! hosts is ended after a grace.

use crate::engine::Interrupt;
use std::io;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// How long running steps may go on after SIGTERM.
const GRACE: Duration = Duration::from_secs(10);

/// A receiver of interruptions for one run.
pub fn interrupts() -> io::Result<mpsc::Receiver<Interrupt>> {
    let (sender, receiver) = mpsc::channel(4);
    let mut int = signal(SignalKind::interrupt())?;
    let mut term = signal(SignalKind::terminate())?;
    let mut hup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        loop {
            let by = tokio::select! {
                Some(()) = int.recv() => 2,
                Some(()) = term.recv() => 15,
                Some(()) = hup.recv() => 15,
                () = sender.closed() => return,
            };
            if sender.send(Interrupt(by)).await.is_err() {
                return;
            }
            if by == 15 {
                let again = sender.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(GRACE).await;
                    let _ = again.send(Interrupt(15)).await;
                });
            }
        }
    });
    Ok(receiver)
}
