use crate::cli::error::CliError;
use crate::cli::settings::Settings;
use crate::cli::{exit, output, start};
use crate::model::Secret;
use crate::secret;

/// Keep a password in the kernel's keyring, for `keyring:NAME` in an inventory
///
/// The value is typed at the terminal and never stands in an argument. The keyring belongs to the login
/// session and is gone after a reboot; for what must outlive that, use `file:PATH`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Ask for the value and keep it
    Set { name: String },
    /// Forget it
    Delete { name: String },
}

pub fn run(_: &Settings, args: Args) -> Result<u8, CliError> {
    let runtime = start::runtime()?;
    let done = match &args.what {
        What::Set { name } => {
            let typed = rpassword::prompt_password(format!("{name}: "))
                .map_err(|e| CliError::invalid(format!("it must be typed, and there is no terminal to ask at: {e}")))?;
            if typed.is_empty() {
                return Err(CliError::invalid("nothing was typed; nothing was changed"));
            }
            runtime.block_on(secret::set(name, &Secret::new(typed)))
        }
        What::Delete { name } => runtime.block_on(secret::delete(name)),
    };
    done.map_err(CliError::invalid)?;
    output::remark("done");
    Ok(exit::OK)
}
