//! The process's own stdout and stderr. Everything that a command prints besides a run's report goes through
//! here, sanitised.

use super::error::CliError;
use super::settings::Settings;
use crate::model::untrusted::clean;
use crate::report::{Page, yaml_text};
use serde_json::Value;
use std::io::{self, Write};

/// Data for whoever reads stdout.
pub fn data(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// A remark for the person at the terminal. A closed stderr is nobody's business.
pub fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", clean(text, 100_000));
}

/// A page for the person at the terminal, who is to decide by it.
pub fn show(page: Page) {
    let _ = page.print(&mut io::stderr().lock());
}

/// An error for the person at the terminal.
pub fn complain(text: &str) {
    if !text.is_empty() {
        remark(&format!("error: {text}"));
    }
}

/// A document in the format for programs that was asked for.
pub fn document(settings: &Settings, value: &Value) -> Result<(), CliError> {
    let text = match settings.format.name {
        "yaml" => yaml_text(value)?,
        "ndjson" => value.to_string(),
        _ => format!("{value:#}"),
    };
    Ok(data(&text)?)
}
