//! Which group is part of which, which hosts are in which, and what a set of groups says of its hosts.

use super::layer::{Layer, Origin, Slot};
use super::load::{Draft, GroupEntry, HostEntry};
use super::pattern::{Names, Pattern};
use super::unknown::push_unknown;
use crate::model::problem::{Place, Problem, Problems};
use crate::model::untrusted::clean_line;
use crate::model::yaml::Node;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

/// Groups that a host or a group may be in, directly or not.
const MAX_GROUPS: usize = 200;

#[derive(Clone, Debug)]
pub(super) struct Group {
    pub name: Arc<str>,
    pub layer: Layer,
    /// The groups it is part of, directly or not, and the line that says so.
    pub ancestors: BTreeMap<usize, Origin>,
}

/// The groups of one host and the line that put it into each.
pub(super) type Memberships = BTreeMap<usize, Origin>;

#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    list: Vec<Group>,
    at: HashMap<Arc<str>, usize>,
}

impl Groups {
    pub fn get(&self, index: usize) -> Option<&Group> {
        self.list.get(index)
    }

    pub fn find(&self, name: &str) -> Option<usize> {
        self.at.get(name).copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Group> {
        self.list.iter()
    }

    /// Links groups to the groups they are part of. Whatever cannot be linked is reported and left out.
    pub fn link(entries: Vec<GroupEntry>, complete: bool, problems: &mut Problems) -> Self {
        let mut groups = Self::default();
        let mut places: Vec<Place> = Vec::new();
        for GroupEntry { name, place, layer } in entries {
            if let Some((before, at)) = groups.find(&name).and_then(|i| Some((groups.get(i)?, places.get(i)?))) {
                let message = format!("duplicate group {name}; also defined at {}:{}", before.layer.source, at.line);
                problems.push(Problem::new(&*layer.source, place, message).with_help("define each group once"));
                continue;
            }
            groups.at.insert(name.clone(), groups.list.len());
            groups.list.push(Group { name, layer, ancestors: BTreeMap::new() });
            places.push(place);
        }
        let parents: Vec<Vec<(usize, Place)>> =
            groups.list.iter().map(|group| groups.named(&group.layer, complete, problems)).collect();
        let ancestors: Vec<_> = (0..groups.list.len()).map(|i| groups.ancestors(i, &parents)).collect();
        for (i, (group, all)) in groups.list.iter().zip(&ancestors).enumerate() {
            let place = places.get(i).copied().unwrap_or_default();
            if all.len() > MAX_GROUPS {
                let message = format!("group {} is part of more than {MAX_GROUPS} groups", group.name);
                problems.push(Problem::new(&*group.layer.source, place, message));
            }
            let circle: Vec<usize> = all
                .keys()
                .copied()
                .filter(|other| ancestors.get(*other).is_some_and(|theirs| theirs.contains_key(&i)))
                .collect();
            if all.contains_key(&i) && circle.first() == Some(&i) {
                let names: Vec<&str> = circle.iter().filter_map(|i| Some(&*groups.get(*i)?.name)).collect();
                let message = match names.as_slice() {
                    [one] => format!("group {one} is part of itself"),
                    names => format!("circular group membership: {}", names.join(", ")),
                };
                problems.push(Problem::new(&*group.layer.source, place, message));
            }
        }
        groups.list.iter_mut().zip(ancestors).for_each(|(group, ancestors)| group.ancestors = ancestors);
        groups
    }

    /// The groups that a layer's `groups` names.
    fn named(&self, layer: &Layer, complete: bool, problems: &mut Problems) -> Vec<(usize, Place)> {
        let mut found = Vec::new();
        for (name, place) in layer.words("groups") {
            match self.find(name) {
                Some(i) => found.push((i, place)),
                None if complete => {
                    let message = format!("no such group `{}`", clean_line(name, 80));
                    let problem = Problem::new(&*layer.source, place, message);
                    let problem = problem.with_help("groups are defined under `groups`");
                    push_unknown(problems, problem, name, self.list.iter().map(|g| &*g.name));
                }
                None => {}
            }
        }
        found
    }

    /// Breadth first, nearest groups first; stops past the limit.
    fn ancestors(&self, start: usize, parents: &[Vec<(usize, Place)>]) -> BTreeMap<usize, Origin> {
        let mut found = BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(child) = queue.pop_front() {
            let Some(group) = self.get(child) else { continue };
            for (parent, place) in parents.get(child).into_iter().flatten() {
                if found.len() <= MAX_GROUPS && !found.contains_key(parent) {
                    found.insert(*parent, group.layer.origin(*place));
                    queue.push_back(*parent);
                }
            }
        }
        found
    }

    /// The groups of every host. `seats` says which entry made which host.
    pub fn memberships(
        &self,
        names: &Names,
        draft: &Draft,
        seats: &[(usize, usize)],
        problems: &mut Problems,
    ) -> Vec<Memberships> {
        let own: Vec<_> = draft.hosts.iter().map(|entry| self.named(&entry.layer, draft.complete, problems)).collect();
        let mut all: Vec<Memberships> = seats
            .iter()
            .map(|(entry, _)| {
                let layer = draft.hosts.get(*entry).map(|entry: &HostEntry| &entry.layer);
                let direct = own.get(*entry).into_iter().flatten();
                direct.filter_map(|(group, place)| Some((*group, layer?.origin(*place)))).collect()
            })
            .collect();
        let mut budget = super::load::MAX_EXPANDED;
        for (i, group) in self.list.iter().enumerate() {
            for (text, place) in group.layer.words("hosts") {
                let report = |message: String| Problem::new(&*group.layer.source, place, message);
                let pattern = match Pattern::parse(text) {
                    Ok(pattern) => pattern,
                    Err(bad) => {
                        problems.push(report(bad.message));
                        continue;
                    }
                };
                budget = budget.saturating_sub(pattern.len());
                if budget == 0 {
                    problems.push(report("all ranges in groups together expand to more than 1,000,000 names".into()));
                    return all;
                }
                let found = pattern.find(names);
                for host in &found.hosts {
                    if let Some(memberships) = all.get_mut(*host) {
                        memberships.entry(i).or_insert_with(|| group.layer.origin(place));
                    }
                }
                if let ([first, rest @ ..], true) = (found.missing.as_slice(), draft.complete) {
                    let problem = match (pattern.is_glob(), rest.len()) {
                        (true, _) => report(format!("no host has a name like `{first}`")),
                        (false, 0) => report(format!("no such host `{first}`")),
                        (false, more) => report(format!("no such host `{first}`, nor {more} more of the range")),
                    };
                    push_unknown(problems, problem, first, names.iter());
                }
            }
        }
        for memberships in &mut all {
            let direct: Vec<usize> = memberships.keys().copied().collect();
            for (ancestor, origin) in direct.iter().filter_map(|i| self.get(*i)).flat_map(|group| &group.ancestors) {
                memberships.entry(*ancestor).or_insert_with(|| origin.clone());
            }
        }
        self.refuse_too_many(&all, draft, seats, problems);
        all
    }

    fn refuse_too_many(&self, all: &[Memberships], draft: &Draft, seats: &[(usize, usize)], problems: &mut Problems) {
        let crowded = all.iter().zip(seats).filter(|(groups, _)| groups.len() > MAX_GROUPS);
        let entries: BTreeSet<usize> = crowded.map(|(_, (entry, _))| *entry).collect();
        for entry in entries.iter().filter_map(|i| draft.hosts.get(*i)) {
            let message = format!("the host is in more than {MAX_GROUPS} groups");
            problems.push(Problem::new(&*entry.layer.source, entry.place, message));
        }
    }
}

/// What groups say, value by value; more than one answer is a conflict.
pub(super) type Values<'a> = BTreeMap<Slot<'a>, Vec<(&'a Layer, &'a Node)>>;

/// What the groups `members` say together: a group's value wins over that of the groups it is part of, and
/// groups that say the same agree.
pub(super) fn values<'a>(groups: &'a Groups, members: impl Iterator<Item = usize>) -> Values<'a> {
    let mut candidates: BTreeMap<Slot<'a>, Vec<(usize, &'a Group, &'a Node)>> = BTreeMap::new();
    for (i, group) in members.filter_map(|i| Some((i, groups.get(i)?))) {
        for (slot, node) in group.layer.slots() {
            candidates.entry(slot).or_default().push((i, group, node));
        }
    }
    let answer = |candidates: Vec<(usize, &'a Group, &'a Node)>| {
        let overruled: BTreeSet<usize> = match candidates.len() {
            1 => BTreeSet::new(),
            _ => candidates.iter().flat_map(|(_, group, _)| group.ancestors.keys().copied()).collect(),
        };
        let mut answers: Vec<(&'a Layer, &'a Node)> = Vec::new();
        for (_, group, node) in candidates.into_iter().filter(|(i, ..)| !overruled.contains(i)) {
            if !answers.iter().any(|(_, other)| same(other, node)) {
                answers.push((&group.layer, node));
            }
        }
        answers
    };
    candidates.into_iter().map(|(slot, candidates)| (slot, answer(candidates))).collect()
}

/// Whether two values are equal wherever they stand.
pub(super) fn same(a: &Node, b: &Node) -> bool {
    a.to_json() == b.to_json()
}
