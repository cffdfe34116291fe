//! Who talks to Sendmail, as it writes that in logs and queue files (its macro `$_`).

use crate::host::nets;

/// Who handed a message in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Relay<'a> {
    /// A process of this host, by the name of its user: `www-data@localhost`.
    User(&'a [u8]),
    /// A client by its address: `mail.example.net [192.0.2.7]`, with an ident answer before the name and
    /// `(may be forged)` behind it as the case may be.
    Client(&'a [u8]),
    /// Sendmail itself: a bounce.
    Itself,
}

/// Reads the whole text. A name comes from the client's own DNS, and the ident answer from the client; of both
/// Sendmail keeps no blank, comma or bracket. Source: Sendmail, `getauthinfo` in `daemon.c`.
pub fn parse(text: &[u8]) -> Option<Relay<'_>> {
    let text = text.strip_suffix(b" (may be forged)").unwrap_or(text);
    if text == b"localhost" || text == b"[RESPONSE]" {
        return Some(Relay::Itself);
    }
    let Some(head) = text.strip_suffix(b"]") else {
        let user = text.strip_suffix(b"@localhost")?;
        return (!user.is_empty() && !user.iter().any(|b| matches!(b, b',' | b'@' | b'<')))
            .then_some(Relay::User(user));
    };
    let at = memchr::memrchr(b'[', head)?;
    let (name, ip) = (head.get(..at)?, head.get(at + 1..)?);
    let ip = ip.strip_prefix(b"IPv6:").unwrap_or(ip);
    let name = name.strip_suffix(b" ").unwrap_or(name);
    let host = |b: &u8| b.is_ascii_graphic() && !matches!(b, b',' | b'[' | b']' | b'<' | b'>' | b'(' | b')');
    (nets::is_ip(ip) && name.iter().all(host)).then_some(Relay::Client(ip))
}

/// Whether a protocol's name tells of a login: `ESMTPA`, `ESMTPSA` and their kind. Source: RFC 3848.
pub fn is_authenticated(protocol: &[u8]) -> bool {
    protocol.ends_with(b"SMTPA") || protocol.ends_with(b"SMTPSA")
}
