//! The findings, worst level first.

use super::look::{Look, heading, ink_of_level};
use crate::inventory::fold::fold;
use crate::model::{HostName, Level};
use crate::report::columns::{cut, pad};
use crate::report::digest::Digest;
use crate::report::folded::by_key;
use crate::report::styled::{Page, Style};
use crate::report::text::{self, Label};
use serde_json::{Map, Value};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use unicode_width::UnicodeWidthStr;

/// Cells of a line of evidence when the terminal's width is not known.
const WIDE: usize = 100;
/// Lines of evidence for one host.
const LINES: usize = 2;
/// Hosts with evidence of their own that are shown under one finding.
const SHOWN: usize = 8;

pub fn write(page: &mut Page, digest: &Digest, look: Look) {
    let lang = look.lang;
    let all = digest.hosts.iter().flat_map(|h| h.findings.iter().map(|f| (&h.host, &f.finding)));
    let told = all.map(|(host, finding)| {
        let said = text::finding(lang, finding);
        let rest = evidence(&finding.data, &said.told, look.width);
        ((Reverse(finding.level), &finding.code, &finding.key, said.text), (rest, host.clone()))
    });
    let mut groups = by_key(told);
    groups.sort_by(|(a, _), (b, _)| (a.0, a.1).cmp(&(b.0, b.1)));
    if groups.is_empty() {
        page.say(Label::NoFindings.say(lang)).end().end();
        return;
    }
    heading(page, Label::Findings, lang, &counts(digest, look));
    let words = Level::ALL.iter().map(|l| text::level(lang, *l).width());
    let cells = words.max().unwrap_or(0);
    let indent = " ".repeat(cells + 4);
    for ((Reverse(level), code, key, sentence), members) in groups {
        let hosts: Vec<HostName> = members.iter().map(|(_, host)| host.clone()).collect();
        page.say("  ").put(ink_of_level(level), pad(text::level(lang, level), cells)).say("  ");
        page.put(Style::Strong, fold(&hosts));
        if hosts.len() > 1 {
            page.say(format!(" ({})", text::hosts(lang, hosts.len())));
        }
        page.say("  ").say(code);
        if !key.is_empty() {
            page.say("  ").put(Style::Strong, key);
        }
        page.end().say(&indent).say(&sentence).end();
        let shares = by_key(members);
        let alike = shares.len() == 1;
        for (lines, hosts) in shares.iter().take(SHOWN) {
            for line in lines {
                page.say(&indent);
                if !alike {
                    page.say(fold(hosts)).say(": ");
                }
                page.put(Style::Faint, line).end();
            }
        }
        if shares.len() > SHOWN {
            let more = format!("… {} {}", shares.len() - SHOWN, Label::More.say(lang));
            page.say(&indent).put(Style::Faint, more).end();
        }
    }
    page.end();
}

/// `2 critical, 1 warn`: the levels that there are, worst first.
fn counts(digest: &Digest, look: Look) -> String {
    let of = |level| digest.hosts.iter().flat_map(|h| &h.findings).filter(|f| f.finding.level == level).count();
    let items: Vec<String> = Level::ALL
        .iter()
        .rev()
        .map(|l| (l, of(*l)))
        .filter(|(_, n)| *n > 0)
        .map(|(l, n)| format!("{} {n}", text::level(look.lang, *l)))
        .collect();
    items.join(text::comma(look.lang))
}

/// What the sentence did not tell, as `k=v` on at most [`LINES`] lines.
fn evidence(data: &Map<String, Value>, told: &BTreeSet<String>, width: usize) -> Vec<String> {
    let width = if width == 0 { WIDE } else { width.saturating_sub(12).max(20) };
    let rest: Vec<String> =
        data.iter().filter(|(k, _)| !told.contains(*k)).map(|(k, v)| format!("{k}={}", text::value(v))).collect();
    let mut lines: Vec<String> = Vec::new();
    for (i, item) in rest.iter().enumerate() {
        let item = cut(item, width);
        let is_full = lines.len() == LINES;
        match lines.last_mut() {
            Some(line) if line.width() + 2 + item.width() <= width => {
                line.push_str("  ");
                line.push_str(&item);
            }
            Some(line) if is_full => {
                line.push_str(&format!("  +{}", rest.len() - i));
                break;
            }
            _ => lines.push(item),
        }
    }
    lines
}
