//! The process's own stdout and stderr. Everything that a command prints besides a run's report goes through
//! here, sanitised.

use super::error::CliError;
use super::settings::Settings;
use crate::model::untrusted::clean;
use crate::report::{Lang, text, yaml_text};
use serde_json::Value;
use std::io::{self, Write};
use std::sync::OnceLock;

/// The language of the person at the terminal: of the process, as its stdout and stderr are.
static LANG: OnceLock<Lang> = OnceLock::new();

/// Decides the language, once.
pub fn speak(lang: Lang) {
    let _ = LANG.set(lang);
}

/// What a lower room or a command says, in the language of the person.
pub fn spoken(english: &str) -> String {
    text::sentence(LANG.get().copied().unwrap_or_default(), english).into_owned()
}

/// Lines for the person who reads stdout.
pub fn lines(text: &str) -> io::Result<()> {
    data(&spoken(text))
}

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
    let _ = writeln!(io::stderr().lock(), "{}", clean(&spoken(text), 100_000));
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
