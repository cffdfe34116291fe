//! Calls and queued messages into rows.

use super::headers::Queued;
use super::php_log::PhpLog;
use super::report::{ScriptRow, Source, WebReport, WebUser};
use super::users::{Users, domain_of};
use crate::host::time::rfc3339;
use crate::mail::log::Window;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Scripts that are told.
const MAX_ROWS: usize = 500;
/// Users that are told.
const MAX_USERS: usize = 5_000;
/// Lines and addresses of one script that are told.
const TOP: usize = 20;
const HOUR: i64 = 3_600;

/// Adds up what was sent in the window.
pub fn report(php: PhpLog, queued: Queued, users: Users, window: &Window) -> WebReport {
    let mut sums: BTreeMap<(Source, String, Option<u32>), Sum> = BTreeMap::new();
    // An hour that began before the window counts when it ended in it.
    for calls in php.calls.iter().filter(|calls| calls.last >= window.from) {
        let uid = users.owner(&calls.script);
        let sum = sums.entry((Source::PhpLog, calls.script.clone(), uid)).or_default();
        sum.add(calls.first.max(window.from), calls.count);
        sum.add(calls.last, 0);
        sum.lines.insert(calls.line);
        sum.domain = domain_of(&calls.script);
    }
    for message in queued.messages.into_iter().filter(|m| m.at.is_none_or(|at| at >= window.from)) {
        let uid = users.uid(&message.user);
        let (source, script) = match message.script {
            Some(script) => (Source::Header, script),
            None => (Source::Uid, uid.map_or_else(|| format!("user:{}", message.user), |uid| format!("uid:{uid}"))),
        };
        let sum = sums.entry((source, script, uid)).or_default();
        match message.at {
            Some(at) => sum.add(at, 1),
            None => sum.messages += 1,
        }
        sum.domain = sum.domain.take().or(message.domain);
        message.remote.into_iter().for_each(|ip| *sum.remote.entry(ip).or_default() += 1);
    }

    let mut incomplete = php.incomplete;
    for why in queued.incomplete.into_iter().chain(users.incomplete.iter().cloned()) {
        if !incomplete.contains(&why) {
            incomplete.push(why);
        }
    }
    let mut rows: Vec<ScriptRow> = sums.into_iter().map(|(key, sum)| row(key, sum, &users)).collect();
    rows.sort_by_key(|row| Reverse(row.messages));
    if rows.len() > MAX_ROWS {
        incomplete.push(format!("scripts: the {MAX_ROWS} with the most messages of {} are listed", rows.len()));
        rows.truncate(MAX_ROWS);
    }
    let named: BTreeSet<u32> = rows.iter().filter_map(|row| row.uid).collect();
    let shown = users.by_uid.into_iter().filter(|(uid, user)| user.domain.is_some() || named.contains(uid));
    let mut shown: Vec<WebUser> =
        shown.map(|(uid, user)| WebUser { uid, user: user.name, home: user.home, domain: user.domain }).collect();
    if shown.len() > MAX_USERS {
        incomplete.push(format!("users: {MAX_USERS} of {} are listed", shown.len()));
        shown.truncate(MAX_USERS);
    }
    WebReport {
        window_from: rfc3339(window.from),
        window_to: rfc3339(window.now),
        complete: incomplete.is_empty(),
        incomplete,
        php_logs: php.logs,
        queue_read: queued.read,
        rows,
        users: shown,
    }
}

#[derive(Default)]
struct Sum {
    messages: u64,
    first: Option<i64>,
    last: Option<i64>,
    hours: BTreeMap<i64, u64>,
    lines: BTreeSet<u32>,
    domain: Option<String>,
    remote: BTreeMap<IpAddr, usize>,
}

impl Sum {
    fn add(&mut self, at: i64, messages: u64) {
        self.messages = self.messages.saturating_add(messages);
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = self.last.max(Some(at));
        let hour = self.hours.entry(at.div_euclid(HOUR)).or_default();
        *hour = hour.saturating_add(messages);
    }
}

fn row((source, script, uid): (Source, String, Option<u32>), sum: Sum, users: &Users) -> ScriptRow {
    let user = uid.and_then(|uid| users.by_uid.get(&uid));
    let mut remote: Vec<(IpAddr, usize)> = sum.remote.into_iter().collect();
    remote.sort_by_key(|&(_, times)| Reverse(times));
    ScriptRow {
        script,
        source,
        lines: sum.lines.into_iter().take(TOP).collect(),
        messages: sum.messages,
        peak_per_hour: sum.hours.into_values().max().unwrap_or_default(),
        uid,
        user: user.map(|user| user.name.clone()),
        domain: sum.domain.or_else(|| user.and_then(|user| user.domain.clone())),
        first: sum.first.and_then(rfc3339),
        last: sum.last.and_then(rfc3339),
        remote_ip_count: remote.len(),
        remote_ips: remote.into_iter().take(TOP).map(|(ip, _)| ip.to_string()).collect(),
    }
}
