use crate::cli::error::CliError;
use crate::cli::exit;
use crate::cli::replay::tell;
use crate::cli::settings::Settings;
use crate::store::Store;

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
    match tell(settings, &store, &run)? {
        true => Ok(exit::OK),
        false => {
            let text = format!("run {run} did not come to its end; the controller was stopped in the middle");
            Err(CliError::invalid(text))
        }
    }
}
