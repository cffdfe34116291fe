//! Changes of the mail queue: which messages, what is done to them one after the other, and what became of each.
//!
//! A message is (id, arrival, sender, size), for ids are used again. To delete is to hold, to look whether these are still
//! the same messages, and only then to delete those that are held: a delivery that has begun is not stopped by deleting.

use crate::host::act::{Act, Evidence, ScriptReport, report};
use crate::host::ask::Support;
use crate::host::parse::ParseError;
use crate::mail::log::source;
use crate::mail::log::{LogRecord, Window};
use crate::mail::mta::mta_not_yet;
use crate::mail::mta::{self, Control, Listing};
use crate::mail::read::queue::{self, QueueArgs};
use crate::mail::read::senders;
use crate::model::mail::QueuedMessage;
use crate::model::{Host, Profile, Row, RowEnd, RowResult};
use crate::shell::{Part, PartOutput};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What is done to messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// They wait and are not delivered until they are released.
    Hold,
    /// Those that are held go on.
    Release,
    /// They are held, looked at again, copied and removed.
    Delete,
    /// They come back from a deletion's copy.
    Restore,
}

/// Which messages: by the login that handed them in, by envelope sender, or one by one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Select {
    /// Authenticated logins, in lower case.
    pub logins: BTreeSet<String>,
    /// Envelope senders, in lower case; the null sender is never one.
    pub senders: BTreeSet<String>,
    /// Single messages; each is a [`Row::Message`].
    pub messages: Vec<Row>,
}

impl Select {
    /// From a verb's arguments.
    ///
    /// # Errors
    /// When nothing is named at all: an empty selection is a mistake, and never everything.
    pub fn of(args: &Value) -> Result<Self, String> {
        let words = |name: &str| {
            let list = args.get(name).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_ascii_lowercase).collect::<BTreeSet<_>>()
        };
        let messages = args.get("messages").and_then(Value::as_array).into_iter().flatten();
        let messages = messages.map(|m| message(m).ok_or("a message of `messages` lacks id, arrival, sender or size"));
        let select = Self {
            logins: words("logins"),
            senders: words("senders"),
            messages: messages.collect::<Result<_, _>>().map_err(str::to_owned)?,
        };
        if select.logins.iter().chain(&select.senders).any(|word| word.trim().is_empty() || word == "*") {
            return Err("an empty string and `*` are not allowed; name the logins or senders".to_owned());
        }
        match select.logins.is_empty() && select.senders.is_empty() && select.messages.is_empty() {
            true => Err("no message is selected: `logins`, `senders` and `messages` are all empty".to_owned()),
            false => Ok(select),
        }
    }

    /// Those of the queue that are selected, and that the operation can be done to.
    pub fn rows(&self, operation: Operation, listing: &Listing) -> Vec<Row> {
        let fits = |m: &&QueuedMessage| operation != Operation::Release || is_held(m);
        let to_do = |m: &&QueuedMessage| operation != Operation::Hold || !is_held(m);
        let mut rows: Vec<Row> =
            listing.messages.iter().filter(|m| self.has(m)).filter(fits).filter(to_do).map(Row::message).collect();
        if operation == Operation::Restore {
            rows.clone_from(&self.messages);
        }
        rows
    }

    fn has(&self, message: &QueuedMessage) -> bool {
        let login = message.login.as_ref().is_some_and(|login| self.logins.contains(&login.to_ascii_lowercase()));
        login
            || (!message.sender.is_empty() && self.senders.contains(&message.sender.to_ascii_lowercase()))
            || self.messages.iter().any(|row| row.is(message))
    }
}

/// A message as [`Row::Message`] is written, by its four words.
fn message(value: &Value) -> Option<Row> {
    Some(Row::Message {
        id: value.get("id")?.as_str()?.to_owned(),
        arrival: value.get("arrival")?.as_i64()?,
        sender: value.get("sender")?.as_str()?.to_owned(),
        size: value.get("size")?.as_u64()?,
        recipients: value.get("recipients").and_then(Value::as_u64).unwrap_or(0),
    })
}

fn is_held(message: &QueuedMessage) -> bool {
    matches!(message.queue.as_str(), "hold" | "frozen")
}

/// Mail servers whose queue can be changed, and how; why not, in words.
///
/// # Errors
/// When the mail server is not supported, or cannot do that.
fn control(profile: &Profile, operation: Operation) -> Result<&'static Control, String> {
    let name = profile.mta();
    let control = mta::find(name).and_then(|m| m.control()).ok_or_else(|| mta_not_yet(name))?;
    let can = match operation {
        Operation::Hold => control.hold().is_some(),
        Operation::Release => control.release().is_some(),
        Operation::Delete | Operation::Restore => true,
    };
    if can { Ok(control) } else { Err(format!("{name} cannot hold messages")) }
}

/// What to ask before the operation is planned.
pub fn query(host: &Host, profile: &Profile, operation: Operation) -> Support {
    match control(profile, operation) {
        Ok(_) => listed(host, profile),
        Err(why) => Support::NotYet(why),
    }
}

/// What lists the queue, with the time that its changes have: a list that is ended early tells that nothing is there.
fn listed(host: &Host, profile: &Profile) -> Support {
    let mut support = queue::parts(host, profile, &QueueArgs::default());
    if let Support::Yes(parts) = &mut support {
        parts.iter_mut().for_each(|part| part.timeout = part.timeout.max(Control::TIMEOUT));
    }
    support
}

/// The next act, after the outputs of those before it.
///
/// # Errors
/// When what came back cannot be read, or the mail server cannot do that.
pub fn next(
    host: &Host,
    profile: &Profile,
    operation: Operation,
    rows: &[Row],
    dir: &str,
    done: &[Vec<PartOutput>],
) -> Result<Act, String> {
    let control = control(profile, operation)?;
    let keys: BTreeSet<&str> = rows.iter().map(Row::key).collect();
    let said = |n: usize, name: &str| {
        let outputs = done.get(n).map_or(&[][..], Vec::as_slice);
        report(outputs, name, &keys).map_err(|e| e.to_string())
    };
    let ids = |rows: &mut dyn Iterator<Item = &Row>| rows.map(|r| r.key().to_owned()).collect::<Vec<_>>();
    let write = |part: Option<Part>, ids: Vec<String>| match part {
        Some(part) => Ok(Act::Write(part.input(ids).value("dir", dir))),
        None => Err(format!("{} cannot hold messages", profile.mta())),
    };
    let holds = control.hold().is_some();
    match (operation, done.len()) {
        (Operation::Hold, 0) => write(control.hold(), ids(&mut rows.iter())),
        (Operation::Hold, 1) => Ok(Act::Done(said(0, "queue.hold")?)),
        (Operation::Release, 0) => write(control.release(), ids(&mut rows.iter())),
        (Operation::Release, 1) => Ok(Act::Done(said(0, "queue.release")?)),
        (Operation::Restore, 0) => write(Some(control.restore()), ids(&mut rows.iter())),
        (Operation::Restore, 1) => Ok(Act::Done(said(0, "queue.restore")?)),
        (Operation::Delete, 0) if holds => write(control.hold(), ids(&mut rows.iter())),
        (Operation::Delete, n) if n == usize::from(holds) => match listed(host, profile) {
            Support::Yes(parts) => Ok(Act::Read(parts)),
            Support::NotYet(why) => Err(why),
        },
        (Operation::Delete, n) => {
            let same = Same::of(profile, rows, done.get(usize::from(holds)).map_or(&[][..], Vec::as_slice), holds);
            let delete = usize::from(holds) + 1;
            match (n == delete, same.ids.is_empty()) {
                (true, false) => {
                    let rows = rows.iter().filter(|r| same.ids.contains(r.key()));
                    let named = |row: &Row| match row {
                        Row::Message { id, arrival, size, .. } if !holds => format!("{id} {arrival} {size}"),
                        _ => row.key().to_owned(),
                    };
                    write(Some(control.delete()), rows.map(named).collect())
                }
                (true, true) => Ok(Act::Done(same.rest(rows, said(0, "queue.hold").ok(), ScriptReport::default()))),
                _ => Ok(Act::Done(same.rest(rows, said(0, "queue.hold").ok(), said(delete, "queue.delete")?))),
            }
        }
        _ => Ok(Act::Done(ScriptReport::default())),
    }
}

/// What is there right before the deletion, and nothing else is deleted.
struct Same {
    /// Ids under which the planned messages themselves are there, and held where that is possible.
    ids: BTreeSet<String>,
    /// Why others may be there too.
    cut: Option<String>,
}

impl Same {
    fn of(profile: &Profile, rows: &[Row], outputs: &[PartOutput], held: bool) -> Self {
        let listing = match queue::list(profile, outputs) {
            Ok(listing) => listing,
            Err(e) => return Self { ids: BTreeSet::new(), cut: Some(e.to_string()) },
        };
        let found = by_id(&listing);
        let is = |row: &&Row| found.get(row.key()).is_some_and(|m| row.is(m) && (!held || is_held(m)));
        let ids = rows.iter().filter(is).map(|r| r.key().to_owned()).collect();
        Self { ids, cut: listing.cut.then(|| listing.incomplete.join("; ")) }
    }

    /// What was said of the deletion, and of those that were left out of it: what the hold said, else that they had gone,
    /// unless they may only not have been seen. What the hold found under way may have been delivered all the same.
    fn rest(&self, rows: &[Row], hold: Option<ScriptReport>, mut said: ScriptReport) -> ScriptReport {
        let hold = hold.map(|c| c.rows).unwrap_or_default().into_iter();
        // What was held before is none of this change's.
        let hold = hold.filter(|r| r.end != RowEnd::Held || r.why.as_deref() != Some(HELD_BEFORE));
        let mut of_hold: BTreeMap<String, RowResult> = hold.map(|r| (r.key.clone(), r)).collect();
        for row in &mut said.rows {
            let Some(held) = of_hold.remove(&row.key).filter(|r| r.end == RowEnd::Held) else { continue };
            match row.end {
                RowEnd::Deleted => row.why = held.why.map(|why| format!("{why}, and may have been sent")),
                RowEnd::Failed => row.left_held = true,
                _ => {}
            }
        }
        let gone = |key: &str| RowResult::new(key, RowEnd::Gone, None);
        let left = rows.iter().map(Row::key).filter(|key| !self.ids.contains(*key));
        // Of what was not seen it is certain all the same that it was not deleted.
        let unseen = |key: &str, hold: Option<RowResult>| {
            let why = Some("not found in the list; left unchanged".to_owned());
            RowResult { left_held: hold.is_some(), ..RowResult::new(key, RowEnd::Failed, why) }
        };
        let left = left.map(|key| match of_hold.remove(key) {
            hold if self.cut.is_some() && hold.as_ref().is_none_or(|r| r.end == RowEnd::Held) => unseen(key, hold),
            Some(row) => row,
            None => gone(key),
        });
        said.rows.extend(left);
        if let Some(cut) = &self.cut {
            said.notes.push(format!("not found before the deletion and left unchanged: {cut}"));
        }
        said
    }
}

/// What the scripts say of a message that they found held.
const HELD_BEFORE: &str = "it was already held";

/// Whether a message under another id is the one that was brought back. A mail server that holds nothing back goes on with
/// it, and then it may have arrived when it did so.
fn is_back(row: &Row, message: &QueuedMessage, holds: bool) -> bool {
    matches!(row, Row::Message { arrival, sender, size, .. }
        if *sender == message.sender && *size == message.size && (!holds || *arrival == message.arrival))
}

fn by_id(listing: &Listing) -> BTreeMap<&str, &QueuedMessage> {
    listing.messages.iter().map(|m| (m.id.as_str(), m)).collect()
}

/// Messages that were delivered meanwhile are told by the log from their arrival on, or these hours at least; what waits
/// longer than mail servers try it is not looked for.
const LOOK_BACK: Duration = Duration::from_secs(6 * 3_600);
const MAX_LOOK_BACK: Duration = Duration::from_secs(7 * 86_400);

/// What to read when the operation was done, or when it is not known whether it was.
pub fn look(host: &Host, profile: &Profile, rows: &[Row]) -> Support {
    let Support::Yes(mut parts) = listed(host, profile) else {
        return Support::NotYet(mta_not_yet(profile.mta()));
    };
    if let Some(log) = mta::find(profile.mta()).and_then(|m| m.log()) {
        let arrivals =
            rows.iter().filter_map(|row| if let Row::Message { arrival, .. } = row { Some(*arrival) } else { None });
        let oldest = arrivals.min().map_or(0, |at| profile.now.saturating_sub(at).max(0)).unsigned_abs();
        let since = LOOK_BACK.saturating_add(Duration::from_secs(oldest)).min(MAX_LOOK_BACK);
        // The profile's clock is that of the beginning; what was done since is in the hour after it.
        let window = Window::new(profile, profile.now.saturating_add(3_600), since);
        parts.push(source::part("senders.log", host, &window, log.head()));
    }
    Support::Yes(parts)
}

/// What became of each row, by what was read and by what is known of the acts. One that may only not have been seen, and of
/// which nothing is known, is left out.
///
/// # Errors
/// When the queue could not be read.
pub fn judge(
    profile: &Profile,
    operation: Operation,
    rows: &[Row],
    evidence: Evidence<'_>,
    outputs: &[PartOutput],
) -> Result<Vec<RowResult>, ParseError> {
    let listing = queue::list(profile, outputs)?;
    if listing.cut && listing.messages.is_empty() {
        return Err(ParseError::new("mail queue", 0, listing.incomplete.join("; ")));
    }
    let found = by_id(&listing);
    let (log, unread) = match senders::records(profile, profile.now.saturating_add(3_600), outputs) {
        Ok(reading) => (reading.records, reading.incomplete.join("; ")),
        Err(e) => (Vec::new(), e.to_string()),
    };
    let mut sent: BTreeMap<&str, Vec<&LogRecord>> = BTreeMap::new();
    for record in log.iter().filter(|r| r.send.sent > 0 || r.delivered > 0) {
        sent.entry(record.send.id.as_str()).or_default().push(record);
    }
    let said: BTreeMap<&str, &RowResult> =
        evidence.report().map(|c| c.rows.iter().map(|r| (r.key.as_str(), r)).collect()).unwrap_or_default();
    let holds = control(profile, operation).is_ok_and(|c| c.hold().is_some());
    let unheard = evidence.report().is_none();
    let absence = Absence { operation, cut: listing.cut, unheard, holds, deleted: deleted(holds, evidence) };
    let judged = rows.iter().filter_map(|row| {
        let claim = said.get(row.key()).copied();
        let now = found.get(row.key()).filter(|m| row.is(m)).copied();
        let restored = claim.filter(|c| operation == Operation::Restore && c.end == RowEnd::Restored);
        let new = restored.and_then(|c| c.why.as_deref());
        let back = new.and_then(|id| found.get(id)).filter(|m| is_back(row, m, holds)).copied();
        let id = new.unwrap_or(row.key());
        let (end, why) = match (operation, now.or(back)) {
            (Operation::Hold, Some(m)) if is_held(m) => (RowEnd::Held, None),
            (Operation::Release, Some(m)) if !is_held(m) => (RowEnd::Released, None),
            (Operation::Restore, Some(m)) if holds && !is_held(m) => {
                (RowEnd::Failed, Some(format!("{} is in the queue, and is not held", m.id)))
            }
            (Operation::Restore, Some(m)) => (RowEnd::Restored, (m.id != row.key()).then(|| m.id.clone())),
            (Operation::Restore, None) if found.contains_key(id) => {
                (RowEnd::Failed, Some(format!("{id} is another message")))
            }
            (Operation::Hold, Some(_)) => (RowEnd::Failed, Some("it is not held".to_owned())),
            (Operation::Release, Some(_)) => (RowEnd::Failed, Some("it is still held".to_owned())),
            (Operation::Delete, Some(_)) => (RowEnd::Failed, Some("it is still in the queue".to_owned())),
            (_, None) => absence.of(row, claim, sent.get(id).map_or(&[][..], Vec::as_slice))?,
        };
        // What the script said is the better reason.
        let why = claim.filter(|c| c.end == end && end != RowEnd::Restored).and_then(|c| c.why.clone()).or(why);
        // It may have been let go since.
        let held_for_it = claim.is_some_and(|c| c.left_held || c.end == RowEnd::Held) && now.is_some_and(is_held);
        let left_held = operation == Operation::Delete && held_for_it;
        let doubt = end == RowEnd::Deleted && (why.is_some() || evidence.report().is_none()) && !unread.is_empty();
        let why =
            if doubt { Some(why.into_iter().chain([unread.clone()]).collect::<Vec<_>>().join("; ")) } else { why };
        Some(RowResult { left_held, ..RowResult::new(row.key(), end, why) })
    });
    Ok(judged.collect())
}

/// Whether messages may have been deleted of which nobody said so; not known where the acts were heard, and one of them
/// did not say all.
fn deleted(holds: bool, evidence: Evidence<'_>) -> Option<bool> {
    match evidence {
        Evidence::Report(_) => None,
        Evidence::Traces(traces) => Some(traces.len() > usize::from(holds)),
    }
}

/// What it means that a message is not in the list.
struct Absence {
    operation: Operation,
    /// It may be in the queue all the same.
    cut: bool,
    /// There are only the traces of the acts.
    unheard: bool,
    holds: bool,
    deleted: Option<bool>,
}

impl Absence {
    /// Delivered, deleted, or gone before; none when that is not known.
    fn of(&self, row: &Row, claim: Option<&RowResult>, sent: &[&LogRecord]) -> Option<(RowEnd, Option<String>)> {
        let arrival = match row {
            Row::Message { arrival, .. } => *arrival,
            _ => 0,
        };
        // Ids are used again; a minute apart it is another message. Some recipients may have been served long before: only
        // when none was left to serve did the message go by itself.
        let all = |r: &&&LogRecord| {
            let over = r.send.sent.saturating_add(r.delivered).saturating_add(r.send.bounced);
            over >= r.send.recipients.max(1)
        };
        let sent = sent.iter().filter(all).any(|r| r.send.at.saturating_sub(arrival).abs() <= 60);
        if sent && self.operation != Operation::Restore {
            // Released mail is meant to be delivered.
            return Some((
                if self.operation == Operation::Release { RowEnd::Released } else { RowEnd::InFlightSent },
                None,
            ));
        }
        match (self.operation, claim.map(|c| c.end)) {
            (Operation::Delete, Some(RowEnd::Deleted)) => Some((RowEnd::Deleted, None)),
            (Operation::Release, Some(RowEnd::Released)) => Some((RowEnd::Released, None)),
            (_, Some(RowEnd::Failed)) if self.cut => Some((RowEnd::Failed, None)),
            (_, Some(RowEnd::Gone)) if self.operation != Operation::Restore => Some((RowEnd::Gone, None)),
            // The script looked itself.
            (Operation::Hold, Some(RowEnd::Held)) if self.cut => Some((RowEnd::Held, None)),
            // Nobody was heard; it can be held once more.
            (Operation::Hold, None) if self.cut && self.unheard => {
                Some((RowEnd::Failed, Some("not found in the list".to_owned())))
            }
            _ if self.cut => None,
            // Where it cannot be held it is tried at once, and its log may not tell of it a second time.
            (Operation::Restore, Some(RowEnd::Restored)) if sent || !self.holds => {
                let new = claim.and_then(|c| c.why.clone()).filter(|new| new != row.key());
                Some((RowEnd::Restored, new))
            }
            (Operation::Restore, _) => Some((RowEnd::Failed, Some("it is not in the queue".to_owned()))),
            (Operation::Delete, None) => self.deleted.map(|it| (if it { RowEnd::Deleted } else { RowEnd::Gone }, None)),
            _ => Some((RowEnd::Gone, None)),
        }
    }
}

#[cfg(test)]
mod tests;
