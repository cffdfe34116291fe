//! `mail.logins`: who logged in to the host's mail services, by their logs.

use crate::mail::read::logins::{self, LOGINS_OUTPUT};
use crate::model::schema::{Field, Type};
use crate::playbook::verb::{Body, Ctx, Failure, Gaps, Reading, Refusal, Verb, parts_of, report_of, since};
use crate::shell::{Part, PartOutput};
use serde_json::Value;

pub(crate) static VERB: Verb = Verb {
    name: "mail.logins",
    summary: "Successful and failed logins",
    doc: "Reads SMTP, IMAP, POP3 and ManageSieve logins from the logs of the mail server and of Dovecot or \
          Courier: successful and failed logins by account, their client addresses and networks, and the failures \
          before a success. The window ends now, by the host's clock. A login that is not listed was not seen \
          since `covered_from`; nothing is known about the time before. Account names are as sent by the clients: \
          a failed login may be for an account that does not exist.",
    args: &[Field::new("since", Type::Duration, "how far back to read; default: 24h")],
    output: LOGINS_OUTPUT,
    example: "- id: logins\n  mail.logins: { since: \"{{ params.window }}\" }\n",
    ..Verb::of(Body::Reading(&Logins))
};

struct Logins;

impl Reading for Logins {
    fn gaps(&self) -> Option<&'static Gaps> {
        Some(&Gaps { says: "the logins are incomplete", list: "incomplete", besides: &["covered_from"] })
    }

    fn parts(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        parts_of(logins::parts(ctx.host, ctx.profile, since(ctx), ctx.profile.now))
    }

    fn read(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Value, Failure> {
        report_of(logins::read(ctx.host, ctx.profile, since(ctx), ctx.profile.now, outputs, ctx.geo))
    }
}
