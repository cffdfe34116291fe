use crate::cli::error::CliError;
use crate::cli::{exit, output};
use clap_complete::Shell;

/// Print a completion script for a shell
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
    output::data(&String::from_utf8_lossy(&script))?;
    Ok(exit::OK)
}
