use crate::cli::error::CliError;
use crate::cli::exit;
use clap_complete::Shell;
use std::io::Write;

/// Print a shell completion script
///
/// For bash: `source <(fleet completion bash)`.
#[derive(Debug, clap::Args)]
pub struct Args {
    shell: Shell,
}

pub fn run(args: Args, mut command: clap::Command) -> Result<u8, CliError> {
    // clap_complete panics when its writer fails, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "fleet", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(exit::OK)
}
