//! Each event as one line of JSON, at once.

use super::Format;
use crate::model::Event;
use crate::model::sink::Sink;
use crate::report::document::visible;
use std::io::{self, Write};

pub const FORMAT: Format = Format {
    name: "ndjson",
    doc: "each event as one line of JSON, as it happens",
    for_people: false,
    make: |_, out| Box::new(Lines(out)),
};

struct Lines(Box<dyn Write + Send>);

impl Sink for Lines {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        writeln!(self.0, "{}", visible(&serde_json::to_string(event)?))?;
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HostStatus;
    use crate::report::testing::{Shared, Story};

    #[test]
    fn a_line_reads_back_as_its_event() {
        let events = Story::new("audit", &["a"]).note("a", "\u{9b}31m\u{202e}日本").end("a", HostStatus::Ok).finish();
        let out = Shared::default();
        let mut sink = Lines(Box::new(out.clone()));
        events.iter().for_each(|e| sink.event(e).unwrap());
        let text = out.text();
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        let back: Vec<Event> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(back, events);
    }
}
