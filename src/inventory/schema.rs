//! The fields of an inventory: one table for the loader, the JSON Schema and the documentation.

use crate::model::schema::{Field, Type, object_schema, set};
use serde_json::{Value, json};

/// The version that `fleet:` must name.
pub const VERSION: i64 = 1;

const WORDS: Type = Type::List(&Type::Str);
const ONE_OR_MORE: Type = Type::Either(&Type::Str, &WORDS);
const SUDO_FIELDS: &[Field] =
    &[Field::new("password", Type::Secret, "password for sudo: `keyring:NAME`, `file:PATH`, `env:NAME` or `prompt`")];

/// The words of `panel:`; what really runs is found out on the host.
pub const PANELS: &[&str] = &["plesk", "cpanel", "directadmin", "virtualmin", "webmin", "plain"];
/// The words of `mta:`.
pub const MTAS: &[&str] = &["postfix", "exim", "sendmail", "qmail", "none"];

const ADDRESS: Field = Field::new(
    "address",
    Type::Str,
    "DNS name or IP address, also `name:port`, `[::1]:22`; default: the host's name. A range if the host is a range",
);
const PORT: Field = Field::new("port", Type::Int, "port of the SSH server; default: 22");
const USER: Field = Field::new("user", Type::Str, "login name; default: `root`");
const TAGS: Field = Field::new("tags", WORDS, "labels for selectors, `tag:NAME`; tags of all levels are combined");
const GROUPS: Field = Field::new("groups", WORDS, "groups the host belongs to, in addition to those that list it");
const CUSTOMER: Field =
    Field::new("customer", Type::Either(&Type::Str, &Type::Int), "customer who owns the server: a name or a number");
const PANEL: Field = Field::new("panel", Type::Enum(PANELS), "hosting panel, if known");
const MTA: Field = Field::new("mta", Type::Enum(MTAS), "mail server, if known");
const OS: Field = Field::new("os", Type::Str, "operating system, if known, such as `centos-7`");
const JUMP: Field = Field::new(
    "jump",
    ONE_OR_MORE,
    "jump hosts from the inventory, nearest first; a jump host's own jump hosts come before it. `[]`: none",
);
const HOST_KEY: Field = Field::new(
    "host_key",
    ONE_OR_MORE,
    "pinned host keys: `SHA256:..` fingerprints or `TYPE BASE64` lines; default: as in known_hosts",
);
const LEGACY_SSH: Field = Field::new(
    "legacy_ssh",
    Type::Bool,
    "allow legacy algorithms for very old SSH servers; the report names such hosts",
);
const SUDO: Field = Field::new(
    "sudo",
    Type::Either(&Type::Bool, &Type::Object(SUDO_FIELDS)),
    "become root: `true` without a password, `{password: REFERENCE}` with one",
);
const IDENTITY_FILES: Field =
    Field::new("identity_files", WORDS, "private keys to offer; default: those of the agent, then `~/.ssh/id_*`");
const PASSWORD: Field =
    Field::new("password", Type::Secret, "login password: `keyring:NAME`, `file:PATH`, `env:NAME` or `prompt`");
const VARS: Field = Field::new("vars", Type::Map(&Type::Any), "variables for playbooks, `host.vars.NAME`");
const PATHS: Field = Field::new("paths", Type::Map(&Type::Str), "non-standard paths on the host, such as `mail_log`");
const EXEMPTION: &[Field] = &[
    Field::new("account", Type::Str, "the login, or uid:33 or user:NAME of a local program").required(),
    Field::new("signals", WORDS, "codes of the expected signals, such as SENDER_HOT; default: all"),
    Field::new("owner", Type::Str, "person responsible").required(),
    Field::new("until", Type::Date, "last day of the exemption").required(),
    Field::new("reason", Type::Str, "reason, such as `monthly newsletter`"),
];
const EXEMPT: Field = Field::new(
    "exempt",
    Type::List(&Type::Object(EXEMPTION)),
    "accounts that are expected to send much mail, `{account, signals, owner, until, reason}`; exemptions of all levels are combined",
);
const MEMBERS: Field = Field::new("hosts", WORDS, "hosts in the group: names, globs such as `web*`, ranges");
const PARENTS: Field =
    Field::new("groups", WORDS, "groups that this group belongs to; its values take precedence over theirs");

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
    Field::new("defaults", Type::Object(DEFAULTS), "default values for all hosts"),
    Field::new("groups", Type::Map(&Type::Object(GROUP)), "groups by name"),
    Field::new("hosts", Type::Map(&Type::Object(HOST)), "hosts by name; a range such as `mx[01-20]` defines many"),
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
    let mut table = String::from("| field | at | type | description |\n|---|---|---|---|\n");
    let mut fields: Vec<Field> = HOST.to_vec();
    fields.extend(GROUP.iter().filter(|f| !HOST.contains(f)));
    for field in &fields {
        let at: Vec<&str> = levels.iter().filter(|(_, table)| table.contains(field)).map(|(name, _)| *name).collect();
        let ty = match field.ty {
            Type::Secret => "a secret reference".to_owned(),
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
