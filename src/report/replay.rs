//! A stored run, told again to a reporter.

use super::digest::Digest;
use crate::model::sink::Sink;
use crate::model::{Event, EventKind, HostStatus, Outcome, Summary, event};
use jiff::Timestamp;
use std::io;

/// Tells a stored run to `sink`. A record that breaks off (its controller died, or it is still running) is closed by
/// what it holds: an end for every host without one, and a summary, so that no reporter stays silent about it.
pub struct Replay {
    sink: Box<dyn Sink>,
    digest: Digest,
    seq: u64,
}

impl Replay {
    /// Nothing is told yet.
    pub fn new(sink: Box<dyn Sink>) -> Self {
        Self { sink, digest: Digest::default(), seq: 0 }
    }

    /// Tells the next event of the record.
    ///
    /// # Errors
    /// When the reporter cannot write.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        self.digest.event(event);
        self.seq = event.seq;
        self.sink.event(event)
    }

    /// The record has no more events. Tells whether it came to the run's end.
    ///
    /// # Errors
    /// When the reporter cannot write.
    pub fn end(mut self) -> io::Result<bool> {
        let (None, Some(run), Some(at)) = (&self.digest.summary, &self.digest.run, self.digest.last) else {
            return Ok(self.digest.summary.is_some());
        };
        let hosts = self.digest.hosts.iter().filter(|h| !h.ended).map(|h| EventKind::HostFinished {
            host: h.host.clone(),
            status: h.status,
            fault: None,
            notes: Vec::new(),
            millis: h.contacted.map_or(0, |since| millis(since, at)),
        });
        let end = EventKind::RunFinished { summary: broken_off(&self.digest) };
        for (seq, kind) in (self.seq + 1..).zip(hosts.chain([end])) {
            self.sink.event(&Event { v: event::VERSION, run: run.clone(), seq, at, kind })?;
        }
        Ok(false)
    }
}

fn millis(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond() - from.as_millisecond()).unwrap_or(0)
}

fn broken_off(digest: &Digest) -> Summary {
    let mut summary = Summary { stopped: Some("the record ends before the run finished".into()), ..Summary::default() };
    for status in HostStatus::ALL {
        let n = digest.count(*status);
        if n > 0 {
            summary.hosts.insert(status.word().into(), n);
        }
    }
    for host in &digest.hosts {
        summary.failed_steps += host.steps.iter().filter(|s| s.is_problem()).count();
        summary.tolerated += host.steps.iter().filter(|s| s.tolerated.is_some()).count();
        summary.unknown_changes += host.changes.iter().filter(|c| c.outcome == Outcome::Unknown).count();
        for found in &host.findings {
            *summary.findings.entry(found.finding.level.word().into()).or_default() += 1;
        }
    }
    if let (Some(started), Some(last)) = (digest.started, digest.last) {
        summary.millis = millis(started, last);
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Level;
    use crate::report::FORMATS;
    use crate::report::Options;
    use crate::report::reporter;
    use crate::report::testing::{Shared, Story, options};

    /// What a format writes of these events, and whether they came to the run's end.
    fn told(format: &str, events: &[Event]) -> (String, bool) {
        let (out, format) = (Shared::default(), FORMATS.iter().find(|f| f.name == format).unwrap());
        let mut replay = Replay::new(reporter(format, Options { stdout: Box::new(out.clone()), ..options() }));
        events.iter().for_each(|e| replay.event(e).unwrap());
        let ended = replay.end().unwrap();
        (out.text(), ended)
    }

    fn events_of(text: &str) -> Vec<Event> {
        text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    #[test]
    fn a_whole_record_is_told_as_it_is() {
        let events = Story::new("audit", &["a"]).connect("a").end("a", HostStatus::Ok).finish();
        let (text, ended) = told("ndjson", &events);
        assert_eq!((events_of(&text), ended), (events, true));
    }

    #[test]
    fn a_record_that_breaks_off_is_closed_with_what_it_holds() {
        let mut story = Story::new("rescue-mail", &["a", "b", "c", "d"]);
        story.end("d", HostStatus::Ok).connect("a").found("a", "QUEUE_LARGE", Level::Warn, "", serde_json::json!({}));
        story.connect("c").intend("c", "hold");
        let (text, ended) = told("ndjson", &story.events);
        let events = events_of(&text);
        let ends: Vec<(&str, HostStatus, u64)> = events
            .iter()
            .filter_map(|e| match &e.kind {
                EventKind::HostFinished { host, status, millis, .. } => Some((host.as_str(), *status, *millis)),
                _ => None,
            })
            .collect();
        let expected = [
            ("d", HostStatus::Ok, 1_500),
            ("a", HostStatus::Cancelled, 5_000),
            ("b", HostStatus::NotStarted, 0),
            ("c", HostStatus::Unknown, 2_000),
        ];
        assert_eq!((ends.as_slice(), ended), (expected.as_slice(), false));
        assert!(events.windows(2).all(|pair| pair[0].seq + 1 == pair[1].seq));
        let Some(EventKind::RunFinished { summary }) = events.last().map(|e| &e.kind) else { panic!("{text}") };
        let counts = [HostStatus::Ok, HostStatus::Cancelled, HostStatus::NotStarted, HostStatus::Unknown];
        assert_eq!(counts.map(|s| summary.count(s)), [1; 4]);
        assert_eq!((summary.findings.get("warn"), summary.unknown_changes), (Some(&1), 1));
        assert!(summary.stopped.is_some());
    }

    #[test]
    fn every_format_shows_the_hosts_of_a_record_that_breaks_off() {
        let story = Story::new("audit", &["mx01", "mx02"]);
        for (format, status) in [
            ("table", "not started 2: mx[01-02]"),
            ("json", "\"status\": \"not-started\""),
            ("ndjson", "\"host\":\"mx02\",\"status\":\"not-started\""),
            ("yaml", "status: not-started"),
        ] {
            let (text, _) = told(format, &story.events);
            assert!(text.contains(status), "{format}: {text}");
        }
    }

    #[test]
    fn nothing_is_made_of_nothing() {
        assert_eq!(told("json", &[]), (String::new(), false));
    }
}
