use crate::cli::error::CliError;
use crate::cli::settings::Settings;
use crate::cli::{exit, load, output};
use crate::inventory::Inventory;
use crate::model::counted::counted;
use crate::model::source::Source;

/// Check playbooks and inventories without contacting any host
///
/// Checks the keys, types, verbs and parameters of a playbook, and every name in its expressions. A file with `hosts:` at
/// the top level is checked as an inventory.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Playbooks (names or files) and inventory files
    #[arg(required = true, value_name = "PLAYBOOK")]
    files: Vec<String>,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let mut bad = Vec::new();
    for name in &args.files {
        match check(settings, name) {
            Ok(text) => output::lines(&text)?,
            Err(error) => bad.push(error),
        }
    }
    match bad.is_empty() {
        true => Ok(exit::OK),
        false => {
            let texts: Vec<String> = bad.iter().map(|e| e.text.clone()).collect();
            Err(CliError::invalid(texts.join("\n")))
        }
    }
}

fn check(settings: &Settings, name: &str) -> Result<String, CliError> {
    let text = std::fs::read_to_string(name).unwrap_or_default();
    if text.lines().any(|line| line.starts_with("hosts:") || line.starts_with("groups:")) {
        let inventory = Inventory::from_sources(&[Source { name: name.to_owned(), text }])?;
        return Ok(format!("{name}: inventory of {}, no problems found", counted(inventory.hosts().len(), "hosts")));
    }
    let playbook = load::playbook(settings, name)?;
    let steps = counted(playbook.steps.len() + playbook.always.len(), "steps");
    Ok(format!("{}: playbook {} ({}), {steps}, no problems found", playbook.source, playbook.name, playbook.mode))
}
