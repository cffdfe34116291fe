//! What the expressions of one host see. Values are converted once; a scope for an item is a cheap clone.

use super::params::Params;
use crate::model::host::Host;
use crate::model::profile::{Found, Profile};
use minijinja::Value;
use minijinja::value::{Enumerator, Object, Serde};
use std::collections::BTreeMap;
use std::sync::Arc;

type Names = BTreeMap<String, Value>;

/// `params`, `host`, `steps` and, inside a `for_each`, `item`.
#[derive(Clone, Debug)]
pub struct Scope {
    /// One set for the playbook and one for each include.
    params: Arc<Vec<Value>>,
    host: Arc<Names>,
    steps: Arc<Names>,
    item: Option<Value>,
}

impl Scope {
    /// Before the host was profiled: what the inventory says.
    pub fn new(params: &Params, host: &Host) -> Self {
        Self { host: Arc::new(host_names(host)), ..Self::of_params(&params.frames) }
    }

    /// Only parameters; for the arguments of an include, which are bound before any host is contacted.
    pub(crate) fn of_params(frames: &[BTreeMap<String, serde_json::Value>]) -> Self {
        let params = frames.iter().map(value).collect();
        Self { params: Arc::new(params), host: Arc::default(), steps: Arc::default(), item: None }
    }

    /// Adds what the host turned out to be. `os_support` is the judgement of `mail::os_support`, whose fields
    /// join `host.os`.
    pub fn set_profile(&mut self, profile: &Profile, os_support: &serde_json::Value) {
        let mut os = Names::new();
        os.extend(os_support.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), value(v))));
        os.insert("id".into(), profile.os.id.clone().into());
        os.insert("version".into(), profile.os.version.clone().into());
        os.insert("name".into(), profile.os.name.clone().into());
        let found = |list: &[Found]| value(list);
        let host = Arc::make_mut(&mut self.host);
        host.insert("hostname".into(), profile.hostname.clone().into());
        host.insert("panel".into(), profile.panel().into());
        host.insert("mta".into(), profile.mta().into());
        host.insert("imap".into(), profile.imap().into());
        host.insert("panels".into(), found(&profile.panels));
        host.insert("mtas".into(), found(&profile.mtas));
        host.insert("imaps".into(), found(&profile.imaps));
        host.insert("os".into(), Value::from_object(os));
    }

    /// Makes a step's result readable as `steps.ID`. A step without a result has no name here.
    pub fn set_step(&mut self, id: &str, output: &serde_json::Value) {
        Arc::make_mut(&mut self.steps).insert(id.to_owned(), value(output));
    }

    /// The result of a step, where there is one.
    pub(crate) fn step(&self, id: &str) -> Option<serde_json::Value> {
        serde_json::to_value(self.steps.get(id)?).ok()
    }

    /// The scope of one item of a `for_each`.
    pub fn with_item(&self, item: Value) -> Self {
        Self { item: Some(item), ..self.clone() }
    }

    /// What an expression of that frame sees at its top.
    pub(crate) fn root(&self, frame: usize) -> Value {
        Value::from_object(Root { scope: self.clone(), frame })
    }

    #[cfg(test)]
    pub(crate) fn for_tests(params: &serde_json::Value) -> Self {
        let params = Arc::new(vec![value(params)]);
        Self { params, host: Arc::default(), steps: Arc::default(), item: None }
    }
}

#[derive(Debug)]
struct Root {
    scope: Scope,
    frame: usize,
}

impl Object for Root {
    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        match key {
            "params" => self.scope.params.get(self.frame).cloned(),
            "host" => Some(Value::from_dyn_object(self.scope.host.clone())),
            "steps" => Some(Value::from_dyn_object(self.scope.steps.clone())),
            "item" => self.scope.item.clone(),
            _ => None,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["params", "host", "steps", "item"])
    }
}

fn host_names(host: &Host) -> Names {
    let word = |text: &Option<String>| text.as_deref().map_or(Value::from(()), Value::from);
    let mut names = Names::new();
    names.insert("name".into(), host.name.as_str().into());
    names.insert("address".into(), host.address.as_str().into());
    names.insert("port".into(), host.port.into());
    names.insert("user".into(), host.user.as_str().into());
    names.insert("tags".into(), value(&host.tags));
    names.insert("groups".into(), value(&host.groups));
    names.insert("customer".into(), word(&host.customer));
    names.insert("legacy_ssh".into(), host.legacy_ssh.into());
    names.insert("vars".into(), value(&host.vars));
    names.insert("paths".into(), value(&host.paths));
    names
}

fn value(of: impl serde::Serialize) -> Value {
    Value::from(Serde(of))
}
