//! `mail.account.enable`: an account that was switched off is on again.

use super::shared::{ACCOUNT, AccountVerb};
use crate::mail::change::account::Deed;
use crate::playbook::verb::changing::{CHANGED_OUTPUT, OP};
use crate::playbook::verb::{Body, Class, Verb, nothing_more};

pub(crate) static VERB: Verb = Verb {
    name: "mail.account.enable",
    class: Class::Changing,
    summary: "Switch an account on",
    doc: "Takes back what a `mail.account.disable` did, by what the host kept under its op. `fleet undo` writes such a step.",
    args: &[ACCOUNT, OP],
    output: CHANGED_OUTPUT,
    example: "- mail.account.enable: { account: info@example.jp, op: 00000000000000000000000000000000 }\n",
    body: Body::Changing(&AccountVerb(Deed::Enable)),
    check: nothing_more,
};
