//! `script`: a POSIX shell script with its data in `"$@"`. It reads or changes, by its own word.

use super::change::{Kind, ProcessVerb};
use super::shared as process;
use crate::model::problem::{Problem, Problems};
use crate::model::schema::{Field, Type};
use crate::model::yaml::Node;
use crate::playbook::verb::{Body, Ctx, Failure, Reading, Refusal, Verb};
use crate::shell::{Part, PartOutput};
use serde_json::Value;

pub(crate) static VERB: Verb = Verb {
    name: "script",
    summary: "Run a shell script",
    doc: "Runs a POSIX shell script. Its text is the same on every host: values are passed through `args` and read \
          as `\"$1\"`, `\"$2\"`, `\"$@\"`, so that nothing from a host or a message can become program text. `{{ \
          }}` in the script is rejected. `reads: true` is a declaration that it changes nothing. With `reads: \
          false` it is a change like any other: planned, approved, and run at most once, by root, with a umask of \
          022. It cannot be undone. Its result then has the fields of every verb that changes (`done`, `failed`, \
          `op`, ..) and the fields below; these are null if nothing needed to be done. It is run again in every \
          run unless `creates` or `unless` shows that it has been done. The host keeps the text of the script \
          under the `op`. An exit status other than 0 is a failure unless `ok_codes` lists it.",
    args: &[
        Field::new("sh", Type::Str, "the script").required(),
        Field::new("args", Type::List(&Type::Str), "its positional parameters"),
        process::READS,
        process::CREATES,
        process::UNLESS,
        process::OK_CODES,
    ],
    output: process::OUTPUT,
    example: "- id: cron\n  script:\n    sh: |\n      for dir in \"$@\"; do ls -l \"$dir\"; done\n    \
              args: [/etc/cron.d, /var/spool/cron]\n    reads: true\n",
    check,
    ..Verb::of(Body::Either(&Script, &ProcessVerb(Kind::Script)))
};

fn check(args: &Node, source: &str, problems: &mut Problems) {
    process::check_reads(args, source, problems);
    process::check_not_empty("sh", args, source, problems);
    if let Some(sh) = args.get("sh").filter(|n| n.as_str().is_some_and(|text| text.contains("{{"))) {
        problems.push(
            Problem::new(source, sh.place, "the text of a script cannot be a template")
                .with_help("pass the value in `args: [\"{{ .. }}\"]` and read it as \"$1\""),
        );
    }
}

struct Script;

impl Reading for Script {
    fn reads_profile(&self) -> bool {
        false
    }

    fn parts(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        let sh = ctx.args.get("sh").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(vec![process::part("script", sh, process::texts(ctx.args.get("args"))?)])
    }

    fn read(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Value, Failure> {
        process::read(ctx.args, outputs)
    }
}
