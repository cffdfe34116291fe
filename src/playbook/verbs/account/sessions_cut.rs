//! `mail.sessions.cut`: what an account has open ends.

use super::shared::{ACCOUNT, AccountVerb};
use crate::mail::change::account::Deed;
use crate::playbook::verb::changing::CHANGED_OUTPUT;
use crate::playbook::verb::{Body, Class, Verb, nothing_more};

pub(crate) static VERB: Verb = Verb {
    name: "mail.sessions.cut",
    class: Class::Changing,
    summary: "Cut what an account has open",
    doc: "Empties what the mail server remembers of the account's password, ends the sessions of its mailbox, and cuts the connections over which it hands mail in. Without a new password it is back at once.",
    args: &[ACCOUNT],
    output: CHANGED_OUTPUT,
    example: "- mail.sessions.cut: { account: info@example.jp }\n",
    body: Body::Changing(&AccountVerb(Deed::Cut)),
    check: nothing_more,
};
