//! A writer of small MaxMind databases, for tests: a binary tree of address bits, records, and what the file says of
//! itself. It uses nothing of this crate, so that the tests of the binary take the same file.

use std::net::IpAddr;

/// 2026-10-01, in seconds since 1970.
pub const BUILT: u64 = 1_790_812_800;
/// The records' end and the beginning of what the file says of itself.
const MARK: &[u8] = b"\xab\xcd\xefMaxMind.com";

/// A database to be.
pub struct Mmdb {
    kind: String,
    built: u64,
    ip_version: u16,
    record_size: u16,
    nets: Vec<(String, Vec<u8>)>,
}

/// Where a bit of an address leads.
#[derive(Clone, Copy)]
enum Way {
    Nowhere,
    Node(usize),
    Record(usize),
}

impl Mmdb {
    /// Of IPv6 and IPv4, with records of 24 bits.
    pub fn new(kind: &str) -> Self {
        Self { kind: kind.into(), built: BUILT, ip_version: 6, record_size: 24, nets: Vec::new() }
    }

    pub fn built(self, built: u64) -> Self {
        Self { built, ..self }
    }

    pub fn shape(self, ip_version: u16, record_size: u16) -> Self {
        Self { ip_version, record_size, ..self }
    }

    /// What stands of a network, `192.0.2.0/24`.
    pub fn net(mut self, net: &str, record: Vec<u8>) -> Self {
        self.nets.push((net.to_owned(), record));
        self
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut nodes = vec![[Way::Nowhere; 2]];
        let mut records = Vec::new();
        for (net, record) in &self.nets {
            let bits = self.bits(net);
            let (last, path) = bits.split_last().unwrap();
            let mut node = 0;
            for &bit in path {
                node = match nodes[node][bit] {
                    Way::Node(next) => next,
                    _ => {
                        nodes.push([Way::Nowhere; 2]);
                        let next = nodes.len() - 1;
                        nodes[node][bit] = Way::Node(next);
                        next
                    }
                };
            }
            nodes[node][*last] = Way::Record(records.len());
            records.extend(record);
        }
        let count = nodes.len();
        let number = |way| match way {
            Way::Nowhere => count,
            Way::Node(node) => node,
            Way::Record(at) => count + 16 + at,
        } as u32;
        let tree = nodes.iter().flat_map(|[left, right]| self.node(number(*left), number(*right)));
        let about = map(&[
            ("binary_format_major_version", uint(5, 2)),
            ("binary_format_minor_version", uint(5, 0)),
            ("build_epoch", uint(9, self.built)),
            ("database_type", text(&self.kind)),
            ("description", map(&[("en", text("made up"))])),
            ("ip_version", uint(5, self.ip_version.into())),
            ("languages", vec![0, 4]),
            ("node_count", uint(6, count as u64)),
            ("record_size", uint(5, self.record_size.into())),
        ]);
        let mut file: Vec<u8> = tree.collect();
        file.extend([0; 16]);
        [file, records, MARK.to_vec(), about].concat()
    }

    /// The bits of a network, from the root on; IPv4 lies in the lowest 32 bits of IPv6.
    fn bits(&self, net: &str) -> Vec<usize> {
        let (ip, length) = net.split_once('/').unwrap();
        let (number, above) = match ip.parse().unwrap() {
            IpAddr::V4(ip) if self.ip_version == 6 => (u128::from(ip.to_bits()), 96),
            IpAddr::V4(ip) => (u128::from(ip.to_bits()) << 96, 0),
            IpAddr::V6(ip) => (ip.to_bits(), 0),
        };
        let length = length.parse::<u32>().unwrap() + above;
        (0..length).map(|n| (number >> (127 - n) & 1) as usize).collect()
    }

    fn node(&self, left: u32, right: u32) -> Vec<u8> {
        let ([a, b, c, d], [e, f, g, h]) = (left.to_be_bytes(), right.to_be_bytes());
        match self.record_size {
            24 => vec![b, c, d, f, g, h],
            28 => vec![b, c, d, a << 4 | e, f, g, h],
            _ => vec![a, b, c, d, e, f, g, h],
        }
    }
}

/// The record of a country.
pub fn country(code: &str) -> Vec<u8> {
    map(&[("continent", map(&[("code", text("AS"))])), ("country", map(&[("iso_code", text(code))]))])
}

/// The record of a network's owner.
pub fn asn(number: u32, name: &str) -> Vec<u8> {
    map(&[("autonomous_system_number", uint(6, number.into())), ("autonomous_system_organization", text(name))])
}

pub fn text(text: &str) -> Vec<u8> {
    let head = match text.len() {
        short @ 0..29 => vec![2 << 5 | short as u8],
        long => vec![2 << 5 | 29, u8::try_from(long - 29).unwrap()],
    };
    [&head, text.as_bytes()].concat()
}

pub fn map(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let entry = |(name, value): &(&str, Vec<u8>)| [text(name), value.clone()].concat();
    [vec![7 << 5 | entries.len() as u8], entries.iter().flat_map(entry).collect()].concat()
}

/// A whole number of one of the format's types.
pub fn uint(kind: u8, number: u64) -> Vec<u8> {
    let bytes: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
    let head = match kind {
        8.. => vec![bytes.len() as u8, kind - 7],
        _ => vec![kind << 5 | bytes.len() as u8],
    };
    [head, bytes].concat()
}
