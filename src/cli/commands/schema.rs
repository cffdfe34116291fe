use crate::cli::error::CliError;
use crate::cli::settings::Settings;
use crate::cli::{exit, output};
use clap::ValueEnum;

/// Print the JSON Schema (draft 7) of playbooks or inventories, for editors
///
/// Save it to a file and refer to that file in the first line of the YAML:
/// `# yaml-language-server: $schema=./playbook.schema.json`
#[derive(Debug, clap::Args)]
pub struct Args {
    what: What,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    Playbook,
    Inventory,
}

pub fn run(_: &Settings, args: Args) -> Result<u8, CliError> {
    let schema = match args.what {
        What::Playbook => crate::playbook::json_schema(),
        What::Inventory => crate::inventory::schema::json_schema(),
    };
    output::data(&format!("{schema:#}"))?;
    Ok(exit::OK)
}
