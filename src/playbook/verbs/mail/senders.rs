//! `mail.senders`: who sent mail through the host, by its log.

use crate::mail::read::senders::{self, Busiest, SENDERS_OUTPUT, busiest_hours};
use crate::model::schema::{Field, Type};
use crate::playbook::verb::{Body, Ctx, Failure, Gaps, Reading, Refusal, Verb, parts_of, report_of, since};
use crate::shell::{Part, PartOutput};
use serde_json::Value;

pub(crate) static VERB: Verb = Verb {
    name: "mail.senders",
    summary: "Messages by login and by local user",
    doc: "Reads the mail log, including rotated and compressed files, and counts outgoing mail by who submitted \
          it: an authenticated login, or a process of a local user such as a website script. The window ends now, \
          by the host's clock. `covered_from` is the start of the available logs: a sender that is not listed was \
          not seen since then, and nothing is known about the time before.",
    args: &[Field::new("since", Type::Duration, "how far back to read; default: 24h")],
    output: SENDERS_OUTPUT,
    example: "- id: senders\n  mail.senders: { since: \"{{ params.window }}\" }\n",
    ..Verb::of(Body::Reading(&Senders))
};

struct Senders;

impl Reading for Senders {
    fn gaps(&self) -> Option<&'static Gaps> {
        Some(&Gaps { says: "the mail log is incomplete", list: "incomplete", besides: &["covered_from"] })
    }

    fn usual(&self, output: &Value) -> Option<Vec<Busiest>> {
        busiest_hours(output)
    }

    fn parts(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        // The log's times are the host's, so its clock ends the window.
        parts_of(senders::parts(ctx.host, ctx.profile, since(ctx), ctx.profile.now))
    }

    fn read(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Value, Failure> {
        report_of(senders::read(ctx.host, ctx.profile, since(ctx), ctx.profile.now, outputs, ctx.geo))
    }
}
