//! What would be changed: hosts with the same plan folded into one, each change a line; with `--diff` each object too.

use super::look::{Look, ink_of_outcome};
use crate::engine::LATER;
use crate::model::{Change, HostName, Outcome, Row};
use crate::report::digest::{ChangeDigest, Digest, HostDigest, StepDigest};
use crate::report::folded::by_key;
use crate::report::styled::{Page, Style};
use crate::report::text::{self, Label, Lang, comma};
use unicode_width::UnicodeWidthStr;

/// Objects of one change that are listed without being asked for.
const FEW: usize = 3;

/// The plans of a run.
pub fn write(page: &mut Page, digest: &Digest, look: Look) {
    let groups = by_key(digest.hosts.iter().filter(|h| !h.plan.is_empty()).map(|h| {
        let titles: Vec<String> = h.plan.iter().map(|c| c.title.clone()).collect();
        ((titles, h.incomplete.clone(), later(h, look.lang)), (h.host.clone(), h.plan.as_slice()))
    }));
    if groups.is_empty() {
        page.put(Style::Strong, Label::NothingPlanned.say(look.lang)).end().end();
        return;
    }
    page.put(Style::Strong, Label::Planned.say(look.lang)).end();
    for ((_, incomplete, later), hosts) in groups {
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
        if !later.is_empty() {
            page.say("    ").put(Style::Notice, Label::Later.say(look.lang)).say(":").end();
            for step in later {
                page.say("      ").say(step).end();
            }
        }
    }
    page.end();
}

/// The steps behind the `confirm` that comes next, with what is known of them by now.
fn later(host: &HostDigest, lang: Lang) -> Vec<String> {
    let is_later = |s: &&StepDigest| s.reason.as_deref() == Some(LATER);
    let confirm = host.steps.iter().filter(is_later).find(|s| s.step.verb == "confirm").map(|s| s.step.index);
    let Some(confirm) = confirm else { return Vec::new() };
    let held: usize = host.plan.iter().filter(|c| c.verb == "mail.queue.hold").map(|c| c.rows.len()).sum();
    let behind = host.steps.iter().filter(is_later).filter(|s| s.step.index > confirm && s.step.verb != "confirm");
    let mut said: Vec<String> = Vec::new();
    for step in behind {
        let name = text::sentence(lang, &step.step.name);
        said.push(match step.step.verb.as_str() {
            "mail.queue.delete" if held > 0 => format!("{name}  ({}: {held})", Label::HeldSoFar.say(lang)),
            _ => name.into_owned(),
        });
    }
    said
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
            let dir = change.op.kept();
            for (end, n) in &change.ends {
                page.say("        ").say(text::ended(look.lang, &change.verb, end, *n, &dir)).end();
            }
            for line in change.reason.iter().chain(&change.proofs).chain(&change.notes) {
                page.say("        ").put(Style::Faint, text::sentence(look.lang, line)).end();
            }
        }
        let watches = host.steps.iter().filter(|s| s.step.verb == "watch").filter_map(|s| s.data.as_ref());
        for said in watches.filter_map(|data| text::watched(look.lang, data)) {
            page.say("    ").say(said).end();
        }
    }
    next(page, digest, look);
    page.end();
}

/// The commands that come next.
fn next(page: &mut Page, digest: &Digest, look: Look) {
    let Some(run) = &digest.run else { return };
    let changes = || digest.hosts.iter().flat_map(|h| &h.changes);
    let any = |wanted: &dyn Fn(&ChangeDigest) -> bool| changes().any(wanted);
    let sets = |c: &ChangeDigest| {
        c.outcome == Outcome::Changed && matches!(&*c.verb, "mail.account.set_password" | "mail.account.restore")
    };
    for (is_next, label, command) in [
        (any(&|c| c.outcome == Outcome::Unknown), Label::Settle, "resume"),
        (any(&sets), Label::Reveal, "secret reveal"),
        (any(&|c| c.outcome == Outcome::Changed && c.undo.is_some()), Label::UndoRun, "undo"),
    ] {
        if is_next {
            page.say("  ").put(Style::Faint, Label::Next.say(look.lang)).say(": ");
            page.say(label.say(look.lang)).say(": ").put(Style::Strong, format!("fleet {command} {run}")).end();
        }
    }
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
    page.say("    ").put(Style::Notice, "~ ").say(&change.title);
    let alarm = if change.irreversible || change.undo.is_none() { Label::Irreversible.say(lang) } else { "" };
    // What cannot be undone is not broken in the middle by a narrow terminal.
    let cells = 6 + change.title.width() + 2 + change.verb.width() + 2 + alarm.width();
    if look.width > 0 && cells > look.width {
        page.end().say("      ");
    }
    page.say("  ").put(Style::Faint, &change.verb);
    if !alarm.is_empty() {
        page.say("  ").put(Style::Alarm, alarm);
    }
    page.end();
    if let Some(undo) = &change.undo {
        page.say("        ").put(Style::Faint, format!("{}: {undo}", Label::Undo.say(lang))).end();
    }
    let shown = if look.verbose > 0 { change.rows.len() } else { FEW };
    for row in change.rows.iter().take(shown) {
        page.say("        ").put(Style::Faint, self::row(row, lang)).end();
    }
    if let Some(more) = change.rows.len().checked_sub(shown).filter(|n| *n > 0) {
        page.say("        ").put(Style::Faint, format!("+{more} {}", Label::More.say(lang))).end();
    }
}

fn row(row: &Row, lang: Lang) -> String {
    match row {
        Row::Message { id, sender, size, recipients, .. } => {
            let sender = if sender.is_empty() { "<>" } else { sender };
            format!("{id}  {sender}  {size} B  -> {recipients}")
        }
        Row::Account { address, was } => text::account(lang, address, was),
        Row::Thing { name, was } => match was {
            serde_json::Value::Null => name.clone(),
            was => format!("{name}  {was}"),
        },
    }
}
