//! One host, from connecting to its last event. It never prints, stores or decides for others: it sends
//! events and waits.

mod changes;

use super::flow::{Flow, Request, Said};
use super::flow::{Purpose, Turn};
use super::host_events::HostEvents;
use super::job::{Job, Target};
use super::limit::{Limit, Stops};
use super::slots::{Permits, Places};
use crate::mail::detect;
use crate::model::fault::{FaultKind, Timeout};
use crate::model::{EventKind, Fault, HostStatus, Outcome};
use crate::shell::{Ended, PartOutput};
use crate::ssh::{Client, Progress, Secrets, Shell};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Everything one host's task needs.
pub struct Executor {
    pub job: Arc<Job>,
    pub target: Target,
    pub client: Arc<Client>,
    pub secrets: Arc<dyn Secrets>,
    pub permits: Arc<Permits>,
    pub stops: Stops,
    pub events: HostEvents,
}

/// How the host ended: its status, and why.
struct Ending {
    status: HostStatus,
    fault: Option<Fault>,
    notes: Vec<String>,
}

impl Ending {
    fn plain(status: HostStatus) -> Self {
        Self { status, fault: None, notes: Vec::new() }
    }

    fn fault(status: HostStatus, fault: Fault) -> Self {
        Self { status, fault: Some(fault), notes: Vec::new() }
    }
}

impl Executor {
    /// Runs the host to its end; sends exactly one `HostFinished`. False when it ended badly.
    pub async fn run(self) -> bool {
        let waiting = tokio::select! {
            biased;
            () = self.stops.hosts.cancelled() => None,
            permit = self.permits.connect(&self.target) => Some(permit),
        };
        let Some(places) = waiting else {
            return self.finish(Ending::plain(HostStatus::NotStarted), Duration::ZERO).await;
        };
        let began = Instant::now();
        let mut limit = Limit::new(self.job.timeouts.host, self.stops.working.child_token());
        // In a box, so that a host that waits for its turn holds none of it.
        let mut ending = Box::pin(self.work(places, &mut limit)).await;
        limit.rest();
        if limit.overdue.is_cancelled() && ending.status != HostStatus::Ok {
            let text = format!("not finished after {} s", self.job.timeouts.host.as_secs());
            ending.fault.get_or_insert(Fault::new(FaultKind::Timeout(Timeout::Total), text));
            ending.status = HostStatus::TimedOut;
        }
        self.finish(ending, began.elapsed()).await
    }

    async fn work(&self, mut places: Places, limit: &mut Limit) -> Ending {
        let host = &self.target.host;
        let working = &limit.working.clone();
        limit.run();
        self.events.send(EventKind::Connecting { host: host.name.clone() }).await;
        let began = Instant::now();
        let chain: Vec<_> = self.target.chain.iter().map(Arc::as_ref).collect();
        let connected = tokio::select! {
            biased;
            () = working.cancelled() => return Ending::plain(HostStatus::Cancelled),
            // Nothing was run on it yet, so there is no end to wait for.
            () = self.stops.hosts.cancelled() => return Ending::plain(HostStatus::NotStarted),
            connected = self.client.connect(host, &chain, self.secrets.as_ref()) => connected,
        };
        let connection = match connected {
            Ok(connection) => connection,
            Err(fault) => return Ending::fault(HostStatus::Unreachable, fault),
        };
        self.events
            .send(EventKind::Connected {
                host: host.name.clone(),
                fingerprint: connection.fingerprint(),
                legacy: connection.legacy(),
                millis: millis(began.elapsed()),
            })
            .await;
        limit.rest();
        let permit = tokio::select! {
            biased;
            () = self.stops.hosts.cancelled() => None,
            permit = self.permits.work() => permit,
        };
        limit.run();
        // Connecting holds no place among those that work, so a dead host costs nothing but its own deadline. But who
        // waits for such a place keeps that for connecting: otherwise all hosts of a run would be connected at once.
        drop(places.connecting.take());
        let ending = match permit {
            None => Ending::plain(HostStatus::NotStarted),
            Some(_permit) => tokio::select! {
                biased;
                () = working.cancelled() => Ending::plain(HostStatus::Cancelled),
                opened = connection.shell(host.sudo.as_ref(), self.secrets.as_ref()) => match opened {
                    Err(fault) => Ending::fault(status_of(&fault), fault),
                    Ok(mut shell) => {
                        let ending = self.walk(&mut shell, &connection.fingerprint(), limit).await;
                        // Everything that was asked has been answered; how the session ends changes nothing.
                        let _ = shell.close().await;
                        ending
                    }
                },
            },
        };
        connection.close().await;
        ending
    }

    /// The profile, where the playbook needs it, then batch after batch until nothing is left to ask.
    async fn walk(&self, shell: &mut Shell, fingerprint: &str, limit: &mut Limit) -> Ending {
        let working = &limit.working.clone();
        let job = &self.job;
        let mut flow = Flow::new(
            job.playbook.clone(),
            &job.params,
            self.target.host.clone(),
            job.clock.clone(),
            job.timeouts.step,
        )
        .with_baseline(self.target.baseline.clone())
        .with_purpose(match &job.changes {
            None => Purpose::Read,
            Some(changes) if changes.apply => Purpose::Apply,
            Some(_) => Purpose::Plan,
        })
        .resuming(match job.changes.as_ref().and_then(|c| c.prior.get(&self.target.host.name)) {
            Some(prior) => prior.iter().map(|l| l.change.step).collect(),
            None => BTreeSet::new(),
        });
        if Flow::needs_profile(&job.playbook) {
            let parts = [detect::part()];
            let outputs = match shell.run(&parts, &mut |_, _| {}, working).await {
                Ok(outputs) => outputs,
                Err(fault) => return Ending::fault(status_of(&fault), fault),
            };
            match detect::read(&outputs) {
                Ok(profile) => {
                    let host = self.target.host.name.clone();
                    self.events.send(EventKind::Profiled { host, profile: profile.clone() }).await;
                    flow.profiled(profile);
                }
                Err(_) if working.is_cancelled() => return Ending::plain(HostStatus::Cancelled),
                Err(fault) => return Ending::fault(HostStatus::Failed, fault),
            }
        }
        let mut said = Vec::new();
        // What an earlier run left, and is settled.
        let mut settled = BTreeSet::new();
        loop {
            let requests = flow.next(&mut said);
            self.tell(&flow, &mut said).await;
            if requests.is_empty() {
                let turn = flow.turn(&mut said);
                self.tell(&flow, &mut said).await;
                let stops = matches!(turn, Turn::Change(_) | Turn::Planned(_)) && self.stops.starting.is_cancelled();
                if stops {
                    return self.abandon(flow, Ending::plain(HostStatus::Cancelled), "interrupted").await;
                }
                match turn {
                    Turn::Over => break,
                    Turn::Go => {}
                    Turn::Planned(planned) => self.planned(&mut flow, planned, fingerprint, limit, &mut said).await,
                    Turn::Change(change) => {
                        let prior = job.changes.iter().flat_map(|c| c.prior(&self.target.host.name, &change));
                        settled.extend(prior.map(|l| l.op.clone()));
                        if let Some(fault) = self.change(&mut flow, shell, &change, working, &mut said).await {
                            self.tell(&flow, &mut said).await;
                            let reason = fault.to_string();
                            return self.abandon(flow, Ending::fault(status_of(&fault), fault), &reason).await;
                        }
                    }
                }
                self.tell(&flow, &mut said).await;
                continue;
            }
            if self.stops.starting.is_cancelled() {
                return self.abandon(flow, Ending::plain(HostStatus::Cancelled), "interrupted").await;
            }
            match self.batch(&flow, shell, &requests, limit).await {
                Ok(answers) => {
                    // What did not come to its end because everything ended is told with the reason for that.
                    let over = working.is_cancelled() || shell.fault().is_some();
                    let cut = |o: &PartOutput| over && matches!(o.ended, Ended::Lost | Ended::NotStarted);
                    for (step, outputs) in answers {
                        if !outputs.iter().flatten().any(cut) {
                            flow.answer(step, outputs, &mut said);
                        }
                    }
                    shell.release();
                    self.tell(&flow, &mut said).await;
                    if working.is_cancelled() {
                        return self.abandon(flow, Ending::plain(HostStatus::Cancelled), "interrupted").await;
                    }
                    if let Some(fault) = shell.fault().cloned() {
                        let reason = fault.to_string();
                        return self.abandon(flow, Ending::fault(status_of(&fault), fault), &reason).await;
                    }
                }
                Err(fault) => {
                    let reason = fault.to_string();
                    return self.abandon(flow, Ending::fault(status_of(&fault), fault), &reason).await;
                }
            }
        }
        self.settle_rest(&mut flow, shell, &settled, working).await;
        Ending { status: flow.status(), fault: None, notes: flow.notes() }
    }

    /// Sends all requests as one script and sorts the answers by step.
    async fn batch(
        &self,
        flow: &Flow,
        shell: &mut Shell,
        requests: &[Request],
        limit: &mut Limit,
    ) -> Result<Vec<(usize, Vec<Vec<PartOutput>>)>, Fault> {
        let parts: Vec<_> = requests.iter().flat_map(|r| r.parts.iter().cloned()).collect();
        let owners: Vec<usize> = requests.iter().flat_map(|r| r.parts.iter().map(|_| r.step)).collect();
        let mut last = None;
        let working = &limit.working.clone();
        let mut on = |part: usize, progress: Progress| {
            match progress {
                // How long others take is not the host's time.
                Progress::Waits => limit.rest(),
                Progress::GoesOn => limit.run(),
                Progress::Started { .. } | Progress::Ended(_) => {}
            }
            let Some(&step) = owners.get(part) else { return };
            if matches!(progress, Progress::Started { .. })
                && last.replace(step) != Some(step)
                && let Some(step) = flow.step(step)
            {
                // The one event that may be dropped: it only feeds the live view.
                self.events.may_send(self.events.started(step.reference()));
            }
        };
        let mut outputs = shell.run(&parts, &mut on, working).await?.into_iter();
        let mut answers: Vec<(usize, Vec<Vec<PartOutput>>)> = Vec::new();
        for request in requests {
            let own: Vec<PartOutput> = outputs.by_ref().take(request.parts.len()).collect();
            match answers.last_mut() {
                Some((step, items)) if *step == request.step => items.push(own),
                _ => answers.push((request.step, vec![own])),
            }
        }
        Ok(answers)
    }

    async fn abandon(&self, mut flow: Flow, ending: Ending, reason: &str) -> Ending {
        let outcome = match ending.status {
            HostStatus::Cancelled => Outcome::Cancelled,
            HostStatus::TimedOut => Outcome::TimedOut,
            _ => Outcome::Failed,
        };
        let mut said = Vec::new();
        flow.abandon(outcome, reason, ending.fault.as_ref(), &mut said);
        self.tell(&flow, &mut said).await;
        // What was sent and not answered outweighs how the connection ended.
        let status = if flow.status() == HostStatus::Unknown { HostStatus::Unknown } else { ending.status };
        Ending { notes: flow.notes(), status, ..ending }
    }

    async fn tell(&self, flow: &Flow, said: &mut Vec<Said>) {
        let host = &self.target.host.name;
        for said in said.drain(..) {
            let (Said::Step { step: index, .. } | Said::Found { step: index, .. }) = &said;
            let Some(step) = flow.step(*index).map(|s| s.reference()) else { continue };
            let host = host.clone();
            self.events
                .send(match said {
                    Said::Found { finding, .. } => EventKind::Found { host, step, finding },
                    Said::Step { end, elapsed, .. } => EventKind::StepFinished {
                        host,
                        step,
                        outcome: end.outcome,
                        reason: end.reason,
                        fault: end.fault,
                        tolerated: end.tolerated,
                        data: end.data,
                        millis: millis(elapsed),
                    },
                })
                .await;
        }
    }

    async fn finish(&self, ending: Ending, elapsed: Duration) -> bool {
        let well = matches!(ending.status, HostStatus::Ok | HostStatus::Skipped);
        self.events
            .send(EventKind::HostFinished {
                host: self.target.host.name.clone(),
                status: ending.status,
                fault: ending.fault,
                notes: ending.notes,
                millis: millis(elapsed),
            })
            .await;
        well
    }
}

fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

/// A connection that is lost while reading leaves the host unreachable; a shell or sudo that refuses is a
/// failure of a host that was reached.
fn status_of(fault: &Fault) -> HostStatus {
    match fault.kind {
        FaultKind::Unreachable(_) | FaultKind::Hostkey(_) | FaultKind::Auth(_) | FaultKind::Lost => {
            HostStatus::Unreachable
        }
        FaultKind::Timeout(_) => HostStatus::TimedOut,
        FaultKind::Privilege(_) | FaultKind::Shell(_) | FaultKind::Violation | FaultKind::Internal => {
            HostStatus::Failed
        }
    }
}
