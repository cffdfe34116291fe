//! The answer of `queue.sh` into a [`Listing`].

use super::id::is_queue_id;
use super::log::relay::{self, Relay};
use crate::host::answer::{Answer, lines, number};
use crate::host::parse::{ParseError, text};
use crate::mail::mta::Listing;
use crate::mail::mta::listing::{Entry, Reader};
use std::collections::{BTreeMap, BTreeSet};

/// What a queue file tells of who submitted its message.
struct Submitted {
    login: Option<String>,
    /// The file tells whether there was a login at all, and if so which.
    known: bool,
    client: Option<String>,
}

/// Reads the answer of `queue.sh`.
pub fn read(answer: &Answer) -> Listing {
    let mut reader = Reader::new(is_queue_id);
    let mut faults: Vec<String> = answer.fault.clone().into_iter().collect();
    let mut submitted: BTreeMap<String, Submitted> = BTreeMap::new();
    let mut recipients = Vec::new();
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    let mut counted = BTreeSet::new();
    let mut ended = false;
    let mut read = |bytes: &[u8]| -> Result<(), ParseError> {
        for (_, line) in lines(bytes) {
            match line.split(|&b| b == b'\t').collect::<Vec<_>>().as_slice() {
                [b"to", address] => recipients.push(plain(address)),
                [b"msg", id, queue, time, bytes, sender, login, protocol, relay, reason] => {
                    submitted.insert(text(id), who(login, protocol, relay));
                    reader.add(Entry {
                        id: text(id),
                        queue: text(queue),
                        arrival: number(time),
                        size: number(bytes).unwrap_or_default(),
                        sender: plain(sender),
                        recipients: std::mem::take(&mut recipients),
                        reason: (!reason.is_empty()).then(|| text(reason)),
                    });
                }
                [b"more", n] => faults.push(format!("mail queue: {} queue files were not read", text(n))),
                [b"told", role, n] => _ = role_name(role).zip(number(n)).map(|(role, n)| told.insert(role, n)),
                // Mail comes and goes while it is read: only what was there all the time must have been read.
                [b"count", role, before, after] => {
                    let steady = number::<usize>(before).zip(number(after)).map(|(before, after)| before.max(after));
                    let Some((role, counted_files)) = role_name(role).zip(steady) else { continue };
                    counted.insert(role);
                    match told.get(role) {
                        Some(&told) if told <= counted_files => {}
                        Some(told) => faults.push(format!(
                            "mail queue: {told} messages were reported in the {role} queue, but {counted_files} found"
                        )),
                        None => faults.push(format!("mail queue: mailq reported no count for the {role} queue")),
                    }
                }
                [b"refused", why] => faults.push(text(why)),
                [b"end"] => ended = true,
                _ => reader.unreadable(),
            }
        }
        Ok(())
    };
    let _ = answer.bytes.parse(&mut read);
    faults.extend(answer.cut_off(ended, "mail queue"));
    let mut listing = reader.finish(faults);
    for message in &mut listing.messages {
        let Some(who) = submitted.remove(&message.id) else { continue };
        if who.known {
            listing.login_read.insert(message.id.clone());
        }
        message.login = who.login;
        listing.clients.extend(who.client.map(|ip| (message.id.clone(), ip)));
    }
    listing
}

/// A login stands in a queue file only where the configuration asks for it; that there was one is told by the
/// protocol's name (RFC 3848), which ends in A then.
fn who(login: &[u8], protocol: &[u8], from: &[u8]) -> Submitted {
    let login = (!login.is_empty()).then(|| text(login));
    let client = match relay::parse(from) {
        Some(Relay::Client(ip)) => Some(text(ip)),
        _ => None,
    };
    Submitted { known: login.is_some() || !relay::is_authenticated(protocol), login, client }
}

/// An address without its angle brackets.
fn plain(address: &[u8]) -> String {
    text(address.strip_prefix(b"<").and_then(|a| a.strip_suffix(b">")).unwrap_or(address))
}

fn role_name(role: &[u8]) -> Option<&'static str> {
    match role {
        b"mta" => Some("delivery"),
        b"msp" => Some("submission"),
        _ => None,
    }
}
