//! The JSON document as YAML.

use super::Format;
use crate::model::sink::Sink;
use crate::model::{Event, EventKind};
use crate::report::digest::Digest;
use crate::report::document::Document;
use serde::Serialize;
use std::io::{self, Write};

pub const FORMAT: Format = Format {
    name: "yaml",
    doc: "the JSON document as YAML",
    for_people: false,
    make: |_, out| Box::new(Yaml { out, digest: Digest::default() }),
};

/// Any document as YAML.
///
/// # Errors
/// When the document has a value that YAML cannot hold.
pub fn text(document: &impl Serialize) -> io::Result<String> {
    serde_saphyr::to_string(document).map_err(io::Error::other)
}

struct Yaml {
    out: Box<dyn Write + Send>,
    digest: Digest,
}

impl Sink for Yaml {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.digest.event(event);
        let EventKind::RunFinished { .. } = event.kind else { return Ok(()) };
        let text = text(&Document::new(&self.digest))?;
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HostStatus;
    use crate::report::testing::{Shared, Story};

    #[test]
    fn yaml_and_json_are_the_same_document() {
        let hostile = "\u{9b}31m\u{1b}]0;x\u{7} \u{202e}日本\n\t- a: &b !c |";
        let events = Story::new("audit", &["a", "no"]).note("a", hostile).end("a", HostStatus::Ok).finish();
        let read = |name: &str| {
            let out = Shared::default();
            let look = crate::report::page::Look { color: false, lang: Default::default(), width: 0, verbose: 0 };
            let mut sink = (Format::named(name).unwrap().make)(look, Box::new(out.clone()));
            events.iter().for_each(|e| sink.event(e).unwrap());
            out.text()
        };
        let (yaml, json) = (read("yaml"), read("json"));
        assert!(yaml.chars().all(|c| c == '\n' || !c.is_control()), "{yaml}");
        let from_yaml: serde_json::Value = serde_saphyr::from_str(&yaml).unwrap();
        let from_json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(from_yaml, from_json);
    }
}
