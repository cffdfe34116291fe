//! A value that came out of a template, or was written as it is, against the type that is wanted.

use crate::model::duration;
use crate::model::host::SecretRef;
use crate::model::mail::is_address;
use crate::model::near::nearest;
use crate::model::schema::{Field, Type, parse_percent};
use serde_json::{Map, Value};

/// The value in its final form: durations in seconds, percentages as fractions. `rendered` is true when an
/// expression made it, so that a number may stand for a duration or a percentage. Errors say what was
/// wanted and never quote the value.
pub(crate) fn coerce(ty: &Type, value: Value, rendered: bool) -> Result<Value, String> {
    let wrong = || Err(format!("must be {}", ty.name()));
    match (ty, value) {
        (Type::Any, value) => Ok(value),
        (Type::Bool | Type::Expr, value @ Value::Bool(_)) => Ok(value),
        (Type::ListExpr, value @ Value::Array(_)) => Ok(value),
        (Type::Int, value @ Value::Number(_)) if value.is_i64() || value.is_u64() => Ok(value),
        (Type::Number, value @ Value::Number(_)) => Ok(value),
        (Type::Str | Type::File | Type::Time | Type::Date, value @ Value::String(_)) => Ok(value),
        (Type::Str, value @ (Value::Number(_) | Value::Bool(_))) if rendered => Ok(value.to_string().into()),
        (Type::Duration, value @ Value::Number(_)) if rendered && value.as_f64() >= Some(0.0) => Ok(value),
        (Type::Duration, Value::String(text)) => duration::parse(&text).map(seconds).map_or_else(wrong, Ok),
        (Type::Percent, value @ Value::Number(_)) if rendered && is_share(&value) => Ok(value),
        (Type::Percent, Value::String(text)) => parse_percent(&text).map(Value::from).map_or_else(wrong, Ok),
        (Type::Email, Value::String(text)) if is_address(&text) => Ok(text.into()),
        (Type::Secret, Value::String(text)) if SecretRef::parse(&text).is_some() => Ok(text.into()),
        (Type::Enum(words), Value::String(text)) if words.contains(&text.as_str()) => Ok(text.into()),
        (Type::List(item), Value::Array(items)) => {
            items.into_iter().map(|i| coerce(item, i, rendered)).collect::<Result<_, _>>().map(Value::Array)
        }
        (Type::Map(item), Value::Object(entries)) => map(entries, |_| Ok(**item), rendered),
        (Type::Object(fields), Value::Object(entries)) => object(fields, entries, rendered),
        (Type::Either(a, b), value) => coerce(a, value.clone(), rendered).or_else(|_| coerce(b, value, rendered)),
        _ => wrong(),
    }
}

/// Whether a value of the one type may turn out to be good for the other; false is certain.
pub(crate) fn may_be(from: &Type, to: &Type) -> bool {
    use Type::{Any, Bool, Duration, Either, Expr, Int, List, Map, Number, Object, Percent, Str};
    let number = |ty: &Type| matches!(ty, Int | Number | Duration | Percent);
    match (from, to) {
        (Any, _) | (_, Any) => true,
        (Either(a, b), to) => may_be(a, to) || may_be(b, to),
        (from, Either(a, b)) => may_be(from, a) || may_be(from, b),
        (List(a), List(b)) => may_be(a, b),
        (Map(_) | Object(_), Map(_) | Object(_)) => true,
        (List(_) | Map(_) | Object(_), _) | (_, List(_) | Map(_) | Object(_)) => false,
        (Bool | Expr, to) => matches!(to, Bool | Expr | Str),
        (from, to) if number(from) => number(to) || *to == Str,
        // What is text is looked at when it is there; it may be a duration, an address or one of the words.
        (_, to) => !matches!(to, Bool | Expr | Int | Number),
    }
}

fn object(fields: &'static [Field], entries: Map<String, Value>, rendered: bool) -> Result<Value, String> {
    if let Some(missing) = fields.iter().find(|f| f.required && !entries.contains_key(f.name)) {
        return Err(format!("lacks `{}`", missing.name));
    }
    let of = |key: &str| {
        let found = fields.iter().find(|f| f.name == key).map(|f| f.ty);
        let names = || fields.iter().map(|f| f.name);
        found.ok_or_else(|| match nearest(key, names()).join(", ") {
            near if near.is_empty() => format!("has an unknown key; known: {}", names().collect::<Vec<_>>().join(", ")),
            near => format!("has an unknown key; near: {near}"),
        })
    };
    map(entries, of, rendered)
}

fn map(
    entries: Map<String, Value>,
    of: impl Fn(&str) -> Result<Type, String>,
    rendered: bool,
) -> Result<Value, String> {
    let one = |(key, value): (String, Value)| {
        let value = coerce(&of(&key)?, value, rendered).map_err(|e| format!("`{key}` {e}"))?;
        Ok((key, value))
    };
    entries.into_iter().map(one).collect::<Result<Map<_, _>, String>>().map(Value::Object)
}

/// Whole seconds as a whole number, else a fraction.
pub(crate) fn seconds(d: std::time::Duration) -> Value {
    match d.subsec_nanos() {
        0 => Value::from(d.as_secs()),
        _ => Value::from(d.as_secs_f64()),
    }
}

fn is_share(value: &Value) -> bool {
    value.as_f64().is_some_and(|n| (0.0..=1.0).contains(&n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn written_and_rendered_values_end_in_the_same_form() {
        assert_eq!(coerce(&Type::Duration, json!("24h"), false), Ok(json!(86_400)));
        assert_eq!(coerce(&Type::Duration, json!(86_400), true), Ok(json!(86_400)));
        assert!(coerce(&Type::Duration, json!(86_400), false).is_err());
        assert_eq!(coerce(&Type::Percent, json!("20%"), false), Ok(json!(0.2)));
        assert!(coerce(&Type::Percent, json!(20), true).is_err());
        assert_eq!(coerce(&Type::Str, json!(33), true), Ok(json!("33")));
        assert!(coerce(&Type::Str, json!(null), true).is_err());
    }

    #[test]
    fn types_that_can_never_fit_are_known_beforehand() {
        assert!(may_be(&Type::Int, &Type::Str) && may_be(&Type::Str, &Type::Email) && may_be(&Type::Any, &Type::Int));
        assert!(may_be(&Type::Duration, &Type::Int) && may_be(&Type::Str, &Type::Duration));
        assert!(
            !may_be(&Type::Int, &Type::Bool) && !may_be(&Type::Str, &Type::Int) && !may_be(&Type::Int, &Type::Email)
        );
        assert!(!may_be(&Type::List(&Type::Str), &Type::Str) && !may_be(&Type::Str, &Type::List(&Type::Str)));
        assert!(!may_be(&Type::List(&Type::Str), &Type::List(&Type::Int)));
    }

    #[test]
    fn what_is_wrong_inside_is_named_and_never_quoted() {
        const FIELDS: &[Field] = &[Field::new("to", Type::List(&Type::Email), "").required()];
        let ty = Type::Object(FIELDS);
        assert_eq!(coerce(&ty, json!({"to": ["x"]}), true), Err("`to` must be a mail address".into()));
        assert_eq!(coerce(&ty, json!({}), true), Err("lacks `to`".into()));
    }
}
