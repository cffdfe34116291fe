//! `mail.accounts`: the accounts that the panel or the system knows.

use crate::mail::read::accounts::{self, ACCOUNTS_OUTPUT};
use crate::playbook::verb::{Body, Ctx, Failure, Gaps, Reading, Refusal, Verb, parts_of, report_of};
use crate::shell::{Part, PartOutput};
use serde_json::Value;

pub(crate) static VERB: Verb = Verb {
    name: "mail.accounts",
    summary: "Mail accounts on the host",
    doc: "Lists the accounts of the detected panel, or of the system if there is none. Check `complete` before you \
          treat an address as unknown: an incomplete list proves nothing.",
    output: ACCOUNTS_OUTPUT,
    example: "- id: accounts\n  mail.accounts: {}\n",
    ..Verb::of(Body::Reading(&Accounts))
};

struct Accounts;

impl Reading for Accounts {
    fn gaps(&self) -> Option<&'static Gaps> {
        Some(&Gaps { says: "the account list is incomplete", list: "incomplete", besides: &["sources"] })
    }

    fn parts(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        parts_of(accounts::parts(ctx.host, ctx.profile))
    }

    fn read(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Value, Failure> {
        report_of(accounts::read(ctx.host, ctx.profile, outputs))
    }
}
