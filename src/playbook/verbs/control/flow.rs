//! How a playbook goes on: `assert`, `stop`, `confirm` and `include`. What they do is the engine's, the loader's and the step's.

use crate::model::problem::Problem;
use crate::model::schema::{Field, Type};
use crate::model::untrusted::clean_line;
use crate::playbook::verb::{Body, Verb};
use serde_json::Value;

pub(crate) static ASSERT: Verb = Verb {
    name: "assert",
    summary: "Fail the host unless conditions hold",
    doc: "Fails the step, and with it the host, at the first condition that is false.",
    args: &[
        Field::new("that", Type::Either(&Type::Expr, &Type::List(&Type::Expr)), "a condition, or a list of conditions")
            .required(),
        Field::new("message", Type::Str, "error message; default: the condition itself"),
    ],
    example: "- assert: { that: 'steps.queue.complete', message: The queue could not be read }\n",
    ..Verb::of(Body::Assert)
};

pub(crate) static STOP: Verb = Verb {
    name: "stop",
    summary: "Stop the playbook on this host",
    doc: "Stops the playbook on this host if `when` is true, or always if `when` is absent. The host counts as \
          skipped, with the outcome and the message as the reason; the steps in `always` still run.",
    args: &[
        Field::new("when", Type::Expr, "condition"),
        Field::new("outcome", Type::Str, "one word for reports and scripts: lower-case letters, digits and `-`")
            .required(),
        Field::new("message", Type::Str, "one sentence"),
    ],
    example: "- stop: { when: 'host.mta == \"none\"', outcome: no-mail-server }\n",
    check: |args, source, problems| {
        let word = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_lowercase())
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if let Some(outcome) = args.get("outcome").filter(|n| n.as_str().is_some_and(|text| !word(text))) {
            let help = "such as intrusion-suspected: lower-case letters, digits and `-`, as a literal";
            problems.push(Problem::new(source, outcome.place, "this is not a valid outcome").with_help(help));
        }
    },
    ..Verb::of(Body::Stop)
};

/// Outcome and message, made safe to print.
pub(in crate::playbook) fn stopped(args: &Value) -> (String, String) {
    let text = |name: &str| clean_line(args.get(name).and_then(Value::as_str).unwrap_or_default(), 1_000);
    (text("outcome"), text("message"))
}

pub(crate) static CONFIRM: Verb = Verb {
    name: "confirm",
    summary: "Apply the changes so far, then plan and ask again",
    doc: "A checkpoint: everything before it is planned, approved and applied first. What follows is planned from \
          the state of the host at that point and needs another approval; `--yes` approves it too. Use it where \
          changes can be planned only after an earlier change, such as for mail that arrived until an account was \
          secured.",
    args: &[Field::new("message", Type::Str, "text of the confirmation prompt")],
    example: "- confirm: { message: 'The account is secured. Its queued messages are deleted next.' }\n",
    ..Verb::of(Body::Confirm)
};

pub(crate) static INCLUDE: Verb = Verb {
    name: "include",
    summary: "Include the steps of another playbook",
    doc: "Inserts the steps of another playbook at this point when the playbook is loaded. The path is relative to \
          the directory of the playbook that is run; `..` and absolute paths are rejected. The included playbook \
          sees its own parameters only, as set by `params`, whose values may use `params.` of this playbook. Its \
          step ids are visible to the steps that follow; a duplicate id is an error. Its `mode` must not exceed \
          the `mode` of this playbook, and it must not have `always`. At most 64 includes, nested at most 8 deep.",
    args: &[
        Field::new("playbook", Type::Str, "file to include, such as parts/queue.yaml").required(),
        Field::new("params", Type::Map(&Type::Any), "its parameters by name"),
    ],
    example: "- include: { playbook: parts/queue.yaml, params: { sample: 20 } }\n",
    ..Verb::of(Body::Include)
};
