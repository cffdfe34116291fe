//! Networks of clients' addresses.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;

/// Whether a text could be an address: only bytes that stand in one.
pub fn is_ip(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':'))
}

/// The network of an address: /24, of IPv6 /48; none of this host itself.
pub fn net(ip: &str) -> Option<IpAddr> {
    match ip.parse().ok()? {
        ip if IpAddr::is_loopback(&ip) => None,
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            Some(IpAddr::from([a, b, c, 0]))
        }
        IpAddr::V6(ip) => {
            let [a, b, c, ..] = ip.segments();
            Some(IpAddr::from([a, b, c, 0, 0, 0, 0, 0]))
        }
    }
}

/// The most networks within any span of seconds, and when that span begins. Times are in order.
pub fn most(seen: &[(i64, &str)], span: i64) -> (usize, Option<i64>) {
    let seen: Vec<(i64, IpAddr)> = seen.iter().filter_map(|&(at, ip)| Some((at, net(ip)?))).collect();
    most_of(&seen, span)
}

/// The most different ones of whatever was seen within any span of seconds, and when that span begins. Times are in
/// order.
pub fn most_of<K: Eq + Hash>(seen: &[(i64, K)], span: i64) -> (usize, Option<i64>) {
    let mut within: HashMap<&K, usize> = HashMap::new();
    let mut start = seen.iter().peekable();
    let mut most = (0, None);
    for (at, net) in seen {
        *within.entry(net).or_default() += 1;
        while let Some((_, gone)) = start.next_if(|(first, _)| first + span <= *at) {
            if let Some(count) = within.get_mut(gone) {
                *count -= 1;
                if *count == 0 {
                    within.remove(gone);
                }
            }
        }
        if within.len() > most.0 {
            most = (within.len(), start.peek().map(|(at, _)| *at));
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_provider_are_one_network() {
        let seen = [(0, "192.0.2.1"), (1, "192.0.2.9"), (2, "198.51.100.1"), (3, "127.0.0.1"), (4, "2001:db8:1:2::3")];
        assert_eq!(most(&seen, 60), (3, Some(0)));
        assert_eq!(most(&seen, 2), (2, Some(1)));
        assert_eq!(net("2001:db8:1:2::3").unwrap().to_string(), "2001:db8:1::");
        assert_eq!((net("unknown"), net("::1")), (None, None));
    }
}
