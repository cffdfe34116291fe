//! Entries of a queue's listing into messages: what every mail server's reader has in common.

use super::Listing;
use crate::host::parse::text;
use crate::model::counted::counted;
use crate::model::mail::QueuedMessage;
use crate::model::untrusted::clean_line;
use std::collections::BTreeSet;

/// Refused ids that are named; all are counted.
const NAMED: usize = 5;
/// Recipients of one message that are kept; Postfix itself takes at most 50,000 in a submission.
const MAX_RECIPIENTS: usize = 50_000;

/// One message as it was printed, not yet checked.
pub struct Entry {
    pub id: String,
    pub queue: String,
    /// None when its time could not be read.
    pub arrival: Option<i64>,
    pub size: u64,
    pub sender: String,
    pub recipients: Vec<String>,
    pub reason: Option<String>,
}

/// Collects entries.
pub struct Reader {
    /// Whether this is a queue id of the mail server, and nothing that a command could misread.
    is_id: fn(&[u8]) -> bool,
    listing: Listing,
    /// Postfix may list a message twice while it moves between queues.
    seen: BTreeSet<(String, i64)>,
    entries: usize,
    unreadable: usize,
}

impl Reader {
    pub fn new(is_id: fn(&[u8]) -> bool) -> Self {
        Self { is_id, listing: Listing::default(), seen: BTreeSet::new(), entries: 0, unreadable: 0 }
    }

    /// Takes an entry, or refuses it by its id.
    pub fn add(&mut self, entry: Entry) {
        self.entries += 1;
        if !(self.is_id)(entry.id.as_bytes()) {
            self.listing.refused += 1;
            if self.listing.refused <= NAMED {
                let why = format!("invalid queue ID \"{}\"", clean_line(&entry.id, 40));
                self.listing.incomplete.push(why);
            }
            return;
        }
        let known = entry.queue.len() <= 16 && entry.queue.bytes().all(|b| b.is_ascii_lowercase());
        let Some(arrival) = entry.arrival.filter(|_| known && !entry.queue.is_empty()) else {
            return self.unreadable();
        };
        if self.seen.insert((entry.id.clone(), arrival)) {
            self.listing.messages.push(QueuedMessage {
                id: entry.id,
                queue: entry.queue,
                arrival,
                size: entry.size,
                // How a listing writes the null sender.
                sender: if entry.sender == "MAILER-DAEMON" { String::new() } else { text(entry.sender.as_bytes()) },
                login: None,
                recipients: entry.recipients.iter().take(MAX_RECIPIENTS).map(|r| text(r.as_bytes())).collect(),
                reason: entry.reason.map(|r| text(r.as_bytes())),
            });
        }
    }

    /// Counts a line that is no entry and should be one.
    pub fn unreadable(&mut self) {
        self.unreadable += 1;
    }

    /// Entries that came, refused ones too.
    pub fn entries(&self) -> usize {
        self.entries
    }

    /// The listing, with why messages may be missing besides.
    pub fn finish(mut self, faults: impl IntoIterator<Item = String>) -> Listing {
        if self.unreadable > 0 {
            self.listing
                .incomplete
                .push(format!("mail queue: {} could not be read", counted(self.unreadable, "lines")));
        }
        self.listing.incomplete.extend(faults);
        // An id that is none is no message's that was ever named.
        self.listing.cut = self.listing.incomplete.len() > self.listing.refused.min(NAMED);
        self.listing
    }
}
