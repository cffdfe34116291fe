//! `incomplete`: what could not be read in full.

use super::finding::found;
use crate::model::finding::Finding;
use crate::model::schema::{Field, Type};
use crate::playbook::verb::{Body, Gaps, Verb};
use serde_json::{Map, Value, json};

pub(crate) static VERB: Verb = Verb {
    name: "incomplete",
    summary: "Record which results are incomplete",
    doc: "Records a finding DATA_INCOMPLETE (info) for each of these steps whose result is incomplete; its key is \
          the id of the step, and its data is what is missing and why. A step without a result is left out: its \
          failure is reported anyway.",
    args: &[Field::new("of", Type::List(&Type::Str), "ids of earlier reading steps").required()],
    example: "- incomplete: { of: [queue, senders] }\n",
    ..Verb::of(Body::Incomplete)
};

/// The finding where the step's output has gaps.
pub(in crate::playbook) fn gap(id: &str, gaps: &Gaps, output: &Value) -> Option<Finding> {
    let missing = output.get(gaps.list)?.as_array()?;
    if output.get("complete").and_then(Value::as_bool).unwrap_or(missing.is_empty()) {
        return None;
    }
    let why: Vec<&str> = missing.iter().filter_map(Value::as_str).collect();
    let besides = gaps.besides.iter().filter_map(|name| Some(((*name).to_owned(), output.get(*name)?.clone())));
    let data: Map<String, Value> = [("incomplete".to_owned(), json!(missing))].into_iter().chain(besides).collect();
    let message = format!("{}: {}", gaps.says, why.join("; "));
    Some(found(&json!({ "code": "DATA_INCOMPLETE", "level": "info", "key": id, "message": message, "data": data })))
}
