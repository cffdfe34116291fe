//! `mail.logins`: who logged in to the host's mail services, by their logs.

use crate::mail::read::logins::{self, LOGINS_OUTPUT};
use crate::model::schema::{Field, Type};
use crate::playbook::verb::{Body, Ctx, Failure, Gaps, Reading, Refusal, Verb, parts_of, report_of, since};
use crate::shell::{Part, PartOutput};
use serde_json::Value;

pub(crate) static VERB: Verb = Verb {
    name: "mail.logins",
    summary: "Logins that were done and that failed",
    doc: "Reads what the logs of the mail server and of Dovecot or Courier tell of logins over SMTP, IMAP, POP3 and \
          sieve: by account how many were done and failed, from which addresses and networks, and what was tried \
          before. The window ends now by the host's clock. A login that is not listed was not seen since \
          `covered_from`; of the time before nothing is known. Names of accounts are as clients wrote them: a failed \
          login may be of an account that does not exist.",
    args: &[Field::new("since", Type::Duration, "how far back; 24h when absent")],
    output: LOGINS_OUTPUT,
    example: "- id: logins\n  mail.logins: { since: \"{{ params.window }}\" }\n",
    ..Verb::of(Body::Reading(&Logins))
};

struct Logins;

impl Reading for Logins {
    fn gaps(&self) -> Option<&'static Gaps> {
        Some(&Gaps { says: "the logins were not read whole", list: "incomplete", besides: &["covered_from"] })
    }

    fn parts(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        parts_of(logins::parts(ctx.host, ctx.profile, since(ctx), ctx.profile.now))
    }

    fn read(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Value, Failure> {
        report_of(logins::read(ctx.host, ctx.profile, since(ctx), ctx.profile.now, outputs, ctx.geo))
    }
}
