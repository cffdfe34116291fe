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
pub use plan::{PlanOfHost, left, of_host as plan_of_host, of_hosts as plan_of_hosts};

use super::digest::Digest;
use super::styled::{Page, Style};
use super::text::{self, Label, Lang};
use crate::model::RunKind;
use std::time::Duration;

/// The whole page of a run that has ended.
pub fn page(digest: &Digest, look: Look) -> Page {
    let mut page = Page::new(look.color);
    if digest.info.as_ref().is_some_and(|i| i.kind() == RunKind::Command) {
        exec::write(&mut page, digest, look.lang);
        endings(&mut page, digest, look.lang, "-- ");
        return page;
    }
    header(&mut page, digest, look);
    if look.verbose > 0 {
        steps::write(&mut page, digest, look);
    }
    findings::write(&mut page, digest, look);
    if digest.info.as_ref().is_some_and(|i| i.purpose == "plan") {
        plan::write(&mut page, digest, look);
    }
    plan::changed(&mut page, digest, look);
    hosts::problems(&mut page, digest, look.lang);
    notes::write(&mut page, digest, look.lang);
    hosts::counts(&mut page, digest, look.lang);
    endings(&mut page, digest, look.lang, "");
    page
}

fn header(page: &mut Page, digest: &Digest, look: Look) {
    let Some(info) = &digest.info else { return };
    page.put(Style::Strong, &info.playbook).say("  ").say(&info.selector);
    page.say("  ").say(text::hosts(look.lang, digest.hosts.len()));
    if let Some(run) = &digest.run {
        page.say("  ").say(Label::Run.say(look.lang)).say(" ").say(&run.0);
    }
    if let Some(summary) = &digest.summary {
        let took = text::duration(look.lang, Duration::from_millis(summary.millis));
        page.say("  ").say(Label::Took.say(look.lang)).say(" ").say(took);
    }
    page.end().end();
}

/// What else the summary knows, a line for each thing that happened; then where to read it all again.
fn endings(page: &mut Page, digest: &Digest, lang: Lang, mark: &str) {
    let Some(s) = &digest.summary else { return };
    let mut line = |style, label: Label, what: String| {
        page.say(mark).put(style, label.say(lang)).say(": ").say(what).end();
    };
    if let Some(signal) = s.interrupted_by {
        line(Style::Alarm, Label::Interrupted, signal.to_string());
    }
    if let Some(why) = &s.stopped {
        line(Style::Alarm, Label::Stopped, why.clone());
    }
    for (style, label, n) in [
        (Style::Alarm, Label::UnknownChanges, s.unknown_changes),
        (Style::Bad, Label::FailedSteps, s.failed_steps),
        (Style::Notice, Label::ToleratedSteps, s.tolerated),
        (Style::Alarm, Label::Bugs, s.internal),
    ] {
        if n > 0 {
            line(style, label, n.to_string());
        }
    }
    if let Some(run) = &digest.run {
        page.put(Style::Faint, format!("{mark}{} {run}: fleet show {run}", Label::Run.say(lang))).end();
    }
}

#[cfg(test)]
mod tests;
