//! Addresses as the kernel writes them in `/proc/net/tcp`: words of 32 bits in hexadecimal, in the order of bytes of the
//! machine. Every machine that is looked after has the lowest byte first.

use std::net::{IpAddr, Ipv6Addr};

/// `0100007F:024B`: an address and a port. IPv4 in its IPv6 form is IPv4.
pub fn parse(text: &[u8]) -> Option<(IpAddr, u16)> {
    let text = std::str::from_utf8(text).ok()?;
    let (ip, port) = text.split_once(':')?;
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    if !hex(ip) || !hex(port) || port.len() != 4 {
        return None;
    }
    let word = |at: usize| Some(u32::from_str_radix(ip.get(at..at + 8)?, 16).ok()?.to_le_bytes());
    let address = match ip.len() {
        8 => IpAddr::from(word(0)?),
        32 => {
            let mut bytes = [0; 16];
            for (n, chunk) in bytes.chunks_exact_mut(4).enumerate() {
                chunk.copy_from_slice(&word(n * 8)?);
            }
            IpAddr::from(bytes).to_canonical()
        }
        _ => return None,
    };
    Some((address, u16::from_str_radix(port, 16).ok()?))
}

/// How an address is written among connections of IPv4, where it can stand there, and of IPv6.
pub fn hex(ip: IpAddr) -> (Option<String>, String) {
    match ip.to_canonical() {
        IpAddr::V4(ip) => (Some(words(&ip.octets())), six(ip.to_ipv6_mapped())),
        IpAddr::V6(ip) => (None, six(ip)),
    }
}

fn six(ip: Ipv6Addr) -> String {
    words(&ip.octets())
}

fn words(bytes: &[u8]) -> String {
    bytes.chunks_exact(4).flat_map(|word| word.iter().rev()).map(|b| format!("{b:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    #[test]
    fn an_address_is_read_as_the_kernel_writes_it() {
        let read = |text: &str| parse(text.as_bytes()).map(|(ip, port)| (ip.to_string(), port));
        assert_eq!(read("0B4D000A:024B"), Some(("10.0.77.11".into(), 587)));
        assert_eq!(read("0000000000000000FFFF00000100000A:0019"), Some(("10.0.0.1".into(), 25)));
        assert_eq!(read("B80D0120000000000000000001000000:01D1"), Some(("2001:db8::1".into(), 465)));
        for bad in ["", ":", "0100007F", "0100007F:24B", "+100007F:024B", "0100007F00:024B", "0100007G:024B"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn an_address_that_was_written_is_read_again(bytes: [u8; 16], four: bool) {
            let ip = if four { IpAddr::V4(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3])) } else { bytes.into() };
            let (v4, v6) = hex(ip);
            for text in v4.into_iter().chain([v6]) {
                prop_assert_eq!(parse(format!("{text}:024B").as_bytes()), Some((ip.to_canonical(), 587)));
            }
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }
    }
}
