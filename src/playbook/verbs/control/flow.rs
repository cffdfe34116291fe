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
        Field::new("that", Type::Either(&Type::Expr, &Type::List(&Type::Expr)), "a condition, or a list of them")
            .required(),
        Field::new("message", Type::Str, "one sentence for a person; the condition itself when absent"),
    ],
    example: "- assert: { that: 'steps.queue.complete', message: The queue could not be read }\n",
    ..Verb::of(Body::Assert)
};

pub(crate) static STOP: Verb = Verb {
    name: "stop",
    summary: "End the playbook for this host",
    doc: "Ends the steps of this host where `when` is true, or always when there is none. The host counts as \
          skipped, with the outcome and the message as its reason; the steps of `always` still run. A playbook that \
          changes hosts and stops before its first change ends with exit code 11, unless the outcome is `no-action`: then it \
          is meant to change nothing.",
    args: &[
        Field::new("when", Type::Expr, "whether to stop"),
        Field::new("outcome", Type::Str, "one word that reports and scripts can rely on: lower case, `-`").required(),
        Field::new("message", Type::Str, "one sentence for a person"),
    ],
    example: "- stop: { when: 'host.mta == \"none\"', outcome: no-mail-server }\n",
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
    ..Verb::of(Body::Stop)
};

/// Outcome and message, made safe to print.
pub(in crate::playbook) fn stopped(args: &Value) -> (String, String) {
    let text = |name: &str| clean_line(args.get(name).and_then(Value::as_str).unwrap_or_default(), 1_000);
    (text("outcome"), text("message"))
}

pub(crate) static CONFIRM: Verb = Verb {
    name: "confirm",
    summary: "Do what stands before, then plan and ask again",
    doc: "A border: everything before it is planned, approved and done first. What stands behind it is planned by what \
          the host is then, and approved again; `--yes` approves it too. Needed where what is to be done is known \
          only after a change, such as the mail that came until an account was stopped.",
    args: &[Field::new("message", Type::Str, "one sentence for the person who is asked")],
    example: "- confirm: { message: 'The account is stopped. What it left in the queue is deleted now.' }\n",
    ..Verb::of(Body::Confirm)
};

pub(crate) static INCLUDE: Verb = Verb {
    name: "include",
    summary: "Put another playbook's steps here",
    doc: "Puts the steps of another playbook in this place when the playbook is loaded. The file is named by its \
          path below the folder of the playbook that is run; `..` and absolute paths are refused. It sees its own \
          parameters, filled from `params`, whose values may read `params.` of this playbook. Its step ids are \
          visible from here on; an id that both have is an error. It may not go further than this playbook's \
          `mode`, and has no `always`. At most 64 includes, at most 8 deep.",
    args: &[
        Field::new("playbook", Type::Str, "the file, such as parts/queue.yaml").required(),
        Field::new("params", Type::Map(&Type::Any), "its parameters by name"),
    ],
    example: "- include: { playbook: parts/queue.yaml, params: { sample: 20 } }\n",
    ..Verb::of(Body::Include)
};
