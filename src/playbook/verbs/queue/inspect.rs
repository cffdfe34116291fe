//! `mail.queue.inspect`: what waits in the mail queue.

use crate::mail::read::queue::{self, QUEUE_OUTPUT, QueueArgs};
use crate::model::schema::{Field, Type};
use crate::playbook::verb::{Body, Ctx, Failure, Gaps, Reading, Refusal, Verb, parts_of, report_of};
use crate::shell::{Part, PartOutput};
use serde_json::Value;

pub(crate) static VERB: Verb = Verb {
    name: "mail.queue.inspect",
    summary: "Size, age and senders of the mail queue",
    doc: "Reads the queue of the running mail server. Messages are counted by the login that submitted them, which \
          a spammer cannot forge, and by envelope sender, which can be forged. `complete` is false if something \
          could not be read; `incomplete` says what. For the newest messages, a few headers are shown, never the \
          body.",
    args: &[
        Field::new("top", Type::Int, "rows of each list; default: 20"),
        Field::new("samples", Type::Int, "number of the newest messages whose headers are shown, 0 to 20; default: 3"),
    ],
    output: QUEUE_OUTPUT,
    example: "- id: queue\n  mail.queue.inspect: { top: 10 }\n",
    ..Verb::of(Body::Reading(&Queue))
};

struct Queue;

/// More samples than anybody looks at.
const MAX_SAMPLES: u64 = 20;
const SAMPLES: usize = 3;

fn args(ctx: &Ctx<'_>) -> QueueArgs {
    let number = |name| ctx.args.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    QueueArgs { top: number("top").unwrap_or(QueueArgs::default().top), samples: number("samples").unwrap_or(SAMPLES) }
}

impl Reading for Queue {
    fn gaps(&self) -> Option<&'static Gaps> {
        Some(&Gaps { says: "the queue data is incomplete", list: "incomplete", besides: &[] })
    }

    fn parts(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        let samples = ctx.args.get("samples");
        if samples.is_some_and(|n| n.as_u64().is_none_or(|n| n > MAX_SAMPLES)) {
            return Err(Refusal::Invalid(format!("`samples` must be a number from 0 to {MAX_SAMPLES}")));
        }
        parts_of(queue::parts(ctx.host, ctx.profile, &args(ctx)))
    }

    fn read(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Value, Failure> {
        report_of(queue::read(ctx.host, ctx.profile, &args(ctx), outputs))
    }
}
