//! What would be changed: hosts with the same plan folded into one, each change a line; with `--diff` each object too.

use super::look::{Look, ink_of_outcome};
use crate::model::{Change, HostName, Outcome, Row};
use crate::report::digest::Digest;
use crate::report::folded::by_key;
use crate::report::styled::{Page, Style};
use crate::report::text::{self, Label, comma};

/// Objects of one change that are listed without being asked for.
const FEW: usize = 3;

/// The plans of a run.
pub fn write(page: &mut Page, digest: &Digest, look: Look) {
    let hosts = digest.hosts.iter();
    plans(page, hosts.map(|h| PlanOfHost { host: &h.host, changes: &h.plan, incomplete: &h.incomplete }), look);
}

/// What is planned on one host.
#[derive(Clone, Copy)]
pub struct PlanOfHost<'a> {
    pub host: &'a HostName,
    pub changes: &'a [Change],
    /// What may be missing.
    pub incomplete: &'a [String],
}

/// The plans of these hosts, for whoever is asked.
pub fn of_hosts<'a>(hosts: impl IntoIterator<Item = PlanOfHost<'a>>, look: Look) -> Page {
    let mut page = Page::new(look.color);
    plans(&mut page, hosts, look);
    page
}

fn plans<'a>(page: &mut Page, hosts: impl IntoIterator<Item = PlanOfHost<'a>>, look: Look) {
    let groups = by_key(hosts.into_iter().filter(|h| !h.changes.is_empty()).map(|h| {
        let titles: Vec<&str> = h.changes.iter().map(|c| c.title.as_str()).collect();
        ((titles, h.incomplete), (h.host, h.changes))
    }));
    if groups.is_empty() {
        page.put(Style::Strong, Label::NothingPlanned.say(look.lang)).end().end();
        return;
    }
    page.put(Style::Strong, Label::Planned.say(look.lang)).end();
    for ((_, incomplete), hosts) in groups {
        let names: Vec<&str> = hosts.iter().map(|(host, _)| host.as_str()).collect();
        page.say("  ").put(Style::Strong, names.join(comma(look.lang))).end();
        for (_, changes) in hosts.iter().take(1) {
            changes.iter().for_each(|change| self::change(page, change, look));
        }
        // Of the others the objects differ, if only by their ids.
        if look.verbose > 0 {
            for (host, changes) in hosts.iter().skip(1) {
                page.say("  ").put(Style::Strong, host.as_str()).end();
                changes.iter().for_each(|change| self::change(page, change, look));
            }
        }
        for missing in incomplete {
            page.say("      ").put(Style::Notice, Label::MayBeMissing.say(look.lang)).say(": ").say(missing).end();
        }
    }
    page.end();
}

/// What was changed, host by host: how many objects ended how.
pub fn changed(page: &mut Page, digest: &Digest, look: Look) {
    let hosts = digest.hosts.iter().filter(|h| !h.changes.is_empty());
    let mut hosts = hosts.peekable();
    if hosts.peek().is_none() {
        return;
    }
    page.put(Style::Strong, Label::Changes.say(look.lang)).end();
    for host in hosts {
        page.say("  ").put(Style::Strong, host.host.as_str()).end();
        for change in &host.changes {
            let outcome = text::outcome(look.lang, change.outcome);
            page.say("    ").put(ink_of_outcome(change.outcome), outcome).say("  ").say(&change.title).end();
            let ends: Vec<String> = change.ends.iter().map(|(end, n)| format!("{end} {n}")).collect();
            for line in [ends.join(comma(look.lang))].iter().chain(&change.reason).chain(&change.notes) {
                if !line.is_empty() {
                    page.say("        ").put(Style::Faint, line).end();
                }
            }
        }
    }
    page.end();
}

/// How far a run got with each change of each host; no outcome: it was never begun.
pub fn left<'a>(hosts: impl IntoIterator<Item = (&'a HostName, &'a [(String, Option<Outcome>)])>, look: Look) -> Page {
    let mut page = Page::new(look.color);
    page.put(Style::Strong, Label::LeftByTheRun.say(look.lang)).end();
    for (changes, hosts) in by_key(hosts.into_iter().map(|(host, changes)| (changes, host.as_str()))) {
        page.say("  ").put(Style::Strong, hosts.join(comma(look.lang))).end();
        for (title, outcome) in changes {
            page.say("    ");
            match outcome {
                Some(outcome) => page.put(ink_of_outcome(*outcome), text::outcome(look.lang, *outcome)),
                None => page.put(Style::Faint, Label::NeverBegun.say(look.lang)),
            };
            page.say("  ").say(title).end();
        }
    }
    page.end();
    page
}

/// One host's changes, for whoever is asked in the middle of a run.
pub fn of_host(host: &HostName, changes: &[Change], look: Look) -> Page {
    let mut page = Page::new(look.color);
    page.put(Style::Strong, host.as_str()).end();
    changes.iter().for_each(|change| self::change(&mut page, change, look));
    page
}

fn change(page: &mut Page, change: &Change, look: Look) {
    let lang = look.lang;
    page.say("    ").put(Style::Notice, "~ ").say(&change.title).say("  ").put(Style::Faint, &change.verb);
    if change.irreversible || change.undo.is_none() {
        page.say("  ").put(Style::Alarm, Label::Irreversible.say(lang));
    }
    page.end();
    if let Some(undo) = &change.undo {
        page.say("        ").put(Style::Faint, format!("{}: {undo}", Label::Undo.say(lang))).end();
    }
    let shown = if look.verbose > 0 { change.rows.len() } else { FEW };
    for row in change.rows.iter().take(shown) {
        page.say("        ").put(Style::Faint, self::row(row)).end();
    }
    if let Some(more) = change.rows.len().checked_sub(shown).filter(|n| *n > 0) {
        page.say("        ").put(Style::Faint, format!("+{more} {}", Label::More.say(lang))).end();
    }
}

fn row(row: &Row) -> String {
    match row {
        Row::Message { id, sender, size, recipients, .. } => {
            let sender = if sender.is_empty() { "<>" } else { sender };
            format!("{id}  {sender}  {size} B  -> {recipients}")
        }
        Row::Account { address, was } | Row::Thing { name: address, was } => match was {
            serde_json::Value::Null => address.clone(),
            was => format!("{address}  {was}"),
        },
    }
}
