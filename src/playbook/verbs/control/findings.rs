//! `findings`: the judgements of a verb, as it made them.

use super::finding::found;
use crate::model::finding::Finding;
use crate::model::schema::{Field, Type, field};
use crate::playbook::verb::{Body, Verb};
use serde_json::{Value, json};

pub(crate) static VERB: Verb = Verb {
    name: "findings",
    summary: "Record the findings of a verb",
    doc: "Records each row of a list as a finding, with its `code`, `level`, `message` and `data`, and with its \
          `key` or `account` as the key. The list must be one that a verb declares as findings, with their codes, \
          such as `rows` of `mail.signals`; it may be filtered, for example with `select`. Codes that are added to \
          the verb later are thus included.",
    args: &[Field::new("from", Type::ListExpr, "list of findings").required()],
    example: "- findings: { from: steps.signals.rows }\n",
    ..Verb::of(Body::Findings)
};

/// Whether elements of that type are findings, with their codes declared.
pub(in crate::playbook) fn are_findings(element: &Type) -> bool {
    let Type::Object(fields) = *element else { return false };
    let is = |name: &str, wanted: fn(&Type) -> bool| field(fields, name).is_some_and(|f| wanted(&f.ty));
    let text = |ty: &Type| matches!(ty, Type::Str);
    is("code", |ty| matches!(ty, Type::Enum(_)))
        && is("level", |ty| matches!(ty, Type::Enum(_)))
        && is("message", text)
        && is("data", |ty| matches!(ty, Type::Map(_)))
        && (is("key", text) || is("account", text))
}

/// The findings of the rows.
pub(in crate::playbook) fn all(args: &Value) -> Vec<Finding> {
    let one = |row: &Value| {
        let key = row.get("key").or_else(|| row.get("account"));
        let of = |name: &str| row.get(name).unwrap_or(&Value::Null);
        found(
            &json!({ "code": of("code"), "level": of("level"), "key": key, "message": of("message"), "data": of("data") }),
        )
    };
    args.get("from").and_then(Value::as_array).into_iter().flatten().map(one).collect()
}
