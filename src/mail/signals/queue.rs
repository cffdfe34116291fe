//! G: whose mail fills the queue.

use super::facts::Facts;
use super::report::Signal;
use crate::model::Level;
use serde_json::json;

/// One login has a large share of a large queue; where logins are not told, one envelope sender.
pub fn share(facts: &Facts<'_>) -> Vec<Signal> {
    let Some(queue) = facts.queue else { return Vec::new() };
    let l = facts.limits;
    let large = |messages: usize| messages >= l.queue_min && messages as f64 >= l.queue_share * queue.total as f64;
    let mut signals = Vec::new();
    for row in queue.top_logins.iter().filter(|row| large(row.messages)) {
        let data = json!({
            "messages": row.messages,
            "recipients": row.recipients,
            "senders": row.senders,
            "clients": row.clients,
            "total": queue.total,
            "limit": l.queue_min,
        });
        let message = format!("{} has {} of the {} queued messages", row.login, row.messages, queue.total);
        signals.push(Signal::new("QUEUE_LOGIN", Level::High, &row.login.to_lowercase(), message, data));
    }
    // A sender's share is the login's own when that was told already.
    if !signals.is_empty() {
        return signals;
    }
    for row in queue.top_senders.iter().filter(|row| !row.sender.is_empty() && large(row.messages)) {
        let data = json!({
            "messages": row.messages,
            "recipients": row.recipients,
            "total": queue.total,
            "limit": l.queue_min,
            "by": "envelope sender",
        });
        let message =
            format!("mail from sender {} is {} of the {} queued messages", row.sender, row.messages, queue.total);
        signals.push(Signal::new("QUEUE_LOGIN", Level::Warn, &row.sender.to_lowercase(), message, data));
    }
    signals
}

/// Notices of failed mail fill the queue: this host's spam comes back, or somebody forges its domains.
pub fn backscatter(facts: &Facts<'_>) -> Vec<Signal> {
    let Some(queue) = facts.queue else { return Vec::new() };
    let l = facts.limits;
    let null = queue.top_senders.iter().find(|row| row.sender.is_empty()).map_or(0, |row| row.messages);
    if null < l.queue_min || (null as f64) < l.queue_share * queue.total as f64 {
        return Vec::new();
    }
    let data = json!({ "messages": null, "total": queue.total, "limit": l.queue_min, "reasons": queue.reasons });
    let message = format!("{null} of the {} queued messages are bounces", queue.total);
    vec![Signal::new("QUEUE_BACKSCATTER", Level::Warn, "", message, data)]
}
