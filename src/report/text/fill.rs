//! Sentences with places for values.
//!
//! `{name}` is a value, `{name:count}` one with thousands marks, `{name:count messages}` that many of something
//! (English, in the plural), `{name:age}` seconds as a duration,
//! `{name:percent}` a fraction of one. `[..]` is left out when a value in it is missing.
//! Templates are ours; values are data and are never read as a template.

use super::lang::{Lang, duration};
use crate::model::counted::singular;
use crate::model::untrusted::clean_line;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// How many items of a list are shown before `+N`.
const SHOWN: usize = 3;
/// How many characters of one value are shown.
const VALUE_MAX: usize = 120;

/// A filled sentence, and the names of the values that it told.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Filled {
    pub text: String,
    pub told: BTreeSet<String>,
}

/// Fills `template`; a missing value outside brackets reads `?`.
pub fn fill(template: &str, lang: Lang, get: &dyn Fn(&str) -> Option<Value>) -> Filled {
    let mut filled = Filled::default();
    let mut rest = template;
    while !rest.is_empty() {
        let (always, optional, tail) = match rest.split_once('[') {
            Some((before, after)) => {
                let (inside, tail) = after.split_once(']').unwrap_or((after, ""));
                (before, inside, tail)
            }
            None => (rest, "", ""),
        };
        for (part, missing) in [(always, Some("?")), (optional, None)] {
            if let Some(piece) = segment(part, lang, missing, get) {
                filled.text.push_str(&piece.text);
                filled.told.extend(piece.told);
            }
        }
        rest = tail;
    }
    filled
}

fn segment(part: &str, lang: Lang, missing: Option<&str>, get: &dyn Fn(&str) -> Option<Value>) -> Option<Filled> {
    let mut filled = Filled::default();
    let mut rest = part;
    while let Some((literal, after)) = rest.split_once('{') {
        let (place, tail) = after.split_once('}').unwrap_or((after, ""));
        let (name, kind) = place.split_once(':').unwrap_or((place, ""));
        filled.text.push_str(literal);
        match get(name).filter(|v| !is_nothing(v)) {
            Some(v) => {
                filled.text.push_str(&shaped(&v, kind, lang));
                filled.told.insert(name.into());
            }
            None => filled.text.push_str(missing?),
        }
        rest = tail;
    }
    filled.text.push_str(rest);
    Some(filled)
}

fn is_nothing(v: &Value) -> bool {
    match v {
        Value::Null => true,
        Value::String(s) => s.is_empty(),
        Value::Array(a) => a.is_empty(),
        _ => false,
    }
}

fn shaped(v: &Value, kind: &str, lang: Lang) -> String {
    match (kind, v.as_f64()) {
        ("count", Some(_)) => count(v),
        (kind, _) if let Some(plural) = kind.strip_prefix("count ") => {
            format!("{} {}", count(v), if v.as_u64() == Some(1) { singular(plural) } else { plural.into() })
        }
        ("age", Some(seconds)) => duration(lang, Duration::try_from_secs_f64(seconds.round()).unwrap_or_default()),
        ("percent", Some(share)) => format!("{:.0}%", share * 100.0),
        _ => value(v),
    }
}

/// A number with a comma between thousands; anything else as [`value`] shows it.
pub fn count(v: &Value) -> String {
    let Some(n) = v.as_u64() else { return value(v) };
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A value on one line, sanitised: text bare, a list as its first items and `+N`, an object as its fields, of
/// which those that are no text keep their name: `ceo@example.org/messages:12`.
pub fn value(v: &Value) -> String {
    match v {
        Value::String(s) => clean_line(s, VALUE_MAX),
        Value::Array(items) => {
            let mut shown: Vec<String> = items.iter().take(SHOWN).map(value).collect();
            if items.len() > SHOWN {
                shown.push(format!("+{}", items.len() - SHOWN));
            }
            shown.join(",")
        }
        Value::Object(fields) => {
            let field = |(name, v): (&String, &Value)| match v {
                Value::String(_) => value(v),
                _ => format!("{}:{}", clean_line(name, VALUE_MAX), value(v)),
            };
            clean_line(&fields.iter().map(field).collect::<Vec<_>>().join("/"), VALUE_MAX)
        }
        other => clean_line(&other.to_string(), VALUE_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filled(template: &str, data: &Value) -> String {
        fill(template, Lang::En, &|name| data.get(name).cloned()).text
    }

    #[test]
    fn a_bracket_is_said_only_when_its_value_is_known() {
        let template = "queue[: {total:count messages}][, oldest {oldest:age}] at {host}";
        assert_eq!(filled(template, &json!({"total": 12431})), "queue: 12,431 messages at ?");
        assert_eq!(
            filled(template, &json!({"total": 1, "oldest": 259_200, "host": "mx"})),
            "queue: 1 message, oldest 3d at mx"
        );
        assert_eq!(filled(template, &json!({"total": null, "oldest": []})), "queue at ?");
    }

    #[test]
    fn a_value_is_never_read_as_a_template() {
        assert_eq!(filled("[{a}] [{b}]", &json!({"a": "{b}[x", "b": "\u{1b}["})), "{b}[x \\u{1b}[");
    }

    #[test]
    fn values_of_any_shape_are_short_and_on_one_line() {
        assert_eq!(value(&json!(["a", "b\nc", 3, 4, 5])), "a,b\\nc,3,+2");
        assert_eq!(value(&json!({"sender": "a@x.jp", "messages": 12})), "a@x.jp/messages:12");
        assert_eq!(
            filled("{n:age} {f:percent} {s:percent} {m:count}", &json!({"n": -5, "f": 0.456, "s": "45%", "m": -1})),
            "0s 46% 45% -1"
        );
    }

    #[test]
    fn a_broken_template_does_not_panic() {
        for template in ["[", "{", "[{", "]", "}", "[}{]", "{:}"] {
            filled(template, &json!({}));
        }
    }
}
