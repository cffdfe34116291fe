//! A host as the inventory describes it, with all defaults already applied.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// The inventory's name of a host. Results are keyed by it, never by what a host says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostName(Arc<str>);

impl HostName {
    /// Letters, digits, `.`, `_` and `-`, not starting with `-` or `.`; at most 253 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let first = *text.as_bytes().first()?;
        let ok = text.len() <= 253 && text.bytes().all(good) && first != b'-' && first != b'.';
        ok.then(|| Self(text.into()))
    }

    /// The name as the inventory writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Where a secret is to be had. The value itself never stands in an inventory.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretRef {
    /// An entry of the system's keyring, by its name.
    Keyring(String),
    /// A file on the controller, by its path.
    File(String),
    /// A variable of the controller's environment, by its name.
    Env(String),
    /// The user is asked for it on the terminal.
    Prompt,
}

impl SecretRef {
    /// Reads `keyring:NAME`, `file:PATH`, `env:NAME` or `prompt`; none when it is another form or nothing stands behind the colon.
    pub fn parse(text: &str) -> Option<Self> {
        let named = |rest: &str| (!rest.is_empty()).then(|| rest.to_owned());
        match text.split_once(':') {
            Some(("keyring", rest)) => named(rest).map(Self::Keyring),
            Some(("file", rest)) => named(rest).map(Self::File),
            Some(("env", rest)) => named(rest).map(Self::Env),
            None if text == "prompt" => Some(Self::Prompt),
            _ => None,
        }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring(name) => write!(f, "keyring:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
            Self::Env(name) => write!(f, "env:{name}"),
            Self::Prompt => f.write_str("prompt"),
        }
    }
}

/// How to become root on the host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sudo {
    /// The password that sudo asks for; none means passwordless sudo.
    pub password: Option<SecretRef>,
}

/// Mail that an account is expected to send: a newsletter, an application's relay, monitoring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exemption {
    /// The login; of a local program `uid:33` or `user:NAME`.
    pub account: String,
    /// Codes of the signals that are expected; empty: all.
    pub signals: Vec<String>,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it holds.
    pub until: jiff::civil::Date,
    /// Why it is expected, in the words of the inventory; none when it gives none.
    pub reason: Option<String>,
}

/// One host, resolved: inventory defaults < group < host < command line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// The key of every result about the host.
    pub name: HostName,
    /// A DNS name or an address; the host's name when the inventory gives none.
    pub address: String,
    /// TCP port of the SSH server; 22 unless the inventory says otherwise.
    pub port: u16,
    /// The SSH login name; `root` unless the inventory says otherwise.
    pub user: String,
    /// Words for the selector `tag:`, of all levels together.
    pub tags: BTreeSet<String>,
    /// Every group that it is in, also by way of another group; for the selector `group:`.
    pub groups: BTreeSet<String>,
    /// Whose server it is: a name or a number; none when the inventory does not say.
    pub customer: Option<String>,
    /// What the inventory says of the panel; what runs is in the profile.
    pub panel: Option<String>,
    /// What the inventory says of the mail server; what runs is in the profile.
    pub mta: Option<String>,
    /// What the inventory says of the operating system, such as `centos-7`; what runs is in the profile.
    pub os: Option<String>,
    /// Hosts of the inventory to go through, nearest to the controller first.
    pub jump: Vec<HostName>,
    /// Pinned host keys: `SHA256:..` fingerprints or `TYPE BASE64` lines. Empty: known_hosts decides.
    pub host_key: Vec<String>,
    /// Allow the algorithms of servers ten years past maintenance (SHA-1, CBC). Named in the report.
    pub legacy_ssh: bool,
    /// How scripts become root; none: they run as the login user.
    pub sudo: Option<Sudo>,
    /// Private key files to offer; empty: the agent's keys, then `~/.ssh/id_*`.
    pub identity_files: Vec<String>,
    /// The login password to offer after keys; none: no password is offered.
    pub password: Option<SecretRef>,
    /// Free values for playbooks, `host.vars.NAME`, of all levels merged key by key.
    pub vars: BTreeMap<String, Value>,
    /// Places on the host that differ from the usual, such as `mail_log`.
    pub paths: BTreeMap<String, String>,
    /// Accounts whose mail is expected; of all levels together.
    pub exempt: Vec<Exemption>,
}

impl Host {
    /// A host with only a name and an address; what tests and the demo start from.
    pub fn new(name: HostName, address: impl Into<String>, port: u16, user: impl Into<String>) -> Self {
        Self {
            name,
            address: address.into(),
            port,
            user: user.into(),
            tags: BTreeSet::new(),
            groups: BTreeSet::new(),
            customer: None,
            panel: None,
            mta: None,
            os: None,
            jump: Vec::new(),
            host_key: Vec::new(),
            legacy_ssh: false,
            sudo: None,
            identity_files: Vec::new(),
            password: None,
            vars: BTreeMap::new(),
            paths: BTreeMap::new(),
            exempt: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_are_plain_words() {
        for good in ["mx07", "web-1.example.jp", "A_b"] {
            assert!(HostName::parse(good).is_some(), "{good}");
        }
        for bad in ["", "-rf", ".hidden", "a b", "a/b", "日本", "a\n", &"x".repeat(254)] {
            assert!(HostName::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_secret_reference_names_its_store() {
        for text in ["keyring:mx", "file:/etc/pw", "env:PW", "prompt"] {
            assert_eq!(SecretRef::parse(text).unwrap().to_string(), text);
        }
        for bad in ["hunter2", "keyring:", "vault:x", "prompt:x"] {
            assert_eq!(SecretRef::parse(bad), None, "{bad}");
        }
    }
}
