//! J: several accounts of one domain at once, which one weak password does not explain.

use super::facts::Facts;
use super::report::Signal;
use super::volume;
use crate::mail::read::senders::SenderKind;
use crate::model::Level;
use serde_json::json;
use std::collections::BTreeMap;

/// Accounts of one domain that send unusually much in the same window: a list of passwords leaked, or the panel is
/// broken into.
pub fn rise(facts: &Facts<'_>) -> Vec<Signal> {
    let mut domains: BTreeMap<&str, Vec<(&str, usize)>> = BTreeMap::new();
    for row in facts.senders.rows.iter().filter(|row| row.kind == SenderKind::Login) {
        if let Some((_, domain)) = row.account.rsplit_once('@')
            && volume::heat(facts, row).is_some()
        {
            domains.entry(domain).or_default().push((&row.account, row.messages));
        }
    }
    let together = domains.into_iter().filter(|(_, accounts)| accounts.len() >= facts.limits.together_min);
    together
        .map(|(domain, accounts)| {
            let names: Vec<&str> = accounts.iter().map(|(account, _)| *account).collect();
            let messages: usize = accounts.iter().map(|(_, messages)| messages).sum();
            let data = json!({
                "accounts": accounts.len(),
                "names": names.iter().take(20).collect::<Vec<_>>(),
                "messages": messages,
                "limit": facts.limits.together_min,
            });
            let message = format!("{} accounts of {domain} send an unusual volume at the same time", accounts.len());
            Signal::new("DOMAIN_RISE", Level::High, domain, message, data)
        })
        .collect()
}
