//! Whether a value is what a table says, and values that are.

use crate::model::schema::{Field, Type, field};
use serde_json::{Map, Value, json};

/// Fails unless the value's keys, nested ones too, are exactly the table's.
pub fn assert_same_keys(value: &Value, fields: &'static [Field]) {
    same(value, &Type::Object(fields), "report");
}

fn same(value: &Value, ty: &Type, at: &str) {
    match (ty, value) {
        (_, Value::Null) => {}
        (Type::Object(fields), Value::Object(map)) => {
            let mut declared: Vec<&str> = fields.iter().map(|f| f.name).collect();
            let mut written: Vec<&str> = map.keys().map(String::as_str).collect();
            declared.sort_unstable();
            written.sort_unstable();
            assert_eq!(written, declared, "keys of {at}");
            fields.iter().for_each(|f| same(&map[f.name], &f.ty, &format!("{at}.{}", f.name)));
        }
        (Type::List(item), Value::Array(items)) => items.iter().for_each(|v| same(v, item, at)),
        (Type::Map(item), Value::Object(map)) => map.values().for_each(|v| same(v, item, at)),
        (Type::Int | Type::Duration, Value::Number(n)) => assert!(n.is_i64() || n.is_u64(), "{at}"),
        (Type::Number | Type::Percent, Value::Number(_))
        | (Type::Str | Type::Email | Type::Time | Type::Date | Type::Enum(_), Value::String(_))
        | (Type::Bool, Value::Bool(_))
        | (Type::Any, _) => {}
        _ => panic!("{at}: {value} is not {}", ty.name()),
    }
}

/// A record of that table with nothing in it but what is given.
pub fn record(fields: &'static [Field], given: Value) -> Value {
    let blank = |ty: &Type| match ty {
        Type::Bool => json!(false),
        Type::Int | Type::Number | Type::Percent | Type::Duration => json!(0),
        Type::List(_) => json!([]),
        Type::Map(_) => json!({}),
        Type::Enum(words) => json!(words.first()),
        _ => Value::Null,
    };
    let mut all: Map<String, Value> = fields.iter().map(|f| (f.name.to_owned(), blank(&f.ty))).collect();
    for (key, value) in given.as_object().unwrap() {
        assert!(all.insert(key.clone(), value.clone()).is_some(), "{key} is not in the table");
    }
    Value::Object(all)
}

/// An element of that list of the table, in the same way.
pub fn row(list: &str, fields: &'static [Field], given: Value) -> Value {
    let Some(Field { ty: Type::List(Type::Object(inner)), .. }) = field(fields, list) else { panic!("{list}") };
    record(inner, given)
}
