//! What `command` and `script` share: a process on the host, and what came of it.

use crate::model::problem::{Problem, Problems};
use crate::model::schema::{Field, Type};
use crate::model::untrusted::clean_line;
use crate::model::yaml::{Node, Yaml};
use crate::playbook::verb::changes;
use crate::playbook::verb::{Failure, Refusal};
use crate::shell::{Ended, Part, PartOutput};
use serde_json::{Value, json};
use std::borrow::Cow;

/// Bytes of output that are kept, and characters that are passed on.
const MAX_OUTPUT: usize = 64 << 10;

pub(crate) const READS: Field = Field::new(
    "reads",
    Type::Bool,
    "true: it changes nothing; false: it changes the host, and is planned and approved",
)
.required();

pub(crate) const CREATES: Field = Field::new(
    "creates",
    Type::Str,
    "an absolute path; if it exists, nothing needs to be done; requires `reads: false`",
);

pub(crate) const UNLESS: Field = Field::new(
    "unless",
    Type::List(&Type::Str),
    "a read-only program with its arguments; if it exits with 0, nothing needs to be done; requires `reads: false`",
);

pub(crate) const OK_CODES: Field =
    Field::new("ok_codes", Type::List(&Type::Int), "exit statuses that are not failures; default: [0]");

pub(crate) const OUTPUT: &[Field] = &[
    Field::new("rc", Type::Int, "the exit status; 128 + n for signal n"),
    Field::new("stdout", Type::Str, "at most 64 KiB; control characters are escaped"),
    Field::new("stderr", Type::Str, "at most 64 KiB; control characters are escaped"),
    Field::new("lines", Type::List(&Type::Str), "the lines of stdout"),
    Field::new("truncated", Type::Bool, "the output was longer than what is kept"),
];

pub(crate) fn check_reads(args: &Node, source: &str, problems: &mut Problems) {
    if let Some(reads) = args.get("reads").filter(|n| n.as_str().is_some()) {
        problems.push(Problem::new(source, reads.place, "`reads` must be a literal true or false"));
    }
    for (name, node) in ["creates", "unless"].into_iter().filter_map(|name| Some((name, args.get(name)?))) {
        if !changes(args) {
            let help = "a step that only reads is always run";
            problems
                .push(Problem::new(source, node.place, format!("`{name}` requires `reads: false`")).with_help(help));
        }
        check_not_empty(name, args, source, problems);
    }
}

pub(crate) fn check_not_empty(name: &str, args: &Node, source: &str, problems: &mut Problems) {
    let Some(node) = args.get(name) else { return };
    let empty = match &node.value {
        Yaml::Str(text) => text.trim().is_empty(),
        Yaml::Seq(items) => items.is_empty(),
        _ => false,
    };
    if empty {
        problems.push(Problem::new(source, node.place, format!("`{name}` is empty")));
    }
}

/// Texts that travel as data lines.
pub(crate) fn texts(list: Option<&Value>) -> Result<Vec<String>, Refusal> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    let one = |item: &Value| match item.as_str() {
        Some(text) if !text.contains(['\n', '\0']) => Ok(text.to_owned()),
        _ => Err(Refusal::Invalid("an argument contains a newline or NUL, or is not a string".into())),
    };
    items.map(one).collect()
}

pub(crate) fn part(name: &str, script: impl Into<Cow<'static, str>>, args: Vec<String>) -> Part {
    let mut part = Part::new(name, script).max_stdout(MAX_OUTPUT);
    part.args = args;
    part
}

/// Whether that exit status is no failure.
pub(crate) fn is_fine(args: &Value, rc: i32) -> bool {
    match args.get("ok_codes").and_then(Value::as_array) {
        Some(codes) => codes.iter().any(|code| code.as_i64() == Some(rc.into())),
        None => rc == 0,
    }
}

/// The declared output, or why it failed.
pub(crate) fn read(args: &Value, outputs: &[PartOutput]) -> Result<Value, Failure> {
    let Some(output) = outputs.first() else { return Err("no output was received".into()) };
    let rc = match output.ended {
        Ended::Status(rc) => rc,
        Ended::TimedOut => return Err(format!("timed out after {} s", output.elapsed.as_secs()).into()),
        Ended::Cancelled => return Err("cancelled".into()),
        Ended::Lost => return Err("the connection was lost before it finished".into()),
        Ended::NotStarted => return Err("it was not started".into()),
    };
    let stdout = output.stdout.for_human(MAX_OUTPUT);
    let stderr = output.stderr.for_human(MAX_OUTPUT);
    let lines: Vec<&str> = stdout.lines().collect();
    let data = json!({"rc": rc, "stdout": stdout, "stderr": stderr, "lines": lines, "truncated": output.truncated});
    if is_fine(args, rc) {
        return Ok(data);
    }
    let said = stderr.lines().chain(stdout.lines()).find(|line| !line.trim().is_empty());
    let message = match said {
        Some(line) => format!("exit status {rc}: {}", clean_line(line, 200)),
        None => format!("exit status {rc}"),
    };
    Err(Failure { message, data: Some(data) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HostBytes;
    use std::time::Duration;

    fn output(ended: Ended, stdout: &str, stderr: &str) -> [PartOutput; 1] {
        let bytes = |text: &str| HostBytes::new(text.as_bytes().to_vec());
        let (stdout, stderr, elapsed) = (bytes(stdout), bytes(stderr), Duration::from_secs(60));
        [PartOutput { name: "command".into(), ended, stdout, stderr, truncated: false, elapsed }]
    }

    #[test]
    fn output_is_clean_text_and_its_keys_are_the_declared_ones() {
        let value = read(&json!({}), &output(Ended::Status(0), "a\n\x1b[2Jb\n", "")).unwrap();
        assert_eq!(value["lines"], json!(["a", "\\u{1b}[2Jb"]));
        let keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, OUTPUT.iter().map(|f| f.name).collect::<Vec<_>>());
    }

    #[test]
    fn a_status_other_than_0_fails_unless_it_is_listed() {
        let gone = output(Ended::Status(3), "", "\nno such \x07 unit\n");
        let failure = read(&json!({}), &gone).unwrap_err();
        assert_eq!(failure.message, "exit status 3: no such \\u{7} unit");
        assert_eq!(failure.data.unwrap()["rc"], 3);
        assert_eq!(read(&json!({"ok_codes": [0, 3]}), &gone).unwrap()["rc"], 3);
        assert_eq!(read(&json!({}), &output(Ended::TimedOut, "", "")), Err("timed out after 60 s".into()));
        assert!(read(&json!({}), &[]).is_err());
    }

    #[test]
    fn an_argument_never_brings_a_line_of_its_own() {
        assert_eq!(texts(Some(&json!(["-l", "a b; $(id)"]))), Ok(vec!["-l".into(), "a b; $(id)".into()]));
        assert!(texts(Some(&json!(["a\nrm -rf /"]))).is_err());
    }
}
