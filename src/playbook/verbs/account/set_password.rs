//! `mail.account.set_password`: a new password, and everybody out.

use super::shared::{ACCOUNT, AccountVerb};
use crate::mail::change::account::Deed;
use crate::playbook::verb::changing::CHANGED_OUTPUT;
use crate::playbook::verb::{Body, Class, Verb, nothing_more};

pub(crate) static VERB: Verb = Verb {
    name: "mail.account.set_password",
    class: Class::Changing,
    summary: "Set a new password and cut sessions",
    doc: "Makes a password of 24 characters of all four classes, seals it in the store, sets it, empties what the mail server remembers of the old one, ends the account's sessions, cuts its connections for handing mail in, and tries whether the new password is taken. The password is in no report; `fleet secret reveal RUN` hands it over once. It cannot be undone: the old password is not known.",
    args: &[ACCOUNT],
    output: CHANGED_OUTPUT,
    example: "- id: rotate\n  mail.account.set_password: { account: info@example.jp }\n",
    body: Body::Changing(&AccountVerb(Deed::SetPassword)),
    check: nothing_more,
};
