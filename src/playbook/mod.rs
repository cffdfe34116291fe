//! The playbook language: text to checked steps, expressions, parameters, and the table of verbs.
//!
//! Pure: it contacts nothing, reads no file and no clock. Everything that can be known before a host is
//! contacted is checked when a playbook is loaded. What a host sent is a value in expressions, and is never
//! parsed as one.

mod account_verb;
pub mod action;
pub mod changing;
mod check;
mod coerce;
mod doc;
mod expr;
mod grammar;
mod lex;
mod load;
mod load_step;
mod param;
mod process;
mod process_verb;
mod queue_verb;
mod scope;
mod settings;
mod step;
mod template;

pub use doc::{json_schema, verb_help, verbs_doc};
pub use expr::{EvalError, Expr};
pub use grammar::{Mode, Need};
pub use param::{Given, Param, Params};
pub use scope::Scope;
pub use settings::{Amount, Limits, MaxFail, Rollout, Timeouts};
pub use step::{Because, Step, Verdict};

use crate::inventory::Source;
use crate::model::host::Host;
use crate::model::near::nearest;
use crate::model::problem::{Problem, Problems};
use std::collections::{BTreeMap, BTreeSet};

/// A playbook, checked and compiled, with its includes in place.
#[derive(Debug)]
pub struct Playbook {
    pub name: String,
    pub summary: String,
    pub mode: Mode,
    pub params: Vec<Param>,
    pub needs: Vec<Need>,
    pub limits: Limits,
    pub rollout: Rollout,
    pub timeouts: Timeouts,
    pub steps: Vec<Step>,
    /// Done at the end, even when an earlier step failed.
    pub always: Vec<Step>,
    /// The file it came from.
    pub source: String,
    /// Its text and that of everything it includes, by which a plan knows it again.
    pub text: String,
    frames: Vec<param::Frame>,
    vars: Vec<check::VarUse>,
}

/// Reads and checks a playbook. `source` names the text in problems; `include` reads a file by its path below
/// the playbook's folder, and its error is a sentence for a person.
pub fn load(source: &str, text: &str, include: &dyn Fn(&str) -> Result<Source, String>) -> Result<Playbook, Problems> {
    load::load(source, text, include)
}

impl Playbook {
    /// Binds parameters to what was given, else to their defaults.
    pub fn bind(&self, given: &BTreeMap<String, Given>) -> Result<Params, Problems> {
        param::bind(self, given)
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
                true => "give it under `vars` in the inventory, or write `| default(..)`".to_owned(),
                false => format!("near: {}", near.join(", ")),
            };
            problems.push(Problem::new(&*used.source, used.place, message).with_help(help));
        }
        problems
    }
}

#[cfg(test)]
mod accounts_test;
#[cfg(test)]
mod audit_test;
#[cfg(test)]
mod tests;
