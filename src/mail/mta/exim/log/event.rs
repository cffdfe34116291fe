//! One line of Exim's log, as what it says of a message.

use super::super::id::is_id;
use super::delivery::{self, Reply, To};
use super::received::{self, Received};
use super::scripts;
use crate::mail::log::Fate;
use crate::mail::log::syslog::split_once;

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    Received {
        id: &'a [u8],
        received: Received<'a>,
    },
    Delivery {
        id: &'a [u8],
        to: To<'a>,
        fate: Fate,
        reply: Option<Reply<'a>>,
    },
    /// A process began in this folder that is about to submit.
    Started(&'a [u8]),
}

/// Reads a line without its time; none when it is not one of these. The process id comes where Exim logs it.
pub fn parse(message: &[u8]) -> Option<(Option<&[u8]>, Event<'_>)> {
    let (pid, message) = pid(message);
    if let Some(started) = message.strip_prefix(b"cwd=") {
        return Some((pid, Event::Started(scripts::started(started)?)));
    }
    let (id, rest) = split_once(message, b' ')?;
    let (mark, rest) = split_once(rest, b' ').filter(|_| is_id(id))?;
    let event = match mark {
        b"<=" => Event::Received { id, received: received::parse(rest)? },
        _ => {
            let (to, fate, reply) = delivery::parse(mark, rest)?;
            Event::Delivery { id, to, fate, reply }
        }
    };
    Some((pid, event))
}

/// `[4711] `, and what follows it.
pub fn pid(message: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let parsed = message.strip_prefix(b"[").and_then(|rest| split_once(rest, b']'));
    match parsed.and_then(|(pid, rest)| Some((pid, rest.strip_prefix(b" ")?))) {
        Some((pid, rest)) if !pid.is_empty() && pid.iter().all(u8::is_ascii_digit) => (Some(pid), rest),
        _ => (None, message),
    }
}
