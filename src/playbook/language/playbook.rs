//! A playbook that was read and checked.

use super::check::VarUse;
use super::grammar::Need;
use super::param::Param;
use super::settings::{Limits, Rollout, Timeouts};
use super::step::Step;
use super::template::Arg;
use crate::model::host::Host;
use crate::model::near::nearest;
use crate::model::problem::{Place, Problem, Problems};
use crate::playbook::verb::mode::Mode;
use std::collections::BTreeSet;

/// A playbook, checked and compiled, with its includes in place.
#[derive(Debug)]
pub struct Playbook {
    /// Lower-case words joined by `-`: what `fleet run` calls it.
    pub name: String,
    /// One sentence for people; empty when it has none.
    pub summary: String,
    /// How far it may go.
    pub mode: Mode,
    /// What a run of it may be given, in the order of the file.
    pub params: Vec<Param>,
    /// The parts of the host's profile that its expressions read, of what it includes too.
    pub needs: Vec<Need>,
    /// What a run may touch at most.
    pub limits: Limits,
    /// How many hosts at once, and when to stop early.
    pub rollout: Rollout,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// What is done on every host, in this order.
    pub steps: Vec<Step>,
    /// Done at the end, even when an earlier step failed.
    pub always: Vec<Step>,
    /// The file it came from.
    pub source: String,
    /// Its text and that of everything it includes, by which a plan knows it again.
    pub text: String,
    pub(crate) frames: Vec<Frame>,
    pub(crate) vars: Vec<VarUse>,
}

/// The parameters of an included playbook and the arguments that fill them.
#[derive(Debug)]
pub(crate) struct Frame {
    pub params: Vec<Param>,
    pub args: Vec<(String, Place, Arg)>,
    pub source: String,
}

impl Playbook {
    /// Whether a step changes hosts.
    pub fn changes(&self) -> bool {
        self.steps.iter().any(Step::changes)
    }

    /// Whether a step has that verb.
    pub fn uses(&self, verb: &str) -> bool {
        self.steps.iter().chain(&self.always).any(|step| step.verb.name == verb)
    }

    /// Uses of `host.vars.NAME` for which no selected host has a variable, and which no `is defined` or
    /// `default(..)` guards. Empty when all is well.
    pub fn check_vars(&self, hosts: &[&Host]) -> Problems {
        let known: BTreeSet<&str> = hosts.iter().flat_map(|h| h.vars.keys()).map(String::as_str).collect();
        let mut problems = Problems::default();
        for used in self.vars.iter().filter(|_| !hosts.is_empty()).filter(|v| !known.contains(v.name.as_str())) {
            let message = format!("no selected host has the variable {}", used.name);
            let near = nearest(&used.name, known.iter().copied());
            let help = match near.is_empty() {
                true => "set it under `vars` in the inventory, or use `| default(..)`".to_owned(),
                false => format!("near: {}", near.join(", ")),
            };
            problems.push(Problem::new(&*used.source, used.place, message).with_help(help));
        }
        problems
    }
}
