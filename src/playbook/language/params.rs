//! The values that the parameters of a run are bound to.

use serde_json::Value;
use std::collections::BTreeMap;

/// Bound parameters: one set for the playbook, one for each include.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    pub(crate) frames: Vec<BTreeMap<String, Value>>,
    pub(crate) hidden: Vec<String>,
}

impl Params {
    /// The playbook's own value of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.frames.first()?.get(name)
    }

    /// For the record of a run: secrets and the text of files left out.
    pub fn shown(&self) -> BTreeMap<String, Value> {
        let own = self.frames.first().into_iter().flatten();
        own.filter(|(name, _)| !self.hidden.contains(name)).map(|(k, v)| (k.clone(), v.clone())).collect()
    }
}
