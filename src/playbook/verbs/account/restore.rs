//! `mail.account.restore`: a deleted account is made again.

use super::shared::{ACCOUNT, AccountVerb};
use crate::mail::change::account::Deed;
use crate::playbook::verb::changing::{CHANGED_OUTPUT, OP};
use crate::playbook::verb::{Body, Class, Verb, nothing_more};

pub(crate) static VERB: Verb = Verb {
    name: "mail.account.restore",
    class: Class::Changing,
    summary: "Make a deleted account again",
    doc: "Makes an account again from the copy that a `mail.account.delete` kept under its op, with its mail and a new password. `fleet undo` writes such a step.",
    args: &[ACCOUNT, OP],
    output: CHANGED_OUTPUT,
    example: "- mail.account.restore: { account: old@example.jp, op: 00000000000000000000000000000000 }\n",
    body: Body::Changing(&AccountVerb(Deed::Restore)),
    check: nothing_more,
};
