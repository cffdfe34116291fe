//! What a process has once: its runtime, its calendar, its open files.

use super::error::CliError;
use jiff::Timestamp;

/// The runtime for everything that talks to hosts.
pub fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(cores.min(4)).enable_all().build()?)
}

/// Runs a future to its end. What blocks a thread all the same, such as a question that nobody answered
/// before Ctrl-C, is left behind.
pub fn wait<T>(future: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = runtime()?;
    let done = runtime.block_on(future);
    runtime.shutdown_background();
    done
}

/// The day that this machine's calendar shows then.
pub fn day(now: Timestamp) -> jiff::civil::Date {
    now.to_zoned(jiff::tz::TimeZone::system()).date()
}

/// Raises the soft limit of open files to the hard one and says how many there may be.
pub fn descriptors() -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
    getrlimit(Resource::Nofile).current.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX))
}
