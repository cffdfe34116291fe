//! One step: its verb, its conditions, and what they come to on one host.

use super::coerce::coerce;
use super::expr::{EvalError, Expr};
use super::scope::Scope;
use super::template::Arg;
use crate::model::event::StepRef;
use crate::model::finding::Finding;
use crate::model::problem::Place;
use crate::model::schema::Type;
use crate::model::untrusted::clean_line;
use crate::playbook::verb::{Body, Gaps, Verb};
use crate::playbook::verbs::control::{finding, findings, flow, incomplete};
use minijinja::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Why a failure of a step is tolerated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Because(pub String);

/// A step, checked and compiled.
#[derive(Debug)]
pub struct Step {
    /// Position in the playbook, from 0; the steps of `always` come last.
    pub index: usize,
    /// `step-N` (from 1) when the playbook gives none.
    pub id: String,
    /// For people; the verb's name when the playbook gives none.
    pub name: String,
    /// The verb that the playbook names.
    pub verb: &'static Verb,
    /// What it does: of a verb that reads or changes, the one that its arguments say.
    pub body: Body,
    /// Asked once; with a for_each, for every item.
    pub when: Option<Expr>,
    /// A list; the step is done for every element.
    pub for_each: Option<Expr>,
    /// What an item is called in the output; none: the item itself when it is text, else its number.
    pub label: Option<Expr>,
    /// What must be true when its change was done.
    pub verify: Option<Expr>,
    /// A failure is counted and the host goes on.
    pub on_error: Option<Because>,
    /// How long it may take on one host; none: the run's own time for a step.
    pub timeout: Option<Duration>,
    /// How often a failed reading step is tried again.
    pub retry: u32,
    /// Indexes of the steps whose results its expressions read.
    pub needs_steps: BTreeSet<usize>,
    /// Of these, those without whose results it is done all the same; they read as null.
    pub without: BTreeSet<usize>,
    /// The readings whose gaps it tells.
    pub(crate) readings: Vec<(String, &'static Gaps)>,
    /// Where the step begins in its file.
    pub place: Place,
    /// That file: the playbook, or one that it includes.
    pub source: Arc<str>,
    pub(crate) args: Arg,
}

/// What a judging or deciding step came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Nothing to report; go on.
    Nothing,
    /// What it found; empty: nothing.
    Found(Vec<Finding>),
    /// The host's steps end here; sanitised.
    Stop {
        /// One word that reports and scripts can rely on: `no-mail-server`.
        outcome: String,
        /// One sentence for a person; may be empty.
        message: String,
    },
    /// An assertion does not hold; sanitised.
    Failed(String),
}

impl Step {
    /// Whether it changes the host.
    pub fn changes(&self) -> bool {
        matches!(self.body, Body::Changing(_))
    }

    /// How events name it.
    pub fn reference(&self) -> StepRef {
        let (id, name, verb) = (self.id.clone(), self.name.clone(), self.verb.name.to_owned());
        StepRef { index: self.index, id, name, verb }
    }

    /// The elements of its for_each with their labels; `None` when it has none. An element's scope is
    /// [`Scope::with_item`].
    ///
    /// # Errors
    /// When an expression comes to nothing, or `for_each` gives no list.
    pub fn items(&self, scope: &Scope) -> Result<Option<Vec<(String, Value)>>, EvalError> {
        let Some(for_each) = &self.for_each else { return Ok(None) };
        let list = for_each.eval(scope)?;
        let is_list = matches!(list.kind(), minijinja::value::ValueKind::Seq | minijinja::value::ValueKind::Iterable);
        let items = match list.try_iter() {
            Ok(items) if is_list => items,
            _ => return Err(for_each.error(&format!("the result is {}, not a list", list.kind()))),
        };
        let label = |(n, item): (usize, Value)| {
            let label = match (&self.label, item.as_str()) {
                (Some(label), _) => label.eval(&scope.with_item(item.clone()))?.to_string(),
                (None, Some(text)) => text.to_owned(),
                (None, None) => (n + 1).to_string(),
            };
            Ok((clean_line(&label, 200), item))
        };
        items.enumerate().map(label).collect::<Result<_, _>>().map(Some)
    }

    /// The arguments: rendered, durations in seconds, and of the types that the verb declares.
    ///
    /// # Errors
    /// When an expression comes to nothing, or a value is not of the type that the verb declares.
    pub fn args(&self, scope: &Scope) -> Result<serde_json::Value, EvalError> {
        let rendered = self.args.render(scope)?;
        coerce(&Type::Object(self.verb.args), rendered, true).map_err(|message| EvalError {
            source: self.source.to_string(),
            place: self.place,
            message: format!("{}: {message}", self.verb.name),
        })
    }

    /// Judges, where the verb is one that judges or decides; [`Verdict::Nothing`] for every other verb. The
    /// other arguments are looked at only when the verb's own `when` is true.
    ///
    /// # Errors
    /// When an expression comes to nothing, or a value is not of the type that the verb declares.
    pub fn judge(&self, scope: &Scope) -> Result<Verdict, EvalError> {
        if let Some(when) = self.args.get("when")
            && when.render(scope)? != serde_json::Value::Bool(true)
        {
            return Ok(Verdict::Nothing);
        }
        Ok(match self.body {
            Body::Finding => Verdict::Found(vec![finding::found(&self.args(scope)?)]),
            Body::Findings => Verdict::Found(findings::all(&self.args(scope)?)),
            Body::Incomplete => {
                let gap = |(id, gaps): &(String, &Gaps)| incomplete::gap(id, gaps, &scope.step(id)?);
                Verdict::Found(self.readings.iter().filter_map(gap).collect())
            }
            Body::Stop => {
                let (outcome, message) = flow::stopped(&self.args(scope)?);
                Verdict::Stop { outcome, message }
            }
            Body::Assert => match self.broken(scope)? {
                None => Verdict::Nothing,
                Some(condition) => Verdict::Failed(match self.args.get("message").map(|m| m.render(scope)) {
                    Some(message) => clean_line(message?.as_str().unwrap_or_default(), 1_000),
                    None => format!("condition not met: {}", clean_line(&condition, 200)),
                }),
            },
            Body::Reading(_) | Body::Changing(_) | Body::Either(..) | Body::Include | Body::Confirm => Verdict::Nothing,
        })
    }

    /// The first condition of an assertion that is false.
    fn broken(&self, scope: &Scope) -> Result<Option<String>, EvalError> {
        let conditions = match self.args.get("that") {
            Some(Arg::List(items)) => items.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        for condition in conditions {
            if condition.render(scope)? != serde_json::Value::Bool(true) {
                return Ok(Some(match condition {
                    Arg::Condition(expr) => expr.text().to_owned(),
                    _ => "false".into(),
                }));
            }
        }
        Ok(None)
    }
}
