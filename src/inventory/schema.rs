//! The fields of an inventory: one table for the loader, the JSON Schema and the documentation.

use crate::model::schema::{Field, Type, object_schema, set};
use serde_json::{Value, json};

/// The version that `fleet:` must name.
pub const VERSION: i64 = 1;

const WORDS: Type = Type::List(&Type::Str);
const ONE_OR_MORE: Type = Type::Either(&Type::Str, &WORDS);
const SUDO_FIELDS: &[Field] =
    &[Field::new("password", Type::Secret, "what sudo asks for: `keyring:NAME`, `file:PATH`, `env:NAME` or `prompt`")];

/// The words of `panel:`; what really runs is found out on the host.
pub const PANELS: &[&str] = &["plesk", "cpanel", "directadmin", "virtualmin", "webmin", "plain"];
/// The words of `mta:`.
pub const MTAS: &[&str] = &["postfix", "exim", "sendmail", "qmail", "none"];

const ADDRESS: Field = Field::new(
    "address",
    Type::Str,
    "DNS name or IP address, also `name:port`, `[::1]:22`; the host's name when absent. A range when the host is one",
);
const PORT: Field = Field::new("port", Type::Int, "port of the SSH server; 22 when absent");
const USER: Field = Field::new("user", Type::Str, "login name; `root` when absent");
const TAGS: Field = Field::new("tags", WORDS, "words for selectors, `tag:WORD`; those of all levels add up");
const GROUPS: Field = Field::new("groups", WORDS, "groups the host belongs to, besides those that list it");
const CUSTOMER: Field =
    Field::new("customer", Type::Either(&Type::Str, &Type::Int), "whose server it is: a name or a number");
const PANEL: Field = Field::new("panel", Type::Enum(PANELS), "hosting panel, as far as is known");
const MTA: Field = Field::new("mta", Type::Enum(MTAS), "mail server, as far as is known");
const OS: Field = Field::new("os", Type::Str, "operating system, as far as is known, such as `centos-7`");
const JUMP: Field = Field::new(
    "jump",
    ONE_OR_MORE,
    "hosts of the inventory to go through, nearest first; a jump host's own jump hosts come before it. `[]`: none",
);
const HOST_KEY: Field = Field::new(
    "host_key",
    ONE_OR_MORE,
    "pinned host keys: `SHA256:..` fingerprints or `TYPE BASE64` lines; when absent, known_hosts decides",
);
const LEGACY_SSH: Field =
    Field::new("legacy_ssh", Type::Bool, "allow the algorithms of very old SSH servers; the report names such hosts");
const SUDO: Field = Field::new(
    "sudo",
    Type::Either(&Type::Bool, &Type::Object(SUDO_FIELDS)),
    "become root: `true` without a password, `{password: REFERENCE}` with one",
);
const IDENTITY_FILES: Field =
    Field::new("identity_files", WORDS, "private keys to offer; when absent, the agent's, then `~/.ssh/id_*`");
const PASSWORD: Field =
    Field::new("password", Type::Secret, "login password: `keyring:NAME`, `file:PATH`, `env:NAME` or `prompt`");
const VARS: Field = Field::new("vars", Type::Map(&Type::Any), "free values for playbooks, `host.vars.NAME`");
const PATHS: Field =
    Field::new("paths", Type::Map(&Type::Str), "places on the host that differ from the usual, such as `mail_log`");
const EXEMPTION: &[Field] = &[
    Field::new("account", Type::Str, "the login, or uid:33 or user:NAME of a local program").required(),
    Field::new("signals", WORDS, "codes of the signals that are expected of it, such as SENDER_HOT; all when absent"),
    Field::new("owner", Type::Str, "who answers for it").required(),
    Field::new("until", Type::Date, "its last day").required(),
    Field::new("reason", Type::Str, "why, such as `monthly newsletter`"),
];
const EXEMPT: Field = Field::new(
    "exempt",
    Type::List(&Type::Object(EXEMPTION)),
    "accounts that may send much, `{account, signals, owner, until, reason}`; those of all levels add up",
);
const MEMBERS: Field = Field::new("hosts", WORDS, "the group's hosts: names, globs such as `web*`, ranges");
const PARENTS: Field = Field::new("groups", WORDS, "groups this one is part of; its values win over theirs");

/// A host.
pub const HOST: &[Field] = &[
    ADDRESS,
    PORT,
    USER,
    TAGS,
    GROUPS,
    CUSTOMER,
    PANEL,
    MTA,
    OS,
    JUMP,
    HOST_KEY,
    LEGACY_SSH,
    SUDO,
    IDENTITY_FILES,
    PASSWORD,
    VARS,
    PATHS,
    EXEMPT,
];

/// A group.
pub const GROUP: &[Field] = &[
    MEMBERS,
    PARENTS,
    PORT,
    USER,
    TAGS,
    CUSTOMER,
    PANEL,
    MTA,
    OS,
    JUMP,
    LEGACY_SSH,
    SUDO,
    IDENTITY_FILES,
    PASSWORD,
    VARS,
    PATHS,
    EXEMPT,
];

/// `defaults`: a group's fields without its members and parents.
pub const DEFAULTS: &[Field] = match GROUP {
    [_members, _parents, rest @ ..] => rest,
    _ => GROUP,
};

/// The whole file.
pub const FILE: &[Field] = &[
    Field::new("fleet", Type::Int, "version of the format: 1").required(),
    Field::new("defaults", Type::Object(DEFAULTS), "values for every host"),
    Field::new("groups", Type::Map(&Type::Object(GROUP)), "groups by name"),
    Field::new("hosts", Type::Map(&Type::Object(HOST)), "hosts by name; a range such as `mx[01-20]` is many"),
];

/// JSON Schema (draft 7) of an inventory, for editors.
pub fn json_schema() -> Value {
    let mut schema = object_schema(FILE, false);
    for (section, value) in [("groups", GROUP), ("hosts", HOST)] {
        if let Some(entry) = schema.pointer_mut(&format!("/properties/{section}/additionalProperties")) {
            // A name with nothing after it is an entry of defaults.
            *entry = json!({"anyOf": [object_schema(value, false), {"type": "null"}]});
        }
    }
    set(&mut schema, "", "$schema", "http://json-schema.org/draft-07/schema#".into());
    set(&mut schema, "", "title", "fleet inventory".into());
    if let Some(version) = schema.pointer_mut("/properties/fleet") {
        *version = json!({"const": VERSION, "description": "version of the format"});
    }
    schema
}

/// The Markdown table of all fields, for `docs/inventory.md`.
pub fn doc() -> String {
    let levels: [(&str, &[Field]); 3] = [("host", HOST), ("group", GROUP), ("defaults", DEFAULTS)];
    let mut table = String::from("| field | at | type | what it is |\n|---|---|---|---|\n");
    let mut fields: Vec<Field> = HOST.to_vec();
    fields.extend(GROUP.iter().filter(|f| !HOST.contains(f)));
    for field in &fields {
        let at: Vec<&str> = levels.iter().filter(|(_, table)| table.contains(field)).map(|(name, _)| *name).collect();
        let ty = match field.ty {
            Type::Secret => "a secret's reference".to_owned(),
            ty => ty.name(),
        };
        table.push_str(&format!("| `{}` | {} | {ty} | {} |\n", field.name, at.join(", "), field.doc));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_schema_knows_every_field_and_forbids_others() {
        let schema = json_schema();
        assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
        assert_eq!(schema["required"], json!(["fleet"]));
        assert_eq!(schema["additionalProperties"], json!(false));
        let host = &schema["properties"]["hosts"]["additionalProperties"]["anyOf"][0];
        assert_eq!(host["additionalProperties"], json!(false));
        for field in HOST {
            assert!(host["properties"][field.name].is_object(), "{}", field.name);
        }
    }

    /// `FLEET_BLESS=1` writes the page instead.
    #[test]
    fn the_page_holds_the_table_as_it_is() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/inventory.md");
        let page = std::fs::read_to_string(&path).unwrap();
        let (head, rest) = page.split_once("<!-- generated: inventory fields -->\n").unwrap();
        let (_, tail) = rest.split_once("<!-- end -->").unwrap();
        let wanted = format!("{head}<!-- generated: inventory fields -->\n{}<!-- end -->{tail}", doc());
        if std::env::var_os("FLEET_BLESS").is_some() {
            std::fs::write(&path, &wanted).unwrap();
        } else {
            assert_eq!(page, wanted, "run the test again with FLEET_BLESS=1");
        }
    }
}
