//! F and H: under which names mail goes out, and whether they exist.

use super::facts::Facts;
use super::report::Signal;
use crate::mail::read::senders::{Sender, SenderKind, SentRow, is_own};
use crate::model::Level;
use serde_json::json;
use std::collections::BTreeSet;

/// Uids of people begin here on almost every system; below are services.
const UID_MIN: u32 = 1_000;
/// Uids of web servers: Debian's www-data, Red Hat's apache and nginx, SUSE's wwwrun.
const WEB_UIDS: &[u32] = &[33, 48, 80, 30];

fn lower(list: &[String]) -> BTreeSet<String> {
    list.iter().map(|text| text.to_lowercase()).collect()
}

fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// F: a login that sends under names that are not its own: of other domains, or many of the host's own.
pub fn forged(facts: &Facts<'_>) -> Vec<Signal> {
    let Some(names) = facts.names else { return Vec::new() };
    let addresses = lower(&names.addresses);
    let domains: BTreeSet<&str> = addresses.iter().map(|a| domain(a)).filter(|d| !d.is_empty()).collect();
    let logins = facts.senders.rows.iter().filter(|row| row.kind == SenderKind::Login && row.forged > 0);
    let found = logins.filter_map(|row| {
        let foreign: Vec<&SentRow> = row
            .senders
            .iter()
            .filter(|s| {
                !s.sender.is_empty()
                    && !is_own(&row.account, &s.sender)
                    && !addresses.contains(&s.sender.to_lowercase())
            })
            .collect();
        let outside = foreign.iter().any(|s| !domains.contains(domain(&s.sender.to_lowercase())));
        (outside || foreign.len() >= facts.limits.forged_senders).then_some((row, foreign))
    });
    found
        .map(|(row, foreign)| {
            let data = json!({
                "forged": row.forged,
                "messages": row.messages,
                "sender_count": row.sender_count,
                "senders": foreign.iter().take(10).collect::<Vec<_>>(),
                "limit": facts.limits.forged_senders,
                "client_ips": row.client_ips,
            });
            let message = format!(
                "{} sent {} of {} messages with a forged sender address",
                row.account, row.forged, row.messages
            );
            Signal::new("SENDER_FORGED", Level::High, &row.account, message, data).with_samples(&row.samples)
        })
        .collect()
}

/// H: a program that sends much, or under the sender of nobody. What root sends are the system's own reports: there
/// only the volume counts.
pub fn scripts(facts: &Facts<'_>) -> Vec<Signal> {
    let scripts = facts.senders.rows.iter().filter(|row| row.kind == SenderKind::Script);
    let found = scripts.filter_map(|row| {
        let person = uid(row).is_none_or(|uid| uid >= UID_MIN || WEB_UIDS.contains(&uid));
        let much = person && row.peak_per_hour >= facts.limits.script_per_hour;
        let nobody = row.senders.iter().find(|s| s.sender.is_empty()).map_or(0, |s| s.messages);
        let nobody = if uid(row) == Some(0) || row.messages < facts.limits.script_min { 0 } else { nobody };
        (much || nobody > 0).then_some((row, nobody))
    });
    found
        .map(|(row, nobody)| {
            let data = json!({
                "user": row.user,
                "peak_per_hour": row.peak_per_hour,
                "limit": facts.limits.script_per_hour,
                "messages": row.messages,
                "recipients": row.recipients,
                "null_sender": nobody,
                "scripts": row.scripts,
                "senders": row.senders.iter().take(10).collect::<Vec<_>>(),
            });
            let message = format!(
                "a program of {} sent {} messages within an hour",
                row.user.as_deref().unwrap_or(&row.account),
                row.peak_per_hour
            );
            Signal::new("SCRIPT_HOT", Level::Warn, &row.account, message, data).with_samples(&row.samples)
        })
        .collect()
}

fn uid(row: &Sender) -> Option<u32> {
    row.account.strip_prefix("uid:")?.parse().ok()
}

/// H: somebody is inside: a login that no account has, or a program that sends mail out under a name that is no
/// account. Cron and the system's own reports come from root, which only its volume accuses.
pub fn unknown(facts: &Facts<'_>) -> Vec<Signal> {
    let Some(names) = facts.names else { return Vec::new() };
    let (addresses, logins) = (lower(&names.addresses), lower(&names.logins));
    let strange = |row: &&Sender| match row.kind {
        SenderKind::Login => !logins.contains(&row.account),
        SenderKind::Script => {
            uid(row) != Some(0)
                && row.messages >= facts.limits.script_min
                && row.sent + row.deferred + row.bounced > 0
                && row.senders.iter().any(|s| !addresses.contains(&s.sender.to_lowercase()))
        }
    };
    let found = facts.senders.rows.iter().filter(strange);
    found
        .map(|row| {
            let data = json!({
                "kind": row.kind,
                "user": row.user,
                "messages": row.messages,
                "recipients": row.recipients,
                "peak_per_hour": row.peak_per_hour,
                "senders": row.senders.iter().take(10).collect::<Vec<_>>(),
                "scripts": row.scripts,
                "client_ips": row.client_ips,
                "first": row.first,
                "last": row.last,
                "accounts": names.total,
            });
            let message = format!("{} sent {} messages but is not an account on this host", row.account, row.messages);
            Signal::new("SENDER_UNKNOWN", Level::Critical, &row.account, message, data).with_samples(&row.samples)
        })
        .collect()
}
