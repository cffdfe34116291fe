use crate::cli::error::CliError;
use crate::cli::settings::Settings;
use crate::cli::{exit, output};
use crate::model::HostName;
use crate::store::Store;

/// Give up a host that a dead run holds
///
/// What that run did to the host last stays unknown. `fleet resume RUN` settles it and is the better way.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The host, as `fleet locks` names it
    host: String,
    /// The run that holds it, so that nobody unlocks another's work
    #[arg(long, value_name = "RUN")]
    run: String,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let mut store = Store::open(&settings.state)?;
    let host = HostName::parse(&args.host).ok_or_else(|| CliError::invalid("this is no host's name"))?;
    let run = store.find_run(&args.run)?;
    if store.is_alive(&run) {
        return Err(CliError::refused(format!("run {run} is still working; stop it with Ctrl-C where it runs")));
    }
    if !store.unlock_host(&run, &host)? {
        return Err(CliError::invalid(format!("run {run} does not hold {host}; `fleet locks` shows who holds what")));
    }
    output::remark(&format!("{host} is free; what run {run} did to it last stays unknown"));
    Ok(exit::OK)
}
