use crate::cli::args::{ApplyArgs, SelectionArgs};
use crate::cli::change::{self, Wish};
use crate::cli::error::CliError;
use crate::cli::output::remark;
use crate::cli::planfile;
use crate::cli::replay::left;
use crate::cli::settings::Settings;
use crate::cli::start::{Order, Prepared};
use crate::model::{HostName, RunId};
use crate::playbook::verbs;
use crate::store::Store;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Take back what a run changed, as far as it can be taken back
///
/// The last change first. What would be done is planned, shown and asked for like any other change. A password that was
/// set cannot be taken back: the old one is not known.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run: its name, a bare number for one of the newest day, or `last`
    run: String,
    /// Only this step of it
    #[arg(long, value_name = "ID")]
    step: Option<String>,
    /// Only plan
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
        return Err(CliError::invalid(format!("run {run} did nothing that can be undone")));
    }
    let text = playbook(&run, &steps);
    let name = format!("undo of run {run}");
    let playbook = crate::playbook::load(&name, &text, &|_| Err("it includes nothing".into()))?;
    let named = planfile::Named { text: Some(text), ..planfile::named(&name, &playbook) };
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

type Inverses = (Vec<Value>, BTreeSet<HostName>, Vec<String>);

/// The steps that take a run's changes back, the last first; their hosts; and what has none.
fn inverses(store: &Store, run: &RunId, only: Option<&str>) -> Result<Inverses, CliError> {
    let mut ids = BTreeMap::new();
    for run in store.chain(run)? {
        store.replay(&run, &mut |event| {
            if let crate::model::EventKind::ChangeIntended { op, step, .. } = &event.kind {
                ids.insert(op.clone(), step.id.clone());
            }
        })?;
    }
    if let Some(only) = only.filter(|only| !ids.values().any(|id| id == only)) {
        let known: BTreeSet<&str> = ids.values().map(String::as_str).collect();
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        return Err(CliError::invalid(format!("run {run} changed nothing in a step `{only}`; it changed in: {known}")));
    }
    let (mut steps, mut hosts, mut lost) = (Vec::new(), BTreeSet::new(), Vec::new());
    for (host, changes) in left(store, run)? {
        for left in changes.iter().rev().filter(|l| only.is_none_or(|only| ids.get(&l.op).is_some_and(|id| id == only)))
        {
            let Some(rows) = &left.rows else {
                let text = format!("{host}: it is not known whether `{}` was done", left.change.title);
                return Err(CliError::refused(format!("{text}\n  settle it first: fleet resume {run}")));
            };
            let Some(verb) = verbs::find(&left.change.verb).and_then(|v| v.changing()) else { continue };
            let first = changes.iter().find(|l| verb.keeps_once() && l.change.is_same_act(&left.change));
            match verb.inverse(&left.change, first.map_or(&left.op, |first| &first.op), rows) {
                Some((verb, args)) => {
                    let mut step = json!({"name": format!("take back: {}", left.change.title)});
                    if let Some(map) = step.as_object_mut() {
                        map.insert("when".into(), format!("host.name == '{host}'").into());
                        map.insert(verb.to_owned(), args);
                    }
                    steps.push(step);
                    hosts.insert(host.clone());
                }
                None if rows.is_empty() => {}
                None => lost.push(format!("{host}: {}", left.change.title)),
            }
        }
    }
    Ok((steps, hosts, lost))
}

/// A playbook of these steps. JSON is YAML.
fn playbook(run: &RunId, steps: &[Value]) -> String {
    let summary = format!("Take back what run {run} changed");
    json!({"fleet": 1, "name": "undo", "summary": summary, "mode": "destructive", "steps": steps}).to_string()
}
