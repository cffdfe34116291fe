//! `command`: one program with its arguments; no shell reads them. It reads or changes, by its own word.

use super::change::{Kind, ProcessVerb};
use super::shared as process;
use crate::model::schema::{Field, Type};
use crate::playbook::verb::{Body, Ctx, Failure, Reading, Refusal, Verb};
use crate::shell::{Part, PartOutput};
use serde_json::Value;

pub(crate) static VERB: Verb = Verb {
    name: "command",
    summary: "Run one program",
    doc: "Runs a program with its arguments as they are; no shell splits or expands them, so `|`, `>` and `*` have \
          no special meaning (for those, see `script`). `reads: true` is a declaration that it changes nothing. \
          With `reads: false` it is a change like any other: planned, approved, and run at most once, by root, \
          with a umask of 022. It cannot be undone. Its result then has the fields of every verb that changes \
          (`done`, `failed`, `op`, ..) and the fields below; these are null if nothing needed to be done. It is \
          run again in every run unless `creates` or `unless` shows that it has been done. An exit status other \
          than 0 is a failure unless `ok_codes` lists it.",
    args: &[
        Field::new("argv", Type::List(&Type::Str), "the program and its arguments").required(),
        process::READS,
        process::CREATES,
        process::UNLESS,
        process::OK_CODES,
    ],
    output: process::OUTPUT,
    example: "- id: load\n  command: { argv: [uptime], reads: true }\n\
              - command: { argv: [useradd, --system, report], reads: false, unless: [id, report] }\n",
    check: |args, source, problems| {
        process::check_reads(args, source, problems);
        process::check_not_empty("argv", args, source, problems);
    },
    ..Verb::of(Body::Either(&Command, &ProcessVerb(Kind::Command)))
};

struct Command;

impl Reading for Command {
    fn reads_profile(&self) -> bool {
        false
    }

    fn parts(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        let argv = process::texts(ctx.args.get("argv"))?;
        match argv.first() {
            Some(program) if !program.is_empty() => Ok(vec![process::part("command", "exec \"$@\"", argv)]),
            _ => Err(Refusal::Invalid("`argv` is empty".into())),
        }
    }

    fn read(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Value, Failure> {
        process::read(ctx.args, outputs)
    }
}
