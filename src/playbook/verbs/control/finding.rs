//! `finding`: a judgement about the host, from what earlier steps read.

use crate::model::finding::{Finding, Level};
use crate::model::problem::{Problem, Problems};
use crate::model::schema::{Field, Type};
use crate::model::untrusted::{clean, clean_line};
use crate::model::yaml::Node;
use crate::playbook::verb::{Body, Verb};
use serde_json::{Map, Value};

pub(crate) static VERB: Verb = Verb {
    name: "finding",
    summary: "Record a finding if a condition holds",
    doc: "Records a finding if `when` is true, or always if `when` is absent. `code` and `key` together identify \
          the finding from run to run, so neither may contain a number that changes. In a for_each, `key` is \
          required. `data` is the evidence: numbers and lists that a report can print.",
    args: &[
        Field::new("when", Type::Expr, "condition"),
        Field::new("code", Type::Str, "upper-case words joined by `_`").required(),
        Field::new("level", Type::Enum(Level::WORDS), "severity").required(),
        Field::new("key", Type::Str, "what the finding is about, such as an account; empty: the host"),
        Field::new("message", Type::Str, "one sentence"),
        Field::new("data", Type::Map(&Type::Any), "evidence by name"),
    ],
    example: "- name: Large queue\n  finding:\n    when: steps.queue.total >= params.queue_warn\n    \
              code: QUEUE_LARGE\n    level: warn\n    data: { total: \"{{ steps.queue.total }}\" }\n",
    check,
    ..Verb::of(Body::Finding)
};

fn check(args: &Node, source: &str, problems: &mut Problems) {
    let Some(code) = args.get("code").filter(|n| n.as_str().is_some_and(|text| !is_code(text))) else { return };
    let help = "such as QUEUE_LARGE: A to Z, 0 to 9 and `_`, starting with a letter, as a literal";
    problems.push(Problem::new(source, code.place, "this is not a valid finding code").with_help(help));
}

fn is_code(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// The finding that rendered arguments describe, made safe to print.
pub(in crate::playbook) fn found(args: &Value) -> Finding {
    let text = |name: &str| args.get(name).and_then(Value::as_str).unwrap_or_default();
    let data = args.get("data").and_then(Value::as_object);
    Finding {
        code: text("code").to_owned(),
        level: Level::parse(text("level")).unwrap_or(Level::Info),
        key: clean_line(text("key"), 254),
        message: clean_line(text("message"), 1_000),
        data: data.into_iter().flatten().map(|(k, v)| (k.clone(), clean_value(v))).collect(),
    }
}

fn clean_value(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(clean(text, 10_000)),
        Value::Array(items) => items.iter().map(clean_value).collect(),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(k, v)| (clean_line(k, 254), clean_value(v)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_finding_is_safe_to_print_and_keeps_its_numbers() {
        let args = json!({"code": "X", "level": "high", "key": "a\nb", "data": {"n": 3, "s": ["\u{1b}c"]}});
        let finding = found(&args);
        assert_eq!((finding.key.as_str(), finding.level), ("a\\nb", Level::High));
        assert_eq!(Value::Object(finding.data), json!({"n": 3, "s": ["\\u{1b}c"]}));
    }

    #[test]
    fn a_code_is_upper_case_words() {
        assert!(is_code("QUEUE_LARGE") && is_code("TWO_MTAS2"));
        assert!(!is_code("queue") && !is_code("_A") && !is_code("A-B") && !is_code("") && !is_code("{{ x }}"));
    }
}
