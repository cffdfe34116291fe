//! Where clients are: countries and networks by MaxMind databases that the user gives.
//!
//! Pure: somebody else reads the files and hands their bytes in. A database is walked whole when it is added, so that a
//! broken one is refused before any host is asked. What the databases do not tell stays unknown; nothing is guessed, and
//! without a database nothing is said of countries at all. Texts of a database are as little trusted as a host's.

mod record;
mod check;
mod spread;
#[cfg(test)]
pub(super) mod testing;

use crate::host::parse::text;
use crate::model::problem::{Place as At, Problem};
use crate::model::schema::{Field, Type};
use crate::model::untrusted::clean_line;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use maxminddb::Reader;
use record::{Tells, country, network};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

pub use spread::{ASNS, AsnRow, COUNTRIES, CountryRow, IP, IpRow, Spread, located, spreads};

/// The databases that were given, in their order; none is the usual case.
#[derive(Debug, Default)]
pub struct Geo(Vec<Database>);

/// One database, walked and found sound.
struct Database {
    /// Its own name for what it is: `GeoLite2-Country`.
    kind: String,
    built: Date,
    tells: Tells,
    reader: Reader<Vec<u8>>,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.kind, self.built)
    }
}

/// Where an address is, as far as the databases tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Two letters, ISO 3166.
    pub country: Option<String>,
    /// The number of the network's owner (autonomous system).
    pub asn: Option<u32>,
    /// The owner's name, sanitised.
    pub as_org: Option<String>,
}

/// A database that was asked, for the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// What the database calls itself, sanitised: `GeoLite2-Country`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `country`, `asn` or both.
    pub tells: Vec<&'static str>,
    /// The day on which it was built: `2026-11-24`.
    pub built: String,
    /// Whether that is more than six months before the day of the run.
    pub stale: bool,
}

/// The declared output of [`Source`].
pub const SOURCE: &[Field] = &[
    Field::new("type", Type::Str, "what the database calls itself, such as GeoLite2-Country"),
    Field::new("tells", Type::List(&Type::Str), "country, asn"),
    Field::new("built", Type::Date, "the day on which it was built"),
    Field::new("stale", Type::Bool, "it was built more than six months before the day of the run"),
];

/// The way out of a file that cannot be used.
const ANEW: &str = "give the unpacked .mmdb file, or download it again (`fleet help geoip`)";

impl Geo {
    /// The same with one more database, which these bytes are.
    ///
    /// # Errors
    /// When they are no whole and sound MaxMind database, or one that tells neither countries nor networks.
    pub fn with(mut self, name: &str, bytes: Vec<u8>) -> Result<Self, Problem> {
        let problem = |message: String| Problem::new(name, At::default(), message);
        let broken = |why: &dyn fmt::Display| {
            let why = text(why.to_string().as_bytes());
            problem(format!("is not a MaxMind database, or is corrupt: {why}")).with_help(ANEW)
        };
        let tree = Reader::from_source(bytes.as_slice()).map_err(|e| broken(&e))?;
        let kind = clean_line(&tree.metadata().database_type, 60);
        let Some(tells) = Tells::of(&kind) else {
            let message = format!("is a database of type `{kind}`, which has neither countries nor networks");
            let help = "countries come from databases of type Country, City or Enterprise, networks from ASN, ISP or Enterprise (`fleet help geoip`)";
            return Err(problem(message).with_help(help));
        };
        let epoch = i64::try_from(tree.metadata().build_epoch).ok();
        let built = epoch.and_then(|s| Timestamp::from_second(s).ok()).map(|t| t.to_zoned(TimeZone::UTC).date());
        let built = built.ok_or_else(|| broken(&"its build time is invalid"))?;
        let found = check::walk(&bytes, &tree, tells).map_err(|why| broken(&why))?;
        if let Some(none) = tells.words().find(|word| !found.words().any(|w| w == *word)) {
            return Err(problem(format!("has the type `{kind}`, but none of its records has `{none}`")).with_help(ANEW));
        }
        let reader = Reader::from_source(bytes).map_err(|e| broken(&e))?;
        self.0.push(Database { kind, built, tells, reader });
        Ok(self)
    }

    /// No database was given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Some database tells countries.
    pub fn tells_countries(&self) -> bool {
        self.0.iter().any(|db| db.tells.country)
    }

    /// Some database tells networks.
    pub fn tells_networks(&self) -> bool {
        self.0.iter().any(|db| db.tells.asn)
    }

    /// Where an address is; of several databases the first that knows it tells. Their records were all read once, so
    /// what fails now is an address of the other kind (IPv6 in a database of IPv4), which is unknown.
    pub fn place(&self, ip: &str) -> Place {
        let Ok(ip) = ip.parse::<IpAddr>().map(|ip| ip.to_canonical()) else { return Place::default() };
        let mut place = Place::default();
        for Database { tells, reader, .. } in &self.0 {
            if tells.country && place.country.is_none() {
                place.country = country(reader, ip).ok().flatten();
            }
            if tells.asn
                && place.asn.is_none()
                && let Ok(Some((asn, org))) = network(reader, ip)
            {
                (place.asn, place.as_org) = (Some(asn), org);
            }
        }
        place
    }

    /// The databases, and which of them are old on that day.
    pub fn sources(&self, today: Date) -> Vec<Source> {
        let source = |db: &Database| Source {
            kind: db.kind.clone(),
            tells: db.tells.words().collect(),
            built: db.built.to_string(),
            stale: db.built.checked_add(6.months()).is_ok_and(|fresh| today > fresh),
        };
        self.0.iter().map(source).collect()
    }
}

#[cfg(test)]
mod tests;
