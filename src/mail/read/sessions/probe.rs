//! Whether a password is accepted.

use crate::host::answer::{lines, required};
use crate::host::parse::{ParseError, text};
use crate::mail::account::script::DOVECOT;
use crate::model::Secret;
use crate::shell::{Part, PartOutput};
use std::time::Duration;

const NAME: &str = "sessions.probe";

/// What the host's servers say to a password.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Yes when a server took it and none refused it; no when one refused it, for there another password may be good; none
    /// when that could not be proved.
    pub accepted: Option<bool>,
    /// Which server said what, and what could not be asked.
    pub how: String,
}

/// Words of one account that are tried: each takes some seconds.
const TRIED: usize = 3;

/// Tries a password under the first words by which an account logs in: a server takes it when it takes it under one. Dovecot
/// is asked by its own tool; other servers by a login on the host itself, which their log shows. The password travels in pipes, and stands in no argument list, environment or file.
pub fn probe(logins: &[&str], password: Secret) -> Part {
    let script = [DOVECOT, include_str!("procs.sh"), include_str!("probe.sh")].concat();
    let mut part = Part::new(NAME, script);
    let logins: Vec<&str> = logins.iter().copied().take(TRIED).collect();
    part = part.value("logins", logins.join(" "));
    part.secret = Some(password);
    part.timeout = Duration::from_secs(240);
    part
}

/// What came of [`probe`].
///
/// # Errors
/// When there is no answer at all.
pub fn read_probe(outputs: &[PartOutput]) -> Result<Probe, ParseError> {
    let answer = required(outputs, NAME, "password probe")?;
    let (mut yes, mut no, mut ended) = (false, false, false);
    let mut how = Vec::new();
    answer.bytes.parse(|bytes| {
        for (_, line) in lines(bytes) {
            let fields: Vec<&[u8]> = line.split(|&b| b == b'\t').collect();
            let (who, word, why) = match fields.as_slice() {
                [b"said", who, b"yes", why] => {
                    yes = true;
                    (who, "accepted", why)
                }
                [b"said", who, b"no", why] => {
                    no = true;
                    (who, "refused", why)
                }
                [b"said", who, b"absent", why] => (who, "no such account", why),
                [b"said", who, b"unknown", why] => (who, "not known", why),
                [b"end"] => {
                    ended = true;
                    continue;
                }
                _ => continue,
            };
            let why = if why.is_empty() { String::new() } else { format!(" ({})", text(why)) };
            how.push(format!("{}: {word}{why}", text(who)));
        }
        Ok::<(), ParseError>(())
    })?;
    let cut_off = answer.cut_off(ended, "password probe");
    let fault = answer.fault.or(cut_off);
    // What one server says proves nothing while another may not have been asked.
    let whole = fault.is_none();
    how.extend(fault);
    Ok(Probe { accepted: (whole && (yes || no)).then_some(!no), how: how.join("; ") })
}
