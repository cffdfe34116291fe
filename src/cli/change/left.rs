//! What a run left: how far it got with each change, and what of it may be done now.

use crate::cli::planfile::PlanFile;
use crate::cli::replay::is_once;
use crate::engine::{Overtaken, PriorChange};
use crate::model::{Change, HostName, Outcome, RowEnd};
use crate::report::{self, Look, Page};
use std::collections::BTreeMap;

/// What is left of one host's changes.
pub struct Left {
    host: HostName,
    /// In order; none: it was never begun.
    changes: Vec<(String, Option<Outcome>)>,
    /// What may be done, for the first time or again, with no other rows.
    pub open: Vec<Change>,
    /// What became of a change is not known.
    pub in_doubt: bool,
}

/// Of every host of the plan.
pub fn left(
    plan: &PlanFile,
    prior: &BTreeMap<HostName, Vec<PriorChange>>,
    overtaken: &BTreeMap<HostName, Vec<Overtaken>>,
) -> Vec<Left> {
    let of = |host: &HostName, planned: &[Change]| {
        let prior = prior.get(host).map_or(&[][..], Vec::as_slice);
        let overtaken = overtaken.get(host).map_or(&[][..], Vec::as_slice);
        let mut all: Vec<&Change> = planned.iter().collect();
        for beyond in prior.iter().map(|p| &p.change) {
            if !all.iter().any(|c| c.is_same_act(beyond)) {
                all.push(beyond);
            }
        }
        let mut left = Left { host: host.clone(), changes: Vec::new(), open: Vec::new(), in_doubt: false };
        for change in all {
            let (outcome, open) = one(change, prior, overtaken);
            left.in_doubt |= outcome == Some(Outcome::Unknown);
            left.changes.push((change.title.clone(), outcome));
            left.open.extend((!open.rows.is_empty()).then_some(open));
        }
        left
    };
    plan.hosts.iter().map(|h| of(&h.host, &h.changes)).filter(|left| !left.changes.is_empty()).collect()
}

/// How far it got with one change, and what of that may be done now.
fn one(change: &Change, prior: &[PriorChange], overtaken: &[Overtaken]) -> (Option<Outcome>, Change) {
    let prior: Vec<&PriorChange> = prior.iter().filter(|p| p.change.is_same_act(change)).collect();
    let ends: BTreeMap<&str, RowEnd> =
        prior.iter().flat_map(|p| p.rows.iter().flatten()).map(|r| (r.key.as_str(), r.end)).collect();
    let over = |key: &str| overtaken.iter().any(|o| o.change.is_same_act(change) && o.by.contains_key(key));
    let once = is_once(&change.verb);
    let mut open = change.clone();
    open.rows.retain(|row| match ends.get(row.key()) {
        Some(RowEnd::Failed) => !once && !over(row.key()),
        Some(_) => false,
        None => !over(row.key()),
    });
    let any = |wanted: RowEnd| ends.values().any(|end| *end == wanted);
    let outcome = match () {
        () if prior.iter().any(|p| p.rows.is_none()) => Some(Outcome::Unknown),
        () if any(RowEnd::Failed) => Some(Outcome::Failed),
        () if any(RowEnd::Overtaken) || change.rows.iter().any(|row| over(row.key())) => Some(Outcome::Overtaken),
        () if ends.is_empty() => None,
        () => Some(Outcome::Changed),
    };
    (outcome, open)
}

/// What people read of it.
pub fn page(left: &[Left], look: Look) -> Page {
    report::left(left.iter().map(|left| (&left.host, left.changes.as_slice())), look)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Op, Row, RowResult, RunId};
    use jiff::Timestamp;
    use serde_json::Value;

    fn change(verb: &str, keys: &[&str]) -> Change {
        Change {
            step: 0,
            item: 0,
            verb: verb.into(),
            title: String::new(),
            args: Value::Null,
            rows: keys.iter().map(|key| Row::Thing { name: (*key).into(), was: Value::Null }).collect(),
            undo: None,
            irreversible: false,
        }
    }

    /// An earlier try, with the ends of its rows; none: nothing was heard.
    fn tried(change: &Change, ends: Option<&[(&str, RowEnd)]>) -> PriorChange {
        let rows = ends
            .map(|ends| ends.iter().map(|(key, end)| RowResult { key: (*key).into(), end: *end, why: None }).collect());
        let (op, at) = (Op::new([1; 16]), Timestamp::UNIX_EPOCH);
        PriorChange { op, at, change: change.clone(), heard: true, rows, sealed: None }
    }

    #[test]
    fn what_was_never_begun_and_what_failed_may_be_done_and_what_ended_may_not() {
        let of = |verb: &str, prior: &[Option<&[(&str, RowEnd)]>], by: &[&str]| {
            let change = change(verb, &["a", "b"]);
            let prior: Vec<_> = prior.iter().map(|ends| tried(&change, *ends)).collect();
            let by = by.iter().map(|key| ((*key).to_owned(), RunId("2026-12-01.9".into()))).collect();
            let (outcome, open) = one(&change, &prior, &[Overtaken { change: change.clone(), by }]);
            (outcome.map(Outcome::word), open.rows.iter().map(|row| row.key().to_owned()).collect::<String>())
        };
        let (queue, script) = ("mail.queue.hold", "script");
        assert_eq!(of(queue, &[], &[]), (None, "ab".into()));
        assert_eq!(of(queue, &[Some(&[])], &[]), (None, "ab".into()));
        assert_eq!(of(queue, &[None], &[]), (Some("unknown"), "ab".into()));
        let half = [("a", RowEnd::Held), ("b", RowEnd::Failed)];
        assert_eq!(of(queue, &[Some(&half)], &[]), (Some("failed"), "b".into()));
        assert_eq!(of(script, &[Some(&half)], &[]), (Some("failed"), "".into()));
        let done = [("a", RowEnd::Held), ("b", RowEnd::Held)];
        assert_eq!(of(queue, &[Some(&half), Some(&done[1..])], &[]), (Some("changed"), "".into()));
        assert_eq!(of(queue, &[], &["a"]), (Some("overtaken"), "b".into()));
        assert_eq!(of(queue, &[Some(&half)], &["b"]), (Some("failed"), "".into()));
    }
}
