//! From what a person gave to the values of every parameter, over all included playbooks.

use super::arguments;
use super::coerce::coerce;
use super::param::{Given, Param, scalar};
use super::params::Params;
use super::playbook::{Frame, Playbook};
use super::scope::Scope;
use crate::model::near::nearest;
use crate::model::problem::{Place, Problem, Problems};
use crate::model::schema::{Field, Type, field, set};
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
            if let Some((param, field)) = name.split_once('.').and_then(|(of, name)| self.limit(of, name)) {
                match limit(field, value) {
                    Ok(value) => {
                        let all =
                            own.entry(param.name.clone()).or_insert_with(|| param.default.clone().unwrap_or_default());
                        set(all, "", field.name, value);
                    }
                    Err(e) => problems.push(wrong(name, format!("it {e}")).with_help(field.doc)),
                }
                continue;
            }
            let Some(param) = self.params.iter().find(|p| p.name == *name) else {
                let message = format!("the playbook {} has no such parameter", self.name);
                problems.push(wrong(&clean_line(name, 80), message).with_help(self.near(name)));
                continue;
            };
            // `accounts=$UNSET` must not mean what leaving it out means, which may be all of them.
            if matches!(param.ty, Type::List(_)) && matches!(value, Given::Text(text) if text.trim().is_empty()) {
                problems.push(wrong(name, "the list is empty".into()).with_help("omit it to use the default"));
                continue;
            }
            match param.read(value) {
                Ok(value) => drop(own.insert(name.clone(), value)),
                Err(e) => problems.push(wrong(name, format!("it {e}"))),
            }
        }
        for param in self.params.iter().filter(|p| !given.contains_key(&p.name)) {
            match &param.default {
                Some(default) => drop(own.entry(param.name.clone()).or_insert_with(|| default.clone())),
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

    /// The parameter that stands for a verb's limits, and its limit of that name.
    fn limit(&self, param: &str, name: &str) -> Option<(&Param, &'static Field)> {
        let param = self.params.iter().find(|p| p.name == param)?;
        let Type::Object(fields) = param.ty else { return None };
        Some((param, field(fields, name)?))
    }

    /// The way out where no parameter has that name.
    fn near(&self, typed: &str) -> String {
        let limits = || {
            let of = |p: &Param| if let Type::Object(fields) = p.ty { fields } else { &[] };
            self.params.iter().flat_map(move |p| of(p).iter().map(|f| (p.name.clone(), f.name)))
        };
        if let Some((param, name)) = limits().find(|(_, name)| *name == typed) {
            return format!("it is {param}.{name}: -p {param}.{name}=..");
        }
        let limits: Vec<String> = limits().map(|(param, name)| format!("{param}.{name}")).collect();
        let names = || self.params.iter().map(|p| p.name.as_str());
        match (nearest(typed, names().chain(limits.iter().map(String::as_str))).join(", "), names().count()) {
            (near, _) if !near.is_empty() => format!("near: {near}"),
            (_, 0) => "it has no parameters".to_owned(),
            _ => {
                let known =
                    |p: &Param| format!("{}{}", p.name, if matches!(p.ty, Type::Object(_)) { ".NAME" } else { "" });
                format!("known: {}", self.params.iter().map(known).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// One limit as typed, in its final form.
fn limit(field: &Field, given: &Given) -> Result<Value, String> {
    match given {
        Given::Text(text) => {
            coerce(&field.ty, scalar(&field.ty, text), false).and_then(|v| arguments::accept(field, v))
        }
        Given::File { .. } => Err(format!("is not a file parameter; it must be {}", field.ty.name())),
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
