use crate::cli::error::CliError;
use crate::cli::settings::Settings;
use crate::cli::{exit, output};
use crate::model::HostName;
use crate::store::Store;

/// Remove the lock that a dead run holds on a host
///
/// The outcome of that run's last change to the host stays unknown. Prefer `fleet resume RUN`, which resolves it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Host, as listed by `fleet locks`
    host: String,
    /// Run that holds the lock, to avoid removing another run's lock
    #[arg(long, value_name = "RUN")]
    run: String,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let mut store = Store::open(&settings.state)?;
    let host = HostName::parse(&args.host).ok_or_else(|| CliError::invalid("this is not a valid host name"))?;
    let run = store.find_run(&args.run)?;
    if store.is_alive(&run) {
        return Err(CliError::refused(format!("run {run} is still running; stop it with Ctrl-C where it was started")));
    }
    if !store.unlock_host(&run, &host)? {
        return Err(CliError::invalid(format!("run {run} holds no lock on {host}; see `fleet locks`")));
    }
    output::remark(&format!("{host} is unlocked; the outcome of the last change by run {run} stays unknown"));
    Ok(exit::OK)
}
