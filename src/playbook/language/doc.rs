//! The tables as documentation: JSON Schema for editors, Markdown for `docs/verbs.md`, text for a terminal.

use super::grammar::{PLAYBOOK, STEP};
use crate::model::schema::{Field, Type, object_schema, set};
use crate::playbook::verb::{Class, Verb};
use crate::playbook::verbs;
use serde_json::{Value, json};
use std::fmt::Write;

/// JSON Schema (draft 7) of a playbook.
pub fn json_schema() -> Value {
    let mut schema = object_schema(PLAYBOOK, false);
    set(&mut schema, "", "$schema", "http://json-schema.org/draft-07/schema#".into());
    set(&mut schema, "", "title", "fleet playbook".into());
    set(&mut schema, "/properties/fleet", "const", 1.into());
    for list in ["steps", "always"] {
        set(&mut schema, &format!("/properties/{list}"), "items", json!({"$ref": "#/definitions/step"}));
    }
    set(&mut schema, "", "definitions", json!({"step": step_schema()}));
    schema
}

fn step_schema() -> Value {
    let mut step = object_schema(STEP, false);
    for verb in verbs::ALL {
        let mut args = object_schema(verb.args, true);
        let text = format!("{}. {}\n\nExample:\n\n{}", verb.summary, verb.doc, verb.example);
        set(&mut args, "", "description", text.into());
        set(&mut step, "/properties", verb.name, args);
    }
    set(&mut step, "", "oneOf", verbs::ALL.iter().map(|verb| json!({"required": [verb.name]})).collect());
    step
}

/// Every verb, Markdown.
pub fn verbs_doc() -> String {
    let mut out = String::from(
        "# Verbs\n\nA step has exactly one of these. This page is made from the table that the loader uses; `fleet verbs NAME` \
         prints one entry.\n",
    );
    for class in [Class::Reading, Class::Judging, Class::Changing, Class::Control] {
        let is = |v: &&Verb| v.class() == class || (class == Class::Changing && v.changing().is_some());
        let verbs: Vec<&Verb> = verbs::ALL.iter().copied().filter(is).collect();
        if verbs.is_empty() {
            continue;
        }
        put(&mut out, format_args!("\n| {} | |\n|---|---|\n", class.word()));
        for verb in verbs {
            put(&mut out, format_args!("| `{}` | {} |\n", verb.name, verb.summary));
        }
    }
    for verb in verbs::ALL {
        put(&mut out, format_args!("\n## `{}`\n\n{}\n", verb.name, verb.doc));
        for (title, fields) in [("Arguments", verb.args), ("Result", verb.output)] {
            if !fields.is_empty() {
                put(&mut out, format_args!("\n{title}:\n\n"));
                list(&mut out, fields, 0, true);
            }
        }
        put(&mut out, format_args!("\n```yaml\n{}```\n", verb.example));
    }
    out
}

/// One verb for a terminal; `None` when there is no such verb.
pub fn verb_help(name: &str) -> Option<String> {
    let verb = verbs::find(name)?;
    let mut out = format!("{} ({}): {}\n\n{}\n", verb.name, verb.class().word(), verb.summary, verb.doc);
    for (title, fields) in [("Arguments", verb.args), ("Result, as steps.ID.NAME", verb.output)] {
        if !fields.is_empty() {
            put(&mut out, format_args!("\n{title}:\n"));
            list(&mut out, fields, 1, false);
        }
    }
    put(&mut out, format_args!("\nExample:\n"));
    for line in verb.example.lines() {
        put(&mut out, format_args!("  {line}\n"));
    }
    Some(out)
}

fn list(out: &mut String, fields: &[Field], depth: usize, markdown: bool) {
    for field in fields {
        let required = if field.required { ", required" } else { "" };
        let (ty, doc, pad) = (field.ty.name(), field.doc, "  ".repeat(depth));
        match markdown {
            true => put(out, format_args!("{pad}- `{}` ({ty}{required}): {doc}\n", field.name)),
            false => put(out, format_args!("{pad}{:<16} {doc} ({ty}{required})\n", field.name)),
        }
        if let Some(inner) = fields_of(&field.ty) {
            list(out, inner, depth + 1, markdown);
        }
    }
}

/// The fields of a record, or of the records of a list.
fn fields_of(ty: &Type) -> Option<&'static [Field]> {
    match ty {
        Type::Object(fields) => Some(fields),
        Type::List(item) | Type::Map(item) => fields_of(item),
        _ => None,
    }
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verbs_page_is_what_the_table_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verbs.md");
        if std::env::var_os("FLEET_BLESS").is_some() {
            std::fs::write(path, verbs_doc()).unwrap();
        }
        let page = std::fs::read_to_string(path).unwrap_or_default();
        assert!(page == verbs_doc(), "docs/verbs.md is old: run the tests with FLEET_BLESS=1");
    }

    #[test]
    fn a_verb_is_explained_in_a_terminal() {
        insta::assert_snapshot!(verb_help("stop").unwrap(), @r#"
        stop (control): End the playbook for this host

        Ends the steps of this host where `when` is true, or always when there is none. The host counts as skipped, with the outcome and the message as its reason; the steps of `always` still run. A playbook that changes hosts and stops before its first change ends with exit code 11, unless the outcome is `no-action`: then it is meant to change nothing.

        Arguments:
          when             whether to stop (an expression)
          outcome          one word that reports and scripts can rely on: lower case, `-` (text, required)
          message          one sentence for a person (text)

        Example:
          - stop: { when: 'host.mta == "none"', outcome: no-mail-server }
        "#);
        assert_eq!(verb_help("stpo"), None);
    }

    #[test]
    fn the_schema_knows_every_verb_and_key() {
        let schema = json_schema();
        let step = &schema["definitions"]["step"];
        for verb in verbs::ALL {
            assert!(step["properties"][verb.name]["description"].as_str().unwrap().contains(verb.example));
        }
        assert_eq!(step["oneOf"].as_array().unwrap().len(), verbs::ALL.len());
        assert_eq!(schema["required"], json!(["fleet", "name", "mode", "steps"]));
    }
}
