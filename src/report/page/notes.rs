//! Remarks that are neither findings nor problems, but must not be lost.

use super::hosts;
use super::look::heading;
use crate::inventory::fold::fold;
use crate::model::{HostName, HostStatus};
use crate::report::digest::{Digest, HostDigest};
use crate::report::folded::by_key;
use crate::report::styled::{Page, Style};
use crate::report::text::{self, Label, Lang};

/// What a host's notes, tolerated failures and old SSH have to say.
fn of(host: &HostDigest, lang: Lang) -> Vec<String> {
    // Told among the problems already, when they are the reason for the host's end.
    let told = if host.status == HostStatus::Ok { Vec::new() } else { hosts::reasons(lang, host) };
    let notes = host.notes.iter().map(|n| text::sentence(lang, n).into_owned());
    let mut notes: Vec<String> = notes.filter(|n| told.iter().all(|w| w.text != *n)).collect();
    if host.legacy {
        notes.push(Label::LegacySsh.say(lang).into());
    }
    for step in &host.steps {
        let (Some(because), Some(outcome)) = (&step.tolerated, step.outcome) else { continue };
        let fault = step.fault.as_ref().map(|f| text::fault(lang, f));
        let reason = || step.reason.as_ref().map(|r| text::sentence(lang, r).into_owned());
        let said = fault.or_else(reason).unwrap_or_default();
        let mut note = format!("{} {}: {}", Label::Step.say(lang), step.step.id, text::outcome(lang, outcome));
        if !said.is_empty() {
            note.push_str(&format!(": {said}"));
        }
        notes.push(format!("{note} ({}: {})", Label::Tolerated.say(lang), text::sentence(lang, because)));
    }
    notes
}

/// Notes with the hosts that have them.
pub fn grouped(digest: &Digest, lang: Lang) -> Vec<(String, Vec<HostName>)> {
    by_key(digest.hosts.iter().flat_map(|h| of(h, lang).into_iter().map(|note| (note, h.host.clone()))))
}

pub fn write(page: &mut Page, digest: &Digest, lang: Lang) {
    let notes = grouped(digest, lang);
    if notes.is_empty() {
        return;
    }
    heading(page, Label::Notes, lang, &notes.len().to_string());
    for (note, hosts) in notes {
        page.say("  ").say(note).end();
        page.say("    ").put(Style::Faint, format!("{}: {}", text::hosts(lang, hosts.len()), fold(&hosts))).end();
    }
    page.end();
}
