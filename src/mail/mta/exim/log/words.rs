//! How Exim's log lines fall into words.

use crate::host::nets;
use crate::mail::log::syslog::split_once;
use memchr::memmem;

/// The first word and what follows the blank after it. A blank inside quotes belongs to the word; none when
/// there is no word, or its quotes stay open.
pub fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = outside_quotes(text, b' ')?;
    let word = text.get(..end).filter(|w| !w.is_empty())?;
    Some((word, text.get(end + 1..).unwrap_or_default()))
}

/// Where the first such byte outside quotes is, or else the end; none when the quotes stay open.
pub fn outside_quotes(text: &[u8], byte: u8) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, &b) in text.iter().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if b == byte && !quoted => return Some(at),
            _ => {}
        }
    }
    (!quoted).then_some(text.len())
}

/// A client: `[192.0.2.7]`, `mx.example [192.0.2.7]`, `(helo) [192.0.2.7]` or `mx.example (helo) [192.0.2.7]`,
/// with `:PORT` where Exim logs that. Returns the address and what follows. Where the host takes any HELO
/// (`helo_accept_junk_hosts`), that may hold all but line ends: it ends where an address stands in brackets.
pub fn client(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = match text.first()? {
        b'(' | b'[' => text,
        _ => split_once(text, b' ')?.1,
    };
    match text.first()? {
        b'(' => memmem::find_iter(text, b") [").find_map(|at| address(text.get(at + 2..)?)),
        _ => address(text),
    }
}

fn address(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (ip, rest) = split_once(text.strip_prefix(b"[")?, b']')?;
    let port = rest.strip_prefix(b":").map_or(0, |r| r.iter().take_while(|b| b.is_ascii_digit()).count());
    let rest = if port == 0 { rest } else { rest.get(port + 1..)? };
    (nets::is_ip(ip) && matches!(rest.first(), None | Some(b' ' | b':'))).then_some((ip, rest))
}
