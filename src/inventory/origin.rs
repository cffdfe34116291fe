//! Where a host's values come from.

use super::layer::{Level, Origin, Slot};
use super::merged::Inventory;
use super::{address, groups, resolve, schema};
use crate::model::HostName;

impl Inventory {
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
