//! A line of a log that was added up on the host: one message. `compact.awk` prints it.

use crate::host::answer::number;
use crate::host::parse::text;
use crate::host::time::Clock;
use crate::mail::log::syslog::{self, Line};
use crate::mail::log::{LogRecord, Refusals};
use crate::model::mail::{Origin, SendRecord};

/// Stands for the program of such a line; no program is called so.
pub const PROGRAM: &[u8] = b"m\t";

/// `m<TAB>TIME<TAB>THE REST`. The time is that of the message's beginning; the line comes at its end.
pub fn cut<'a>(line: &'a [u8], clock: &Clock) -> Option<Line<'a>> {
    let message = line.strip_prefix(PROGRAM)?;
    let (at, rest) = clock.unordered().parse_any(message)?;
    Some(Line { at, program: PROGRAM, pid: None, message: rest.strip_prefix(b"\t")?, times: 1 })
}

/// `ID LOGIN UID IP SENDER SIZE NRCPT SENT DELIVERED DEFERRED BOUNCED UNKNOWN RECIPIENT REFUSALS`, between tabs.
pub fn parse(at: i64, message: &[u8]) -> Option<LogRecord> {
    let fields: Vec<&[u8]> = message.split(|&b| b == b'\t').collect();
    let [id, login, uid, ip, sender, size, recipients, sent, delivered, deferred, bounced, unknown, to, refusals] =
        fields.as_slice()
    else {
        return None;
    };
    let origin = match (login.is_empty(), uid.is_empty()) {
        (false, _) => Origin::Login(text(login)),
        (true, false) => Origin::Uid(number(uid)?),
        (true, true) => Origin::Remote,
    };
    let mut refused = Refusals::default();
    for refusal in refusals.split(|&b| b == 3) {
        if let Some((remote, said)) = syslog::split_once(refusal, 2) {
            refused.add(remote, said);
        }
    }
    Some(LogRecord {
        delivered: number(delivered)?,
        unknown: number(unknown)?,
        script: None,
        recipient: (!to.is_empty()).then(|| text(to)),
        blocked: refused.finish(),
        send: SendRecord {
            at,
            id: text(id),
            origin,
            sender: text(sender),
            recipients: number(recipients)?,
            size: number(size)?,
            client_ip: (!ip.is_empty()).then(|| text(ip)),
            message_id: None,
            sent: number(sent)?,
            deferred: number(deferred)?,
            bounced: number(bounced)?,
        },
    })
}

#[cfg(test)]
mod tests;
