use crate::cli::args::{ApplyArgs, SelectionArgs};
use crate::cli::change::{self, Wish};
use crate::cli::error::CliError;
use crate::cli::output::remark;
use crate::cli::planfile;
use crate::cli::replay::prior;
use crate::cli::settings::Settings;
use crate::cli::start::{Order, Prepared};
use crate::model::{EventKind, HostName, RunId};
use crate::playbook::{Literal, LiteralStep, verbs};
use crate::store::Store;
use std::collections::{BTreeMap, BTreeSet};

/// Undo the changes of a run, as far as they can be undone
///
/// Changes are undone in reverse order. Like any other change, an undo is planned and shown, and asks for confirmation. A
/// password change cannot be undone: the old password is unknown.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run ID, the number of a run on the most recent day, or `last`
    run: String,
    /// Undo only this step
    #[arg(long, value_name = "ID")]
    step: Option<String>,
    /// Only show the plan
    #[arg(short = 'C', long)]
    check: bool,
    #[command(flatten)]
    how: ApplyArgs,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let store = Store::open(&settings.state)?;
    let run = store.find_run(&args.run)?;
    let (steps, hosts, lost) = inverses(&store, &run, args.step.as_deref())?;
    for title in lost {
        remark(&format!("note: cannot be undone: {title}"));
    }
    if steps.is_empty() {
        return Err(CliError::invalid(format!("run {run} made no changes that can be undone")));
    }
    let summary = format!("Undo the changes of run {run}");
    let (named, playbook) =
        planfile::literal(&format!("undo of run {run}"), Literal { name: "undo".into(), summary, steps })?;
    let selection =
        SelectionArgs { hosts: hosts.iter().map(HostName::to_string).collect(), ..SelectionArgs::default() };
    let params = BTreeMap::new();
    let order = Order::new(playbook, params.clone(), &selection, &args.how.connection, &args.how.pace);
    let order = Order { store: Some(store), ..order };
    let prepared = Prepared::new(settings, order)?;
    change::run(
        &prepared,
        Wish { named, params: &params, agree: args.how.agree.clone(), check: args.check, file: None },
    )
}

type Inverses = (Vec<LiteralStep>, BTreeSet<HostName>, Vec<String>);

/// The steps that take a run's changes back, the last first; their hosts; and what has none.
fn inverses(store: &Store, run: &RunId, only: Option<&str>) -> Result<Inverses, CliError> {
    let mut ids = BTreeMap::new();
    for run in store.chain(run)? {
        store.replay(&run, &mut |event| {
            if let EventKind::ChangeIntended { op, step, .. } = &event.kind {
                ids.insert(op.clone(), step.id.clone());
            }
        })?;
    }
    if let Some(only) = only.filter(|only| !ids.values().any(|id| id == only)) {
        let known: BTreeSet<&str> = ids.values().map(String::as_str).collect();
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        return Err(CliError::invalid(format!(
            "run {run} changed nothing in step `{only}`; steps with changes: {known}"
        )));
    }
    let (mut steps, mut hosts, mut lost) = (Vec::new(), BTreeSet::new(), Vec::new());
    for (host, changes) in prior(store, run)? {
        for prior in
            changes.iter().rev().filter(|l| only.is_none_or(|only| ids.get(&l.op).is_some_and(|id| id == only)))
        {
            let Some(rows) = &prior.rows else {
                let text = format!("{host}: it is unknown whether `{}` was done", prior.change.title);
                return Err(CliError::refused(format!("{text}\n  resolve it first: fleet resume {run}")));
            };
            let Some(verb) = verbs::find(&prior.change.verb).and_then(|v| v.changing()) else { continue };
            let first = changes.iter().find(|l| verb.keeps_once() && l.change.is_same_act(&prior.change));
            match verb.inverse(&prior.change, first.map_or(&prior.op, |first| &first.op), rows) {
                Some((verb, args)) => {
                    let name = format!("undo: {}", prior.change.title);
                    steps.push(LiteralStep { host: host.clone(), name, verb: verb.to_owned(), args });
                    hosts.insert(host.clone());
                }
                None if rows.is_empty() => {}
                None => lost.push(format!("{host}: {}", prior.change.title)),
            }
        }
    }
    Ok((steps, hosts, lost))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::planfile::{Named, PlanFile};
    use crate::model::sink::Sink;
    use crate::model::{Change, ChangeResult, Event, Host, Op, Row, RowEnd, RowResult, StepRef, event};
    use crate::playbook::{Playbook, Scope, Verdict};
    use crate::store::Journal;
    use jiff::Timestamp;
    use serde_json::{Value, json};
    use std::sync::{Arc, Mutex};

    /// A store with one run that deleted these messages.
    fn deleted(folder: &std::path::Path, senders: &[String]) -> (Arc<Mutex<Store>>, RunId) {
        let mut store = Store::open(folder).unwrap();
        let run = store.new_run(Timestamp::now()).unwrap();
        let store = Arc::new(Mutex::new(store));
        let mut journal = Journal::new(store.clone());
        let (host, op) = (HostName::parse("mx07").unwrap(), Op::new([7; 16]));
        let id = |n: usize| format!("4f{n:010X}");
        let rows = senders.iter().enumerate();
        let rows = rows.map(|(n, sender)| Row::Message {
            id: id(n),
            arrival: 1_795_485_455,
            sender: sender.clone(),
            size: 503,
            recipients: 2,
        });
        let change = Change {
            step: 0,
            item: 0,
            verb: "mail.queue.delete".into(),
            title: "delete messages of {{ 'x'\u{1b}[2J }}".into(),
            args: json!({}),
            rows: rows.collect(),
            undo: None,
            irreversible: false,
        };
        let step = StepRef { index: 0, id: "delete".into(), name: "delete".into(), verb: change.verb.clone() };
        let ends = (0..senders.len()).map(|n| RowResult::new(id(n), RowEnd::Deleted, None));
        let (rows, notes, reason) = (ends.collect(), Vec::new(), None);
        let ended = ChangeResult { host: host.clone(), step: step.clone(), op: op.clone(), rows, notes, reason };
        let kinds =
            [EventKind::ChangeIntended { host, op, step, change, instead_of: None }, EventKind::ChangeApplied(ended)];
        for (n, kind) in kinds.into_iter().enumerate() {
            let (v, seq, at) = (event::VERSION, n as u64 + 1, Timestamp::UNIX_EPOCH);
            journal.event(&Event { v, run: run.clone(), seq, at, kind }).unwrap();
        }
        journal.tick().unwrap();
        (store, run)
    }

    /// What a plan that was written and read again would do.
    fn kept(senders: &[String]) -> (Playbook, Value) {
        let folder = tempfile::tempdir().unwrap();
        let (store, run) = deleted(&folder.path().join("state"), senders);
        let (steps, hosts, lost) = inverses(&store.lock().unwrap(), &run, None).unwrap();
        assert_eq!((steps.len(), hosts.len(), lost.len()), (1, 1, 0));
        let literal = Literal { name: "undo".into(), summary: String::new(), steps };
        let (named, playbook) = planfile::literal("undo of run 1", literal).unwrap();
        let plan = PlanFile::new(Timestamp::now(), "1", named, &BTreeMap::new(), Vec::new()).unwrap();
        let read = PlanFile::parse("plan", &serde_json::to_string(&plan).unwrap()).unwrap();
        assert_eq!(read.refused(&playbook, Timestamp::now()), None);
        let Named { name, literal, .. } = read.playbook;
        let playbook = literal.unwrap().playbook(&name).unwrap();
        let host = Host::new(HostName::parse("mx07").unwrap(), "192.0.2.7", 22, "root");
        let scope = Scope::new(&playbook.bind(&BTreeMap::new()).unwrap(), &host);
        let step = &playbook.steps[0];
        assert!(step.when.as_ref().unwrap().truth(&scope).unwrap());
        assert_eq!(step.judge(&scope).unwrap(), Verdict::Nothing);
        let args = step.args(&scope).unwrap();
        (playbook, args)
    }

    fn senders(args: &Value) -> Vec<String> {
        let messages = args["messages"].as_array().unwrap();
        messages.iter().map(|m| m["sender"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn fifty_thousand_messages_are_brought_back() {
        let many: Vec<String> = (0..50_000).map(|n| format!("offer{n}@forged.example.org")).collect();
        let (playbook, args) = kept(&many);
        assert_eq!(playbook.steps[0].verb.name, "mail.queue.restore");
        assert_eq!(args["op"], Op::new([7; 16]).as_str());
        assert_eq!(senders(&args), many);
    }

    #[test]
    fn a_sender_may_hold_anything_and_nothing_of_it_is_a_template() {
        let mut odd: Vec<String> = (0..=u8::MAX).map(|b| format!("a{}b@example.com", char::from(b))).collect();
        let words =
            ["{{x}}@example.com", "{{ 7 * 7 }}", "{% if x %}", "}}{{", "'\"\\@'", "\u{202e}\u{200b}", "", "a\r\n.b"];
        odd.extend(words.map(str::to_owned));
        let (playbook, args) = kept(&odd);
        assert_eq!(senders(&args), odd);
        assert_eq!(playbook.steps[0].name, "undo: delete messages of {{ 'x'\\u{1b}[2J }}");
    }
}
