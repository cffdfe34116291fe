//! One command on many hosts: each different answer once, with the hosts that gave it.

use super::look::style_of_status;
use super::{hosts, notes};
use crate::inventory::fold::fold;
use crate::model::{HostName, HostStatus};
use crate::report::digest::{Digest, HostDigest};
use crate::report::folded::by_key;
use crate::report::styled::{Page, Style};
use crate::report::text::{self, Label, Lang};
use std::cmp::Reverse;

/// What a command left: the step's data `{rc, stdout, stderr, truncated}`.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Answer<'a> {
    /// None: it did not exit by itself.
    rc: Option<i64>,
    stdout: &'a str,
    stderr: &'a str,
    truncated: bool,
}

impl<'a> Answer<'a> {
    fn of(host: &'a HostDigest) -> Option<Self> {
        let data = host.steps.iter().find_map(|s| s.data.as_ref())?.as_object()?;
        let text = |name| data.get(name).and_then(|v| v.as_str()).unwrap_or_default();
        Some(Self {
            rc: data.get("rc").and_then(serde_json::Value::as_i64),
            stdout: text("stdout"),
            stderr: text("stderr"),
            truncated: data.get("truncated").and_then(serde_json::Value::as_bool).unwrap_or(false),
        })
    }
}

pub fn write(page: &mut Page, digest: &Digest, lang: Lang) {
    let mut answers = by_key(digest.hosts.iter().filter_map(|h| Some((Answer::of(h)?, h.host.clone()))));
    answers.sort_by_key(|(_, hosts)| Reverse(hosts.len()));
    for (answer, hosts) in &answers {
        one(page, answer, hosts, lang);
    }
    let silent: Vec<&HostDigest> = digest.hosts.iter().filter(|h| Answer::of(h).is_none()).collect();
    for (hosts::Ending { status, why }, hosts) in hosts::grouped(lang, silent.iter().copied()) {
        status_line(page, status, hosts.len(), lang).say(": ").put(Style::Strong, fold(&hosts));
        let mut texts: Vec<&str> = why.iter().map(|w| w.text.as_str()).collect();
        if texts.is_empty() && status == HostStatus::Ok {
            texts.push(Label::NoOutput.say(lang));
        }
        if !texts.is_empty() {
            page.say("  ").say(texts.join("; "));
        }
        page.end();
        for hint in why.iter().filter_map(|w| w.hint.as_ref()) {
            page.say("   ").put(Style::Notice, Label::Hint.say(lang)).say(": ").say(hint).end();
        }
    }
    for status in [HostStatus::Unreachable, HostStatus::NotStarted] {
        if digest.count(status) == 0 {
            status_line(page, status, 0, lang).end();
        }
    }
    for (note, hosts) in notes::grouped(digest, lang) {
        page.put(Style::Faint, "-- ").say(fold(&hosts)).say(": ").say(note).end();
    }
}

fn one(page: &mut Page, answer: &Answer, hosts: &[HostName], lang: Lang) {
    let style = if answer.rc == Some(0) { Style::Good } else { Style::Bad };
    let rc = answer.rc.map_or_else(|| "?".into(), |rc| rc.to_string());
    page.put(Style::Strong, format!("== {}: {}", text::hosts(lang, hosts.len()), fold(hosts)));
    page.say("  ").put(style, format!("{} {rc}", Label::Exit.say(lang))).end();
    page.block(Style::Plain, "", answer.stdout);
    page.block(Style::Notice, "! ", answer.stderr);
    if answer.truncated {
        page.put(Style::Notice, format!("-- {}", Label::OutputCut.say(lang))).end();
    }
}

fn status_line(page: &mut Page, status: HostStatus, n: usize, lang: Lang) -> &mut Page {
    let style = if n > 0 { style_of_status(status) } else { Style::Plain };
    page.put(Style::Faint, "-- ").put(style, format!("{} {n}", text::status(lang, status)))
}
