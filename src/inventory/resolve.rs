//! Entries of all files to resolved hosts: defaults < group < host.

use super::address::Address;
use super::groups::{self, Groups, Memberships, Values, same};
use super::jump::{self, JumpPlace};
use super::layer::{Layer, Slot, words};
use super::load::Draft;
use super::merged::{Inventory, Lineage};
use super::overrides::Overrides;
use super::pattern::Names;
use super::unknown::push_unknown;
use crate::model::host::Exemption;
use crate::model::problem::{Place, Problem, Problems};
use crate::model::untrusted::clean_line;
use crate::model::yaml::{Node, Yaml};
use crate::model::{Host, HostName, SecretRef, Sudo};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The port and login name of a host of which nobody says anything.
const PORT: u16 = 22;
const USER: &str = "root";

/// Links everything. What is wrong is reported, and the result is then not to be used.
pub(super) fn resolve(mut draft: Draft, problems: &mut Problems) -> Inventory {
    refuse_two_defaults(&draft.defaults, problems);
    let groups = Groups::link(std::mem::take(&mut draft.groups), draft.complete, problems);
    let (names, seats) = seats(&draft, problems);
    let memberships = groups.memberships(&names, &draft, &seats, problems);

    let mut said: HashMap<Vec<usize>, Values<'_>> = HashMap::new();
    for members in &memberships {
        let key: Vec<usize> = members.keys().copied().collect();
        said.entry(key).or_insert_with_key(|key| groups::values(&groups, key.iter().copied()));
    }
    let mut hosts: Vec<Host> = Vec::with_capacity(seats.len());
    let mut jumps: Vec<JumpPlace> = Vec::with_capacity(seats.len());
    let mut conflicts = Conflicts::default();
    for ((entry, nth), members) in seats.iter().zip(&memberships) {
        let key: Vec<usize> = members.keys().copied().collect();
        let (Some(entry), Some(said)) = (draft.hosts.get(*entry), said.get(&key)) else { continue };
        let Some(name) = entry.names.get(*nth) else { continue };
        let address = entry.addresses.get(*nth);
        let view = View { own: &entry.layer, groups: said, defaults: &draft.defaults };
        conflicts.look(name, &view, address);
        jumps.push(view.find(Slot::Field("jump")).map(|(layer, node)| (layer.source.clone(), node.place)));
        hosts.push(host(name, address, &view, &groups, members));
    }
    conflicts.report(problems);
    drop(said);

    if draft.complete {
        let entries = draft.hosts.iter().map(|entry| &entry.layer);
        let layers = draft.defaults.iter().chain(groups.iter().map(|group| &group.layer)).chain(entries);
        layers.for_each(|layer| refuse_unknown_jumps(layer, &names, problems));
    }
    jump::link(&mut hosts, &names, &jumps, problems);

    let lineage = seats.iter().zip(memberships).map(|((entry, _), groups)| Lineage { entry: *entry, groups }).collect();
    let entries = draft.hosts.into_iter().map(|entry| entry.layer).collect();
    let given = Overrides::default();
    Inventory { hosts, names, lineage, groups, entries, defaults: draft.defaults, given, overridden: BTreeSet::new() }
}

/// One seat for each host: its entry, and which of the entry's names it has.
fn seats(draft: &Draft, problems: &mut Problems) -> (Names, Vec<(usize, usize)>) {
    let mut names = Names::default();
    let mut seats: Vec<(usize, usize)> = Vec::new();
    // By entry and earlier entry, so that two overlapping ranges are one complaint.
    let mut twice: BTreeMap<(usize, usize), (&HostName, usize)> = BTreeMap::new();
    for (e, entry) in draft.hosts.iter().enumerate() {
        for (nth, name) in entry.names.iter().enumerate() {
            match names.add(name.clone()) {
                Ok(()) => seats.push((e, nth)),
                Err(before) => {
                    let before = seats.get(before).map_or(e, |(entry, _)| *entry);
                    twice.entry((e, before)).or_insert((name, 0)).1 += 1;
                }
            }
        }
    }
    for ((entry, before), (name, count)) in twice {
        let (Some(entry), Some(before)) = (draft.hosts.get(entry), draft.hosts.get(before)) else { continue };
        let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        let other = format!("{}:{}", before.layer.source, before.place.line);
        let message = format!("duplicate host {name}{more}; also defined at {other}");
        problems.push(Problem::new(&*entry.layer.source, entry.place, message).with_help("define each host once"));
    }
    (names, seats)
}

fn refuse_two_defaults(defaults: &[Layer], problems: &mut Problems) {
    let mut seen: BTreeMap<Slot<'_>, (&Layer, &Node)> = BTreeMap::new();
    for layer in defaults {
        for (slot, node) in layer.slots() {
            match seen.get(&slot) {
                Some((other, before)) if !same(before, node) => {
                    let other = format!("{}:{}", other.source, before.place.line);
                    let message = format!("the default of `{slot}` is different at {other}");
                    problems.push(Problem::new(&*layer.source, node.place, message).with_help("define it once"));
                }
                Some(_) => {}
                None => {
                    seen.insert(slot, (layer, node));
                }
            }
        }
    }
}

fn refuse_unknown_jumps(layer: &Layer, names: &Names, problems: &mut Problems) {
    for (name, place) in layer.words("jump").into_iter().filter(|(name, _)| names.find(name).is_none()) {
        let message = format!("the jump host `{}` is not in the inventory", clean_line(name, 80));
        let problem = Problem::new(&*layer.source, place, message);
        push_unknown(
            problems,
            problem.with_help("jump hosts are defined under `hosts` like any other host"),
            name,
            names.iter(),
        );
    }
}

/// The three levels of one host.
pub(super) struct View<'a> {
    pub own: &'a Layer,
    pub groups: &'a Values<'a>,
    pub defaults: &'a [Layer],
}

impl<'a> View<'a> {
    /// The value that wins, and the layer it stands in.
    pub fn find(&self, slot: Slot<'a>) -> Option<(&'a Layer, &'a Node)> {
        let own = self.own.get(slot).map(|node| (self.own, node));
        let of_groups = || self.groups.get(&slot).and_then(|said| said.first().copied());
        let default = || self.defaults.iter().find_map(|layer| Some((layer, layer.get(slot)?)));
        own.or_else(of_groups).or_else(default)
    }

    fn node(&self, field: &'static str) -> Option<&'a Node> {
        self.find(Slot::Field(field)).map(|(_, node)| node)
    }

    fn text(&self, field: &'static str) -> Option<String> {
        match &self.node(field)?.value {
            Yaml::Str(text) => Some(text.clone()),
            Yaml::Int(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn words(&self, field: &'static str) -> Vec<String> {
        let found = self.node(field).map(words).unwrap_or_default();
        found.into_iter().map(|(text, _)| text.to_owned()).collect()
    }

    fn secret(&self, field: &'static str) -> Option<SecretRef> {
        SecretRef::parse(self.node(field)?.as_str()?)
    }

    /// Every value of the two maps that merge by key, strongest level first.
    fn merged(&self) -> impl Iterator<Item = (Slot<'a>, &'a Node)> {
        let own = self.own.slots().into_iter();
        let of_groups = self.groups.iter().filter_map(|(slot, said)| said.first().map(|(_, node)| (*slot, *node)));
        own.chain(of_groups).chain(self.defaults.iter().flat_map(Layer::slots))
    }
}

fn host(name: &HostName, address: Option<&Address>, view: &View<'_>, groups: &Groups, members: &Memberships) -> Host {
    let own_port = view.own.get(Slot::Field("port"));
    let given_port = match (own_port, address.and_then(|a| a.port)) {
        (None, Some(port)) => Some(port),
        _ => view.node("port").and_then(|node| match node.value {
            Yaml::Int(port) => u16::try_from(port).ok(),
            _ => None,
        }),
    };
    let mut host = Host::new(
        name.clone(),
        address.map_or_else(|| name.to_string(), |a| a.host.clone()),
        given_port.unwrap_or(PORT),
        view.text("user").unwrap_or_else(|| USER.to_owned()),
    );
    let groups: Vec<_> = members.keys().filter_map(|i| groups.get(*i)).collect();
    let layers = || view.defaults.iter().chain(groups.iter().map(|group| &group.layer)).chain([view.own]);
    host.exempt =
        layers().filter_map(|layer| layer.node.get("exempt")?.as_seq()).flatten().filter_map(exemption).collect();
    host.tags = layers().flat_map(|layer| layer.words("tags")).map(|(tag, _)| tag.to_owned()).collect();
    host.groups = groups.iter().map(|group| group.name.to_string()).collect();
    host.customer = view.text("customer");
    host.panel = view.text("panel");
    host.mta = view.text("mta");
    host.os = view.text("os");
    host.jump = view.words("jump").iter().filter_map(|name| HostName::parse(name)).collect();
    host.host_key = view.own.words("host_key").into_iter().map(|(key, _)| key.to_owned()).collect();
    host.legacy_ssh = view.node("legacy_ssh").is_some_and(|node| node.value == Yaml::Bool(true));
    host.sudo = view.node("sudo").and_then(|node| match &node.value {
        Yaml::Bool(true) => Some(Sudo::default()),
        Yaml::Map(_) => Some(Sudo { password: node.get("password").and_then(Node::as_str).and_then(SecretRef::parse) }),
        _ => None,
    });
    host.identity_files = view.words("identity_files");
    host.password = view.secret("password");
    for (slot, node) in view.merged() {
        match slot {
            Slot::Var(name) if !host.vars.contains_key(name) => {
                host.vars.insert(name.to_owned(), node.to_json());
            }
            Slot::Path(name) if !host.paths.contains_key(name) => {
                host.paths.insert(name.to_owned(), node.as_str().unwrap_or_default().to_owned());
            }
            _ => {}
        }
    }
    host
}

fn exemption(node: &Node) -> Option<Exemption> {
    let text = |name: &str| node.get(name).and_then(Node::as_str);
    Some(Exemption {
        account: text("account")?.to_owned(),
        signals: node
            .get("signals")
            .map(words)
            .unwrap_or_default()
            .into_iter()
            .map(|(code, _)| code.to_owned())
            .collect(),
        owner: text("owner")?.to_owned(),
        until: text("until")?.parse().ok()?,
        reason: text("reason").map(str::to_owned),
    })
}

/// Values on which groups do not agree: each pair of groups and value is one complaint, with its first host.
#[derive(Default)]
struct Conflicts<'a> {
    found: BTreeMap<(String, String, String), (Conflict<'a>, usize)>,
}

struct Conflict<'a> {
    host: HostName,
    source: &'a str,
    place: Place,
}

impl<'a> Conflicts<'a> {
    fn look(&mut self, host: &HostName, view: &View<'a>, address: Option<&Address>) {
        for (slot, said) in view.groups {
            let ([(one, at_one), (other, at_other), ..], None) = (said.as_slice(), view.own.get(*slot)) else {
                continue;
            };
            if *slot == Slot::Field("port") && address.is_some_and(|a| a.port.is_some()) {
                continue;
            }
            let key =
                (slot.to_string(), one.origin(at_one.place).to_string(), other.origin(at_other.place).to_string());
            let conflict = || Conflict { host: host.clone(), source: &other.source, place: at_other.place };
            self.found.entry(key).or_insert_with(|| (conflict(), 0)).1 += 1;
        }
    }

    fn report(self, problems: &mut Problems) {
        for ((slot, one, other), (conflict, count)) in self.found {
            let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
            let message = format!("`{slot}` of {}{more} has two values: {one}; {other}", conflict.host);
            let help = "set it on the host, or make one group part of the other (`groups:` in the group)";
            problems.push(Problem::new(conflict.source, conflict.place, message).with_help(help));
        }
    }
}
