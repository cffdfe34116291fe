use crate::cli::error::CliError;
use crate::cli::exit;
use crate::cli::settings::Settings;
use crate::model::RunId;
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
    let run = Store::open(&settings.state)?.find_run(&args.run)?;
    match tell(settings, &run)? {
        true => Ok(exit::OK),
        false => {
            let text = format!("run {run} did not come to its end; the controller was stopped in the middle");
            Err(CliError::invalid(text))
        }
    }
}

/// Tells a recorded run, and whether it came to its end.
pub fn tell(settings: &Settings, run: &RunId) -> Result<bool, CliError> {
    let store = Store::open(&settings.state)?;
    let options =
        report::Options { progress: Progress::None, stderr: Box::new(io::sink()), ..settings.report_options() };
    let mut reporter = report::reporter(settings.format, options);
    let mut told = Ok(());
    let mut ended = false;
    store.replay(run, &mut |event| {
        ended |= matches!(event.kind, crate::model::EventKind::RunFinished { .. });
        if told.is_ok() {
            told = reporter.event(event);
        }
    })?;
    told?;
    Ok(ended)
}
