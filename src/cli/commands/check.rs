use crate::cli::error::CliError;
use crate::cli::settings::Settings;
use crate::cli::{exit, load, output};
use crate::inventory::Inventory;
use crate::local::{read, trust};
use crate::model::counted::counted;
use crate::model::source::Source;
use std::path::Path;

/// Check playbooks and inventories without contacting anyone
///
/// A playbook is checked whole: keys, types, verbs, parameters, and every name in every expression. A file
/// whose top level holds `hosts:` is checked as an inventory.
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
            Ok(text) => output::data(&text)?,
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
    let path = Path::new(name);
    let text = read::text(path, load::MAX_INVENTORY).unwrap_or_default();
    if text.lines().any(|line| line.starts_with("hosts:") || line.starts_with("groups:")) {
        trust::check(path).map_err(|untrusted| untrusted.problem(path))?;
        let inventory = Inventory::from_sources(&[Source { name: name.to_owned(), text }])?;
        return Ok(format!("{name}: inventory of {}, no problem found", counted(inventory.hosts().len(), "hosts")));
    }
    let playbook = load::playbook(settings, name)?;
    let steps = counted(playbook.steps.len() + playbook.always.len(), "steps");
    Ok(format!("{}: playbook {} ({}), {steps}, no problem found", playbook.source, playbook.name, playbook.mode))
}
