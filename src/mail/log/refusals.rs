//! Servers that refuse a message as unwanted.

use crate::host::parse::text;
use memchr::memmem;

/// Refusals of one message that are kept.
const MAX: usize = 3;
/// What servers speak of when they refuse spam rather than an address, or have trouble of their own.
const WORDS: &[&[u8]] = &[b"spam", b"block", b"blacklist", b"rbl", b"dnsbl", b"policy", b"reputation"];

/// What another server said when it refused a message as unwanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The server, as the mail server names it.
    pub remote: String,
    /// Its words, sanitised.
    pub text: String,
}

/// The refusals of one message while a log is read: server and words, each server once.
#[derive(Clone, Debug, Default)]
pub struct Refusals<'a>(Vec<(&'a [u8], &'a [u8])>);

impl<'a> Refusals<'a> {
    /// Keeps what the server said, if it speaks of spam.
    pub fn add(&mut self, remote: &'a [u8], said: &'a [u8]) {
        let new = self.0.len() < MAX && self.0.iter().all(|(known, _)| *known != remote);
        if !new {
            return;
        }
        let lower = said.to_ascii_lowercase();
        if WORDS.iter().any(|word| memmem::find(&lower, word).is_some()) {
            self.0.push((remote, said));
        }
    }

    /// Takes those of another piece of the same message's story, under the same bound.
    pub fn extend(&mut self, other: Self) {
        other.0.into_iter().for_each(|(remote, said)| self.add(remote, said));
    }

    /// The refusals as text, sanitised.
    pub fn finish(self) -> Vec<Refusal> {
        self.0.into_iter().map(|(remote, said)| Refusal { remote: text(remote), text: text(said) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_about_spam_are_kept_and_each_server_once() {
        let mut refusals = Refusals::default();
        refusals.add(b"mx.a", b"550 5.1.1 user unknown");
        refusals.add(b"mx.a", b"554 Blocked by SpamHaus");
        refusals.add(b"mx.a", b"554 blocked again");
        refusals.add(b"mx.b", b"450 listed in an RBL");
        let kept: Vec<_> = refusals.finish().into_iter().map(|r| (r.remote, r.text)).collect();
        assert_eq!(
            kept,
            [("mx.a".into(), "554 Blocked by SpamHaus".into()), ("mx.b".into(), "450 listed in an RBL".into())]
        );
    }
}
