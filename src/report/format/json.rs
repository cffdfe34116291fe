//! One JSON document at the end of the run.

use super::Format;
use crate::model::sink::Sink;
use crate::model::{Event, EventKind};
use crate::report::digest::Digest;
use crate::report::document::{Document, visible};
use std::io::{self, Write};

pub const FORMAT: Format = Format {
    name: "json",
    doc: "one JSON document at the end, with every selected host",
    for_people: false,
    make: |_, out| Box::new(Json { out, digest: Digest::default() }),
};

struct Json {
    out: Box<dyn Write + Send>,
    digest: Digest,
}

impl Sink for Json {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.digest.event(event);
        let EventKind::RunFinished { .. } = event.kind else { return Ok(()) };
        let text = serde_json::to_string_pretty(&Document::new(&self.digest))?;
        writeln!(self.out, "{}", visible(&text))?;
        self.out.flush()
    }
}
