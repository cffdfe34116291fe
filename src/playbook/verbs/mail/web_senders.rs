//! `web.senders`: which scripts of web sites send mail.

use crate::mail::read::web::{self, WEB_OUTPUT};
use crate::model::schema::{Field, Type};
use crate::playbook::verb::{Body, Ctx, Failure, Gaps, Reading, Refusal, Verb, parts_of, report_of, since};
use crate::shell::{Part, PartOutput};
use serde_json::Value;

pub(crate) static VERB: Verb = Verb {
    name: "web.senders",
    summary: "Messages by website script",
    doc: "Finds the files behind mail that local users submit: from PHP's own log of `mail()`, where one is kept \
          (`mail.log`), and from the headers of the newest 5,000 queued messages (`X-PHP-Originating-Script`, \
          `X-PHP-Script`, `X-PPP-Vhost`) that were submitted by a local process. Also reports which user belongs \
          to which domain, to interpret the uids in `mail.senders`; the directories that Exim logs are reported \
          there, as `scripts`. All of this is evidence, not proof: anyone who can run programs on the host can \
          forge it. Only file names, line numbers, times and counts from the logs leave the host.",
    args: &[Field::new("since", Type::Duration, "how far back to read; default: 24h")],
    output: WEB_OUTPUT,
    example: "- id: web\n  web.senders: { since: \"{{ params.window }}\" }\n",
    ..Verb::of(Body::Reading(&Web))
};

struct Web;

impl Reading for Web {
    fn gaps(&self) -> Option<&'static Gaps> {
        Some(&Gaps { says: "the data on website scripts is incomplete", list: "incomplete", besides: &[] })
    }

    fn parts(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        parts_of(web::parts(ctx.host, ctx.profile, since(ctx), ctx.profile.now))
    }

    fn read(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Value, Failure> {
        report_of(web::read(ctx.host, ctx.profile, since(ctx), ctx.profile.now, outputs))
    }
}
