//! `mail.account.enable`: an account that was switched off is on again.

use super::super::account_verb::{ACCOUNT, AccountVerb};
use super::super::changing::{CHANGED_OUTPUT, OP};
use super::{Body, Class, Verb, nothing_more};
use crate::mail::accounts::change::Deed;

pub(super) static VERB: Verb = Verb {
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
