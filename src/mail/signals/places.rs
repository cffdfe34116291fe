//! C: from how many countries and owners of networks an account is used, and from which for the first time. Judged only
//! where the user gave a database that tells them.

use super::facts::Facts;
use super::report::Signal;
use crate::mail::geo::{AsnRow, CountryRow, Spread};
use crate::model::Level;
use crate::model::counted::counted;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Rows of evidence.
const SHOWN: usize = 10;

/// What was seen of one account, whichever log told more.
struct Seen<'a, T> {
    hour: usize,
    day: usize,
    /// Of the log that told of more.
    most: &'a Spread<T>,
}

/// By account, what senders and logins tell.
fn seen<'a, T>(told: impl Iterator<Item = (&'a String, &'a Option<Spread<T>>)>) -> BTreeMap<&'a str, Seen<'a, T>> {
    let mut accounts: BTreeMap<&str, Seen<'a, T>> = BTreeMap::new();
    for (account, spread) in told.filter_map(|(account, spread)| Some((account, spread.as_ref()?))) {
        let seen = accounts.entry(account).or_insert(Seen { hour: 0, day: 0, most: spread });
        (seen.hour, seen.day) = (seen.hour.max(spread.hour), seen.day.max(spread.day));
        if spread.total > seen.most.total {
            seen.most = spread;
        }
    }
    accounts
}

/// More than one person is in within an hour or a day.
struct Excess {
    code: &'static str,
    what: &'static str,
    limits: (usize, usize),
}

impl Excess {
    fn judge<T: Serialize>(&self, account: &str, seen: &Seen<'_, T>) -> Option<Signal> {
        let (hour_limit, day_limit) = self.limits;
        if seen.hour < hour_limit && seen.day < day_limit {
            return None;
        }
        let Seen { hour, day, most } = seen;
        let data = json!({
            "hour": hour,
            "hour_limit": hour_limit,
            "day": day,
            "day_limit": day_limit,
            "at": most.at,
            "from": most.rows.iter().take(SHOWN).collect::<Vec<_>>(),
            "total": most.total,
            "unknown": most.unknown,
        });
        let hour = counted(*hour, self.what);
        let message = format!("{account} was used from {hour} within an hour and {day} within a day");
        Some(Signal::new(self.code, Level::Warn, account, message, data))
    }
}

/// C: clients in more countries than one person is in.
pub fn countries(facts: &Facts<'_>) -> Vec<Signal> {
    let l = facts.limits;
    let excess = Excess { code: "COUNTRY_SPREAD", what: "countries", limits: (l.countries_hour, l.countries_day) };
    let logins = facts.logins.iter().flat_map(|logins| &logins.rows).map(|row| (&row.account, &row.countries));
    let told = facts.senders.rows.iter().map(|row| (&row.account, &row.countries)).chain(logins);
    seen::<CountryRow>(told).iter().filter_map(|(account, seen)| excess.judge(account, seen)).collect()
}

/// C: clients with more providers than one person has. A phone changes its network often, but not its provider.
pub fn asns(facts: &Facts<'_>) -> Vec<Signal> {
    let l = facts.limits;
    let excess = Excess { code: "ASN_SPREAD", what: "providers", limits: (l.asns_hour, l.asns_day) };
    let logins = facts.logins.iter().flat_map(|logins| &logins.rows).map(|row| (&row.account, &row.asns));
    let told = facts.senders.rows.iter().map(|row| (&row.account, &row.asns)).chain(logins);
    seen::<AsnRow>(told).iter().filter_map(|(account, seen)| excess.judge(account, seen)).collect()
}

/// C: mail from a country that the account never sent from, once three days are known of it. Logins without mail do
/// not count: what is usual is known of senders alone, and who reads mail through a provider abroad logs in from there.
pub fn new_country(facts: &Facts<'_>) -> Vec<Signal> {
    let found = facts.senders.rows.iter().filter_map(|row| {
        let now = row.countries.as_ref()?;
        let usual = facts.usual(&row.account).filter(|usual| usual.peak.is_some())?;
        let known: BTreeSet<String> = usual.nets.iter().filter_map(|net| facts.geo.place(net).country).collect();
        let new: Vec<&CountryRow> = now.rows.iter().filter(|row| !known.contains(&row.country)).collect();
        let messages: u64 = new.iter().map(|row| row.count).sum();
        (!known.is_empty() && messages >= facts.limits.new_country_min).then_some((row, known, new, messages))
    });
    found
        .map(|(row, known, new, messages)| {
            let names: Vec<&str> = new.iter().map(|row| row.country.as_str()).collect();
            let data = json!({
                "countries": names,
                "messages": messages,
                "limit": facts.limits.new_country_min,
                "by_country": new.iter().take(SHOWN).collect::<Vec<_>>(),
                "usual_countries": known,
                "all_messages": row.messages,
            });
            let message =
                format!("{} sent {messages} messages from countries new to it: {}", row.account, names.join(", "));
            Signal::new("COUNTRY_NEW", Level::Warn, &row.account, message, data)
        })
        .collect()
}

/// The same evidence with where its `ip` is, as far as the databases tell.
pub fn placed(facts: &Facts<'_>, mut data: Value) -> Value {
    let place = data.get("ip").and_then(Value::as_str).map(|ip| facts.geo.place(ip)).unwrap_or_default();
    if let (Some(data), Ok(Value::Object(place))) = (data.as_object_mut(), serde_json::to_value(place)) {
        data.extend(place.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>());
    }
    data
}
