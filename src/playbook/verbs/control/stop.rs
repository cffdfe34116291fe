//! `stop`: the playbook does not go on with this host, and says why.

use crate::model::problem::Problem;
use crate::model::schema::{Field, Type};
use crate::model::untrusted::clean_line;
use crate::playbook::verb::{Body, Class, Verb};
use serde_json::Value;

pub(crate) static VERB: Verb = Verb {
    name: "stop",
    class: Class::Control,
    summary: "End the playbook for this host",
    doc: "Ends the steps of this host where `when` is true, or always when there is none. The host counts as \
          skipped, with the outcome and the message as its reason; the steps of `always` still run.",
    args: &[
        Field::new("when", Type::Expr, "whether to stop"),
        Field::new("outcome", Type::Str, "one word that reports and scripts can rely on: lower case, `-`").required(),
        Field::new("message", Type::Str, "one sentence for a person"),
    ],
    output: &[],
    example: "- stop: { when: 'host.mta == \"none\"', outcome: no-mail-server }\n",
    body: Body::Stop,
    check: |args, source, problems| {
        let word = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_lowercase())
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if let Some(outcome) = args.get("outcome").filter(|n| n.as_str().is_some_and(|text| !word(text))) {
            let help = "such as intrusion-suspected: lower-case letters, digits and `-`, written out";
            problems.push(Problem::new(source, outcome.place, "this is no outcome").with_help(help));
        }
    },
};

/// Outcome and message, made safe to print.
pub(in crate::playbook) fn stopped(args: &Value) -> (String, String) {
    let text = |name: &str| clean_line(args.get(name).and_then(Value::as_str).unwrap_or_default(), 1_000);
    (text("outcome"), text("message"))
}
