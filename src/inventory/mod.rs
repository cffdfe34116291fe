//! Which hosts there are, what is known of each, and which of them a person means.
//!
//! Owns the inventory format, the four levels of values (defaults < group < host < command line), ranges and
//! the selector language. Reads texts, never files: the caller reads files, runs executables and brings what
//! selectors need from earlier runs.

mod address;
mod ansible;
mod check;
mod duplicates;
pub mod fold;
mod groups;
mod jump;
mod layer;
mod load;
mod overrides;
mod pattern;
pub mod range;
mod resolve;
pub mod schema;
mod select;
pub mod selector;

pub use ansible::{is_list as is_ansible_list, translate as translate_ansible};
pub use duplicates::duplicates;
pub use layer::{Level, Origin};
pub use overrides::Overrides;
pub use select::{Context, Expect, Needs, ResultSet, SelectError, Selection};

use crate::model::problem::{Place, Problem, Problems};
use crate::model::{Host, HostName, Source};
use groups::{Groups, Memberships};
use layer::{Layer, Slot};
use pattern::Names;
use std::collections::BTreeSet;

/// All hosts, resolved, in the order of their files.
#[derive(Clone, Debug)]
pub struct Inventory {
    hosts: Vec<Host>,
    names: Names,
    /// Beside each host: where its values come from.
    lineage: Vec<Lineage>,
    groups: Groups,
    entries: Vec<Layer>,
    defaults: Vec<Layer>,
    /// What the command line set, and for which hosts.
    given: Overrides,
    overridden: BTreeSet<usize>,
}

#[derive(Clone, Debug)]
struct Lineage {
    entry: usize,
    groups: Memberships,
}

impl Inventory {
    /// Reads and merges the texts, in order. Each is YAML or JSON of our own format, or the JSON that an
    /// Ansible inventory prints for `--list`. All problems of all texts are reported, in the order of file
    /// and line.
    pub fn from_sources(sources: &[Source]) -> Result<Self, Problems> {
        if sources.is_empty() {
            let problem = Problem::new("inventory", Place::default(), "there is no inventory");
            return Err(problem.with_help("name one with --inventory, or write ./inventory.yaml").into());
        }
        let mut problems = Problems::default();
        let draft = load::read(sources, &mut problems);
        let inventory = resolve::resolve(draft, &mut problems);
        problems
            .0
            .sort_by(|a, b| (&a.source, a.place.line, a.place.column).cmp(&(&b.source, b.place.line, b.place.column)));
        problems.or(inventory)
    }

    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    pub fn host(&self, name: &HostName) -> Option<&Host> {
        self.hosts.get(self.names.find(name.as_str())?)
    }

    /// Where a value of a host came from. `field` is a field's name, or one part of a field that has many:
    /// `vars.NAME`, `paths.NAME`, `tags.WORD`, `groups.WORD`. `None` when the host has no such value.
    pub fn origin(&self, host: &HostName, field: &str) -> Option<Origin> {
        let index = self.names.find(host.as_str())?;
        if self.overridden.contains(&index) && self.given.sets(field) {
            return Some(Origin::nowhere(Level::CommandLine));
        }
        let lineage = self.lineage.get(index)?;
        let own = self.entries.get(lineage.entry)?;
        let values = groups::values(&self.groups, lineage.groups.keys().copied());
        let view = resolve::View { own, groups: &values, defaults: &self.defaults };
        let found = |slot| view.find(slot).map(|(layer, node)| layer.origin(node.place));
        match field.split_once('.') {
            Some(("vars", name)) => found(Slot::Var(name)),
            Some(("paths", name)) => found(Slot::Path(name)),
            Some(("groups", name)) => lineage.groups.get(&self.groups.find(name)?).cloned(),
            Some(("tags", tag)) => {
                let groups = lineage.groups.keys().filter_map(|i| self.groups.get(*i)).map(|group| &group.layer);
                [own].into_iter().chain(groups).chain(&self.defaults).find_map(|layer| {
                    let (_, place) = layer.words("tags").into_iter().find(|(word, _)| *word == tag)?;
                    Some(layer.origin(place))
                })
            }
            Some(_) => None,
            None => {
                let known = schema::HOST.iter().any(|f| f.name == field);
                let by_address = || {
                    let address = self.hosts.get(index).is_some_and(|host| {
                        own.words("address")
                            .iter()
                            .any(|(text, _)| address::parse(text).is_ok_and(|a| a.port == Some(host.port)))
                    });
                    (field == "port" && address).then(|| found(Slot::Field("address"))).flatten()
                };
                let built_in = || known.then(|| Origin::nowhere(Level::BuiltIn));
                by_address().or_else(|| found(Slot::Field(field))).or_else(built_in)
            }
        }
    }
}

/// Adds a complaint about a name that nobody has, with the nearest that somebody has. With many complaints
/// the later ones go without: looking for neighbours of thousands of names among thousands takes minutes.
fn push_unknown<'a>(problems: &mut Problems, problem: Problem, typed: &str, known: impl IntoIterator<Item = &'a str>) {
    const WITH_NEIGHBOURS: usize = 20;
    let few = problems.0.len() < WITH_NEIGHBOURS;
    problems.push(if few { problem.with_near(typed, known) } else { problem });
}

#[cfg(test)]
mod tests;
