//! `confirm`: what follows is planned anew, and asked for again.

use crate::model::schema::{Field, Type};
use crate::playbook::verb::{Body, Class, Verb, nothing_more};

pub(crate) static VERB: Verb = Verb {
    name: "confirm",
    class: Class::Control,
    summary: "Do what stands before, then plan and ask again",
    doc: "A border: everything before it is planned, approved and done first. What stands behind it is planned by what \
          the host is then, and approved again; `--yes` approves it too. Needed where what is to be done is known \
          only after a change, such as the mail that came until an account was stopped.",
    args: &[Field::new("message", Type::Str, "one sentence for the person who is asked")],
    output: &[],
    example: "- confirm: { message: 'The account is stopped. What it left in the queue is deleted now.' }\n",
    body: Body::Confirm,
    check: nothing_more,
};
