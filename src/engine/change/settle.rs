//! What an earlier run left of a change: its traces on the host are read, and then the host itself.

use super::ChangeRun;
use crate::engine::flow::ChangeEnd;
use crate::engine::job::PriorChange;
use crate::host::act::{Evidence, ScriptReport};
use crate::model::{Change, Op, Outcome, RowEnd, RowResult, Secret};
use crate::shell::guard::{self, Trace};
use std::time::Duration;

/// How often, and how long in all, a change that still runs is waited for.
const POLL: Duration = Duration::from_secs(2);
const POLLS: u32 = 150;

impl ChangeRun<'_> {
    /// Settles what an earlier run left of a change that is no longer to be done.
    pub async fn settle_alone(mut self, prior: &PriorChange) -> Outcome {
        let end = match self.unseal(prior) {
            Ok(secret) => match self.settle(prior, secret.as_ref()).await {
                Ok(rows) => {
                    let planned = prior.change.rows.len();
                    return ChangeEnd::judged(prior.op.clone(), planned, rows, Vec::new(), Duration::ZERO).outcome;
                }
                Err(end) => *end,
            },
            Err(why) => ChangeEnd::bad(prior.op.clone(), 0, Outcome::Unknown, &why, Duration::ZERO),
        };
        self.tell(&end).await;
        end.outcome
    }

    /// What an earlier run's change came to, by its traces and by looking; told under its own name. The error is the end of
    /// a change of which nothing is done now: it stays unknown, or its traces say how it ended.
    pub(super) async fn settle(
        &mut self,
        prior: &PriorChange,
        secret: Option<&Secret>,
    ) -> Result<Vec<RowResult>, Box<ChangeEnd>> {
        let once = self.flow.with_verb(&prior.change, None, self.again, |verb, _| verb.once()) == Some(true);
        match &prior.rows {
            Some(rows) if once || rows.iter().all(|row| row.end != RowEnd::Failed) => return Ok(rows.clone()),
            Some(rows) => return Ok(self.since(prior, rows, secret).await),
            None => {}
        }
        let planned = prior.change.rows.len();
        let unknown =
            |why: &str| Box::new(ChangeEnd::bad(prior.op.clone(), planned, Outcome::Unknown, why, Duration::ZERO));
        for _ in 0..POLLS {
            let outputs = self.read(&[guard::traces(&prior.op)]).await.map_err(|why| unknown(&why))?;
            let traces = guard::read_traces(&outputs).ok_or_else(|| unknown("its traces cannot be read"))?;
            let end = match traces.last() {
                Some(Trace::Running) => {
                    tokio::time::sleep(POLL).await;
                    continue;
                }
                // It never began on the host, and cannot any more.
                None => ChangeEnd::bad(prior.op.clone(), planned, Outcome::Failed, "it was not begun", Duration::ZERO),
                Some(trace @ (Trace::Broken | Trace::Done(_))) => {
                    let change = &prior.change;
                    let by_trace =
                        self.flow.with_verb(change, None, self.again, |verb, ctx| verb.settled(ctx, change, trace));
                    match by_trace.flatten() {
                        None => {}
                        Some(Err(why)) => return Err(unknown(&why)),
                        Some(Ok(ScriptReport { rows, notes, data, .. })) => {
                            let end = ChangeEnd::judged(prior.op.clone(), planned, rows, notes, Duration::ZERO);
                            return Err(Box::new(ChangeEnd { data, ..end }));
                        }
                    }
                    let rows = self
                        .judged(&prior.change, Evidence::Traces(&traces), secret)
                        .await
                        .map_err(|why| unknown(&why))?;
                    ChangeEnd::judged(prior.op.clone(), planned, rows, Vec::new(), Duration::ZERO)
                }
            };
            if end.outcome == Outcome::Unknown {
                return Err(Box::new(end));
            }
            self.tell(&end).await;
            return Ok(end.rows);
        }
        Err(unknown("it still runs on the host"))
    }

    /// A failure that is on record, with what became of its rows since: what was done before it failed may be something else
    /// now, and is not done again then.
    async fn since(&mut self, prior: &PriorChange, failed: &[RowResult], secret: Option<&Secret>) -> Vec<RowResult> {
        let traces = self.read(&[guard::traces(&prior.op)]).await.ok();
        let Some(mut traces) = traces.and_then(|outputs| guard::read_traces(&outputs)) else { return failed.to_vec() };
        // That the last act did not do it was heard from itself.
        if prior.heard {
            traces.pop();
        }
        let now = self.judged(&prior.change, Evidence::Traces(&traces), secret).await.unwrap_or_default();
        let overtaken = |row: &&RowResult| row.end == RowEnd::Overtaken;
        if !now.iter().any(|row| overtaken(&row)) {
            return failed.to_vec();
        }
        let of = |row: &RowResult| match row.end {
            RowEnd::Failed => now.iter().filter(overtaken).find(|now| now.key == row.key).unwrap_or(row).clone(),
            _ => row.clone(),
        };
        let (rows, planned) = (failed.iter().map(of).collect(), prior.change.rows.len());
        let end = ChangeEnd::judged(prior.op.clone(), planned, rows, Vec::new(), Duration::ZERO);
        self.tell(&end).await;
        end.rows
    }

    /// What an act left that took too long: it may have ended on the host before its time was over here, as when the
    /// controller stood still. The error is why that is not known.
    pub(super) async fn overdue(&mut self, op: &Op, change: &Change) -> Result<ScriptReport, String> {
        let fault = Some("it was ended: it took too long".to_owned());
        let late = ScriptReport { fault, ..ScriptReport::default() };
        for _ in 0..POLLS {
            let outputs = self.read(&[guard::traces(op)]).await?;
            let traces = guard::read_traces(&outputs).ok_or("its traces cannot be read")?;
            match traces.last() {
                Some(Trace::Running) => tokio::time::sleep(POLL).await,
                Some(trace @ Trace::Done(_)) => {
                    let by_trace =
                        self.flow.with_verb(change, None, self.again, |verb, ctx| verb.settled(ctx, change, trace));
                    return by_trace.flatten().unwrap_or(Ok(late));
                }
                _ => return Ok(late),
            }
        }
        Err("it still runs on the host".to_owned())
    }
}
