//! Hosts that are not ok and why, and the count of every status.

use super::look::{heading, style_of_status};
use crate::inventory::fold::fold;
use crate::model::{Fault, HostName, HostStatus};
use crate::report::digest::{Digest, HostDigest, StepDigest};
use crate::report::folded::by_key;
use crate::report::styled::{Page, Style};
use crate::report::text::{self, Label, Lang};
use std::cmp::Reverse;

/// One reason for a host's end.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Why {
    pub text: String,
    pub hint: Option<String>,
}

impl Why {
    fn said(text: String) -> Self {
        Self { text, hint: None }
    }

    fn fault(lang: Lang, place: &str, fault: &Fault) -> Self {
        let hint = fault.hint.as_ref().map(|hint| text::sentence(lang, hint).into_owned());
        Self { text: format!("{place}{}", text::fault(lang, fault)), hint }
    }

    fn step(lang: Lang, step: &StepDigest) -> Self {
        let place = format!("{} {}: ", Label::Step.say(lang), step.step.id);
        let outcome = step.outcome.map_or("", |o| text::outcome(lang, o));
        match (&step.fault, &step.reason) {
            (Some(fault), _) => Self::fault(lang, &place, fault),
            (None, Some(reason)) => Self::said(format!("{place}{outcome}: {}", text::sentence(lang, reason))),
            (None, None) => Self::said(format!("{place}{outcome}")),
        }
    }
}

/// Why this host is not ok: its own fault, then each step that failed for another reason, else what stopped
/// it, else its notes.
pub fn reasons(lang: Lang, host: &HostDigest) -> Vec<Why> {
    let own = host.fault.iter().map(|f| Why::fault(lang, "", f));
    let steps = host.steps.iter().filter(|s| s.is_problem() && (s.fault.is_none() || s.fault != host.fault));
    let mut all: Vec<Why> = own.chain(steps.map(|s| Why::step(lang, s))).collect();
    if all.is_empty() && host.status == HostStatus::Skipped {
        let stop = host.steps.iter().rev().filter(|s| s.step.verb == "stop").find_map(|s| s.reason.as_ref());
        all.extend(stop.map(|r| Why::said(text::sentence(lang, r).into_owned())));
    }
    if all.is_empty() {
        all.extend(host.notes.iter().map(|n| Why::said(text::sentence(lang, n).into_owned())));
    }
    all
}

/// How a host ended, and why.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Ending {
    pub status: HostStatus,
    pub why: Vec<Why>,
}

/// Groups hosts by their ending, worst status first.
pub fn grouped<'a>(lang: Lang, hosts: impl Iterator<Item = &'a HostDigest>) -> Vec<(Ending, Vec<HostName>)> {
    let mut groups = by_key(hosts.map(|h| (Ending { status: h.status, why: reasons(lang, h) }, h.host.clone())));
    groups.sort_by_key(|(ending, _)| Reverse(ending.status));
    groups
}

pub fn problems(page: &mut Page, digest: &Digest, lang: Lang) {
    let bad = digest.hosts.iter().filter(|h| h.status != HostStatus::Ok);
    let total = bad.clone().count();
    if total == 0 {
        page.say(Label::NoProblems.say(lang)).end().end();
        return;
    }
    heading(page, Label::Problems, lang, &text::hosts(lang, total));
    for (Ending { status, why }, hosts) in grouped(lang, bad) {
        page.say("  ").put(style_of_status(status), text::status(lang, status));
        page.say(format!(" {}: ", hosts.len())).put(Style::Strong, fold(&hosts)).end();
        for why in &why {
            page.say("    ").say(&why.text).end();
            if let Some(hint) = &why.hint {
                page.say("    ").put(Style::Notice, Label::Hint.say(lang)).say(": ").say(hint).end();
            }
        }
    }
    page.end();
}

/// Every status that has hosts, and those whose absence is worth a word.
pub fn counts(page: &mut Page, digest: &Digest, lang: Lang) {
    let always = [HostStatus::Ok, HostStatus::Failed, HostStatus::Unreachable, HostStatus::NotStarted];
    page.put(Style::Strong, Label::Hosts.say(lang)).say(":");
    let mut first = true;
    for status in HostStatus::ALL {
        let n = digest.count(*status);
        if n == 0 && !always.contains(status) {
            continue;
        }
        page.say(if first { " " } else { text::comma(lang) });
        first = false;
        let style = if n > 0 { style_of_status(*status) } else { Style::Plain };
        page.put(style, format!("{} {n}", text::status(lang, *status)));
        let found = digest.hosts.iter().filter(|h| h.status == *status && !h.findings.is_empty()).count();
        if found > 0 {
            page.say(format!(" ({} {found})", Label::WithFindings.say(lang)));
        }
    }
    page.end();
}
