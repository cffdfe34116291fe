//! A walk through a whole database, so that a damaged one is told before it is used.
//!
//! The crate's own check visits parts that are linked twice twice, which a made-up file turns into for ever; here each
//! node and each record is looked at once.

use super::record::{Tells, country, network};
use maxminddb::Reader;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Zeros between the tree and the records.
const GAP: usize = 16;
const TREE: &str = "its search tree points outside the file";

/// Which fields the records have; reads each of them.
///
/// # Errors
/// In words, when the tree or a record is damaged.
pub(super) fn walk(bytes: &[u8], reader: &Reader<&[u8]>, tells: Tells) -> Result<Tells, String> {
    let about = reader.metadata();
    let nodes = usize::try_from(about.node_count).map_err(|_| TREE)?;
    let bits = if about.ip_version == 4 { 32 } else { 128 };
    let width = usize::from(about.record_size) / 4;
    let mut seen_nodes = vec![false; nodes];
    // The records lie somewhere in the rest; where exactly it ends the reader knows.
    let rest = bytes.len().saturating_sub(nodes.saturating_mul(width) + GAP);
    let mut seen_records = vec![false; rest];
    let mut found = Tells::default();
    let mut todo = vec![(0, 0_u128, 0_u32)];
    while let Some((node, net, depth)) = todo.pop() {
        let place = node * width;
        let pair = bytes.get(place..place + width).ok_or(TREE)?;
        for (bit, next) in children(pair).into_iter().enumerate() {
            let net = net | (bit as u128) << (127 - depth);
            if next < nodes {
                let seen = seen_nodes.get_mut(next).ok_or(TREE)?;
                // Deeper than an address is long nobody looks.
                if depth + 1 < bits && !std::mem::replace(seen, true) {
                    todo.push((next, net, depth + 1));
                }
                continue;
            }
            let Some(record) = next.checked_sub(nodes + 1) else { continue };
            let record = record.checked_sub(GAP - 1).and_then(|at| seen_records.get_mut(at)).ok_or(TREE)?;
            if std::mem::replace(record, true) {
                continue;
            }
            let ip = match bits {
                32 => IpAddr::from(Ipv4Addr::from((net >> 96) as u32)),
                _ => IpAddr::from(Ipv6Addr::from(net)),
            };
            let wrong = |e: maxminddb::MaxMindDbError| e.to_string();
            found.country |= tells.country && country(reader, ip).map_err(wrong)?.is_some();
            found.asn |= tells.asn && network(reader, ip).map_err(wrong)?.is_some();
        }
    }
    Ok(found)
}

/// The two ways on from a node: 24, 28 or 32 bits each.
fn children(pair: &[u8]) -> [usize; 2] {
    let number = |high: u8, bytes: &[u8]| bytes.iter().fold(usize::from(high), |n, b| n << 8 | usize::from(*b));
    match pair {
        [left @ .., middle, a, b, c] if left.len() == 3 => {
            [number(middle >> 4, left), number(middle & 15, &[*a, *b, *c])]
        }
        pair => {
            let (left, right) = pair.split_at(pair.len() / 2);
            [number(0, left), number(0, right)]
        }
    }
}
