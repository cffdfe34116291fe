//! What the table of fields cannot say: the grammar of words, names, ports and keys, and that no text hides
//! anything. No message quotes a value.

use crate::model::HostName;
use crate::model::problem::{Place, Problem, Problems};
use crate::model::untrusted::clean;
use crate::model::yaml::{Node, Yaml};

use super::layer::words;

/// Reports every key and text with control, invisible or direction-changing characters: two names that look
/// the same must be the same.
pub(super) fn refuse_hidden(node: &Node, source: &str, problems: &mut Problems) {
    let mut look = |text: &str, place: Place| {
        let plain = text.bytes().all(|b| (b' '..0x7f).contains(&b));
        if !plain && clean(text, usize::MAX) != text {
            problems.push(
                Problem::new(source, place, "contains a control, invisible or text-direction character")
                    .with_help("such a character can make one name look like another; retype it by hand"),
            );
        }
    };
    match &node.value {
        Yaml::Str(text) => look(text, node.place),
        Yaml::Seq(items) => items.iter().for_each(|item| refuse_hidden(item, source, problems)),
        Yaml::Map(entries) => {
            entries.iter().for_each(|(key, _)| look(&key.text, key.place));
            entries.iter().for_each(|(_, value)| refuse_hidden(value, source, problems));
        }
        Yaml::Null | Yaml::Bool(_) | Yaml::Int(_) | Yaml::Float(_) => {}
    }
}

/// Checks the values of one host, group or `defaults` whose types are already checked.
pub(super) fn values(node: &Node, source: &str, problems: &mut Problems) {
    for (key, value) in node.as_map().unwrap_or_default() {
        let name = key.text.as_str();
        let mut each = |good: fn(&str) -> bool, wanted: &str| {
            for (_, place) in words(value).into_iter().filter(|(text, _)| !good(text)) {
                problems.push(Problem::new(source, place, format!("`{name}` must be {wanted}")));
            }
        };
        match name {
            "user" => each(is_user, "a login name: visible ASCII characters, not beginning with `-`"),
            "tags" | "groups" | "jump" => {
                each(is_word, "a word of letters, digits, `.`, `_` and `-`, beginning with a letter, digit or `_`")
            }
            "customer" | "os" => each(is_line, "one line of 1 to 200 characters"),
            "identity_files" => each(is_line, "paths of files, each one line"),
            "host_key" => each(is_host_key, "a fingerprint such as `SHA256:..` or a line `TYPE BASE64`"),
            "port" => {
                if matches!(value.value, Yaml::Int(port) if !(1..=65_535).contains(&port)) {
                    problems.push(Problem::new(source, value.place, "`port` must be a number from 1 to 65535"));
                }
            }
            "vars" | "paths" => {
                for (key, value) in value.as_map().unwrap_or_default() {
                    if !is_identifier(&key.text) {
                        let message = format!("a name in `{name}` must be letters, digits and `_`, no digit first");
                        problems.push(Problem::new(source, key.place, message));
                    }
                    if name == "paths" && value.as_str().is_some_and(|path| !path.starts_with('/') || !is_line(path)) {
                        let message = "a path on the host must begin with `/` and be one line";
                        problems.push(Problem::new(source, value.place, message));
                    }
                }
            }
            _ => {}
        }
    }
}

/// The grammar of tags, groups and host names.
pub(super) fn is_word(text: &str) -> bool {
    HostName::parse(text).is_some()
}

/// The grammar of variables, so that `host.vars.NAME` is an expression.
pub(super) fn is_identifier(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.is_empty()
}

fn is_user(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_graphic()) && !text.starts_with('-')
}

fn is_line(text: &str) -> bool {
    (1..=200).contains(&text.chars().count()) && !text.contains(['\n', '\t']) && text.trim() == text
}

/// OpenSSH's SHA256 fingerprint (43 characters of Base64, no padding) or a line of a public key file.
fn is_host_key(text: &str) -> bool {
    let base64 = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
    if let Some(fingerprint) = text.strip_prefix("SHA256:") {
        return fingerprint.len() == 43 && base64(fingerprint);
    }
    let mut fields = text.split_ascii_whitespace();
    match (fields.next(), fields.next()) {
        (Some(ty), Some(key)) => {
            ["ssh-", "ecdsa-", "sk-"].iter().any(|start| ty.starts_with(start)) && key.len() >= 16 && base64(key)
        }
        _ => false,
    }
}
