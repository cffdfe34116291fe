use crate::cli::error::CliError;
use crate::cli::settings::{Settings, terminal_width};
use crate::cli::{exit, output};
use crate::model::Summary;
use crate::report::columns;
use crate::store::{RunLine, Store};
use serde_json::json;

/// List the runs that were recorded, the last one first
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many
    #[arg(short, long, default_value_t = 20)]
    number: usize,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let runs = Store::open_to_read(&settings.state)?.runs(args.number)?;
    if !settings.format.for_people {
        let rows: Vec<_> = runs.iter().map(document).collect();
        output::document(settings, &json!({"schema_version": 1, "runs": rows}))?;
        return Ok(exit::OK);
    }
    if runs.is_empty() {
        output::remark("no run is recorded yet; `fleet run audit --hosts ..` makes one");
        return Ok(exit::OK);
    }
    let rows: Vec<Vec<String>> = runs.iter().map(row).collect();
    let header = ["RUN", "STARTED", "PLAYBOOK", "HOSTS", "RESULT", "FINDINGS", "SELECTOR"];
    output::data(&columns(&rows, &header, usize::from(terminal_width())))?;
    Ok(exit::OK)
}

fn row(line: &RunLine) -> Vec<String> {
    let started = line.started.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let (hosts, result, findings) = match &line.summary {
        None => ("?".into(), "did not end".into(), "?".into()),
        Some(summary) => (summary.total().to_string(), counts(summary), findings(summary)),
    };
    vec![line.run.to_string(), started, line.playbook.clone(), hosts, result, findings, line.selector.clone()]
}

fn counts(summary: &Summary) -> String {
    let words: Vec<String> = summary.hosts.iter().map(|(word, n)| format!("{word} {n}")).collect();
    words.join(", ")
}

fn findings(summary: &Summary) -> String {
    let words: Vec<String> = summary.findings.iter().map(|(word, n)| format!("{word} {n}")).collect();
    if words.is_empty() { "none".into() } else { words.join(", ") }
}

fn document(line: &RunLine) -> serde_json::Value {
    json!({
        "run": line.run,
        "started": line.started,
        "ended": line.ended,
        "playbook": line.playbook,
        "selector": line.selector,
        "summary": line.summary,
    })
}
