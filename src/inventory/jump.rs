//! Jump hosts: from the names that a host gives to the whole way that a connection takes.

use super::pattern::Names;
use crate::model::problem::{Place, Problem, Problems};
use crate::model::{Host, HostName};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Jump hosts on one way.
const MAX_JUMPS: usize = 8;

/// Where a host's `jump` stands.
pub(super) type JumpPlace = Option<(Arc<str>, Place)>;

enum Wrong {
    Itself,
    Circle(Vec<usize>),
    TooLong,
}

/// Replaces each host's `jump`, as given, by the whole way: a jump host that has jump hosts itself is
/// reached through them. A way that cannot be gone is reported where it is written, and once.
pub(super) fn link(hosts: &mut [Host], names: &Names, places: &[JumpPlace], problems: &mut Problems) {
    let given: Vec<Vec<usize>> =
        hosts.iter().map(|host| host.jump.iter().filter_map(|name| names.find(name.as_str())).collect()).collect();
    let mut wrong: BTreeMap<(Arc<str>, usize, usize), (Problem, usize)> = BTreeMap::new();
    let names: Vec<HostName> = hosts.iter().map(|host| host.name.clone()).collect();
    let name = |i: &usize| names.get(*i).cloned();
    for (i, host) in hosts.iter_mut().enumerate() {
        match way(i, &given) {
            Ok(way) => host.jump = way.iter().filter_map(name).collect(),
            Err(reason) => {
                let Some((source, place)) = places.get(i).cloned().flatten() else { continue };
                let key = (source.clone(), place.line, place.column);
                let report = || (problem(&source, place, &host.name, &reason, &names), 0);
                wrong.entry(key).or_insert_with(report).1 += 1;
            }
        }
    }
    for (mut problem, count) in wrong.into_values() {
        if count > 1 {
            problem.message.push_str(&format!("; so with {} more", count - 1));
        }
        problems.push(problem);
    }
}

fn problem(source: &str, place: Place, host: &HostName, reason: &Wrong, names: &[HostName]) -> Problem {
    let problem = |message: String| Problem::new(source, place, message);
    match reason {
        Wrong::Itself => problem(format!("{host} cannot be its own jump host"))
            .with_help(format!("write `jump: []` at {host}, which is reached directly")),
        Wrong::Circle(way) => {
            let way: Vec<&str> = way.iter().filter_map(|i| names.get(*i)).map(HostName::as_str).collect();
            problem(format!("circular jump hosts of {host}: {}", way.join(" -> ")))
        }
        Wrong::TooLong => problem(format!("{host} has more than {MAX_JUMPS} jump hosts")),
    }
}

/// The way to a host, nearest to the controller first.
fn way(host: usize, given: &[Vec<usize>]) -> Result<Vec<usize>, Wrong> {
    let of = |host: usize| given.get(host).cloned().unwrap_or_default();
    let mut way = of(host);
    if way.contains(&host) {
        return Err(Wrong::Itself);
    }
    loop {
        if way.len() > MAX_JUMPS {
            return Err(Wrong::TooLong);
        }
        if way.iter().enumerate().any(|(n, jump)| *jump == host || way.iter().skip(n + 1).any(|other| other == jump)) {
            return Err(Wrong::Circle(way.into_iter().chain([host]).collect()));
        }
        let before = way.first().map(|first| of(*first)).unwrap_or_default();
        if before.is_empty() {
            return Ok(way);
        }
        way.splice(0..0, before);
    }
}
