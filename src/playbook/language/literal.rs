//! A playbook that was never a text: values, and nothing in them is a template. `fleet undo` makes one, out of what a
//! run recorded and thus of words that strangers chose.

use super::coerce::coerce;
use super::expr::{Expr, Origin};
use super::playbook::Playbook;
use super::settings::{Limits, Rollout, Timeouts};
use super::step::Step;
use super::template::Arg;
use crate::model::host::HostName;
use crate::model::problem::{Place, Problem, Problems};
use crate::model::schema::Type;
use crate::model::untrusted::clean_line;
use crate::playbook::verb::Body;
use crate::playbook::verb::mode::Mode;
use crate::playbook::verbs;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Steps that change hosts, word for word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Literal {
    /// The playbook's name.
    pub name: String,
    /// For people.
    pub summary: String,
    /// In order; those of several hosts may stand between each other.
    pub steps: Vec<LiteralStep>,
}

/// One change of one host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiteralStep {
    /// The host that it is done to, and no other.
    pub host: HostName,
    /// For people.
    pub name: String,
    /// A verb that changes.
    pub verb: String,
    /// Its arguments, with durations in seconds.
    pub args: Value,
}

impl Literal {
    /// The playbook of these steps. `source` names it in problems.
    ///
    /// # Errors
    ///
    /// A verb that does not exist or changes nothing, and arguments that are not of its types.
    pub fn playbook(&self, source: &str) -> Result<Playbook, Problems> {
        let (mut problems, file) = (Problems::default(), Arc::from(source));
        let mut steps = Vec::with_capacity(self.steps.len());
        for (index, step) in self.steps.iter().enumerate() {
            match step.compile(index, &file) {
                Ok(step) => steps.push(step),
                Err(why) => problems.push(Problem::new(source, Place::default(), format!("{}: {why}", step.verb))),
            }
        }
        problems.or(Playbook {
            name: self.name.clone(),
            summary: self.summary.clone(),
            mode: Mode::Destructive,
            params: Vec::new(),
            needs: Vec::new(),
            limits: Limits::default(),
            rollout: Rollout::default(),
            timeouts: Timeouts::default(),
            steps,
            always: Vec::new(),
            source: source.to_owned(),
            text: serde_json::to_string(self).unwrap_or_default(),
            frames: Vec::new(),
            vars: Vec::new(),
        })
    }
}

impl LiteralStep {
    fn compile(&self, index: usize, source: &Arc<str>) -> Result<Step, String> {
        let verb = verbs::find(&self.verb).ok_or("there is no such verb")?;
        let body = verb.changing().map(Body::Changing).ok_or("it changes nothing")?;
        let args = coerce(&Type::Object(verb.args), self.args.clone(), true)?;
        let origin = Origin { source: source.clone(), place: Place::default(), frame: 0 };
        // A host's name holds no quote.
        let when = Expr::compile(&format!("host.name == '{}'", self.host), origin).map_err(|(_, why)| why)?;
        Ok(Step {
            index,
            id: format!("step-{}", index + 1),
            name: clean_line(&self.name, 1_000),
            verb,
            body,
            when: Some(when),
            for_each: None,
            label: None,
            verify: None,
            on_error: None,
            timeout: None,
            retry: 0,
            needs_steps: BTreeSet::new(),
            without: BTreeSet::new(),
            readings: Vec::new(),
            place: Place::default(),
            source: source.clone(),
            args: Arg::Literal(args),
        })
    }
}
