//! What the records of a database hold.

use crate::model::untrusted::clean_line;
use maxminddb::{MaxMindDbError, PathElement, Reader, path};
use std::net::IpAddr;

/// Characters of an owner's name.
const MAX_NAME: usize = 100;

/// What a database tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tells {
    pub country: bool,
    pub asn: bool,
}

impl Tells {
    /// By the type that a database calls itself: `GeoLite2-City`, `DBIP-ASN-Lite (compat=GeoLite2-ASN)`.
    pub fn of(kind: &str) -> Option<Self> {
        let is = |words: &[&str]| {
            let mut parts = kind.split(|c: char| !c.is_ascii_alphanumeric());
            parts.any(|part| words.iter().any(|word| part.eq_ignore_ascii_case(word)))
        };
        let tells = Self { country: is(&["country", "city", "enterprise"]), asn: is(&["asn", "isp", "enterprise"]) };
        (tells.country || tells.asn).then_some(tells)
    }

    /// The fields of a [`Place`](super::Place) that it fills.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        [("country", self.country), ("asn", self.asn)].into_iter().filter(|(_, has)| *has).map(|(word, _)| word)
    }
}

/// The country of an address: only where the record says so in two letters. Where a network is registered is not
/// where its clients are.
pub(super) fn country<S: AsRef<[u8]>>(reader: &Reader<S>, ip: IpAddr) -> Result<Option<String>, MaxMindDbError> {
    let found: Option<&str> = reader.lookup(ip)?.decode_path(&path!["country", "iso_code"])?;
    Ok(found.filter(|code| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase())).map(str::to_owned))
}

/// The owner of an address's network: number and name. An Enterprise database has them one floor lower.
pub(super) fn network<S: AsRef<[u8]>>(
    reader: &Reader<S>,
    ip: IpAddr,
) -> Result<Option<(u32, Option<String>)>, MaxMindDbError> {
    let found = reader.lookup(ip)?;
    for floor in [&[][..], &[PathElement::Key("traits")]] {
        let at = |name| [floor, &[PathElement::Key(name)]].concat();
        if let Some(asn) = found.decode_path::<u32>(&at("autonomous_system_number"))? {
            let name: Option<&str> = found.decode_path(&at("autonomous_system_organization"))?;
            return Ok(Some((asn, name.map(|name| clean_line(name, MAX_NAME)))));
        }
    }
    Ok(None)
}
