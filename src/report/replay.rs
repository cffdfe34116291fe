//! A stored run, told again to a reporter.

use super::digest::Digest;
use crate::model::sink::Sink;
use crate::model::{Event, EventKind, HostStatus, Summary, event};
use std::io;

/// Gives every event to `sink`. A record that breaks off (its controller died, or it is still running) is
/// closed with a summary of what it holds, so that no reporter stays silent about it.
pub fn replay(events: impl Iterator<Item = Event>, sink: &mut dyn Sink) -> io::Result<()> {
    let mut digest = Digest::default();
    let mut last = None;
    for event in events {
        digest.event(&event);
        sink.event(&event)?;
        last = Some((event.run, event.seq, event.at));
    }
    match last {
        Some((run, seq, at)) if digest.summary.is_none() => {
            let kind = EventKind::RunFinished { summary: broken_off(&digest) };
            sink.event(&Event { v: event::VERSION, run, seq: seq + 1, at, kind })
        }
        _ => Ok(()),
    }
}

fn broken_off(digest: &Digest) -> Summary {
    let mut summary = Summary { stopped: Some("the record ends before the run does".into()), ..Summary::default() };
    for status in HostStatus::ALL {
        let n = digest.count(*status);
        if n > 0 {
            summary.hosts.insert(status.word().into(), n);
        }
    }
    for host in &digest.hosts {
        summary.failed_steps += host.steps.iter().filter(|s| s.is_problem()).count();
        summary.tolerated += host.steps.iter().filter(|s| s.tolerated.is_some()).count();
        for found in &host.findings {
            *summary.findings.entry(found.finding.level.word().into()).or_default() += 1;
        }
    }
    if let (Some(started), Some(last)) = (digest.started, digest.last) {
        summary.millis = u64::try_from(last.as_millisecond() - started.as_millisecond()).unwrap_or(0);
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Level;
    use crate::report::testing::{Collect, Story};

    #[test]
    fn a_whole_record_is_told_as_it_is() {
        let events = Story::new("audit", &["a"]).connect("a").end("a", HostStatus::Ok).finish();
        let mut sink = Collect::default();
        replay(events.clone().into_iter(), &mut sink).unwrap();
        assert_eq!(sink.0, events);
    }

    #[test]
    fn a_record_that_breaks_off_is_closed_with_what_it_holds() {
        let mut story = Story::new("audit", &["a", "b"]);
        story.connect("a").found("a", "QUEUE_LARGE", Level::Warn, "", serde_json::json!({}));
        let mut sink = Collect::default();
        replay(story.events.into_iter(), &mut sink).unwrap();
        let Some(EventKind::RunFinished { summary }) = sink.0.last().map(|e| &e.kind) else { panic!("{sink:?}") };
        assert_eq!(summary.count(HostStatus::Cancelled), 1);
        assert_eq!(summary.count(HostStatus::NotStarted), 1);
        assert_eq!(summary.findings.get("warn"), Some(&1));
        assert!(summary.stopped.is_some());
    }

    #[test]
    fn nothing_is_made_of_nothing() {
        let mut sink = Collect::default();
        replay(std::iter::empty(), &mut sink).unwrap();
        assert!(sink.0.is_empty());
    }
}
