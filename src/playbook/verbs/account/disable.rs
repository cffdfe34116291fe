//! `mail.account.disable`: an account can neither log in nor send.

use super::shared::{ACCOUNT, AccountVerb};
use crate::mail::change::account::Deed;
use crate::playbook::verb::changing::CHANGED_OUTPUT;
use crate::playbook::verb::{Body, Class, Verb, nothing_more};

pub(crate) static VERB: Verb = Verb {
    name: "mail.account.disable",
    class: Class::Changing,
    summary: "Switch an account off",
    doc: "Switches an account off, so that it can neither log in nor send, and cuts what it has open; its mail stays. Not every panel has a way that can be relied on; where there is none, the plan says so.",
    args: &[ACCOUNT],
    output: CHANGED_OUTPUT,
    example: "- mail.account.disable: { account: info@example.jp }\n",
    body: Body::Changing(&AccountVerb(Deed::Disable)),
    check: nothing_more,
};
