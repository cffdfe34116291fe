//! Who is asked for which password: once for each credential that the inventory writes down, not for each host that uses it.

use super::args::ConnectionArgs;
use super::settings::Settings;
use crate::inventory::Inventory;
use crate::model::{HostName, SecretRef};
use crate::secret::{Questions, Resolver};
use crate::ssh::Use;
use std::collections::{BTreeMap, BTreeSet};

/// The secrets of a run over these hosts.
pub fn resolver<'a>(
    settings: &Settings,
    connection: &ConnectionArgs,
    inventory: &Inventory,
    hosts: impl IntoIterator<Item = &'a HostName>,
) -> Resolver {
    let terminal = settings.terminal.clone().filter(|_| !connection.no_prompt);
    Resolver::new(terminal, questions(inventory, hosts))
}

/// What is asked for each host, and for each jump host on the way to one. A value that stands in a group or in the
/// defaults is one credential; one that stands at a host is that host's.
fn questions<'a>(inventory: &Inventory, hosts: impl IntoIterator<Item = &'a HostName>) -> Questions {
    let mut names: BTreeSet<&HostName> = BTreeSet::new();
    for name in hosts {
        names.insert(name);
        names.extend(inventory.host(name).into_iter().flat_map(|host| &host.jump));
    }
    let mut credentials: BTreeMap<(Use, &str, String), Vec<&HostName>> = BTreeMap::new();
    for host in names.iter().filter_map(|name| inventory.host(name)) {
        let sudo = host.sudo.as_ref().and_then(|sudo| sudo.password.as_ref());
        for (what_for, field, reference) in
            [(Use::Login, "password", host.password.as_ref()), (Use::Sudo, "sudo", sudo)]
        {
            if reference == Some(&SecretRef::Prompt) {
                let origin = inventory.origin(&host.name, field).map(|o| o.to_string()).unwrap_or_default();
                credentials.entry((what_for, &host.user, origin)).or_default().push(&host.name);
            }
        }
    }
    let mut questions = Questions::new();
    for ((what_for, user, origin), hosts) in credentials {
        let question = match (what_for, hosts.as_slice()) {
            (Use::Login, [one]) => format!("Password of {user} on {one}: "),
            (Use::Login, many) => format!("Password of {user} on {} hosts ({origin}): ", many.len()),
            (Use::Sudo, [one]) => format!("sudo password of {user} on {one}: "),
            (Use::Sudo, many) => format!("sudo password of {user} on {} hosts ({origin}): ", many.len()),
        };
        questions.extend(hosts.into_iter().map(|host| ((host.clone(), what_for), question.clone())));
    }
    questions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source::Source;

    #[test]
    fn a_password_that_is_written_once_is_asked_for_once() {
        let text = "fleet: 1\ndefaults: { user: ops, password: prompt, sudo: { password: prompt } }\nhosts:\n  a: {}\n  b: {}\n  \
                    c: { password: prompt }\n  d: { password: \"env:X\", jump: [e] }\n  e: { user: gate }\n";
        let inventory = Inventory::from_sources(&[Source { name: "i.yaml".into(), text: text.into() }]).unwrap();
        let names: Vec<HostName> = ["a", "b", "c", "d"].map(|name| HostName::parse(name).unwrap()).into();
        let asked = questions(&inventory, &names);
        let of = |name: &str, what_for| asked.get(&(HostName::parse(name).unwrap(), what_for)).map(String::as_str);
        assert_eq!(of("a", Use::Login), Some("Password of ops on 2 hosts (defaults, i.yaml:2): "));
        assert_eq!(of("b", Use::Login), of("a", Use::Login));
        assert_eq!(of("c", Use::Login), Some("Password of ops on c: "));
        assert_eq!(of("d", Use::Login), None);
        assert_eq!(of("e", Use::Login), Some("Password of gate on e: "));
        assert_eq!(of("d", Use::Sudo), Some("sudo password of ops on 4 hosts (defaults, i.yaml:2): "));
    }
}
