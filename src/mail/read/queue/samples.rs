//! Samples of what waits: a few headers of a few messages, never a body.

use crate::host::answer::{Answer, lines};
use crate::host::parse::ParseError;
use crate::host::parse::text;
use crate::host::time::rfc3339;
use crate::mail::mta::{Listing, Queue};
use crate::model::schema::record;
use crate::model::untrusted::clean_line;
use crate::shell::Part;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The headers that are shown, and nothing else of a message.
const HEADERS: [&str; 8] =
    ["From", "Subject", "Date", "Message-ID", "X-Mailer", "X-PHP-Originating-Script", "X-PHP-Script", "Received"];
/// Characters of a header's value.
const MAX_VALUE: usize = 200;

record! {
    /// A message in the queue.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    pub struct QueueSample {
        /// its queue id
        pub id: String,
        /// when it arrived; null when it came in while the queue was read
        pub at: Option<String> as Time,
        /// the login that handed it in; null when there was none or it is not known
        pub login: Option<String>,
        /// its envelope sender, which may be forged; null when it is not known
        pub sender: Option<String>,
        /// From, Subject, Date, Message-ID, X-Mailer, X-PHP-Originating-Script, X-PHP-Script and the first Received,
        /// those that it has, cut at 200 characters; all but Received are the sender's own words
        pub headers: BTreeMap<String, String>,
    }
}

/// What reads the newest `count` messages.
pub fn part(queue: &dyn Queue, count: usize) -> Part {
    let part = queue.headers("queue.samples", include_str!("samples.sh"));
    part.value("limit", count.to_string()).value("names", HEADERS.join(" "))
}

/// Reads the answer of `samples.sh`. What is missing is added to `incomplete`, once.
pub fn read(
    queue: &dyn Queue,
    answer: Option<&Answer>,
    listing: &Listing,
    count: usize,
    incomplete: &mut Vec<String>,
) -> Vec<QueueSample> {
    let mut samples = Vec::new();
    let mut lack = |why: String| {
        if !incomplete.contains(&why) {
            incomplete.push(why);
        }
    };
    let Some(answer) = answer else {
        lack("samples: no response".to_owned());
        return samples;
    };
    answer.fault.iter().for_each(|fault| lack(fault.clone()));
    let mut headers = BTreeMap::new();
    let mut ended = false;
    let read = |bytes: &[u8]| -> Result<(), ParseError> {
        for (_, line) in lines(bytes) {
            match line.splitn(3, |&b| b == b'\t').collect::<Vec<_>>().as_slice() {
                [b"header", name, value] => {
                    if let Some(name) = HEADERS.iter().find(|known| known.as_bytes() == *name) {
                        headers.insert((*name).to_owned(), clean_line(&String::from_utf8_lossy(value), MAX_VALUE));
                    }
                }
                [b"sample", id] => {
                    let headers = std::mem::take(&mut headers);
                    if queue.is_id(id) && samples.len() < count {
                        samples.push(QueueSample { id: text(id), headers, ..QueueSample::default() });
                    }
                }
                [b"refused", why] => lack(text(why)),
                [b"end"] => ended = true,
                _ => {}
            }
        }
        Ok(())
    };
    let _ = answer.bytes.parse(read);
    answer.cut_off(ended, "samples").into_iter().for_each(lack);
    for sample in &mut samples {
        let Some(message) = listing.messages.iter().find(|m| m.id == sample.id) else { continue };
        sample.at = rfc3339(message.arrival);
        sample.login.clone_from(&message.login);
        sample.sender = Some(message.sender.clone());
    }
    samples
}
