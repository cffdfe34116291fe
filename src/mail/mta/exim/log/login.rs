//! Who logged in to send, or tried to.

use super::event::{self, Event};
use super::words::client;
use crate::mail::log::syslog::split_once;
use memchr::memmem;

/// A login that was done or that failed.
pub struct Login<'a> {
    pub ip: &'a [u8],
    /// None where the driver does not tell whose login failed.
    pub name: Option<&'a [u8]>,
    pub ok: bool,
}

/// Reads what a line says of a login. Exim has no line of a login alone: each message that comes in with one
/// tells of it.
pub fn parse(message: &[u8]) -> Option<Login<'_>> {
    if let Some((_, Event::Received { received, .. })) = event::parse(message) {
        return Some(Login { ip: received.ip?, name: Some(received.login?), ok: true });
    }
    failed(event::pid(message).1)
}

const REASON: &[u8] = b": 535 Incorrect authentication data";

/// `DRIVER authenticator failed for NAME (HELO) [IP]: 535 Incorrect authentication data (set_id=LOGIN)`; the
/// interface and what an ident server says may stand before the reason.
fn failed(message: &[u8]) -> Option<Login<'_>> {
    let (driver, rest) = split_once(message, b' ')?;
    let (ip, rest) = client(rest.strip_prefix(b"authenticator failed for ")?)?;
    let at = memmem::find(rest, REASON)?;
    let (between, tail) = (rest.get(..at)?, rest.get(at + REASON.len()..)?);
    let plain = between.is_empty() || between.starts_with(b" I=[") || between.starts_with(b" U=");
    // Where any HELO is taken, it may hold all of such a line; then the true one's end is left over.
    if driver.is_empty() || !plain || memmem::find(tail, REASON).is_some() {
        return None;
    }
    let name = match tail {
        b"" => None,
        tail => Some(tail.strip_prefix(b" (set_id=")?.strip_suffix(b")")?).filter(|n| !n.is_empty()),
    };
    Some(Login { ip, name, ok: false })
}
