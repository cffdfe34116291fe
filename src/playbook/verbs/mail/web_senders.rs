//! `web.senders`: which scripts of web sites send mail.

use crate::mail::read::web::{self, WEB_OUTPUT};
use crate::model::schema::{Field, Type};
use crate::playbook::verb::{Body, Ctx, Failure, Gaps, Reading, Refusal, Verb, parts_of, report_of, since};
use crate::shell::{Part, PartOutput};
use serde_json::Value;

pub(crate) static VERB: Verb = Verb {
    name: "web.senders",
    summary: "Messages by script of a web site",
    doc: "Finds the files behind mail that local users hand in: by PHP's own log of `mail()`, where one is kept \
          (`mail.log`), and by the headers of the newest 5,000 queued messages (`X-PHP-Originating-Script`, \
          `X-PHP-Script`, `X-PPP-Vhost`) that a process of the host handed in. Also tells which user stands for which \
          domain, to read the uids of `mail.senders` by; the folders that Exim logs are told there, as `scripts`. All \
          of it is evidence and no proof: whoever runs programs on a host can forge it. Of a log only files, lines, \
          times and numbers leave the host.",
    args: &[Field::new("since", Type::Duration, "how far back; 24h when absent")],
    output: WEB_OUTPUT,
    example: "- id: web\n  web.senders: { since: \"{{ params.window }}\" }\n",
    ..Verb::of(Body::Reading(&Web))
};

struct Web;

impl Reading for Web {
    fn gaps(&self) -> Option<&'static Gaps> {
        Some(&Gaps { says: "the scripts of web sites were not read whole", list: "incomplete", besides: &[] })
    }

    fn parts(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        parts_of(web::parts(ctx.host, ctx.profile, since(ctx), ctx.profile.now))
    }

    fn read(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Value, Failure> {
        report_of(web::read(ctx.host, ctx.profile, since(ctx), ctx.profile.now, outputs))
    }
}
