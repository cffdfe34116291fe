//! Parameters of the type `arguments`: one name for all limits of a verb, with the types, defaults and help of its table.

use crate::model::schema::{Field, Type, field, parse_percent};
use crate::playbook::verbs;
use serde_json::{Map, Value};

/// The argument of a verb that a parameter may stand for: a record of numbers.
const LIMITS: &str = "limits";

fn limits_of(args: &'static [Field]) -> Option<&'static [Field]> {
    match field(args, LIMITS)?.ty {
        Type::Object(fields) => Some(fields),
        _ => None,
    }
}

/// The limits of the verb of that name; the error names the verbs that have some.
pub(crate) fn of(verb: &str) -> Result<&'static [Field], String> {
    verbs::find(verb).and_then(|verb| limits_of(verb.args)).ok_or_else(|| {
        let verbs = verbs::ALL.iter().filter(|verb| limits_of(verb.args).is_some());
        format!("of: {}", verbs.map(|verb| verb.name).collect::<Vec<_>>().join(", "))
    })
}

/// What holds where nothing is given.
pub(crate) fn defaults(fields: &'static [Field]) -> Value {
    let default = |f: &Field| {
        let text = f.default?.replace('_', "");
        parse_percent(&text).map(Value::from).or_else(|| serde_json::from_str(&text).ok())
    };
    fields.iter().filter_map(|f| Some((f.name.to_owned(), default(f)?))).collect::<Map<_, Value>>().into()
}

/// A limit in its final form; one of nothing would be passed by everybody.
pub(crate) fn accept(limit: &Field, value: Value) -> Result<Value, String> {
    match value.as_i64().filter(|_| limit.ty == Type::Int) {
        Some(..1) => Err("must be at least 1".to_owned()),
        _ => Ok(value),
    }
}
