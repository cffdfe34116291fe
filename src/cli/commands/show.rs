use crate::cli::error::CliError;
use crate::cli::replay::tell;
use crate::cli::settings::Settings;
use crate::cli::{exit, output};
use crate::model::RunId;
use crate::store::{Integrity, Store};
use serde_json::json;

/// Show a recorded run again, in any format
///
/// Its events form a chain: when some were removed or altered since they were recorded, that is said, and the exit code is
/// 70. With `--verify` only this is looked at, and the chain's head is printed: note it elsewhere (a ticket, a mail), and
/// anybody can see later that the record is still the same.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// `last`, a run's whole name, or its number on the day of the last run
    #[arg(default_value = "last")]
    run: String,
    /// Check whether the record is whole, and print the head of its chain instead of the run
    #[arg(long)]
    verify: bool,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let store = Store::open_to_read(&settings.state)?;
    let run = store.find_run(&args.run)?;
    if args.verify {
        return verify(settings, &run, &store.verify(&run)?);
    }
    let (ended, integrity) = tell(settings, &store, &run)?;
    if let Some(problem) = integrity.problem(&run) {
        return Err(CliError { code: exit::BUG, text: problem });
    }
    match ended {
        true => Ok(exit::OK),
        false => {
            let text = format!("run {run} did not come to its end; the controller was stopped in the middle");
            Err(CliError::invalid(text))
        }
    }
}

fn verify(settings: &Settings, run: &RunId, integrity: &Integrity) -> Result<u8, CliError> {
    let problem = integrity.problem(run);
    let (word, events, head) = match integrity {
        Integrity::Whole { events, head } => ("whole", Some(events), Some(head.to_string())),
        Integrity::NotChained { events } => ("not-chained", Some(events), None),
        Integrity::Broken { .. } => ("broken", None, None),
    };
    let code = if problem.is_some() { exit::BUG } else { exit::OK };
    if !settings.format.for_people {
        let document = json!({
            "schema_version": 1, "run": run, "record": word, "events": events, "head": head, "problem": problem,
        });
        output::document(settings, &document)?;
        return Ok(code);
    }
    let events = events.copied().unwrap_or(0);
    match (problem, head) {
        (Some(text), _) => return Err(CliError { code, text }),
        (None, Some(head)) => output::data(&format!("{run}  events {events}  sha256 {head}"))?,
        (None, None) => output::data(&format!("{run}  events {events}  recorded by an older fleet, without a chain"))?,
    }
    Ok(code)
}
