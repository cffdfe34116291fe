use crate::cli::error::CliError;
use crate::cli::exit;
use crate::cli::replay::tell;
use crate::cli::settings::Settings;
use crate::store::Store;

/// Show a recorded run, in any output format
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run ID, the number of a run on the most recent day, or `last`
    #[arg(default_value = "last")]
    run: String,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let store = Store::open(&settings.state)?;
    let run = store.find_run(&args.run)?;
    match tell(settings, &store, &run)? {
        true => Ok(exit::OK),
        false => {
            let text = format!("run {run} did not finish; fleet was stopped while it was running");
            Err(CliError::invalid(text))
        }
    }
}
