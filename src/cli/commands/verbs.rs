use crate::cli::error::CliError;
use crate::cli::settings::{Settings, terminal_width};
use crate::cli::{exit, output};
use crate::model::near::nearest;
use crate::playbook::{verb_help, verbs};
use crate::report::columns;
use serde_json::json;

/// List the verbs that playbook steps can use
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show the full documentation of this verb
    name: Option<String>,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    if let Some(name) = args.name {
        let help = verb_help(&name).ok_or_else(|| {
            let near = nearest(&name, verbs::ALL.iter().map(|v| v.name)).join(", ");
            CliError::invalid(format!("unknown verb `{name}`\n  near: {near}"))
        })?;
        output::data(&help)?;
    } else if settings.format.for_people {
        let rows: Vec<Vec<String>> =
            verbs::ALL.iter().map(|v| vec![v.name.into(), v.class().word().into(), v.summary.into()]).collect();
        output::data(&columns(&rows, &["VERB", "CLASS", "WHAT IT DOES"], usize::from(terminal_width())))?;
    } else {
        let rows: Vec<_> = verbs::ALL
            .iter()
            .map(|v| json!({"name": v.name, "class": v.class().word(), "summary": v.summary, "doc": v.doc, "example": v.example}))
            .collect();
        output::document(settings, &json!({"schema_version": 1, "verbs": rows}))?;
    }
    Ok(exit::OK)
}
