//! Hosts that say the same, said once.

use crate::model::HostName;
use std::collections::HashMap;
use std::hash::Hash;

/// Host names as a short pattern: `mx[01-09,11-20],web[101-119]`.
pub fn names(hosts: &[HostName]) -> String {
    // merged later: inventory::fold::fold
    hosts.iter().map(HostName::as_str).collect::<Vec<_>>().join(",")
}

/// Collects values under equal keys. Keys and values stay in the order in which they came.
pub fn by_key<K: Eq + Hash + Clone, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Vec<(K, Vec<V>)> {
    let mut groups: Vec<(K, Vec<V>)> = Vec::new();
    let mut places: HashMap<K, usize> = HashMap::new();
    for (key, value) in pairs {
        let next = groups.len();
        let place = *places.entry(key.clone()).or_insert(next);
        match groups.get_mut(place) {
            Some((_, values)) => values.push(value),
            None => groups.push((key, vec![value])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_their_members_keep_their_order() {
        let groups = by_key([("b", 1), ("a", 2), ("b", 3)]);
        assert_eq!(groups, [("b", vec![1, 3]), ("a", vec![2])]);
    }
}
