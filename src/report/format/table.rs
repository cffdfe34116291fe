//! For people: one page at the end of the run.

use super::Format;
use crate::model::sink::Sink;
use crate::model::{Event, EventKind};
use crate::report::digest::Digest;
use crate::report::page::{Look, page};
use std::io::{self, Write};

pub const FORMAT: Format = Format {
    name: "table",
    doc: "for people: findings first, hosts that say the same folded into one",
    for_people: true,
    make: |look, out| Box::new(Table { look, out, digest: Digest::default() }),
};

struct Table {
    look: Look,
    out: Box<dyn Write + Send>,
    digest: Digest,
}

impl Sink for Table {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.digest.event(event);
        match event.kind {
            EventKind::RunFinished { .. } => page(&self.digest, self.look).print(&mut self.out),
            _ => Ok(()),
        }
    }
}
