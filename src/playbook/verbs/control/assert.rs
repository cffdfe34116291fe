//! `assert`: what must be true before the playbook goes on.

use crate::model::schema::{Field, Type};
use crate::playbook::verb::{Body, Class, Verb, nothing_more};

pub(crate) static VERB: Verb = Verb {
    name: "assert",
    class: Class::Control,
    summary: "Fail the host unless conditions hold",
    doc: "Fails the step, and with it the host, at the first condition that is false.",
    args: &[
        Field::new("that", Type::Either(&Type::Expr, &Type::List(&Type::Expr)), "a condition, or a list of them")
            .required(),
        Field::new("message", Type::Str, "one sentence for a person; the condition itself when absent"),
    ],
    output: &[],
    example: "- assert: { that: 'steps.queue.complete', message: The queue could not be read }\n",
    body: Body::Assert,
    check: nothing_more,
};
