//! YAML texts to checked entries: everything that can be said of one file by itself. How entries of all
//! files belong together is in [`super::resolve`].

use super::address::{self, Address};
use super::layer::{Layer, Level};
use super::range;
use super::{ansible, check, schema};
use crate::model::HostName;
use crate::model::problem::{Place, Problem, Problems};
use crate::model::schema::check_fields;
use crate::model::source::Source;
use crate::model::untrusted::clean_line;
use crate::model::yaml::{self, Budget, Node, Yaml};
use std::borrow::Cow;
use std::sync::Arc;

/// Names that all ranges of an inventory may make together.
pub(super) const MAX_EXPANDED: usize = 1_000_000;
/// Words that mean something else in a selector.
const RESERVED: &[&str] = &["all", "and", "or", "not"];

/// The entries of all files, not yet linked.
#[derive(Default)]
pub(super) struct Draft {
    pub defaults: Vec<Layer>,
    pub groups: Vec<GroupEntry>,
    pub hosts: Vec<HostEntry>,
    /// Every file and every name could be read, so a name that is not there is really missing.
    pub complete: bool,
    expanded: usize,
}

pub(super) struct GroupEntry {
    pub name: Arc<str>,
    pub place: Place,
    pub layer: Layer,
}

/// One key under `hosts`, which may be a range.
pub(super) struct HostEntry {
    pub names: Vec<HostName>,
    /// As many as there are names, or none.
    pub addresses: Vec<Address>,
    pub place: Place,
    pub layer: Layer,
}

pub(super) fn read(sources: &[Source], problems: &mut Problems) -> Draft {
    let mut draft = Draft { complete: true, ..Draft::default() };
    for source in sources {
        let read = match ansible::is_list(&source.text) {
            true => ansible::translate(&source.name, &source.text).map(Cow::Owned),
            false => Ok(Cow::Borrowed(source)),
        };
        if let Err(mut wrong) = read.and_then(|source| draft.add(&source, problems)) {
            draft.complete = false;
            problems.0.append(&mut wrong.0);
        }
    }
    draft
}

impl Draft {
    /// Adds one file; `Err` when nothing can be made of it.
    fn add(&mut self, source: &Source, problems: &mut Problems) -> Result<(), Problems> {
        let name: Arc<str> = clean_line(&source.name, 200).into();
        let mut root = yaml::parse(&name, &source.text, Budget::LARGE)?;
        let mut hidden = Problems::default();
        check::refuse_hidden(&root, &name, &mut hidden);
        hidden.or(())?;
        fill_empty(&mut root);
        check_fields(schema::FILE, &root, &name, "the inventory", false, problems);
        let Yaml::Map(sections) = root.value else {
            self.complete = false;
            return Ok(());
        };
        for (key, node) in sections {
            match (key.text.as_str(), node.value) {
                ("fleet", Yaml::Int(version)) if version != schema::VERSION => problems.push(
                    Problem::new(&*name, node.place, "this version of the inventory format is not known")
                        .with_help(format!("write `fleet: {}`", schema::VERSION)),
                ),
                ("defaults", value @ Yaml::Map(_)) => {
                    let node = Node { place: node.place, value };
                    self.defaults.push(layer(Level::Defaults, &name, node, problems));
                }
                ("groups", Yaml::Map(entries)) => {
                    entries.into_iter().for_each(|(key, node)| self.add_group(&key, node, &name, problems));
                }
                ("hosts", Yaml::Map(entries)) => {
                    entries.into_iter().for_each(|(key, node)| self.add_hosts(&key, node, &name, problems));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn add_group(&mut self, key: &yaml::Key, node: Node, source: &Arc<str>, problems: &mut Problems) {
        if !check::is_word(&key.text) {
            self.complete = false;
            let message = format!("`{}` is not a group name", clean_line(&key.text, 80));
            problems.push(Problem::new(&**source, key.place, message).with_help("letters, digits, `.`, `_` and `-`"));
            return;
        }
        let name: Arc<str> = key.text.as_str().into();
        let layer = layer(Level::Group(name.clone()), source, node, problems);
        self.groups.push(GroupEntry { name, place: key.place, layer });
    }

    fn add_hosts(&mut self, key: &yaml::Key, node: Node, source: &Arc<str>, problems: &mut Problems) {
        let names = self.host_names(&key.text);
        let layer = layer(Level::Host, source, node, problems);
        match names {
            Ok(names) => {
                let addresses = self.addresses(names.len(), &layer, problems);
                self.hosts.push(HostEntry { names, addresses, place: key.place, layer });
            }
            Err((message, help)) => {
                self.complete = false;
                let message = format!("`{}`: {message}", clean_line(&key.text, 80));
                problems.push(Problem::new(&**source, key.place, message).with_help(help));
            }
        }
    }

    fn host_names(&mut self, text: &str) -> Result<Vec<HostName>, (String, &'static str)> {
        const GRAMMAR: &str = "letters, digits, `.`, `_` and `-`, not beginning with `-` or `.`, at most 253 bytes; \
                               an international name in its `xn--` form";
        let words = self.expand(text).map_err(|message| (message, "a range is written such as mx[01-20]"))?;
        let mut names = Vec::with_capacity(words.len());
        for word in &words {
            if RESERVED.contains(&word.as_str()) {
                return Err(("this is a reserved word in selectors".into(), "give the host another name"));
            }
            match HostName::parse(word) {
                Some(name) => names.push(name),
                None => return Err(("this is not a host name".into(), GRAMMAR)),
            }
        }
        Ok(names)
    }

    fn addresses(&mut self, wanted: usize, layer: &Layer, problems: &mut Problems) -> Vec<Address> {
        let Some(node) = layer.node.get("address") else { return Vec::new() };
        let Some(text) = node.as_str() else { return Vec::new() };
        let texts = match address::is_bracketed(text) {
            true => Ok(vec![text.to_owned()]),
            false => self.expand(text),
        };
        let addresses = texts.and_then(|texts| {
            if texts.len() != wanted {
                return Err(format!("{} addresses for {wanted} hosts; each host needs its own", texts.len()));
            }
            texts.iter().map(|text| address::parse(text).map_err(str::to_owned)).collect::<Result<Vec<_>, _>>()
        });
        match addresses {
            Ok(addresses) => {
                if layer.node.get("port").is_some() && addresses.iter().any(|a| a.port.is_some()) {
                    problems.push(
                        Problem::new(&*layer.source, node.place, "the port is given both in the address and in `port`")
                            .with_help("specify the port once"),
                    );
                }
                addresses
            }
            Err(message) => {
                problems.push(Problem::new(&*layer.source, node.place, message));
                Vec::new()
            }
        }
    }

    fn expand(&mut self, text: &str) -> Result<Vec<String>, String> {
        let names = range::expand(text).map_err(|bad| bad.message)?;
        self.expanded += names.len();
        if self.expanded > MAX_EXPANDED {
            return Err("all ranges together expand to more than 1,000,000 names".into());
        }
        Ok(names)
    }
}

fn layer(level: Level, source: &Arc<str>, node: Node, problems: &mut Problems) -> Layer {
    check::values(&node, source, problems);
    Layer { level, source: source.clone(), node }
}

/// A section, a host or a group with nothing after its name is an empty one.
fn fill_empty(root: &mut Node) {
    let Yaml::Map(sections) = &mut root.value else { return };
    let fill = |node: &mut Node| {
        if node.value == Yaml::Null {
            node.value = Yaml::Map(Vec::new());
        }
    };
    for (key, section) in sections {
        if matches!(key.text.as_str(), "defaults" | "groups" | "hosts") {
            fill(section);
        }
        if let ("groups" | "hosts", Yaml::Map(entries)) = (key.text.as_str(), &mut section.value) {
            entries.iter_mut().for_each(|(_, node)| fill(node));
        }
    }
}
