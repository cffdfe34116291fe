//! What an Ansible inventory script prints for `--list`, translated to our own format.

use crate::model::problem::{Place, Problem, Problems};
use crate::model::source::Source;
use crate::model::untrusted::clean_line;
use crate::model::yaml::Budget;
use serde_json::{Map, Value, json};

type Object = Map<String, Value>;

/// Variables that hold a password in Ansible.
const PASSWORDS: &[&str] = &[
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_become_password",
    "ansible_become_pass",
    "ansible_sudo_pass",
];

/// Whether the text is such output: a JSON object without `fleet` that has `_meta` or a group.
pub fn is_list(text: &str) -> bool {
    text.trim_start().starts_with('{') && text.len() <= Budget::LARGE.bytes && parse(text).is_some()
}

fn parse(text: &str) -> Option<Object> {
    let Value::Object(top) = serde_json::from_str(text).ok()? else { return None };
    let is_group = |value: &Value| {
        let has = |group: &Object| ["hosts", "children", "vars"].iter().any(|key| group.contains_key(*key));
        value.is_array() || value.as_object().is_some_and(has)
    };
    (!top.contains_key("fleet") && (top.contains_key("_meta") || top.values().any(is_group))).then_some(top)
}

/// Translates. `ansible_host`, `ansible_port`, `ansible_user`, `ansible_become` and private key files become
/// fields, every other variable becomes one of `vars`. A password is refused: an inventory holds references.
///
/// # Errors
/// When the text is not what an inventory prints for `--list`, or holds a password, each with the host or group that has it.
pub fn translate(source: &str, text: &str) -> Result<Source, Problems> {
    let Some(top) = parse(text) else {
        let message = "this is not what an Ansible inventory prints for --list";
        return Err(Problem::new(source, Place::default(), message).into());
    };
    let mut out = Translation::default();
    for (name, group) in top.iter().filter(|(name, _)| *name != "_meta") {
        out.group(name, group);
    }
    let hostvars = top.get("_meta").and_then(|meta| meta.get("hostvars")).and_then(Value::as_object);
    for (name, vars) in hostvars.into_iter().flatten() {
        let fields = out.fields(name, vars, true);
        out.hosts.insert(name.clone(), Value::Object(fields));
    }
    let problems = out.passwords.iter().map(|(owner, variable)| {
        let message =
            format!("{variable} of {} is a password; an inventory holds references only", clean_line(owner, 80));
        let problem = Problem::new(source, Place::default(), message);
        problem.with_help("remove it, and use `password: keyring:NAME` or `sudo: {password: keyring:NAME}`")
    });
    Problems(problems.collect()).or(())?;
    let inventory = json!({"fleet": 1, "defaults": out.defaults, "groups": out.groups, "hosts": out.hosts});
    Ok(Source { name: source.to_owned(), text: inventory.to_string() })
}

#[derive(Default)]
struct Translation {
    hosts: Object,
    groups: Object,
    defaults: Object,
    /// Whose, and the variable.
    passwords: Vec<(String, &'static str)>,
}

impl Translation {
    /// A group is a list of hosts or a map; `all` and `ungrouped` are no groups of ours.
    fn group(&mut self, name: &str, group: &Value) {
        let part = |key: &str| group.get(key).and_then(Value::as_array);
        let members = group.as_array().or_else(|| part("hosts"));
        let members: Vec<&str> = members.into_iter().flatten().filter_map(Value::as_str).collect();
        for host in &members {
            self.hosts.entry(*host).or_insert_with(|| json!({}));
        }
        let vars = group.get("vars").map(|vars| self.fields(name, vars, false)).unwrap_or_default();
        if matches!(name, "all" | "ungrouped") {
            if name == "all" {
                self.defaults = vars;
            }
            return;
        }
        for child in part("children").into_iter().flatten().filter_map(Value::as_str) {
            if let Some(child) = self.groups.entry(child).or_insert_with(|| json!({})).as_object_mut()
                && let Some(parents) = child.entry("groups").or_insert_with(|| json!([])).as_array_mut()
            {
                parents.push(name.into());
            }
        }
        if let Some(known) = self.groups.entry(name).or_insert_with(|| json!({})).as_object_mut() {
            known.extend(vars);
            if !members.is_empty() {
                known.insert("hosts".into(), json!(members));
            }
        }
    }

    /// Variables as fields of a host (`address` too), a group or the defaults.
    fn fields(&mut self, owner: &str, variables: &Value, host: bool) -> Object {
        let mut fields = Object::new();
        let mut vars = Object::new();
        for (name, value) in variables.as_object().into_iter().flatten() {
            if let Some(password) = PASSWORDS.iter().find(|known| **known == name.as_str()) {
                self.passwords.push((owner.to_owned(), password));
                continue;
            }
            let (field, value) = match (name.as_str(), value) {
                ("ansible_host" | "ansible_ssh_host", _) if host => ("address", value.clone()),
                ("ansible_port" | "ansible_ssh_port", Value::String(text)) => {
                    ("port", text.parse::<u16>().map_or_else(|_| value.clone(), Value::from))
                }
                ("ansible_port" | "ansible_ssh_port", _) => ("port", value.clone()),
                ("ansible_user" | "ansible_ssh_user", _) => ("user", value.clone()),
                ("ansible_ssh_private_key_file" | "ansible_private_key_file", _) => ("identity_files", json!([value])),
                ("ansible_become", Value::Bool(_)) => ("sudo", value.clone()),
                _ => {
                    vars.insert(name.clone(), value.clone());
                    continue;
                }
            };
            fields.insert(field.into(), value);
        }
        if !vars.is_empty() {
            fields.insert("vars".into(), Value::Object(vars));
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Inventory;

    const LIST: &str = r#"{
        "_meta": {"hostvars": {
            "mx01": {"ansible_host": "10.0.0.1", "ansible_port": "2222", "ticket": {"id": 7}},
            "web1": {"ansible_user": "admin", "ansible_become": true}
        }},
        "all": {"children": ["ungrouped", "mail", "prod"], "vars": {"zone": "jp"}},
        "ungrouped": {"hosts": ["lone"]},
        "mail": {"hosts": ["mx01"], "vars": {"ansible_ssh_private_key_file": "~/.ssh/mail"}},
        "prod": {"children": ["mail", "web"]},
        "web": ["web1"]
    }"#;

    #[test]
    fn the_list_becomes_an_inventory() {
        assert!(is_list(LIST));
        let source = Source { name: "inv.py".into(), text: LIST.into() };
        let inventory = Inventory::from_sources(&[source]).unwrap();
        let host = |name: &str| inventory.hosts().iter().find(|h| h.name.as_str() == name).unwrap();
        let mx = host("mx01");
        assert_eq!((mx.address.as_str(), mx.port), ("10.0.0.1", 2222));
        assert_eq!(mx.groups.iter().collect::<Vec<_>>(), ["mail", "prod"]);
        assert_eq!(mx.identity_files, ["~/.ssh/mail"]);
        assert_eq!(mx.vars["ticket"], json!({"id": 7}));
        assert_eq!(host("lone").vars["zone"], "jp");
        assert_eq!(host("web1").user, "admin");
        assert!(host("web1").sudo.is_some());
    }

    #[test]
    fn a_password_is_refused_and_not_quoted() {
        let text = r#"{"_meta": {"hostvars": {"mx01": {"ansible_ssh_pass": "S3cret"}}}}"#;
        let problems = translate("inv.py", text).unwrap_err().to_string();
        assert!(problems.contains("ansible_ssh_pass of mx01") && !problems.contains("S3cret"), "{problems}");
    }

    #[test]
    fn other_texts_are_not_taken_for_it() {
        for text in ["", "{}", "[]", "fleet: 1", r#"{"fleet": 1, "hosts": {"hosts": {}}}"#, r#"{"a": 1}"#, "{\"a\": "] {
            assert!(!is_list(text), "{text}");
            assert!(translate("x", text).is_err());
        }
    }
}
