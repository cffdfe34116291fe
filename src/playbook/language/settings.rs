//! `limits`, `rollout` and `timeouts`: how much, how many at once, how long.

use crate::model::duration;
use crate::model::problem::{Problem, Problems};
use crate::model::schema::parse_percent;
use crate::model::yaml::{Node, Yaml};
use serde::Serialize;
use std::time::Duration;

/// What a run may touch at most; absent: no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Hosts of one run.
    pub hosts: Option<usize>,
    /// Accounts changed on one host.
    pub accounts_changed: Option<usize>,
    /// Accounts deleted on one host.
    pub accounts_deleted: Option<usize>,
    /// Messages deleted on one host.
    pub messages_deleted: Option<usize>,
    /// More accounts than this, over all hosts, are agreed to by their number; absent: 5.
    pub count_above: Option<usize>,
}

/// A number of hosts, or a share of those selected (0 to 1).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Amount {
    /// So many hosts.
    Count(usize),
    /// That part of the hosts, from 0 to 1.
    Share(f64),
}

impl Amount {
    /// How many of `total` that is; a share is rounded down.
    pub fn of(self, total: usize) -> usize {
        match self {
            Self::Count(n) => n,
            Self::Share(share) => (share * total as f64).floor() as usize,
        }
    }
}

/// How many hosts may fail before no new one is started.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MaxFail {
    /// Never stop early.
    None,
    /// So many may fail; with one more, no new host is started.
    At(Amount),
}

impl MaxFail {
    /// `none`, `N` or `N%`, as a playbook and the command line spell it.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_suffix('%') {
            Some(_) => parse_percent(text).map(|share| Self::At(Amount::Share(share))),
            None if text == "none" => Some(Self::None),
            None => text.parse().ok().map(|n| Self::At(Amount::Count(n))),
        }
    }
}

/// What the playbook says of the rollout; absent: the run's own default.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Rollout {
    /// Hosts that work at once.
    pub parallel: Option<usize>,
    /// Hosts at once behind one jump host.
    pub per_jump_host: Option<usize>,
    /// Hosts that go first, alone; 0 is none.
    pub canary: Option<usize>,
    /// Empty: one batch.
    pub batches: Vec<Amount>,
    /// How many hosts may fail.
    pub max_fail: Option<MaxFail>,
}

/// Absent: the run's own default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Timeouts {
    /// Until a host is connected and logged in to.
    pub connect: Option<Duration>,
    /// For one step on one host.
    pub step: Option<Duration>,
    /// For all of a host's steps, connecting included.
    pub host: Option<Duration>,
}

/// Reads settings whose types were checked against their tables; what is out of range is a problem.
pub(crate) struct Reader<'a> {
    pub source: &'a str,
    pub problems: &'a mut Problems,
}

impl Reader<'_> {
    pub fn limits(&mut self, node: &Node) -> Limits {
        Limits {
            hosts: self.count(node, "hosts", 1),
            accounts_changed: self.count(node, "accounts_changed", 0),
            accounts_deleted: self.count(node, "accounts_deleted", 0),
            messages_deleted: self.count(node, "messages_deleted", 0),
            count_above: self.count(node, "count_above", 0),
        }
    }

    pub fn rollout(&mut self, node: &Node) -> Rollout {
        let batches = node.get("batches").and_then(Node::as_seq).unwrap_or_default();
        Rollout {
            parallel: self.count(node, "parallel", 1),
            per_jump_host: self.count(node, "per_jump_host", 1),
            canary: self.count(node, "canary", 0),
            batches: batches.iter().filter_map(|b| self.amount(b, "batches", 1)).collect(),
            max_fail: node.get("max_fail").and_then(|n| match n.as_str() {
                Some("none") => Some(MaxFail::None),
                _ => self.amount(n, "max_fail", 0).map(MaxFail::At),
            }),
        }
    }

    pub fn timeouts(&mut self, node: &Node) -> Timeouts {
        Timeouts {
            connect: self.duration(node, "connect"),
            step: self.duration(node, "step"),
            host: self.duration(node, "host"),
        }
    }

    /// A duration of at least a millisecond.
    pub fn duration(&mut self, node: &Node, name: &str) -> Option<Duration> {
        let given = node.get(name)?;
        let read = duration::parse(given.as_str()?)?;
        if read.is_zero() {
            self.problems.push(Problem::new(self.source, given.place, format!("`{name}` must be greater than zero")));
        }
        Some(read)
    }

    /// A whole number of at least `least`.
    pub fn count(&mut self, node: &Node, name: &str, least: usize) -> Option<usize> {
        let given = node.get(name)?;
        match self.amount(given, name, least)? {
            Amount::Count(n) => Some(n),
            Amount::Share(_) => None,
        }
    }

    fn amount(&mut self, node: &Node, name: &str, least: usize) -> Option<Amount> {
        match &node.value {
            Yaml::Int(n) => match usize::try_from(*n).ok().filter(|n| *n >= least) {
                Some(n) => Some(Amount::Count(n)),
                None => {
                    let message = format!("`{name}` must be at least {least}");
                    self.problems.push(Problem::new(self.source, node.place, message));
                    None
                }
            },
            Yaml::Str(text) => parse_percent(text).map(Amount::Share),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::yaml::{Budget, parse};

    #[test]
    fn settings_are_read_and_bounded() {
        let text = "parallel: 50\nper_jump_host: 0\nbatches: [1, 10%]\nmax_fail: 5%\n";
        let node = parse("p", text, Budget::SMALL).unwrap();
        let mut problems = Problems::default();
        let rollout = Reader { source: "p", problems: &mut problems }.rollout(&node);
        assert_eq!(rollout.parallel, Some(50));
        assert_eq!(rollout.batches, [Amount::Count(1), Amount::Share(0.1)]);
        assert_eq!(rollout.max_fail, Some(MaxFail::At(Amount::Share(0.05))));
        assert_eq!(problems.to_string(), "p:2:16: `per_jump_host` must be at least 1");
    }

    #[test]
    fn a_share_of_few_hosts_is_rounded_down() {
        assert_eq!(MaxFail::parse("none"), Some(MaxFail::None));
        assert_eq!(MaxFail::parse("3"), Some(MaxFail::At(Amount::Count(3))));
        assert_eq!(MaxFail::parse("200%"), None);
        assert_eq!(Amount::Share(0.2).of(9), 1);
    }
}
