//! Whether a value is what a table says.

use crate::model::schema::{Field, Type};
use serde_json::Value;

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
