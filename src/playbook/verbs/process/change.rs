//! `command` and `script` with `reads: false`: one act, and nothing that could be read afterwards to judge it by. How it
//! ended is its exit status, and where the connection went, the one that its trace on the host tells.

use super::shared as process;
use crate::host::act::{Act, Evidence, ScriptReport};
use crate::host::answer::{answer, lines, number};
use crate::model::counted::counted;
use crate::model::schema::Field;
use crate::model::untrusted::clean_line;
use crate::model::{Change, Row, RowEnd, RowResult};
use crate::playbook::verb::changing::{CHANGED_OUTPUT, Changing, Draft};
use crate::playbook::verb::{Ctx, Failure, Refusal};
use crate::shell::guard::Trace;
use crate::shell::{Part, PartOutput};
use serde_json::{Map, Value, json};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Command,
    Script,
}

pub(crate) struct ProcessVerb(pub Kind);

/// Characters of a command line in a plan; the whole of a longer one stands beside it.
const SHOWN: usize = 120;

/// Says `there` where the path exists, and `status<TAB>N` of the program in `"$@"`.
const GUARD: &str = "if [ -n \"$creates\" ]; then\n\
     if [ -e \"$creates\" ] || [ -L \"$creates\" ]; then echo there; fi\n\
     fi\n\
     if [ $# -gt 0 ]; then\n\
     \"$@\" >/dev/null 2>&1\n\
     printf 'status\\t%s\\n' $?\n\
     fi\n\
     echo end\n";

const COMMAND: &str = "umask 022\nexec \"$@\"\n";
/// From a file, so that nothing of the text can end what stands around it.
const SCRIPT: &str = "cat >\"$dir/script\" || exit 74\numask 022\nexec /bin/sh \"$dir/script\" \"$@\" </dev/null\n";

const OUTPUT: &[Field] = &{
    let mut fields = [process::OUTPUT[0]; CHANGED_OUTPUT.len() + process::OUTPUT.len()];
    let mut i = 0;
    while i < fields.len() {
        fields[i] = match i.checked_sub(CHANGED_OUTPUT.len()) {
            None => CHANGED_OUTPUT[i],
            Some(own) => process::OUTPUT[own],
        };
        i += 1;
    }
    fields
};

/// As it would be typed.
fn typed(words: &[String]) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:=@,+%".contains(&b);
    let quoted = |word: &String| match !word.is_empty() && word.bytes().all(plain) {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

impl ProcessVerb {
    fn words(&self, ctx: &Ctx<'_>) -> Result<Vec<String>, Refusal> {
        let words = process::texts(ctx.args.get(if self.0 == Kind::Command { "argv" } else { "args" }))?;
        match (self.0, words.first()) {
            (Kind::Command, None) => Err(Refusal::Invalid("`argv` is empty".into())),
            (Kind::Command, Some(program)) if program.is_empty() => Err(Refusal::Invalid("`argv` is empty".into())),
            _ => Ok(words),
        }
    }

    fn row(&self, args: &Value, words: &[String]) -> Row {
        let line = typed(words);
        let (name, was) = match self.0 {
            Kind::Command if line.chars().count() <= SHOWN => (line, Value::Null),
            Kind::Command => (line, json!({ "argv": words })),
            Kind::Script => (format!("script {line}"), json!({ "sh": args.get("sh") })),
        };
        Row::Thing { name: clean_line(name.trim_end(), SHOWN), was }
    }

    fn title(&self, ctx: &Ctx<'_>, words: &[String]) -> String {
        let sh = ctx.args.get("sh").and_then(Value::as_str).unwrap_or_default();
        let first = sh.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        let line = match self.0 {
            Kind::Command => format!("run {}", typed(words)),
            Kind::Script => {
                format!("run a script of {}: {}", counted(sh.lines().count(), "lines"), first.unwrap_or_default())
            }
        };
        clean_line(&line, SHOWN)
    }
}

/// The same end for its one row.
fn ended(change: &Change, end: RowEnd, why: Option<&str>) -> Vec<RowResult> {
    change.rows.iter().map(|r| RowResult { key: r.key().to_owned(), end, why: why.map(str::to_owned) }).collect()
}

impl Changing for ProcessVerb {
    fn query(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        self.words(ctx)?;
        let unless = process::texts(ctx.args.get("unless"))?;
        let creates = ctx.args.get("creates").and_then(Value::as_str).unwrap_or_default();
        if !creates.is_empty() && (!creates.starts_with('/') || creates.contains(['\n', '\0'])) {
            return Err(Refusal::Invalid("`creates` is no absolute path".into()));
        }
        if creates.is_empty() && unless.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![process::part("guard", GUARD, unless).value("creates", creates)])
    }

    fn plan(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Draft, Failure> {
        let words = self.words(ctx).map_err(|_| "an argument is no text")?;
        let mut done = false;
        if let Some(answer) = answer(outputs, "guard", "guard") {
            let mut ended = false;
            answer.bytes.parse(|bytes| {
                for (_, line) in lines(bytes) {
                    match line.strip_prefix(b"status\t").map(number::<i32>) {
                        Some(Some(126 | 127) | None) => return Err("`unless` cannot be run on the host"),
                        Some(Some(status)) => done |= status == 0,
                        None if line == b"there" => done = true,
                        None => ended |= line == b"end",
                    }
                }
                Ok(())
            })?;
            if let Some(why) = answer.cut_off(ended, "guard").or(answer.fault) {
                return Err(why.into());
            }
        }
        let rows = if done { Vec::new() } else { vec![self.row(ctx.args, &words)] };
        Ok(Draft { title: self.title(ctx, &words), rows, irreversible: true, ..Draft::default() })
    }

    fn next(&self, ctx: &Ctx<'_>, change: &Change, dir: &str, done: &[Vec<PartOutput>]) -> Result<Act, Failure> {
        if let Some(outputs) = done.first() {
            let (end, why, data) = match process::read(ctx.args, outputs) {
                Ok(data) => (RowEnd::Changed, None, Some(data)),
                Err(Failure { message, data }) => (RowEnd::Failed, Some(message), data),
            };
            let rows = ended(change, end, why.as_deref());
            let data = data.and_then(|d| d.as_object().cloned()).unwrap_or_default();
            return Ok(Act::Done(ScriptReport { rows, data, ..ScriptReport::default() }));
        }
        let words = self.words(ctx).map_err(|_| "an argument is no text")?;
        let part = match self.0 {
            Kind::Command => process::part("command", COMMAND, words),
            Kind::Script => {
                let sh = ctx.args.get("sh").and_then(Value::as_str).unwrap_or_default();
                let lines = sh.strip_suffix('\n').unwrap_or(sh).split('\n').map(str::to_owned).collect();
                process::part("script", SCRIPT, words).value("dir", dir).input(lines)
            }
        };
        // The step's own deadline, however short.
        Ok(Act::Write(Part { timeout: Duration::ZERO, ..part }))
    }

    fn once(&self) -> bool {
        true
    }

    fn look(&self, _: &Ctx<'_>, _: &Change) -> Result<Vec<Part>, Refusal> {
        Ok(Vec::new())
    }

    fn judge(
        &self,
        _: &Ctx<'_>,
        change: &Change,
        evidence: Evidence<'_>,
        _: &[PartOutput],
    ) -> Result<Vec<RowResult>, Failure> {
        let Some(report) = evidence.report() else { return Err("how it ended is not known".into()) };
        if !report.rows.is_empty() {
            return Ok(report.rows.clone());
        }
        Ok(ended(change, RowEnd::Failed, report.fault.as_deref()))
    }

    fn settled(&self, ctx: &Ctx<'_>, change: &Change, trace: &Trace) -> Option<Result<ScriptReport, String>> {
        let Trace::Done(rc) = *trace else {
            return Some(Err("it was begun and did not come to its end".to_owned()));
        };
        let (end, why) = match process::is_fine(ctx.args, rc) {
            true => (RowEnd::Changed, None),
            false => (RowEnd::Failed, Some(format!("exit status {rc}"))),
        };
        let rows = ended(change, end, why.as_deref());
        let notes = vec!["it had ended on the host; what it said is lost".to_owned()];
        let data = Map::from_iter([("rc".to_owned(), rc.into())]);
        Some(Ok(ScriptReport { rows, notes, data, ..ScriptReport::default() }))
    }

    fn output(&self) -> &'static [Field] {
        OUTPUT
    }
}

#[cfg(test)]
mod tests;
