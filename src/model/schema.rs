//! One table for a record's fields serves the loader, the JSON Schema, `fleet verbs` and the documentation.

use super::problem::{Place, Problem, Problems};
use super::yaml::{Node, Yaml};
use serde_json::{Map, Value, json};

/// The type of a field, a parameter or a verb's output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    /// Whatever YAML can say; never refused.
    Any,
    /// `true` or `false`, and nothing that only reads like it.
    Bool,
    /// A whole number. Counts, bytes and ports.
    Int,
    /// A whole number or one with a fraction.
    Number,
    /// Free text.
    Str,
    /// `90s`, `5m`, `24h`, `30d`; in expressions and JSON, seconds as a number.
    Duration,
    /// `20%`; in expressions and JSON, a fraction between 0 and 1.
    Percent,
    /// A mail address by the grammar of [`is_address`](super::mail::is_address).
    Email,
    /// A path on the controller, given as `@path`; its text is the value.
    File,
    /// A reference to a secret: `keyring:NAME`, `file:PATH`, `env:NAME`, `prompt`.
    Secret,
    /// An instant in UTC, RFC 3339.
    Time,
    /// A day, `2027-03-31`.
    Date,
    /// A bare expression, such as `steps.queue.total > 500`.
    Expr,
    /// A bare expression that gives a list, such as `steps.signals.rows`.
    ListExpr,
    /// A list whose items all have that type.
    List(&'static Type),
    /// A map with free keys.
    Map(&'static Type),
    /// One of these words.
    Enum(&'static [&'static str]),
    /// A map of these keys; any other key is refused.
    Object(&'static [Field]),
    /// Either of two spellings, for a field that has a short form.
    Either(&'static Type, &'static Type),
}

/// One field of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// The key in YAML and JSON.
    pub name: &'static str,
    /// The type of its value.
    pub ty: Type,
    /// Whether the record is refused without it.
    pub required: bool,
    /// One sentence for people: in the JSON Schema, `fleet verbs` and the documentation.
    pub doc: &'static str,
    /// What holds where it is absent, as it is written in Rust: a number in its final form, seconds or a fraction.
    pub default: Option<&'static str>,
}

impl Field {
    /// A field that may be absent, and means nothing then.
    pub const fn new(name: &'static str, ty: Type, doc: &'static str) -> Self {
        Self { name, ty, required: false, doc, default: None }
    }

    /// The same, and the record is refused without it.
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same with what holds where it is absent.
    pub const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }
}

/// The field of that name.
pub fn field(fields: &'static [Field], name: &str) -> Option<&'static Field> {
    fields.iter().find(|f| f.name == name)
}

impl Type {
    /// How the type is called in documentation and messages.
    pub fn name(&self) -> String {
        match self {
            Self::Any => "any value".into(),
            Self::Bool => "true or false".into(),
            Self::Int => "an integer".into(),
            Self::Number => "a number".into(),
            Self::Str => "a string".into(),
            Self::Duration => "a duration such as 90s, 5m, 24h or 30d".into(),
            Self::Percent => "a percentage such as 20%".into(),
            Self::Email => "a mail address".into(),
            Self::File => "a file, @PATH".into(),
            Self::Secret => "a secret reference: keyring:NAME, file:PATH, env:NAME or prompt".into(),
            Self::Time => "a time, RFC 3339".into(),
            Self::Date => "a date such as 2027-03-31".into(),
            Self::Expr => "an expression".into(),
            Self::ListExpr => "an expression that yields a list".into(),
            Self::List(item) => format!("a list of {}", item.name()),
            Self::Map(item) => format!("a map of {}", item.name()),
            Self::Enum(words) => format!("one of {}", words.join(", ")),
            Self::Object(_) => "a map".into(),
            Self::Either(a, b) => format!("{} or {}", a.name(), b.name()),
        }
    }

    /// The type of `.name` on a value of this type: `Ok(None)` when it cannot be known before a run,
    /// `Err` with the known names when there is no such member.
    ///
    /// # Errors
    /// The names that there are, when `name` is none of them; none for a type without members.
    pub fn member(&self, name: &str) -> Result<Option<Type>, Vec<&'static str>> {
        match self {
            Self::Object(fields) => match field(fields, name) {
                Some(f) => Ok(Some(f.ty)),
                None => Err(fields.iter().map(|f| f.name).collect()),
            },
            Self::Map(item) => Ok(Some(**item)),
            Self::Any => Ok(None),
            _ => Err(Vec::new()),
        }
    }

    /// JSON Schema (draft 7) of the type as it is written in YAML. Where `templates` is set, text with
    /// `{{ }}` is allowed in place of any scalar.
    pub fn json_schema(&self, templates: bool) -> Value {
        let scalar = |schema: Value| match templates {
            true => json!({"anyOf": [schema, {"type": "string", "pattern": "\\{\\{"}]}),
            false => schema,
        };
        match self {
            Self::Any => json!({}),
            Self::Bool => scalar(json!({"type": "boolean"})),
            Self::Int => scalar(json!({"type": "integer"})),
            Self::Number => scalar(json!({"type": "number"})),
            Self::Str | Self::Email | Self::File | Self::Time | Self::ListExpr => json!({"type": "string"}),
            Self::Date => scalar(json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})),
            Self::Expr => json!({"type": ["string", "boolean"]}),
            Self::Duration => scalar(json!({"type": "string", "pattern": "^([0-9]+(ms|s|m|h|d))+$"})),
            Self::Percent => scalar(json!({"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?%$"})),
            Self::Secret => {
                json!({"type": "string", "pattern": "^(keyring:.+|file:.+|env:[A-Za-z_][A-Za-z0-9_]*|prompt)$"})
            }
            Self::List(item) => scalar(json!({"type": "array", "items": item.json_schema(templates)})),
            Self::Map(item) => json!({"type": "object", "additionalProperties": item.json_schema(templates)}),
            Self::Enum(words) => scalar(json!({"enum": words})),
            Self::Object(fields) => object_schema(fields, templates),
            Self::Either(a, b) => json!({"anyOf": [a.json_schema(templates), b.json_schema(templates)]}),
        }
    }

    /// Whether a scalar of this YAML value could be of this type, not looking inside lists and maps.
    fn fits(&self, node: &Node) -> bool {
        match (self, &node.value) {
            (Self::Any, _)
            | (Self::Bool, Yaml::Bool(_))
            | (Self::Int, Yaml::Int(_))
            | (Self::Number, Yaml::Int(_) | Yaml::Float(_))
            | (Self::Str | Self::File | Self::Time | Self::ListExpr, Yaml::Str(_))
            | (Self::Expr, Yaml::Str(_) | Yaml::Bool(_))
            | (Self::List(_), Yaml::Seq(_))
            | (Self::Map(_) | Self::Object(_), Yaml::Map(_)) => true,
            (Self::Email, Yaml::Str(text)) => super::mail::is_address(text),
            (Self::Date, Yaml::Str(text)) => text.parse::<jiff::civil::Date>().is_ok() && text.len() == 10,
            (Self::Duration, Yaml::Str(text)) => super::duration::parse(text).is_some(),
            (Self::Percent, Yaml::Str(text)) => parse_percent(text).is_some(),
            (Self::Secret, Yaml::Str(text)) => super::host::SecretRef::parse(text).is_some(),
            (Self::Enum(words), Yaml::Str(text)) => words.contains(&text.as_str()),
            (Self::Either(a, b), _) => a.fits(node) || b.fits(node),
            _ => false,
        }
    }

    /// Checks a YAML value against the type, unknown and missing fields included. Values are never quoted
    /// in what is reported, except the misspelt word of an enumeration.
    pub fn check(&self, node: &Node, source: &str, name: &str, templates: bool, problems: &mut Problems) {
        if templates && node.as_str().is_some_and(|text| text.contains("{{")) {
            return;
        }
        if !self.fits(node) {
            let problem =
                Problem::new(source, node.place, format!("`{name}` must be {}, not {}", self.name(), node.kind()));
            problems.push(match (self, node.as_str()) {
                (Self::Enum(words), Some(typed)) => problem.with_near(typed, words.iter().copied()),
                _ => problem,
            });
            return;
        }
        match (self, &node.value) {
            (Self::List(item), Yaml::Seq(items)) => {
                items.iter().for_each(|i| item.check(i, source, name, templates, problems));
            }
            (Self::Map(item), Yaml::Map(entries)) => {
                entries.iter().for_each(|(k, v)| item.check(v, source, &k.text, templates, problems));
            }
            (Self::Object(fields), Yaml::Map(_)) => {
                check_fields(fields, node, source, name, templates, problems);
            }
            (Self::Either(a, b), _) => {
                let chosen = if a.fits(node) { a } else { b };
                chosen.check(node, source, name, templates, problems);
            }
            _ => {}
        }
    }
}

/// Checks a map against a table of fields: unknown names with the nearest known ones, missing names, types.
pub fn check_fields(
    fields: &'static [Field],
    node: &Node,
    source: &str,
    what: &str,
    templates: bool,
    problems: &mut Problems,
) {
    let Some(entries) = node.as_map() else {
        problems.push(Problem::new(source, node.place, format!("{what} must be a map, not {}", node.kind())));
        return;
    };
    for (key, value) in entries {
        match field(fields, &key.text) {
            Some(f) => f.ty.check(value, source, f.name, templates, problems),
            None => problems.push(unknown_key(source, key.place, what, &key.text, fields.iter().map(|f| f.name))),
        }
    }
    for f in fields.iter().filter(|f| f.required && node.get(f.name).is_none()) {
        problems.push(
            Problem::new(source, node.place, format!("{what} lacks `{}`", f.name))
                .with_help(format!("{}: {}", f.name, f.doc)),
        );
    }
}

/// The complaint about a key that nobody knows.
pub fn unknown_key<'a>(
    source: &str,
    place: Place,
    what: &str,
    typed: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Problem {
    let typed = super::untrusted::clean_line(typed, 80);
    let problem =
        Problem::new(source, place, format!("unknown key `{typed}` in {what}")).with_near(&typed, known.clone());
    match problem.help {
        Some(_) => problem,
        None => problem.with_help(format!("known: {}", known.collect::<Vec<_>>().join(", "))),
    }
}

/// `20%` as a fraction.
pub fn parse_percent(text: &str) -> Option<f64> {
    let number: f64 = text.strip_suffix('%')?.trim().parse().ok()?;
    (0.0..=100.0).contains(&number).then_some(number / 100.0)
}

/// JSON Schema of a record.
pub fn object_schema(fields: &[Field], templates: bool) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|f| {
            let mut schema = f.ty.json_schema(templates);
            if let Some(object) = schema.as_object_mut() {
                object.insert("description".into(), f.doc.into());
            }
            (f.name.to_owned(), schema)
        })
        .collect();
    let required: Vec<&str> = fields.iter().filter(|f| f.required).map(|f| f.name).collect();
    let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !required.is_empty() {
        set(&mut schema, "", "required", json!(required));
    }
    schema
}

/// Puts `value` under `name` in the object at that JSON pointer (`""` is the whole), where there is one.
pub fn set(schema: &mut Value, pointer: &str, name: &str, value: Value) {
    if let Some(object) = schema.pointer_mut(pointer).and_then(Value::as_object_mut) {
        object.insert(name.to_owned(), value);
    }
}

/// What type a Rust type has in a report.
pub trait Described {
    /// Its type in a table of fields.
    const TYPE: Type;
}

macro_rules! described {
    ($($ty:ident: $($rust:ty),*;)*) => { $($(impl Described for $rust { const TYPE: Type = Type::$ty; })*)* };
}

described! {
    Bool: bool;
    Int: u16, u32, u64, usize, i64;
    Number: f64;
    Str: String, &'static str;
}

impl<T: Described> Described for Option<T> {
    const TYPE: Type = T::TYPE;
}

impl<T: Described> Described for Vec<T> {
    const TYPE: Type = Type::List(&T::TYPE);
}

impl<T: Described> Described for std::collections::BTreeMap<String, T> {
    const TYPE: Type = Type::Map(&T::TYPE);
}

/// A report's struct and the table of its fields, `FIELDS`, written once. A field's comment is its documentation in the
/// table; its type there is that of [`Described`], or the [`Type`] after `as`. A field that several reports have takes
/// both from a constant: `complete: bool = COMPLETE`.
macro_rules! record {
    ($(#[$meta:meta])* pub struct $name:ident { $(
        $(#[doc = $doc:literal])*
        $(#[serde($($serde:tt)*)])?
        pub $field:ident: $kind:ty $(as $ty:ident $(($($of:tt)*))?)? $(= $shared:path)?
    ),* $(,)? }) => {
        $(#[$meta])*
        pub struct $name { $(
            $(#[doc = $doc])*
            $(#[doc = concat!("The field [`", stringify!($shared), "`].")])?
            $(#[serde($($serde)*)])?
            pub $field: $kind
        ),* }

        impl $name {
            /// The declared output.
            pub const FIELDS: &'static [$crate::model::schema::Field] = &[$(
                $crate::model::schema::record!(@field $field [$($doc)*] [$kind] $([$ty $(($($of)*))?])? $(= $shared)?)
            ),*];
        }

        impl $crate::model::schema::Described for $name {
            const TYPE: $crate::model::schema::Type = $crate::model::schema::Type::Object(Self::FIELDS);
        }
    };
    (@field $field:ident [] [$kind:ty] = $shared:path) => {
        $crate::model::schema::Field { name: stringify!($field), ..$shared }
    };
    (@field $field:ident [$($doc:literal)+] [$kind:ty] [$ty:ident $(($($of:tt)*))?]) => {
        $crate::model::schema::Field::new(
            stringify!($field),
            $crate::model::schema::Type::$ty $(($($of)*))?,
            concat!($($doc),+).trim_ascii(),
        )
    };
    (@field $field:ident [$($doc:literal)+] [$kind:ty]) => {
        $crate::model::schema::Field::new(
            stringify!($field),
            <$kind as $crate::model::schema::Described>::TYPE,
            concat!($($doc),+).trim_ascii(),
        )
    };
}
pub(crate) use record;

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    use super::super::yaml::{Budget, parse};
    use super::*;

    const INNER: &[Field] = &[Field::new("lines", Type::Int, "how many")];
    const FIELDS: &[Field] = &[
        Field::new("window", Type::Duration, "how far back").required(),
        Field::new("level", Type::Enum(&["warn", "high"]), "how bad"),
        Field::new("tail", Type::Object(INNER), "the end"),
    ];

    fn problems(text: &str) -> String {
        let mut problems = Problems::default();
        let node = parse("p.yaml", text, Budget::SMALL).unwrap();
        check_fields(FIELDS, &node, "p.yaml", "the step", true, &mut problems);
        problems.to_string()
    }

    #[test]
    fn a_wrong_record_is_told_place_and_way_out() {
        assert_eq!(problems("window: 24h\nlevel: high\n"), "");
        assert_eq!(problems("window: \"{{ params.w }}\""), "");
        insta::assert_snapshot!(problems("windw: 24h\nlevel: hgih\ntail: {lines: S3cret, x: 1}"), @r"
        p.yaml:1:1: unknown key `windw` in the step
          near: window
        p.yaml:2:8: `level` must be one of warn, high, not a string
          near: high
        p.yaml:3:15: `lines` must be an integer, not a string
        p.yaml:3:23: unknown key `x` in tail
          known: lines
        p.yaml:1:1: the step lacks `window`
          window: how far back
        ");
    }

    #[test]
    fn members_are_known_or_refused_with_the_names_that_are() {
        let ty = Type::Object(FIELDS);
        assert_eq!(ty.member("window"), Ok(Some(Type::Duration)));
        assert_eq!(ty.member("widnow"), Err(vec!["window", "level", "tail"]));
        assert_eq!(Type::Any.member("x"), Ok(None));
    }
}
