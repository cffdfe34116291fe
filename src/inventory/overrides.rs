//! The strongest level of values: what the command line says.

use super::check;
use crate::model::Host;
use crate::model::problem::{Place, Problem};
use crate::model::yaml::{self, Budget};
use serde_json::Value;
use std::collections::BTreeMap;

/// Values from the command line, for the hosts that are selected.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// The login name, `--user`; none leaves that of the inventory.
    pub user: Option<String>,
    /// The SSH port, `--port`; none leaves that of the inventory.
    pub port: Option<u16>,
    /// Variables, `-e NAME=VALUE`; each replaces the host's own of that name.
    pub vars: BTreeMap<String, Value>,
}

impl Overrides {
    /// Adds `NAME=VALUE`, as given with `-e`. The value is read as YAML, so `true` and `12` keep their type;
    /// what is no YAML is text.
    ///
    /// # Errors
    /// When there is no `=`, or no name in front of it. Nothing is added then.
    pub fn add_var(&mut self, text: &str) -> Result<(), Problem> {
        let wrong = |message: &str| Problem::new("-e", Place::default(), message).with_help("write -e NAME=VALUE");
        let (name, value) = text.split_once('=').ok_or_else(|| wrong("`=` is missing"))?;
        if !check::is_identifier(name) {
            return Err(wrong("the name before `=` must be letters, digits and `_`, no digit first"));
        }
        let parsed = match value {
            "" => Value::String(String::new()),
            _ => yaml::parse("-e", value, Budget::SMALL).map_or_else(|_| Value::from(value), |node| node.to_json()),
        };
        self.vars.insert(name.to_owned(), parsed);
        Ok(())
    }

    pub(super) fn sets(&self, field: &str) -> bool {
        match field {
            "user" => self.user.is_some(),
            "port" => self.port.is_some(),
            _ => field.strip_prefix("vars.").is_some_and(|name| self.vars.contains_key(name)),
        }
    }

    pub(super) fn apply(&self, host: &mut Host) {
        if let Some(user) = &self.user {
            host.user.clone_from(user);
        }
        if let Some(port) = self.port {
            host.port = port;
        }
        host.vars.extend(self.vars.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_on_the_command_line_keep_their_type() {
        let mut given = Overrides::default();
        for text in ["a=12", "b=true", "c=x y", "d=", "e=[1", "f=k=v", "g={x: 1}"] {
            given.add_var(text).unwrap();
        }
        let vars = serde_json::to_string(&given.vars).unwrap();
        assert_eq!(vars, r#"{"a":12,"b":true,"c":"x y","d":"","e":"[1","f":"k=v","g":{"x":1}}"#);
        for bad in ["a", "=1", "1a=2", "a-b=1"] {
            assert!(given.add_var(bad).is_err(), "{bad}");
        }
    }
}
