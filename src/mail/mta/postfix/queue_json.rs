//! The listing of `postqueue -j`: one JSON object for each message. Members that are not known are ignored, as
//! Postfix's manual asks.

use crate::mail::mta::listing::{Entry, Reader};
use serde::Deserialize;

#[derive(Deserialize)]
struct Line {
    queue_name: String,
    queue_id: String,
    arrival_time: i64,
    #[serde(default)]
    message_size: u64,
    sender: String,
    #[serde(default)]
    recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
struct Recipient {
    address: String,
    #[serde(default)]
    delay_reason: Option<String>,
}

/// Reads one line into the listing.
pub fn line(reader: &mut Reader, bytes: &[u8]) {
    // An old Postfix may write bytes that are no UTF-8; the rest of the line is still good.
    let Ok(line) = serde_json::from_str::<Line>(&String::from_utf8_lossy(bytes)) else {
        return reader.unreadable();
    };
    reader.add(Entry {
        id: line.queue_id,
        queue: line.queue_name,
        arrival: Some(line.arrival_time),
        size: line.message_size,
        sender: line.sender,
        reason: line.recipients.iter().find_map(|r| r.delay_reason.clone()),
        recipients: line.recipients.into_iter().map(|r| r.address).collect(),
    });
}
