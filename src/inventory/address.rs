//! The `address` of a host: a DNS name, an IPv4 or an IPv6 address, each with or without a port.

use crate::model::HostName;
use std::net::{IpAddr, Ipv6Addr};

/// An address as it is dialled: IPv6 without brackets, a scope id kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub host: String,
    pub port: Option<u16>,
}

/// Reads `name`, `name:port`, `10.0.0.1`, `::1`, `[::1]`, `[::1]:22`, `fe80::1%eth0`.
pub(super) fn parse(text: &str) -> Result<Address, &'static str> {
    if let Some(rest) = text.strip_prefix('[') {
        let (inside, after) = rest.split_once(']').ok_or("`[` without `]` in the address")?;
        if !is_ipv6(inside) {
            return Err("the value in brackets is not an IPv6 address");
        }
        let port = match after {
            "" => None,
            _ => Some(port(after.strip_prefix(':').ok_or("after `]` only `:PORT` may follow")?)?),
        };
        return Ok(Address { host: inside.to_owned(), port });
    }
    if is_ipv6(text) {
        return Ok(Address { host: text.to_owned(), port: None });
    }
    let (host, given) = match text.split_once(':') {
        Some((_, more)) if more.contains(':') => return Err("this is not an IPv6 address"),
        Some((host, given)) => (host, Some(port(given)?)),
        None => (text, None),
    };
    if !host.is_ascii() {
        return Err("the address is not ASCII; write an international name in its `xn--` form");
    }
    if HostName::parse(host).is_none() {
        return Err("the address is neither a DNS name nor an IP address");
    }
    if host.bytes().all(|b| b.is_ascii_digit() || b == b'.') && host.parse::<IpAddr>().is_err() {
        return Err("this is not an IPv4 address");
    }
    Ok(Address { host: host.to_owned(), port: given })
}

/// Whether the text is an IPv6 address in brackets, and so no range.
pub(super) fn is_bracketed(text: &str) -> bool {
    text.strip_prefix('[').and_then(|rest| rest.split_once(']')).is_some_and(|(inside, _)| is_ipv6(inside))
}

/// One spelling for one address, for comparing.
pub(super) fn canonical(host: &str) -> String {
    match host.parse::<IpAddr>() {
        Ok(ip) => ip.to_canonical().to_string(),
        Err(_) => host.trim_end_matches('.').to_ascii_lowercase(),
    }
}

fn is_ipv6(text: &str) -> bool {
    let (ip, scope) = match text.split_once('%') {
        Some((ip, scope)) => (ip, Some(scope)),
        None => (text, None),
    };
    ip.parse::<Ipv6Addr>().is_ok() && scope.is_none_or(|scope| HostName::parse(scope).is_some())
}

fn port(text: &str) -> Result<u16, &'static str> {
    match text.parse() {
        Ok(port @ 1..) if text.bytes().all(|b| b.is_ascii_digit()) => Ok(port),
        _ => Err("the port after `:` must be a number from 1 to 65535"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_an_address_is_understood() {
        for (text, host, port) in [
            ("mail.example.jp", "mail.example.jp", None),
            ("mail.example.jp:2222", "mail.example.jp", Some(2222)),
            ("10.0.0.1:22", "10.0.0.1", Some(22)),
            ("::1", "::1", None),
            ("[::1]", "::1", None),
            ("[2001:db8::7]:2222", "2001:db8::7", Some(2222)),
            ("fe80::1%eth0", "fe80::1%eth0", None),
        ] {
            assert_eq!(parse(text), Ok(Address { host: host.into(), port }), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in
            ["", "a b", "[::1", "[::1]22", "[mx]", "mx:0", "mx:70000", "mx:+22", "1:2:3", "10.0.0.300", "日本.jp", "-x"]
        {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn one_address_has_one_canonical_spelling() {
        assert_eq!(canonical("::ffff:10.0.0.1"), canonical("10.0.0.1"));
        assert_eq!(canonical("2001:DB8:0::1"), "2001:db8::1");
        assert_eq!(canonical("MX.example.JP."), "mx.example.jp");
    }
}
