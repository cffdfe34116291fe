use crate::cli::error::CliError;
use crate::cli::settings::{Settings, terminal_width};
use crate::cli::{exit, output};
use crate::report::columns;
use crate::store::Store;
use serde_json::json;

/// List the hosts that are locked by a run
///
/// A run locks its hosts before it changes anything, on this machine and on the hosts themselves. When a fleet process
/// dies, its locks remain only where the outcome of a change is unknown.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(settings: &Settings, _: Args) -> Result<u8, CliError> {
    let locks = Store::open(&settings.state)?.locks()?;
    if !settings.format.for_people {
        let rows = locks.iter().map(
            |l| json!({"host": l.host, "run": l.run, "who": l.who, "since": l.since.to_string(), "alive": l.alive}),
        );
        output::document(settings, &rows.collect())?;
        return Ok(exit::OK);
    }
    if locks.is_empty() {
        output::remark("no hosts are locked");
        return Ok(exit::OK);
    }
    let row = |l: &crate::store::Lock| {
        let state = if l.alive { "running" } else { "process died: fleet resume" };
        vec![l.host.to_string(), l.run.to_string(), l.who.clone(), l.since.to_string(), output::spoken(state)]
    };
    let rows: Vec<Vec<String>> = locks.iter().map(row).collect();
    output::data(&columns(&rows, &["host", "run", "who", "since", "state"], usize::from(terminal_width())))?;
    Ok(exit::OK)
}
