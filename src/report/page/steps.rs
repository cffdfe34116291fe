//! `-v`: each host's steps; `-vv`: what they read, too.

use super::look::{Look, ink_of_outcome, ink_of_status};
use crate::report::columns::pad;
use crate::report::digest::{Digest, StepDigest};
use crate::report::paper::{Ink, Paper};
use crate::report::text::{self, Label};
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

pub fn write(paper: &mut Paper, digest: &Digest, look: Look) {
    let lang = look.lang;
    paper.put(Ink::Strong, Label::Steps.say(lang)).end();
    for host in &digest.hosts {
        paper.say("  ").put(Ink::Strong, host.host.as_str()).say("  ");
        paper.put(ink_of_status(host.status), text::status(lang, host.status)).end();
        let cells = host.steps.iter().map(|s| s.step.id.width()).max().unwrap_or(0);
        for step in &host.steps {
            line(paper, step, cells, look);
            if look.verbose > 1
                && let Some(data) = &step.data
            {
                let text = serde_json::to_string_pretty(data).unwrap_or_default();
                paper.block(Ink::Faint, "        ", &text);
            }
        }
    }
    paper.end();
}

fn line(paper: &mut Paper, step: &StepDigest, cells: usize, look: Look) {
    let (ink, outcome) = match step.outcome {
        Some(o) => (ink_of_outcome(o), text::outcome(look.lang, o)),
        None => (Ink::Notice, "?"),
    };
    paper.say("    ").say(pad(&step.step.id, cells)).say("  ").put(ink, outcome);
    if let Some(millis) = step.millis {
        paper.say("  ").put(Ink::Faint, text::duration(look.lang, Duration::from_millis(millis)));
    }
    paper.say("  ").put(Ink::Faint, &step.step.verb);
    match (&step.fault, &step.reason) {
        (Some(fault), _) => paper.say("  ").say(fault.to_string()),
        (None, Some(reason)) => paper.say("  ").say(reason),
        (None, None) => paper,
    };
    paper.end();
}
