//! C, E and I: where an account's clients are, and how they came in.

use super::facts::Facts;
use super::places::placed;
use super::report::Signal;
use crate::host::nets;
use crate::model::Level;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Domains whose mailboxes anybody can have: where a thief sends the first message to see whether it arrives.
const FREE_MAIL: &[&str] = &[
    "gmail.com",
    "googlemail.com",
    "yahoo.com",
    "yahoo.co.jp",
    "ymail.com",
    "outlook.com",
    "outlook.jp",
    "hotmail.com",
    "hotmail.co.jp",
    "live.com",
    "live.jp",
    "msn.com",
    "icloud.com",
    "me.com",
    "aol.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "mail.ru",
    "bk.ru",
    "inbox.ru",
    "list.ru",
    "yandex.com",
    "yandex.ru",
    "rambler.ru",
    "qq.com",
    "163.com",
    "126.com",
    "sina.com",
    "naver.com",
    "daum.net",
    "hanmail.net",
    "proton.me",
    "protonmail.com",
    "tutanota.com",
    "mail.com",
    "zoho.com",
    "excite.co.jp",
    "nifty.com",
    "aol.jp",
];

/// C: more networks than one person is in, or hardly any that the account ever used.
pub fn spread(facts: &Facts<'_>) -> Vec<Signal> {
    #[derive(Default)]
    struct Seen<'a> {
        hour: usize,
        day: usize,
        ips: BTreeSet<&'a str>,
        count: usize,
    }
    let mut accounts: BTreeMap<&str, Seen> = BTreeMap::new();
    for row in &facts.senders.rows {
        let seen = accounts.entry(&row.account).or_default();
        (seen.hour, seen.day, seen.count) = (row.nets_hour, row.nets_day, row.client_ip_count);
        seen.ips.extend(row.client_ips.iter().map(String::as_str));
    }
    // Logins of other services too, where they were read.
    for row in facts.logins.iter().flat_map(|logins| &logins.rows) {
        let seen = accounts.entry(&row.account).or_default();
        seen.hour = seen.hour.max(row.nets_hour);
        seen.day = seen.day.max(row.nets_day);
        seen.count = seen.count.max(row.client_ip_count);
        seen.ips.extend(row.client_ips.iter().map(|row| row.ip.as_str()));
    }
    let l = facts.limits;
    let judged = accounts.into_iter().filter_map(|(account, seen)| {
        let nets: BTreeSet<String> = seen.ips.iter().filter_map(|ip| nets::net(ip)).map(|n| n.to_string()).collect();
        let usual = facts.usual(account).map(|usual| &usual.nets).filter(|nets| !nets.is_empty());
        let new = usual.map(|usual| nets.difference(usual).count());
        let share = new.map(|new| new as f64 / nets.len().max(1) as f64);
        let strange = nets.len() >= l.nets_hour && share.is_some_and(|share| share > l.new_nets);
        if seen.hour < l.nets_hour && seen.day < l.nets_day && !strange {
            return None;
        }
        let data = json!({
            "nets_hour": seen.hour,
            "nets_hour_limit": l.nets_hour,
            "nets_day": seen.day,
            "nets_day_limit": l.nets_day,
            "new_nets": new,
            "new_share": share,
            "client_ip_count": seen.count,
            "client_ips": seen.ips.iter().take(20).collect::<Vec<_>>(),
        });
        let message =
            format!("{account} was used from {} networks within an hour and {} within a day", seen.hour, seen.day);
        Some(Signal::new("CLIENT_SPREAD", Level::Warn, account, message, data))
    });
    judged.collect()
}

/// E: many failures, and then somebody gets in from an address that was never seen.
pub fn guessed(facts: &Facts<'_>) -> Vec<Signal> {
    let rows = facts.logins.iter().flat_map(|logins| &logins.rows);
    let found =
        rows.filter_map(|row| Some((row, row.guessed.as_ref().filter(|g| g.failures >= facts.limits.guesses)?)));
    found
        .map(|(row, guessed)| {
            let data = json!({
                "failures": guessed.failures,
                "limit": facts.limits.guesses,
                "ip": guessed.ip,
                "at": guessed.at,
                "ok": row.ok,
            });
            let message =
                format!("{} had a login from {} after {} failures", row.account, guessed.ip, guessed.failures);
            Signal::new("LOGIN_GUESSED", Level::High, &row.account, message, placed(facts, data))
        })
        .collect()
}

/// E: an address that failed for several other accounts gets into this one.
pub fn shared(facts: &Facts<'_>) -> Vec<Signal> {
    let rows = facts.logins.iter().flat_map(|logins| &logins.rows);
    let found = rows
        .filter_map(|row| Some((row, row.shared_ip.as_ref().filter(|s| s.accounts >= facts.limits.shared_accounts)?)));
    found
        .map(|(row, shared)| {
            let data = json!({
                "ip": shared.ip,
                "accounts": shared.accounts,
                "limit": facts.limits.shared_accounts,
                "at": shared.at,
            });
            let message = format!(
                "{} had a login from {}, which failed for {} other accounts",
                row.account, shared.ip, shared.accounts
            );
            Signal::new("LOGIN_SHARED_IP", Level::High, &row.account, message, placed(facts, data))
        })
        .collect()
}

/// I: the first and only message from a new address is a small one to a free mailbox.
pub fn test_message(facts: &Facts<'_>) -> Vec<Signal> {
    let found = facts.senders.rows.iter().filter_map(|row| {
        let usual = facts.usual(&row.account).map(|usual| &usual.nets).filter(|nets| !nets.is_empty());
        let is_new = |ip: &str, known: bool| match (usual, nets::net(ip)) {
            (Some(nets), Some(net)) => !nets.contains(&net.to_string()),
            (_, Some(_)) => known,
            (_, None) => false,
        };
        let free = |recipient: &str| {
            recipient.rsplit_once('@').is_some_and(|(_, domain)| FREE_MAIL.contains(&domain.to_lowercase().as_str()))
        };
        let tests = row.singles.iter();
        let tests = tests.filter(|s| s.size <= facts.limits.test_size && is_new(&s.ip, s.known) && free(&s.recipient));
        let tests: Vec<_> = tests.collect();
        Some((row, *tests.first()?, tests.len()))
    });
    found
        .map(|(row, first, count)| {
            let data = json!({
                "messages": count,
                "at": first.at,
                "ip": first.ip,
                "recipient": first.recipient,
                "size": first.size,
                "limit": facts.limits.test_size,
            });
            let message = format!("{} sent one small message from {} to {}", row.account, first.ip, first.recipient);
            Signal::new("TEST_MESSAGE", Level::Info, &row.account, message, placed(facts, data))
        })
        .collect()
}
