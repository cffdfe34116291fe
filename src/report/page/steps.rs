//! `-v`: each host's steps; `-vv`: what they read, too.

use super::look::{Look, ink_of_outcome, style_of_status};
use crate::report::columns::pad;
use crate::report::digest::{Digest, StepDigest};
use crate::report::styled::{Page, Style};
use crate::report::text::{self, Label};
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

pub fn write(page: &mut Page, digest: &Digest, look: Look) {
    let lang = look.lang;
    page.put(Style::Strong, Label::Steps.say(lang)).end();
    for host in &digest.hosts {
        page.say("  ").put(Style::Strong, host.host.as_str()).say("  ");
        page.put(style_of_status(host.status), text::status(lang, host.status)).end();
        let cells = host.steps.iter().map(|s| s.step.id.width()).max().unwrap_or(0);
        for step in &host.steps {
            line(page, step, cells, look);
            if look.verbose > 1
                && let Some(data) = &step.data
            {
                let text = serde_json::to_string_pretty(data).unwrap_or_default();
                page.block(Style::Faint, "        ", &text);
            }
        }
    }
    page.end();
}

fn line(page: &mut Page, step: &StepDigest, cells: usize, look: Look) {
    let (style, outcome) = match step.outcome {
        Some(o) => (ink_of_outcome(o), text::outcome(look.lang, o)),
        None => (Style::Notice, "?"),
    };
    page.say("    ").say(pad(&step.step.id, cells)).say("  ").put(style, outcome);
    if let Some(millis) = step.millis {
        page.say("  ").put(Style::Faint, text::duration(look.lang, Duration::from_millis(millis)));
    }
    page.say("  ").put(Style::Faint, &step.step.verb);
    match (&step.fault, &step.reason) {
        (Some(fault), _) => page.say("  ").say(text::fault(look.lang, fault)),
        (None, Some(reason)) => page.say("  ").say(text::sentence(look.lang, reason)),
        (None, None) => page,
    };
    page.end();
}
