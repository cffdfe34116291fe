//! The page that people read at the end of a run: findings first, worst first; then what went wrong; then
//! remarks; then the counts. Hosts that say the same are folded into one entry.

mod look;
mod findings;
mod steps;
mod plan;
mod hosts;
mod notes;
mod exec;

pub use look::Look;
pub use plan::of_host as plan_of_host;

use super::digest::Digest;
use super::paper::{Ink, Paper};
use super::text::{self, Label, Lang};
use crate::model::RunKind;
use std::time::Duration;

/// The whole page of a run that has ended.
pub fn page(digest: &Digest, look: Look) -> Paper {
    let mut paper = Paper::new(look.color);
    if digest.info.as_ref().is_some_and(|i| i.kind() == RunKind::Command) {
        exec::write(&mut paper, digest, look.lang);
        endings(&mut paper, digest, look.lang, "-- ");
        return paper;
    }
    header(&mut paper, digest, look);
    if look.verbose > 0 {
        steps::write(&mut paper, digest, look);
    }
    findings::write(&mut paper, digest, look);
    if digest.info.as_ref().is_some_and(|i| i.purpose == "plan") {
        plan::write(&mut paper, digest, look);
    }
    plan::changed(&mut paper, digest, look);
    hosts::problems(&mut paper, digest, look.lang);
    notes::write(&mut paper, digest, look.lang);
    hosts::counts(&mut paper, digest, look.lang);
    endings(&mut paper, digest, look.lang, "");
    paper
}

fn header(paper: &mut Paper, digest: &Digest, look: Look) {
    let Some(info) = &digest.info else { return };
    paper.put(Ink::Strong, &info.playbook).say("  ").say(&info.selector);
    paper.say("  ").say(text::hosts(look.lang, digest.hosts.len()));
    if let Some(run) = &digest.run {
        paper.say("  ").say(Label::Run.say(look.lang)).say(" ").say(&run.0);
    }
    if let Some(summary) = &digest.summary {
        let took = text::duration(look.lang, Duration::from_millis(summary.millis));
        paper.say("  ").say(Label::Took.say(look.lang)).say(" ").say(took);
    }
    paper.end().end();
}

/// What else the summary knows, a line for each thing that happened; then where to read it all again.
fn endings(paper: &mut Paper, digest: &Digest, lang: Lang, mark: &str) {
    let Some(s) = &digest.summary else { return };
    let mut line = |ink, label: Label, what: String| {
        paper.say(mark).put(ink, label.say(lang)).say(": ").say(what).end();
    };
    if let Some(signal) = s.interrupted_by {
        line(Ink::Alarm, Label::Interrupted, signal.to_string());
    }
    if let Some(why) = &s.stopped {
        line(Ink::Alarm, Label::Stopped, why.clone());
    }
    for (ink, label, n) in [
        (Ink::Alarm, Label::UnknownChanges, s.unknown_changes),
        (Ink::Bad, Label::FailedSteps, s.failed_steps),
        (Ink::Notice, Label::ToleratedSteps, s.tolerated),
        (Ink::Alarm, Label::Bugs, s.internal),
    ] {
        if n > 0 {
            line(ink, label, n.to_string());
        }
    }
    if let Some(run) = &digest.run {
        paper.put(Ink::Faint, format!("{mark}{} {run}: fleet show {run}", Label::Run.say(lang))).end();
    }
}

#[cfg(test)]
mod tests;
