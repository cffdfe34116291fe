//! How many countries and networks an account's clients come from.

use super::{Geo, Place};
use crate::host::nets;
use crate::host::time::rfc3339;
use crate::model::schema::{Field, Type};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

/// Rows of each list.
const TOP: usize = 20;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// A client's address and how often it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IpRow {
    /// The address, as the log has it.
    pub ip: String,
    /// How often it came.
    pub count: u64,
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
}

/// From where an account's clients came: countries, or networks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread<T> {
    /// The most within any 60 minutes.
    pub hour: usize,
    /// When those begin.
    pub at: Option<String>,
    /// The most within any 24 hours.
    pub day: usize,
    /// All of them.
    pub total: usize,
    /// Addresses of which the database does not tell.
    pub unknown: usize,
    /// The most frequent first, at most 20.
    pub rows: Vec<T>,
}

/// A country and how often clients came from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CountryRow {
    /// Two letters, ISO 3166.
    pub country: String,
    /// How often clients came from there.
    pub count: u64,
}

/// A network's owner and how often clients came from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AsnRow {
    /// The number of the network's owner (autonomous system).
    pub asn: u32,
    /// The owner's name, sanitised; none where the database has none.
    pub as_org: Option<String>,
    /// How often clients came from there.
    pub count: u64,
}

/// The addresses with how often each came, most frequent first, and where they are.
pub fn located<'a>(ips: impl IntoIterator<Item = (&'a str, u64)>, geo: &Geo) -> Vec<IpRow> {
    let mut ips: Vec<(&str, u64)> = ips.into_iter().collect();
    ips.sort_by_key(|&(_, count)| Reverse(count));
    ips.truncate(TOP);
    ips.into_iter().map(|(ip, count)| IpRow { ip: ip.to_owned(), count, place: geo.place(ip) }).collect()
}

/// The countries and the networks of what was seen (when, from which address, how often), which is in the order of
/// time; none where no database tells them.
pub fn spreads(geo: &Geo, seen: &[(i64, &str, u64)]) -> (Option<Spread<CountryRow>>, Option<Spread<AsnRow>>) {
    if geo.is_empty() {
        return (None, None);
    }
    let ips: BTreeSet<&str> = seen.iter().map(|&(_, ip, _)| ip).collect();
    let places: BTreeMap<&str, Place> = ips.into_iter().map(|ip| (ip, geo.place(ip))).collect();
    let countries = geo.tells_countries().then(|| {
        let of = |place: &Place| place.country.clone();
        spread(seen, &places, of, |country, count| CountryRow { country, count })
    });
    let asns = geo.tells_networks().then(|| {
        let of = |place: &Place| place.asn;
        let name = |asn| places.values().find(|place| place.asn == Some(asn)).and_then(|place| place.as_org.clone());
        spread(seen, &places, of, |asn, count| AsnRow { asn, as_org: name(asn), count })
    });
    (countries, asns)
}

fn spread<K: Clone + Hash + Ord, T>(
    seen: &[(i64, &str, u64)],
    places: &BTreeMap<&str, Place>,
    of: impl Fn(&Place) -> Option<K>,
    row: impl Fn(K, u64) -> T,
) -> Spread<T> {
    let keys: BTreeMap<&str, K> = places.iter().filter_map(|(ip, place)| Some((*ip, of(place)?))).collect();
    let times: Vec<(i64, &K)> = seen.iter().filter_map(|&(at, ip, _)| Some((at, keys.get(ip)?))).collect();
    let mut counts: BTreeMap<&K, u64> = BTreeMap::new();
    seen.iter().filter_map(|(_, ip, times)| Some((keys.get(ip)?, times))).for_each(|(key, times)| {
        *counts.entry(key).or_default() += times;
    });
    let total = counts.len();
    let mut counts: Vec<(&K, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, count)| Reverse(count));
    let (hour, at) = nets::most_of(&times, HOUR);
    Spread {
        hour,
        at: at.and_then(rfc3339),
        day: nets::most_of(&times, DAY).0,
        total,
        unknown: places.len() - keys.len(),
        rows: counts.into_iter().take(TOP).map(|(key, count)| row(key.clone(), count)).collect(),
    }
}

const COUNTRY: Field =
    Field::new("country", Type::Str, "its country, two letters; null when unknown, and without --geoip");
const ASN: Field =
    Field::new("asn", Type::Int, "the number of its network's owner; null when unknown, and without --geoip");
const AS_ORG: Field = Field::new("as_org", Type::Str, "the owner's name, as the database has it; null when unknown");

/// The declared output of [`IpRow`].
pub const IP: &[Field] = &[
    Field::new("ip", Type::Str, "the client's address"),
    Field::new("count", Type::Int, "how often it came"),
    COUNTRY,
    ASN,
    AS_ORG,
];

const HOUR_FIELD: Field = Field::new("hour", Type::Int, "the most within any 60 minutes");
const AT_FIELD: Field = Field::new("at", Type::Time, "when those 60 minutes begin");
const DAY_FIELD: Field = Field::new("day", Type::Int, "the most within any 24 hours");
const TOTAL_FIELD: Field = Field::new("total", Type::Int, "how many there were");
const UNKNOWN_FIELD: Field = Field::new("unknown", Type::Int, "addresses of which the database does not tell");
const COUNT_FIELD: Field = Field::new("count", Type::Int, "how often clients came from there");

/// The declared output of a [`Spread`] of countries.
pub const COUNTRIES: &[Field] = &[
    HOUR_FIELD,
    AT_FIELD,
    DAY_FIELD,
    TOTAL_FIELD,
    UNKNOWN_FIELD,
    Field::new("rows", Type::List(&Type::Object(&[COUNTRY, COUNT_FIELD])), "the most frequent first; at most 20"),
];

/// The declared output of a [`Spread`] of networks.
pub const ASNS: &[Field] = &[
    HOUR_FIELD,
    AT_FIELD,
    DAY_FIELD,
    TOTAL_FIELD,
    UNKNOWN_FIELD,
    Field::new("rows", Type::List(&Type::Object(&[ASN, AS_ORG, COUNT_FIELD])), "the most frequent first; at most 20"),
];
