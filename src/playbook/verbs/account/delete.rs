//! `mail.account.delete`: an account is taken away, with a copy kept.

use super::shared::{ACCOUNT, AccountVerb};
use crate::mail::change::account::Deed;
use crate::playbook::verb::changing::CHANGED_OUTPUT;
use crate::playbook::verb::{Body, Class, Verb, nothing_more};

pub(crate) static VERB: Verb = Verb {
    name: "mail.account.delete",
    class: Class::Changing,
    summary: "Delete an account, keeping a copy",
    doc: "Keeps a copy of the account's settings and mail on the host, reads it back and compares, then deletes the account and cuts what it has open. Everything that the mail server knows of it goes; undo makes it again from the copy, with a new password.",
    args: &[ACCOUNT],
    output: CHANGED_OUTPUT,
    example: "- mail.account.delete: { account: old@example.jp }\n",
    body: Body::Changing(&AccountVerb(Deed::Delete)),
    check: nothing_more,
};
