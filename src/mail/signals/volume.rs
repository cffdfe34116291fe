//! A, B and D: how much an account sends, to how many, and how much of it is refused.

use super::facts::Facts;
use super::report::Signal;
use crate::mail::read::senders::Sender;
use crate::model::Level;
use serde_json::json;

/// A: more messages or recipients within an hour than a person sends, or many times what is usual for it.
pub fn hot(facts: &Facts<'_>) -> Vec<Signal> {
    facts.senders.rows.iter().filter_map(|row| heat(facts, row)).collect()
}

/// The level at which a sender's volume stands, if at any.
pub fn heat(facts: &Facts<'_>, row: &Sender) -> Option<Signal> {
    let l = facts.limits;
    let (messages, recipients) = (row.peak_per_hour, row.peak_recipients_per_hour);
    let usual = facts.usual(&row.account).and_then(|u| u.peak);
    let above_usual = usual.is_some_and(|usual| {
        messages >= l.baseline_min && messages as u64 >= usual.max(1).saturating_mul(l.baseline_times)
    });
    let level = match () {
        () if messages >= l.per_hour_max || recipients >= l.rcpt_per_hour_max => Level::High,
        () if messages >= l.per_hour_warn || recipients >= l.rcpt_per_hour_warn || above_usual => Level::Warn,
        () => return None,
    };
    let data = json!({
        "peak_per_hour": messages,
        "peak_recipients_per_hour": recipients,
        "peak_at": row.peak_at,
        "usual_per_hour": usual,
        "limit": if level == Level::High { l.per_hour_max } else { l.per_hour_warn },
        "recipients_limit": if level == Level::High { l.rcpt_per_hour_max } else { l.rcpt_per_hour_warn },
        "messages": row.messages,
        "recipients": row.recipients,
        "bounced": row.bounced,
        "client_ips": row.client_ips,
        "client_ip_count": row.client_ip_count,
        "user": row.user,
    });
    let message = format!("{} sent {messages} messages to {recipients} recipients within an hour", row.account);
    Some(Signal::new("SENDER_HOT", level, &row.account, message, data).with_samples(&row.samples))
}

/// B: messages to many recipients each. A person's mail has few.
pub fn recipients(facts: &Facts<'_>) -> Vec<Signal> {
    let l = facts.limits;
    let many = facts.senders.rows.iter().filter(|r| r.rcpt_median >= l.rcpt_median || r.rcpt_max >= l.rcpt_max);
    many.map(|row| {
        let data = json!({
            "rcpt_median": row.rcpt_median,
            "rcpt_max": row.rcpt_max,
            "median_limit": l.rcpt_median,
            "max_limit": l.rcpt_max,
            "messages": row.messages,
            "recipients": row.recipients,
        });
        let message =
            format!("{} sends to {} recipients per message, at most {}", row.account, row.rcpt_median, row.rcpt_max);
        Signal::new("RCPT_MANY", Level::Warn, &row.account, message, data).with_samples(&row.samples)
    })
    .collect()
}

/// D: a large share of recipients that are refused for good.
pub fn bounces(facts: &Facts<'_>) -> Vec<Signal> {
    let l = facts.limits;
    let bad = facts.senders.rows.iter().filter_map(|row| {
        let ended = row.bounced.saturating_add(row.sent).saturating_add(row.delivered);
        let rate = row.bounced as f64 / ended.max(1) as f64;
        (row.bounced >= l.bounce_min && rate >= l.bounce_rate).then_some((row, rate))
    });
    bad.map(|(row, rate)| {
        let data = json!({
            "bounced": row.bounced,
            "sent": row.sent,
            "recipients": row.recipients,
            "bounce_rate": rate,
            "unknown_rcpt": row.unknown_rcpt,
            "limit": l.bounce_rate,
        });
        let message =
            format!("{} of {} recipients of {} were permanently rejected", row.bounced, row.recipients, row.account);
        Signal::new("BOUNCE_RATE", Level::High, &row.account, message, data)
    })
    .collect()
}

/// D: other servers say that it is spam.
pub fn blocked(facts: &Facts<'_>) -> Vec<Signal> {
    let refused = facts.senders.rows.iter().filter_map(|row| {
        let messages: usize = row.blocked.iter().map(|b| b.messages).sum();
        (messages >= facts.limits.blocked_min).then_some((row, messages))
    });
    refused
        .map(|(row, messages)| {
            let data = json!({
                "blocked": messages,
                "limit": facts.limits.blocked_min,
                "servers": row.blocked.len(),
                "by_server": row.blocked.iter().take(10).collect::<Vec<_>>(),
            });
            let message = format!("{messages} messages of {} were rejected as spam or by policy", row.account);
            Signal::new("MAIL_BLOCKED", Level::Warn, &row.account, message, data)
        })
        .collect()
}
