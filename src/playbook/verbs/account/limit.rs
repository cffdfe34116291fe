//! `mail.account.limit`: how much an account may send.

use super::shared::{ACCOUNT, AccountVerb};
use crate::mail::change::account::Deed;
use crate::model::schema::{Field, Type};
use crate::playbook::verb::changing::CHANGED_OUTPUT;
use crate::playbook::verb::{Body, Class, Verb, nothing_more};

pub(crate) static VERB: Verb = Verb {
    name: "mail.account.limit",
    class: Class::Changing,
    summary: "Limit what an account may send",
    doc: "Limits how many messages an hour an account may send, where the panel can. No panel tells the limit of one account, so it is not proved, and undo sets the panel's default.",
    args: &[
        ACCOUNT,
        Field::new(
            "per_hour",
            Type::Either(&Type::Int, &Type::Enum(&["default"])),
            "messages; 0: none; default: what is usual on the host",
        )
        .required(),
    ],
    output: CHANGED_OUTPUT,
    example: "- mail.account.limit: { account: info@example.jp, per_hour: 0 }\n",
    body: Body::Changing(&AccountVerb(Deed::Limit)),
    check: nothing_more,
};
