//! Parameters as they are declared: their types, and which values they accept.

use super::arguments;
use super::coerce::coerce;
use crate::model::near::nearest;
use crate::model::problem::{Place, Problem, Problems};
use crate::model::schema::Type;
use crate::model::yaml::{Key, Node};
use regex::Regex;
use serde_json::Value;

/// A declared parameter.
#[derive(Clone, Debug)]
pub struct Param {
    /// What it is called in `params.NAME` and `-p NAME=VALUE`.
    pub name: String,
    /// As written: `duration`, `list<email>`.
    pub type_name: String,
    /// Enumerations are text here; their words are in `of`.
    pub ty: Type,
    /// The words of an enum; empty for other types.
    pub of: Vec<String>,
    /// In its final form: seconds, fractions.
    pub default: Option<Value>,
    /// Whether a run without a value is refused; it has no default then.
    pub required: bool,
    /// One sentence for the person who gives the value; empty when the playbook has none.
    pub help: String,
    min: Option<f64>,
    max: Option<f64>,
    pattern: Option<Regex>,
}

/// Scalars by the name that playbooks use. An enum is text with `of`.
pub(crate) const TYPES: &[(&str, Type, Type)] = &[
    ("string", Type::Str, Type::List(&Type::Str)),
    ("int", Type::Int, Type::List(&Type::Int)),
    ("bool", Type::Bool, Type::List(&Type::Bool)),
    ("duration", Type::Duration, Type::List(&Type::Duration)),
    ("percent", Type::Percent, Type::List(&Type::Percent)),
    ("email", Type::Email, Type::List(&Type::Email)),
    ("enum", Type::Str, Type::List(&Type::Str)),
    ("file", Type::File, Type::File),
    ("secret", Type::Secret, Type::Secret),
    ("arguments", Type::Map(&Type::Any), Type::Map(&Type::Any)),
];

/// The name inside `list<..>`, else the name itself, and the type.
fn parse_type(text: &str) -> Option<(&'static str, Type)> {
    let inner = text.strip_prefix("list<").and_then(|t| t.strip_suffix('>'));
    let (name, scalar, list) = TYPES.iter().find(|(name, ..)| *name == inner.unwrap_or(text))?;
    match inner {
        Some("file" | "secret" | "arguments") => None,
        Some(_) => Some((name, *list)),
        None => Some((name, *scalar)),
    }
}

impl Param {
    /// Reads one entry of `params:`, whose fields were checked against their table.
    pub(crate) fn parse(key: &Key, node: &Node, source: &str, problems: &mut Problems) -> Option<Self> {
        let before = problems.0.len();
        let text = |name: &str| node.get(name).and_then(Node::as_str);
        let mut wrong = |place: Place, message: String, help: String| {
            problems.push(Problem::new(source, place, message).with_help(help));
        };
        if !is_name(&key.text) {
            let way = "lower-case letters, digits and `_`, starting with a letter";
            wrong(key.place, "this is not a valid parameter name".into(), way.into());
        }
        let type_name = text("type")?;
        let place_of = |name: &str| node.get(name).map_or(node.place, |n| n.place);
        let Some((base, ty)) = parse_type(type_name) else {
            let names = TYPES.iter().map(|(name, ..)| *name);
            let near = nearest(type_name, names.clone());
            let help = if near.is_empty() { names.collect::<Vec<_>>().join(", ") } else { near.join(", ") };
            wrong(place_of("type"), "unknown parameter type".into(), format!("known: {help}, list<..>"));
            return None;
        };
        let ty = match (base, text("of")) {
            ("arguments", verb) => match arguments::of(verb.unwrap_or_default()) {
                Ok(fields) => Type::Object(fields),
                Err(help) => {
                    wrong(place_of("of"), "`of` must name a verb that has limits".into(), help);
                    return None;
                }
            },
            _ => ty,
        };
        let words = |n: &Node| n.as_str().map(str::to_owned);
        let of = node.get("of").and_then(Node::as_seq).unwrap_or_default().iter().filter_map(words).collect::<Vec<_>>();
        if (base == "enum") == of.is_empty() || (base != "arguments" && text("of").is_some()) {
            let help = "an enum lists its values: of: [a, b]; arguments name their verb; other types have no `of`";
            wrong(place_of("of"), "`of` is only for the types enum and arguments".into(), help.into());
        }
        let pattern = text("pattern").and_then(|p| match Regex::new(p) {
            Ok(regex) if matches!(base, "string" | "email") => Some(regex),
            Ok(_) => {
                wrong(place_of("pattern"), "`pattern` is only for strings".into(), "types string and email".into());
                None
            }
            Err(_) => {
                wrong(
                    place_of("pattern"),
                    "`pattern` is not a valid regular expression".into(),
                    "such as ^[A-Z]+-[0-9]+$".into(),
                );
                None
            }
        });
        let mut bound = |name: &str| {
            let given = node.get(name)?;
            let scalar = TYPES.iter().find(|(n, ..)| *n == base).map(|(_, scalar, _)| scalar)?;
            let number = match base {
                "int" | "duration" | "percent" => coerce(scalar, given.to_json(), false).ok().and_then(|v| v.as_f64()),
                _ => None,
            };
            if number.is_none() {
                let help = "it is only for int, duration and percent, and is written like the value itself";
                wrong(given.place, format!("`{name}` does not match the type"), help.into());
            }
            number
        };
        let (min, max) = (bound("min"), bound("max"));
        let required = node.get("required").is_some_and(|n| n.value == crate::model::yaml::Yaml::Bool(true));
        let help = text("help").unwrap_or_default().to_owned();
        let (name, type_name) = (key.text.clone(), type_name.to_owned());
        let mut param = Self { name, type_name, ty, of, default: None, required, help, min, max, pattern };
        if let Type::Object(fields) = ty {
            param.default = Some(arguments::defaults(fields));
        }
        if let Some(default) = node.get("default") {
            match param.accept(default.to_json(), false) {
                _ if required => wrong(
                    default.place,
                    "a required parameter cannot have a default".into(),
                    "remove either `required` or `default`".into(),
                ),
                _ if ty == Type::File => {
                    wrong(
                        default.place,
                        "a file parameter cannot have a default".into(),
                        "it is passed as -p NAME=@PATH".into(),
                    );
                }
                Ok(value) => param.default = Some(value),
                Err(e) => wrong(default.place, "the default does not match the parameter".into(), e),
            }
        }
        (problems.0.len() == before).then_some(param)
    }

    /// Stands for a parameter whose declaration is wrong, so that its uses are not told as unknown too.
    pub(crate) fn broken(name: &str) -> Self {
        let (name, type_name, help) = (name.to_owned(), String::new(), String::new());
        let (default, min, max, pattern) = (None, None, None, None);
        Self { name, type_name, ty: Type::Any, of: Vec::new(), default, required: false, help, min, max, pattern }
    }

    /// A value against type, words, bounds and pattern.
    pub(crate) fn accept(&self, value: Value, rendered: bool) -> Result<Value, String> {
        let value = match (self.ty, coerce(&self.ty, value, rendered)?) {
            (Type::Object(fields), Value::Object(given)) => {
                let mut all = self.default.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
                for limit in fields {
                    let Some(value) = given.get(limit.name) else { continue };
                    let value = arguments::accept(limit, value.clone()).map_err(|e| format!("`{}` {e}", limit.name))?;
                    all.insert(limit.name.to_owned(), value);
                }
                Value::Object(all)
            }
            (_, value) => value,
        };
        let one = [&value];
        let scalars: Vec<&Value> = match &value {
            Value::Array(items) => items.iter().collect(),
            _ => one.to_vec(),
        };
        for scalar in scalars {
            if let Some(number) = scalar.as_f64()
                && (self.min.is_some_and(|min| number < min) || self.max.is_some_and(|max| number > max))
            {
                return Err(self.range());
            }
            if let Some(text) = scalar.as_str() {
                if !self.of.is_empty() && !self.of.iter().any(|w| w == text) {
                    let near = nearest(text, self.of.iter().map(String::as_str));
                    let words = if near.is_empty() { self.of.join(", ") } else { near.join(", ") };
                    return Err(format!("must be one of: {words}"));
                }
                if let Some(pattern) = self.pattern.as_ref().filter(|p| !p.is_match(text)) {
                    return Err(format!("must match {pattern}"));
                }
            }
        }
        Ok(value)
    }

    fn range(&self) -> String {
        let show = |n: f64| match self.type_name.trim_start_matches("list<").trim_end_matches('>') {
            "duration" => crate::model::duration::human(std::time::Duration::from_secs_f64(n)),
            "percent" => format!("{}%", n * 100.0),
            _ => n.to_string(),
        };
        match (self.min, self.max) {
            (Some(min), Some(max)) => format!("must be from {} to {}", show(min), show(max)),
            (Some(min), None) => format!("must be at least {}", show(min)),
            (None, Some(max)) => format!("must be at most {}", show(max)),
            (None, None) => "is out of bounds".into(),
        }
    }

    /// A value as typed: `-p k=v`, a list with commas.
    pub(crate) fn read(&self, given: &Given) -> Result<Value, String> {
        match (given, self.ty) {
            (Given::File { text, .. }, Type::File) => Ok(Value::String(text.clone())),
            (Given::Text(_), Type::File) => Err("is a file: pass it as @PATH".into()),
            (_, Type::Object(_)) => Err(format!("is a group of arguments: use -p {}.NAME=VALUE", self.name)),
            (Given::File { .. }, _) => Err(format!("is not a file parameter; it must be {}", self.ty.name())),
            (Given::Text(text), Type::List(item)) => {
                let parts = text.split(',').map(str::trim).filter(|t| !t.is_empty());
                self.accept(parts.map(|t| scalar(item, t)).collect(), false)
            }
            (Given::Text(text), ty) => self.accept(scalar(&ty, text), false),
        }
    }
}

/// A scalar as typed.
pub(crate) fn scalar(ty: &Type, text: &str) -> Value {
    match ty {
        Type::Bool => text.parse::<bool>().map_or(text.into(), Value::Bool),
        Type::Int => text.parse::<i64>().map_or(text.into(), Value::from),
        _ => text.into(),
    }
}

/// Lower-case letters, digits and `_`, starting with a letter.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// What was given for a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// The text after `k=`.
    Text(String),
    /// `k=@path`: the file's name and its text.
    File {
        /// The path as it was typed, without `@`.
        name: String,
        /// The whole of it, as UTF-8.
        text: String,
    },
}
