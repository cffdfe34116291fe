//! What a day is remembered by: each sender's busiest hour, of a report that was told already.

use super::report::{Sender, SendersReport};
use crate::host::nets;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// One account's busiest hour, and where it came from.
#[derive(Debug, PartialEq, Eq)]
pub struct Busiest {
    /// The login, or the local user.
    pub account: String,
    /// Messages within 60 minutes, at most.
    pub messages: usize,
    /// Recipients within 60 minutes, at most.
    pub recipients: u64,
    /// The networks of its clients.
    pub nets: BTreeSet<String>,
}

/// The busiest hours of a [`SendersReport`] as its verb gave it; none when it is no such report.
pub fn busiest_hours(data: &Value) -> Option<Vec<Busiest>> {
    let report = SendersReport::deserialize(data).ok()?;
    let one = |row: Sender| Busiest {
        nets: row.client_ips.iter().filter_map(|ip| nets::net(ip)).map(|net| net.to_string()).collect(),
        account: row.account,
        messages: row.peak_per_hour,
        recipients: row.peak_recipients_per_hour,
    };
    Some(report.rows.into_iter().map(one).collect())
}
