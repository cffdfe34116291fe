//! All hosts of an inventory, with what is needed to tell where their values come from.

use super::groups::{Groups, Memberships};
use super::layer::Layer;
use super::overrides::Overrides;
use super::pattern::Names;
use crate::model::{Host, HostName};
use std::collections::BTreeSet;

/// All hosts, resolved, in the order of their files.
#[derive(Clone, Debug)]
pub struct Inventory {
    pub(super) hosts: Vec<Host>,
    pub(super) names: Names,
    /// Beside each host: where its values come from.
    pub(super) lineage: Vec<Lineage>,
    pub(super) groups: Groups,
    pub(super) entries: Vec<Layer>,
    pub(super) defaults: Vec<Layer>,
    /// What the command line set, and for which hosts.
    pub(super) given: Overrides,
    pub(super) overridden: BTreeSet<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Lineage {
    pub(super) entry: usize,
    pub(super) groups: Memberships,
}

impl Inventory {
    /// Every host, in the order of the files.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The host of that name; none when there is no such host.
    pub fn host(&self, name: &HostName) -> Option<&Host> {
        self.hosts.get(self.names.find(name.as_str())?)
    }

    /// Sets values of the hosts named, which are those selected: a jump host that is only passed through
    /// keeps its own user and port. To be called once.
    pub fn override_hosts(&mut self, hosts: &[HostName], with: Overrides) {
        for index in hosts.iter().filter_map(|name| self.names.find(name.as_str())) {
            if let Some(host) = self.hosts.get_mut(index) {
                with.apply(host);
                self.overridden.insert(index);
            }
        }
        self.given = with;
    }
}
