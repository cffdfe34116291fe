//! One command on many hosts: each different answer once, with the hosts that gave it.

use super::look::ink_of_status;
use super::{hosts, notes};
use crate::inventory::fold::fold;
use crate::model::{HostName, HostStatus};
use crate::report::digest::{Digest, HostDigest};
use crate::report::folded::by_key;
use crate::report::paper::{Ink, Paper};
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

pub fn write(paper: &mut Paper, digest: &Digest, lang: Lang) {
    let mut answers = by_key(digest.hosts.iter().filter_map(|h| Some((Answer::of(h)?, h.host.clone()))));
    answers.sort_by_key(|(_, hosts)| Reverse(hosts.len()));
    for (answer, hosts) in &answers {
        one(paper, answer, hosts, lang);
    }
    let silent: Vec<&HostDigest> = digest.hosts.iter().filter(|h| Answer::of(h).is_none()).collect();
    for (hosts::Ending { status, why }, hosts) in hosts::grouped(lang, silent.iter().copied()) {
        status_line(paper, status, hosts.len(), lang).say(": ").put(Ink::Strong, fold(&hosts));
        let mut texts: Vec<&str> = why.iter().map(|w| w.text.as_str()).collect();
        if texts.is_empty() && status == HostStatus::Ok {
            texts.push(Label::NoOutput.say(lang));
        }
        if !texts.is_empty() {
            paper.say("  ").say(texts.join("; "));
        }
        paper.end();
        for hint in why.iter().filter_map(|w| w.hint.as_ref()) {
            paper.say("   ").put(Ink::Notice, Label::Hint.say(lang)).say(": ").say(hint).end();
        }
    }
    for status in [HostStatus::Unreachable, HostStatus::NotStarted] {
        if digest.count(status) == 0 {
            status_line(paper, status, 0, lang).end();
        }
    }
    for (note, hosts) in notes::grouped(digest, lang) {
        paper.put(Ink::Faint, "-- ").say(fold(&hosts)).say(": ").say(note).end();
    }
}

fn one(paper: &mut Paper, answer: &Answer, hosts: &[HostName], lang: Lang) {
    let ink = if answer.rc == Some(0) { Ink::Good } else { Ink::Bad };
    let rc = answer.rc.map_or_else(|| "?".into(), |rc| rc.to_string());
    paper.put(Ink::Strong, format!("== {}: {}", text::hosts(lang, hosts.len()), fold(hosts)));
    paper.say("  ").put(ink, format!("{} {rc}", Label::Exit.say(lang))).end();
    paper.block(Ink::Plain, "", answer.stdout);
    paper.block(Ink::Notice, "! ", answer.stderr);
    if answer.truncated {
        paper.put(Ink::Notice, format!("-- {}", Label::OutputCut.say(lang))).end();
    }
}

fn status_line(paper: &mut Paper, status: HostStatus, n: usize, lang: Lang) -> &mut Paper {
    let ink = if n > 0 { ink_of_status(status) } else { Ink::Plain };
    paper.put(Ink::Faint, "-- ").put(ink, format!("{} {n}", text::status(lang, status)))
}
