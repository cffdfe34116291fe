//! YAML text as a tree that remembers where everything stood, so that every later complaint can name file,
//! line and column. The only place that knows the YAML library.
//!
//! Errors never quote a value: an inventory may hold, by mistake, the secret that the error would print.

use super::problem::{Place, Problem, Problems};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use std::fmt;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The first character of the value.
    pub place: Place,
    /// The value itself, whose children have places of their own.
    pub value: Yaml,
}

/// YAML 1.2 core types. A map keeps the order of its text; keys are strings.
#[derive(Clone, Debug, PartialEq)]
pub enum Yaml {
    /// `null`, `~` or nothing at all behind the key.
    Null,
    /// `true` or `false`; `yes`, `no`, `on` and `off` are text.
    Bool(bool),
    /// A whole number of 64 bits with a sign; one that does not fit is a [`Yaml::Float`].
    Int(i64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// Text, quoted or plain.
    Str(String),
    /// A list, in the order of the text.
    Seq(Vec<Node>),
    /// A map, in the order of the text; no key stands twice.
    Map(Vec<(Key, Node)>),
}

/// A key of a map and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The first character of the key.
    pub place: Place,
    /// The key without its quotes.
    pub text: String,
}

/// How large a text may be before it is refused.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Bytes of text.
    pub bytes: usize,
    /// Scalars, lists and maps together.
    pub nodes: usize,
}

impl Budget {
    /// Playbooks, settings: 4 MiB, 100,000 nodes.
    pub const SMALL: Self = Self { bytes: 4 << 20, nodes: 100_000 };
    /// Inventories: 64 MiB, 5,000,000 nodes, which is about 250,000 hosts.
    pub const LARGE: Self = Self { bytes: 64 << 20, nodes: 5_000_000 };
}

/// Parses one YAML document. `source` names it in problems.
///
/// # Errors
/// When the text is larger than `budget`, empty, no YAML, has a key twice, an unknown tag, or more than one document.
pub fn parse(source: &str, text: &str, budget: Budget) -> Result<Node, Problems> {
    let whole = |message: &str| Problem::new(source, Place::default(), message);
    if text.len() > budget.bytes {
        return Err(whole("the file is too large")
            .with_help(format!("the limit is {} MiB", budget.bytes >> 20))
            .into());
    }
    if text.lines().all(|line| matches!(line.trim(), "" | "---") || line.trim_start().starts_with('#')) {
        return Err(whole("the file is empty").into());
    }
    let mut options = serde_saphyr::Options::default();
    options.with_snippet = false;
    options.strict_booleans = true;
    options.reject_unsupported_tags = true;
    if let Some(limits) = &mut options.budget {
        limits.max_nodes = budget.nodes;
        limits.max_events = budget.nodes.saturating_mul(4);
        limits.max_total_scalar_bytes = budget.bytes;
        limits.max_buffered_comment_events = budget.nodes;
        limits.max_total_comment_bytes = budget.bytes;
    }
    let parsed: Result<Spanned<Bare>, _> = serde_saphyr::from_str_with_options(text, options);
    parsed.map(Node::from).map_err(|error| explain(source, &error).into())
}

fn explain(source: &str, error: &serde_saphyr::Error) -> Problem {
    use serde_saphyr::Error;
    let error = error.without_snippet();
    let place = error.location().map(place_of).unwrap_or_default();
    let message = match error {
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            format!("duplicate key `{}`", super::untrusted::clean_line(key, 80))
        }
        Error::DuplicateMappingKey { .. } => "duplicate key".into(),
        Error::MultipleDocuments { .. } => "more than one YAML document; one file is one document".into(),
        Error::Budget { .. } => "the file is too large or too deeply nested".into(),
        Error::Eof { .. } => "the file ends in the middle of a value".into(),
        _ => "this is not valid YAML; look at indentation, quotes and brackets on this line and the one before".into(),
    };
    Problem::new(source, place, message)
}

fn place_of(location: serde_saphyr::Location) -> Place {
    Place { line: location.line() as usize, column: location.column() as usize }
}

impl Node {
    /// The kind of value, as a person says it.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Yaml::Null => "nothing",
            Yaml::Bool(_) => "true or false",
            Yaml::Int(_) => "an integer",
            Yaml::Float(_) => "a number",
            Yaml::Str(_) => "a string",
            Yaml::Seq(_) => "a list",
            Yaml::Map(_) => "a map",
        }
    }

    /// The text; none when the value is anything else, a number too.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Yaml::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The entries of a map, in order; none when it is no map.
    pub fn as_map(&self) -> Option<&[(Key, Node)]> {
        match &self.value {
            Yaml::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items of a list; none when it is no list.
    pub fn as_seq(&self) -> Option<&[Node]> {
        match &self.value {
            Yaml::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The value under `key`, when this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.iter().find(|(k, _)| k.text == key).map(|(_, node)| node)
    }

    /// The value without its places. A float that JSON cannot write, such as `.nan`, becomes null.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.value {
            Yaml::Null => Value::Null,
            Yaml::Bool(b) => Value::Bool(*b),
            Yaml::Int(i) => Value::from(*i),
            Yaml::Float(f) => Value::from(*f),
            Yaml::Str(s) => Value::String(s.clone()),
            Yaml::Seq(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            Yaml::Map(entries) => Value::Object(entries.iter().map(|(k, v)| (k.text.clone(), v.to_json())).collect()),
        }
    }
}

/// What serde fills before places are attached.
enum Bare {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Seq(Vec<Spanned<Bare>>),
    Map(Vec<(Spanned<String>, Spanned<Bare>)>),
}

impl From<Spanned<Bare>> for Node {
    fn from(spanned: Spanned<Bare>) -> Self {
        let value = match spanned.value {
            Bare::Null => Yaml::Null,
            Bare::Bool(b) => Yaml::Bool(b),
            Bare::Int(i) => Yaml::Int(i),
            Bare::Float(f) => Yaml::Float(f),
            Bare::Str(s) => Yaml::Str(s),
            Bare::Seq(items) => Yaml::Seq(items.into_iter().map(Node::from).collect()),
            Bare::Map(entries) => Yaml::Map(
                entries
                    .into_iter()
                    .map(|(k, v)| (Key { place: place_of(k.referenced), text: k.value }, Node::from(v)))
                    .collect(),
            ),
        };
        Node { place: place_of(spanned.referenced), value }
    }
}

impl<'de> Deserialize<'de> for Bare {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BareVisitor)
    }
}

struct BareVisitor;

impl<'de> Visitor<'de> for BareVisitor {
    type Value = Bare;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Bare, E> {
        Ok(Bare::Bool(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Bare, E> {
        Ok(Bare::Int(v))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Bare, E> {
        Ok(i64::try_from(v).map_or(Bare::Float(v as f64), Bare::Int))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Bare, E> {
        Ok(Bare::Float(v))
    }

    fn visit_str<E>(self, v: &str) -> Result<Bare, E> {
        Ok(Bare::Str(v.to_owned()))
    }

    fn visit_string<E>(self, v: String) -> Result<Bare, E> {
        Ok(Bare::Str(v))
    }

    fn visit_unit<E>(self) -> Result<Bare, E> {
        Ok(Bare::Null)
    }

    fn visit_none<E>(self) -> Result<Bare, E> {
        Ok(Bare::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Bare, D::Error> {
        Bare::deserialize(d)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Bare, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Bare::Seq(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Bare, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Bare::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Node, Problems> {
        parse("a.yaml", text, Budget::SMALL)
    }

    #[test]
    fn every_key_and_value_knows_its_line() {
        let node = read("a: 1\nb:\n  - x\n  - {c: true}\n").unwrap();
        let (key, b) = &node.as_map().unwrap()[1];
        assert_eq!((key.text.as_str(), key.place.line), ("b", 2));
        let inner = &b.as_seq().unwrap()[1];
        assert_eq!(inner.place.line, 4);
        assert_eq!(inner.get("c").unwrap().value, Yaml::Bool(true));
        assert_eq!(node.get("a").unwrap().place, Place { line: 1, column: 4 });
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_with_its_line() {
        let problem = read("hosts:\n  a: 1\n  a: 2\n").unwrap_err().0.remove(0);
        assert_eq!(problem.place.line, 3);
        assert!(problem.message.contains("`a`"), "{problem}");
    }

    #[test]
    fn words_like_yes_and_no_are_text() {
        let node = read("a: yes\nb: 'true'\nc: 0x1f\nd: ~\n").unwrap();
        assert_eq!(node.get("a").unwrap().value, Yaml::Str("yes".into()));
        assert_eq!(node.get("b").unwrap().value, Yaml::Str("true".into()));
        assert_eq!(node.get("d").unwrap().value, Yaml::Null);
    }

    #[test]
    fn no_error_quotes_a_value() {
        for text in ["a: [S3cret", "a: 'S3cret", "a: {b: S3cret, b: S3cret}", "a: *S3cret"] {
            let problems = read(text).unwrap_err().to_string();
            assert!(!problems.contains("S3cret"), "{text:?} gave {problems}");
        }
    }

    #[test]
    fn an_empty_or_oversized_file_is_refused() {
        assert!(read("# only a comment\n").unwrap_err().to_string().contains("empty"));
        let tight = Budget { bytes: 8, nodes: 10 };
        assert!(parse("a", "abcdefghijk", tight).unwrap_err().to_string().contains("too large"));
    }

    #[test]
    fn a_tag_is_refused() {
        for text in ["a: !shell rm", "a: !!python/object x", "!thing {a: 1}"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(read("a: !!str 12").unwrap().get("a").unwrap().value, Yaml::Str("12".into()));
    }

    #[test]
    fn many_comment_lines_are_honest_input() {
        let text = format!("{}a: 1\n", "# note\n".repeat(200));
        assert_eq!(read(&text).unwrap().get("a").unwrap().value, Yaml::Int(1));
    }
}
