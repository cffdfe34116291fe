//! What a queue's messages add up to.

use super::samples::QueueSample;
use crate::host::time::rfc3339;
use crate::mail::mta::Listing;
use crate::mail::read::fields::{COMPLETE, INCOMPLETE};
use crate::model::mail::QueuedMessage;
use crate::model::schema::{Field, record};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

record! {
    /// The queue of one host.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct QueueReport {
        /// messages in the queue
        pub total: usize,
        /// messages by queue: active, incoming, deferred, hold, ..
        pub by_queue: BTreeMap<String, usize>,
        /// their size
        pub bytes: u64,
        /// recipients that have not been served
        pub recipients: usize,
        /// when the oldest arrived; null when the queue is empty
        pub oldest: Option<String> as Time,
        /// its age in seconds by the host's clock; null when the queue is empty
        pub oldest_age: Option<i64> as Duration,
        /// authenticated logins by messages
        pub top_logins: Vec<LoginRow>,
        /// envelope senders by messages; they may be forged
        pub top_senders: Vec<SenderRow>,
        /// domains of envelope senders by messages; they may be forged
        #[serde(default)]
        pub top_sender_domains: Vec<SenderDomainRow>,
        /// recipients' domains by messages
        pub top_recipient_domains: Vec<DomainRow>,
        /// messages by age: under 1h, 1h to 1d, 1d to 3d, over 3d
        #[serde(default)]
        pub by_age: BTreeMap<String, usize>,
        /// why messages wait, by messages
        pub reasons: Vec<ReasonRow>,
        /// messages that no login submitted: incoming, local programs, bounces
        pub no_login: usize,
        /// messages whose queue file was not read, so that their login is unknown
        pub login_unread: usize,
        /// entries whose queue id is not one
        pub refused: usize,
        /// the newest messages, for a person to look at
        #[serde(default)]
        pub samples: Vec<QueueSample>,
        pub complete: bool = COMPLETE,
        pub incomplete: Vec<String> = INCOMPLETE,
    }
}

record! {
    /// What one authenticated login has in the queue.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct LoginRow {
        /// the authenticated login
        pub login: String,
        /// its messages in the queue
        pub messages: usize,
        /// their recipients
        pub recipients: usize,
        /// different envelope senders among them
        pub senders: usize,
        /// different client addresses among them
        pub clients: usize,
        /// age of the oldest, in seconds
        pub oldest_age: i64 as Duration,
    }
}

record! {
    /// What stands under one envelope sender.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct SenderRow {
        /// the envelope sender; empty for <>
        pub sender: String,
        /// messages under it
        pub messages: usize,
        /// their recipients
        pub recipients: usize,
    }
}

record! {
    /// What says that it comes from one domain.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct SenderDomainRow {
        /// the domain of envelope senders; empty for <>
        pub domain: String,
        /// messages under it
        pub messages: usize,
    }
}

record! {
    /// What goes to one domain.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct DomainRow {
        /// the recipient's domain
        pub domain: String,
        /// messages with a recipient there
        pub messages: usize,
    }
}

record! {
    /// What waits for one reason.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct ReasonRow {
        /// why they wait, in the mail server's words
        pub reason: String,
        /// messages
        pub count: usize,
    }
}

/// The declared output.
pub const QUEUE_OUTPUT: &[Field] = QueueReport::FIELDS;

/// Ages in seconds below which a message has that name.
const AGES: [(i64, &str); 4] =
    [(3_600, "under 1h"), (86_400, "1h to 1d"), (3 * 86_400, "1d to 3d"), (i64::MAX, "over 3d")];

fn bucket(age: i64) -> &'static str {
    AGES.iter().find(|(below, _)| age < *below).map_or("over 3d", |(_, name)| name)
}

#[derive(Default)]
struct Sum<'a> {
    messages: usize,
    recipients: usize,
    senders: BTreeSet<&'a str>,
    clients: BTreeSet<&'a str>,
    oldest: i64,
}

/// Adds up a listing. `now` is the host's; `top` bounds each list.
pub fn report(listing: &Listing, now: i64, top: usize) -> QueueReport {
    let mut by_queue = BTreeMap::new();
    let mut logins: BTreeMap<&str, Sum> = BTreeMap::new();
    let mut senders: BTreeMap<&str, Sum> = BTreeMap::new();
    let mut sender_domains: BTreeMap<String, usize> = BTreeMap::new();
    let mut domains: BTreeMap<String, usize> = BTreeMap::new();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let age = |at: i64| now.saturating_sub(at).max(0);
    let mut by_age: BTreeMap<String, usize> = AGES.iter().map(|(_, name)| ((*name).to_owned(), 0)).collect();
    let mut no_login = 0;
    for message in &listing.messages {
        *by_queue.entry(message.queue.clone()).or_default() += 1;
        *sender_domains.entry(domain(&message.sender)).or_default() += 1;
        *by_age.entry(bucket(age(message.arrival)).to_owned()).or_default() += 1;
        add(senders.entry(&message.sender).or_default(), message, None);
        match &message.login {
            Some(login) => add(logins.entry(login).or_default(), message, listing.clients.get(&message.id)),
            None => no_login += usize::from(listing.login_read.contains(&message.id)),
        }
        for domain in message.recipients.iter().map(|r| domain(r)).collect::<BTreeSet<_>>() {
            *domains.entry(domain).or_default() += 1;
        }
        if let Some(reason) = &message.reason {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    let oldest = listing.messages.iter().map(|m| m.arrival).min();
    QueueReport {
        total: listing.messages.len(),
        by_queue,
        bytes: listing.messages.iter().fold(0, |sum, m| sum.saturating_add(m.size)),
        recipients: listing.messages.iter().map(|m| m.recipients.len()).sum(),
        oldest: oldest.and_then(rfc3339),
        oldest_age: oldest.map(age),
        top_logins: most(
            logins,
            top,
            |s| s.messages,
            |login, s| LoginRow {
                login: login.to_owned(),
                messages: s.messages,
                recipients: s.recipients,
                senders: s.senders.len(),
                clients: s.clients.len(),
                oldest_age: age(s.oldest),
            },
        ),
        top_senders: most(
            senders,
            top,
            |s| s.messages,
            |sender, s| SenderRow { sender: sender.to_owned(), messages: s.messages, recipients: s.recipients },
        ),
        top_sender_domains: most(sender_domains, top, |&n| n, |domain, messages| SenderDomainRow { domain, messages }),
        top_recipient_domains: most(domains, top, |&n| n, |domain, messages| DomainRow { domain, messages }),
        by_age,
        reasons: most(reasons, top, |&n| n, |reason, count| ReasonRow { reason: reason.to_owned(), count }),
        no_login,
        login_unread: listing.messages.iter().filter(|m| !listing.login_read.contains(&m.id)).count(),
        refused: listing.refused,
        samples: Vec::new(),
        complete: listing.incomplete.is_empty(),
        incomplete: listing.incomplete.clone(),
    }
}

fn add<'a>(sum: &mut Sum<'a>, message: &'a QueuedMessage, client: Option<&'a String>) {
    sum.oldest = if sum.messages == 0 { message.arrival } else { sum.oldest.min(message.arrival) };
    sum.messages += 1;
    sum.recipients += message.recipients.len();
    sum.senders.insert(&message.sender);
    sum.clients.extend(client.map(String::as_str));
}

/// The rows with the largest numbers; equals in the order of their names.
fn most<K: Ord, V, R>(
    rows: BTreeMap<K, V>,
    top: usize,
    number: impl Fn(&V) -> usize,
    row: impl Fn(K, V) -> R,
) -> Vec<R> {
    let mut rows: Vec<(K, V)> = rows.into_iter().collect();
    rows.sort_by_key(|(_, value)| std::cmp::Reverse(number(value)));
    rows.into_iter().take(top).map(|(key, value)| row(key, value)).collect()
}

fn domain(address: &str) -> String {
    address.rsplit_once('@').map_or_else(String::new, |(_, domain)| domain.to_lowercase())
}
