//! One level's values as they stand in a file, and where a value came from.

use crate::model::problem::Place;
use crate::model::yaml::{Node, Yaml};
use std::fmt;
use std::sync::Arc;

/// The level that gave a value, weakest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Level {
    /// Nobody said anything.
    BuiltIn,
    /// The inventory's `defaults`.
    Defaults,
    /// The `defaults` of the group of that name.
    Group(Arc<str>),
    /// The host's own entry.
    Host,
    /// An option such as `--user`, `--port` or `-e`.
    CommandLine,
}

/// Where a value came from: `group web, inventory.yaml:12`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// How strong it is, and which group gave it.
    pub level: Level,
    /// The file; empty when the value stands in none.
    pub source: Arc<str>,
    /// From 1; 0 when there is no file.
    pub line: usize,
}

impl Origin {
    pub(super) fn nowhere(level: Level) -> Self {
        Self { level, source: "".into(), line: 0 }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.level {
            Level::BuiltIn => return f.write_str("built in"),
            Level::CommandLine => return f.write_str("command line"),
            Level::Defaults => f.write_str("defaults")?,
            Level::Group(name) => write!(f, "group {name}")?,
            Level::Host => f.write_str("host")?,
        }
        write!(f, ", {}:{}", self.source, self.line)
    }
}

/// The name of one value: a field, or one key of the maps that merge key by key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Slot<'a> {
    Field(&'a str),
    Var(&'a str),
    Path(&'a str),
}

impl fmt::Display for Slot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => f.write_str(name),
            Self::Var(name) => write!(f, "vars.{name}"),
            Self::Path(name) => write!(f, "paths.{name}"),
        }
    }
}

/// A checked map of values: a host's entry, a group's, or `defaults`.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub level: Level,
    pub source: Arc<str>,
    pub node: Node,
}

impl Layer {
    pub fn get(&self, slot: Slot<'_>) -> Option<&Node> {
        match slot {
            Slot::Field(name) => self.node.get(name),
            Slot::Var(name) => self.node.get("vars")?.get(name),
            Slot::Path(name) => self.node.get("paths")?.get(name),
        }
    }

    /// Every value that replaces the one of the level below. Lists that add up, and what belongs to one
    /// level only, are not among them.
    pub fn slots(&self) -> Vec<(Slot<'_>, &Node)> {
        let mut slots = Vec::new();
        for (key, node) in self.node.as_map().unwrap_or_default() {
            match (key.text.as_str(), &node.value) {
                ("tags" | "groups" | "hosts" | "exempt" | "address" | "host_key", _) => {}
                ("vars", Yaml::Map(entries)) => slots.extend(entries.iter().map(|(k, v)| (Slot::Var(&k.text), v))),
                ("paths", Yaml::Map(entries)) => slots.extend(entries.iter().map(|(k, v)| (Slot::Path(&k.text), v))),
                (name, _) => slots.push((Slot::Field(name), node)),
            }
        }
        slots
    }

    /// The words of a field that is one text or a list of texts, each with its place.
    pub fn words(&self, field: &str) -> Vec<(&str, Place)> {
        self.node.get(field).map(words).unwrap_or_default()
    }

    pub fn origin(&self, place: Place) -> Origin {
        Origin { level: self.level.clone(), source: self.source.clone(), line: place.line }
    }
}

/// The texts of one text or a list of texts.
pub(super) fn words(node: &Node) -> Vec<(&str, Place)> {
    match &node.value {
        Yaml::Str(text) => vec![(text, node.place)],
        Yaml::Seq(items) => items.iter().filter_map(|item| Some((item.as_str()?, item.place))).collect(),
        _ => Vec::new(),
    }
}
