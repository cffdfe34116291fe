//! What would be changed: hosts with the same plan folded into one, each change a line; with `--diff` each object too.

use super::look::{Look, ink_of_outcome};
use crate::model::{Change, HostName, Row};
use crate::report::digest::Digest;
use crate::report::folded::by_key;
use crate::report::paper::{Ink, Paper};
use crate::report::text::{self, Label, comma};

/// Objects of one change that are listed without being asked for.
const FEW: usize = 3;

/// The plans of a run.
pub fn write(paper: &mut Paper, digest: &Digest, look: Look) {
    let groups = by_key(digest.hosts.iter().filter(|h| !h.plan.is_empty()).map(|h| {
        let titles: Vec<String> = h.plan.iter().map(|c| c.title.clone()).collect();
        ((titles, h.incomplete.clone()), (h.host.clone(), h.plan.as_slice()))
    }));
    if groups.is_empty() {
        paper.put(Ink::Strong, Label::NothingPlanned.say(look.lang)).end().end();
        return;
    }
    paper.put(Ink::Strong, Label::Planned.say(look.lang)).end();
    for ((_, incomplete), hosts) in groups {
        let names: Vec<&str> = hosts.iter().map(|(host, _)| host.as_str()).collect();
        paper.say("  ").put(Ink::Strong, names.join(comma(look.lang))).end();
        for (_, changes) in hosts.iter().take(1) {
            changes.iter().for_each(|change| self::change(paper, change, look));
        }
        // Of the others the objects differ, if only by their ids.
        if look.verbose > 0 {
            for (host, changes) in hosts.iter().skip(1) {
                paper.say("  ").put(Ink::Strong, host.as_str()).end();
                changes.iter().for_each(|change| self::change(paper, change, look));
            }
        }
        for missing in incomplete {
            paper.say("      ").put(Ink::Notice, Label::MayBeMissing.say(look.lang)).say(": ").say(missing).end();
        }
    }
    paper.end();
}

/// What was changed, host by host: how many objects ended how.
pub fn changed(paper: &mut Paper, digest: &Digest, look: Look) {
    let hosts = digest.hosts.iter().filter(|h| !h.changes.is_empty());
    let mut hosts = hosts.peekable();
    if hosts.peek().is_none() {
        return;
    }
    paper.put(Ink::Strong, Label::Changes.say(look.lang)).end();
    for host in hosts {
        paper.say("  ").put(Ink::Strong, host.host.as_str()).end();
        for change in &host.changes {
            let outcome = text::outcome(look.lang, change.outcome);
            paper.say("    ").put(ink_of_outcome(change.outcome), outcome).say("  ").say(&change.title).end();
            let ends: Vec<String> = change.ends.iter().map(|(end, n)| format!("{end} {n}")).collect();
            for line in [ends.join(comma(look.lang))].iter().chain(&change.reason).chain(&change.notes) {
                if !line.is_empty() {
                    paper.say("        ").put(Ink::Faint, line).end();
                }
            }
        }
    }
    paper.end();
}

/// One host's changes, for whoever is asked in the middle of a run.
pub fn of_host(host: &HostName, changes: &[Change], look: Look) -> Paper {
    let mut paper = Paper::new(look.color);
    paper.put(Ink::Strong, host.as_str()).end();
    changes.iter().for_each(|change| self::change(&mut paper, change, look));
    paper
}

fn change(paper: &mut Paper, change: &Change, look: Look) {
    let lang = look.lang;
    paper.say("    ").put(Ink::Notice, "~ ").say(&change.title).say("  ").put(Ink::Faint, &change.verb);
    if change.irreversible || change.undo.is_none() {
        paper.say("  ").put(Ink::Alarm, Label::Irreversible.say(lang));
    }
    paper.end();
    if let Some(undo) = &change.undo {
        paper.say("        ").put(Ink::Faint, format!("{}: {undo}", Label::Undo.say(lang))).end();
    }
    let shown = if look.verbose > 0 { change.rows.len() } else { FEW };
    for row in change.rows.iter().take(shown) {
        paper.say("        ").put(Ink::Faint, self::row(row)).end();
    }
    if let Some(more) = change.rows.len().checked_sub(shown).filter(|n| *n > 0) {
        paper.say("        ").put(Ink::Faint, format!("+{more} {}", Label::More.say(lang))).end();
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
