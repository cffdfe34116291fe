use crate::cli::error::CliError;
use crate::cli::exit;
use crate::cli::settings::Settings;
use crate::report::{self, Progress};
use crate::store::Store;
use std::io;

/// Show a recorded run again, in any format
#[derive(Debug, clap::Args)]
pub struct Args {
    /// `last`, a run's whole name, or its number on the newest day
    #[arg(default_value = "last")]
    run: String,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let store = Store::open(&settings.state)?;
    let run = store.find_run(&args.run)?;
    let options = report::Options { progress: Progress::None, stderr: Box::new(io::sink()), ..settings.report_options() };
    let mut reporter = report::reporter(settings.format, options);
    let mut told = Ok(());
    let mut ended = false;
    store.replay(&run, &mut |event| {
        ended |= matches!(event.kind, crate::model::EventKind::RunFinished { .. });
        if told.is_ok() {
            told = reporter.event(event);
        }
    })?;
    told?;
    if !ended {
        return Err(CliError::invalid(format!("run {run} did not come to its end; the controller was stopped in the middle")));
    }
    Ok(exit::OK)
}
