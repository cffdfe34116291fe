//! From what a person gave to the values of every parameter, over all included playbooks.

use super::param::Given;
use super::params::Params;
use super::playbook::{Frame, Playbook};
use super::scope::Scope;
use crate::model::near::nearest;
use crate::model::problem::{Place, Problem, Problems};
use crate::model::schema::Type;
use crate::model::untrusted::clean_line;
use serde_json::Value;
use std::collections::BTreeMap;

impl Playbook {
    /// Binds parameters to what was given, else to their defaults.
    ///
    /// # Errors
    ///
    /// Every name that no parameter has, every value that does not fit, and every required one that is missing.
    pub fn bind(&self, given: &BTreeMap<String, Given>) -> Result<Params, Problems> {
        let mut problems = Problems::default();
        let mut own = BTreeMap::new();
        let wrong = |name: &str, message: String| Problem::new(format!("-p {name}"), Place::default(), message);
        for (name, value) in given {
            let Some(param) = self.params.iter().find(|p| p.name == *name) else {
                let shown = clean_line(name, 80);
                let known = self.params.iter().map(|p| p.name.as_str());
                let problem = wrong(&shown, format!("the playbook {} has no such parameter", self.name));
                let near = nearest(name, known.clone()).join(", ");
                let all = known.collect::<Vec<_>>().join(", ");
                problems.push(match (near.as_str(), all.as_str()) {
                    ("", "") => problem.with_help("it has none"),
                    ("", all) => problem.with_help(format!("known: {all}")),
                    (near, _) => problem.with_help(format!("near: {near}")),
                });
                continue;
            };
            // `accounts=$UNSET` must not mean what leaving it out means, which may be all of them.
            if matches!(param.ty, Type::List(_)) && matches!(value, Given::Text(text) if text.trim().is_empty()) {
                problems.push(wrong(name, "the list is empty".into()).with_help("leave it out to take its default"));
                continue;
            }
            match param.read(value) {
                Ok(value) => drop(own.insert(name.clone(), value)),
                Err(e) => problems.push(wrong(name, format!("it {e}"))),
            }
        }
        for param in self.params.iter().filter(|p| !given.contains_key(&p.name)) {
            match &param.default {
                Some(default) => drop(own.insert(param.name.clone(), default.clone())),
                None if param.required => {
                    let problem = wrong(&param.name, "this parameter is required".into());
                    let help = if param.help.is_empty() { param.ty.name() } else { param.help.clone() };
                    problems.push(problem.with_help(format!("-p {}=..: {help}", param.name)));
                }
                None => {}
            }
        }
        let hidden = self.params.iter().filter(|p| matches!(p.ty, Type::Secret | Type::File));
        let hidden = hidden.map(|p| p.name.clone()).collect();
        let mut params = problems.or(Params { frames: vec![own], hidden })?;
        for frame in &self.frames {
            let values = fill(frame, &params)?;
            params.frames.push(values);
        }
        Ok(params)
    }
}

fn fill(frame: &Frame, so_far: &Params) -> Result<BTreeMap<String, Value>, Problems> {
    let scope = Scope::of_params(&so_far.frames);
    let mut problems = Problems::default();
    let mut values: BTreeMap<String, Value> =
        frame.params.iter().filter_map(|p| Some((p.name.clone(), p.default.clone()?))).collect();
    for (name, place, arg) in &frame.args {
        let Some(param) = frame.params.iter().find(|p| p.name == *name) else { continue };
        let value = arg.render(&scope).map_err(|e| e.message).and_then(|v| param.accept(v, arg.is_code()));
        match value {
            Ok(value) => drop(values.insert(name.clone(), value)),
            Err(e) => problems.push(Problem::new(frame.source.as_str(), *place, format!("`{name}` {e}"))),
        }
    }
    problems.or(values)
}
