use crate::cli::error::CliError;
use crate::cli::{exit, output};
use crate::model::near::nearest;

/// Explain a topic, offline: selectors, playbook, changing, inventory, configuration, verbs, os-support, geoip, security, exit-codes
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A topic, or a command
    topic: Option<String>,
}

fn topics() -> Vec<(&'static str, String)> {
    vec![
        ("selectors", include_str!("../../../docs/selectors.md").to_owned()),
        ("playbook", include_str!("../../../docs/playbook.md").to_owned()),
        ("changing", include_str!("../../../docs/changing.md").to_owned()),
        ("inventory", include_str!("../../../docs/inventory.md").to_owned()),
        ("configuration", crate::cli::settings::document()),
        ("verbs", crate::playbook::verbs_doc()),
        ("os-support", include_str!("../../../docs/os-support.md").to_owned()),
        ("geoip", include_str!("../../../docs/geoip.md").to_owned()),
        ("security", include_str!("../../../docs/security.md").to_owned()),
        ("exit-codes", exit::document()),
    ]
}

pub fn run(args: Args, mut command: clap::Command) -> Result<u8, CliError> {
    let topics = topics();
    let Some(wanted) = args.topic else {
        output::data(&command.render_help().to_string())?;
        let names: Vec<&str> = topics.iter().map(|(name, _)| *name).collect();
        output::data(&format!("\nTopics of `fleet help TOPIC`: {}", names.join(", ")))?;
        return Ok(exit::OK);
    };
    if let Some((_, text)) = topics.iter().find(|(name, _)| *name == wanted) {
        output::data(text)?;
    } else if let Some(sub) = command.find_subcommand_mut(&wanted) {
        output::data(&sub.render_long_help().to_string())?;
    } else {
        let commands = command.get_subcommands().map(|c| c.get_name());
        let known: Vec<&str> = topics.iter().map(|(name, _)| *name).chain(commands).collect();
        let near = nearest(&wanted, known.iter().copied());
        let names = if near.is_empty() { known } else { near };
        return Err(CliError::invalid(format!("there is no help on `{wanted}`\n  there is on: {}", names.join(", "))));
    }
    Ok(exit::OK)
}
