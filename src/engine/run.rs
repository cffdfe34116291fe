//! The owner of a run: starts one task for each host, wave after wave, takes interruptions, and ends the run when
//! everyone has ended.

use super::host::Executor;
use super::host_events::HostEvents;
use super::job::{Interrupt, Job, RunError, Sinks, Target};
use super::ledger::Ledger;
use super::limit::Stops;
use super::recorder::{Message, record};
use super::slots::Permits;
use crate::model::fault::FaultKind;
use crate::model::{EventKind, Fault, HostName, HostStatus, Summary};
use crate::ssh::{Client, Secrets};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

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
    let changing = job.playbook.steps.iter().filter(|step| step.changes()).map(|step| step.index).collect();
    let ledger = Ledger::new(job.run.clone(), Timestamp::now(), job.max_fail).on_terms(job.terms.clone(), changing);
    let first = EventKind::RunStarted { info: job.info.clone() };
    let hosts = stops.hosts.clone();
    let recorder = tokio::task::spawn_blocking(move || record(ledger, first, sinks, inbox, &hosts));

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
                    events: HostEvents { host: name.clone(), recorder: of.clone() },
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
            // The recorder has ended: the journal failed. Nothing new may begin.
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
    recorder.await.map_err(|e| RunError::Ledger(e.to_string()))?
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
