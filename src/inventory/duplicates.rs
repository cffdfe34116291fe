//! Two names for one server.

use super::address::canonical;
use crate::model::{Host, HostName};
use std::collections::HashMap;

/// Hosts that would be the same server: the same address and port, reached the same way. Each later one is
/// named beside the first, with the address they share. Two names of one server that resolve to one address
/// only in DNS are not seen here.
pub fn duplicates(hosts: &[&Host]) -> Vec<(HostName, HostName, String)> {
    let mut first: HashMap<(String, u16, &[HostName]), &Host> = HashMap::new();
    let mut found = Vec::new();
    for host in hosts {
        let address = canonical(&host.address);
        let shared = match address.contains(':') {
            true => format!("[{address}]:{}", host.port),
            false => format!("{address}:{}", host.port),
        };
        match first.get(&(address.clone(), host.port, host.jump.as_slice())) {
            Some(other) => found.push((other.name.clone(), host.name.clone(), shared)),
            None => {
                first.insert((address, host.port, &host.jump), host);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_under_two_names_is_seen_unless_the_way_differs() {
        let host = |name: &str, address: &str, port| Host::new(HostName::parse(name).unwrap(), address, port, "root");
        let mut behind = host("d", "10.0.0.1", 22);
        behind.jump = vec![HostName::parse("bastion").unwrap()];
        let hosts = [host("a", "10.0.0.1", 22), host("b", "::ffff:10.0.0.1", 22), host("c", "10.0.0.1", 2222), behind];
        let found = duplicates(&hosts.iter().collect::<Vec<_>>());
        let names: Vec<String> = found.iter().map(|(a, b, at)| format!("{a} {b} {at}")).collect();
        assert_eq!(names, ["a b 10.0.0.1:22"]);
    }
}
