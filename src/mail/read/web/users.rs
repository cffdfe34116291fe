//! Users, and the domain that each stands for.

use crate::host::answer::{Answer, lines, number};
use crate::host::parse::ParseError;
use crate::host::parse::text;
use crate::model::mail;
use std::collections::BTreeMap;

/// A user of the host.
#[derive(Debug, PartialEq)]
pub struct User {
    pub name: String,
    pub home: String,
    /// The domain whose files he owns, where the panel or his home tells.
    pub domain: Option<String>,
}

/// The users of the host.
#[derive(Debug, Default, PartialEq)]
pub struct Users {
    pub by_uid: BTreeMap<u32, User>,
    pub incomplete: Vec<String>,
}

impl Users {
    /// By his number, or by his name.
    pub fn uid(&self, user: &str) -> Option<u32> {
        let known = || self.by_uid.iter().find(|(_, known)| known.name == user).map(|(uid, _)| *uid);
        user.parse().ok().or_else(known)
    }

    /// Whose home holds the file: the innermost one.
    pub fn owner(&self, path: &str) -> Option<u32> {
        let holds = |home: &str| {
            let home = home.trim_end_matches('/');
            !home.is_empty() && path.strip_prefix(home).is_some_and(|rest| rest.starts_with('/'))
        };
        let homes = self.by_uid.iter().filter(|(_, user)| holds(&user.home));
        homes.max_by_key(|(_, user)| user.home.len()).map(|(uid, _)| *uid)
    }
}

/// Reads the answer of `users.sh`.
pub fn read(answer: Option<&Answer>) -> Users {
    let mut users = Users::default();
    let Some(answer) = answer else {
        users.incomplete.push("users: no response".to_owned());
        return users;
    };
    users.incomplete.extend(answer.fault.clone());
    let mut ended = false;
    let read = |bytes: &[u8]| -> Result<(), ParseError> {
        for (_, line) in lines(bytes) {
            match line.split(|&b| b == b'\t').collect::<Vec<_>>().as_slice() {
                [b"user", uid, name, home] => {
                    if let Some(uid) = number(uid) {
                        let home = text(home);
                        let user = User { name: text(name), domain: domain_of(&home), home };
                        users.by_uid.entry(uid).or_insert(user);
                    }
                }
                [b"domain", uid, domain] => {
                    let domain = text(domain);
                    if let Some(user) = number(uid).and_then(|uid| users.by_uid.get_mut(&uid))
                        && is_domain(&domain)
                    {
                        user.domain = Some(domain);
                    }
                }
                [b"end"] => ended = true,
                _ => {}
            }
        }
        Ok(())
    };
    let _ = answer.bytes.parse(read);
    users.incomplete.extend(answer.cut_off(ended, "users"));
    users
}

/// The domain that a path of a web site names: Plesk's `vhosts/DOMAIN` and `vhosts/system/DOMAIN`,
/// `domains/DOMAIN` of Virtualmin and others, `/home/DOMAIN`.
pub fn domain_of(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let follows = parts.windows(2).find_map(|pair| match pair {
        ["vhosts" | "domains", name] => Some(*name),
        _ => None,
    });
    let named = match follows {
        Some("system") => parts.iter().skip_while(|part| **part != "system").nth(1).copied(),
        Some(name) => Some(name),
        None => match parts.as_slice() {
            ["", "home", name, ..] => Some(*name),
            _ => None,
        },
    };
    named.filter(|name| is_domain(name)).map(str::to_owned)
}

/// Whether this could be the name of a site's domain: a word without a dot is a user's.
pub fn is_domain(name: &str) -> bool {
    name.contains('.') && mail::is_domain(name)
}
