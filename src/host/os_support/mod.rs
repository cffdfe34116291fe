//! Whether an operating system is still maintained, and what a rescue job on it costs more.
//!
//! The dates stand in `table.tsv` (systems) and `panels.tsv` (panels), kept by hand; each row has its source and the
//! day it was checked, and a user's file may replace and add rows. What is not in the table is said to be unknown,
//! and an OS that is unknown is never called past its end.

mod table;
mod panel;

use crate::model::profile::Os;
use crate::model::schema::{Field, record};
use crate::model::untrusted::clean_line;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use table::stale;

pub use panel::{PANEL_OUTPUT, PanelSupport};
pub use table::Table;

/// Added to a job's price for each hour of work on an OS past its maintenance: yen, without tax.
/// Source: the service's price page.
const SURCHARGE_JPY_PER_HOUR: u32 = 15_000;

/// Which of the two dates decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// The vendor's own free maintenance.
    #[default]
    Vendor,
    /// Extended maintenance where there is one.
    Extended,
}

impl Policy {
    /// The words that a playbook writes.
    pub const WORDS: &[&str] = &["vendor", "extended"];

    /// The policy that a playbook's word names.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "vendor" => Some(Self::Vendor),
            "extended" => Some(Self::Extended),
            _ => None,
        }
    }
}

record! {
    /// What the table says of an OS on a day.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct OsSupport {
        /// the OS and its version are in the table
        pub known: bool,
        /// the OS as the host names it
        pub name: String,
        /// last day of the vendor's free maintenance; null when unknown
        pub vendor_end: Option<String>,
        /// last day of extended maintenance; null when there is none
        pub extended_end: Option<String>,
        /// the vendor's maintenance is over
        pub past_vendor: bool,
        /// extended maintenance is over, or there is none and the vendor's is over
        pub past_extended: bool,
        /// maintenance is over by the policy; false for an unknown OS
        pub eol: bool,
        /// yen per hour of work, excluding tax: 15000 when eol, else 0
        pub surcharge_jpy_per_hour: u32,
        /// where the dates come from
        pub source: String,
        /// the day of which the source speaks; null when nobody has checked the dates
        pub checked: Option<String>,
        /// the dates were not checked within six months before the day asked about
        pub table_stale: bool,
    }
}

/// The declared output.
pub const OS_OUTPUT: &[Field] = OsSupport::FIELDS;

impl Table {
    /// What the table says of this OS on the day `as_of`. The last day of maintenance is still maintained.
    pub fn judge_os(&self, os: &Os, as_of: Date, policy: Policy) -> OsSupport {
        let name = match (os.name.is_empty(), os.id.is_empty()) {
            (false, _) => clean_line(&os.name, 120),
            (true, false) => clean_line(&format!("{} {}", os.id, os.version), 120),
            (true, true) => "unknown".to_owned(),
        };
        // CentOS Stream calls itself `centos` too, with another end.
        let id = if os.id == "centos" && os.name.contains("Stream") { "centos-stream" } else { &os.id };
        let Some(row) = self.find(id, &os.version) else {
            return OsSupport {
                known: false,
                name,
                vendor_end: None,
                extended_end: None,
                past_vendor: false,
                past_extended: false,
                eol: false,
                surcharge_jpy_per_hour: 0,
                source: "unknown: the OS is not in the table of maintenance dates".to_owned(),
                checked: None,
                table_stale: false,
            };
        };
        let past_vendor = as_of > row.vendor;
        let past_extended = as_of > row.extended.unwrap_or(row.vendor);
        let eol = match policy {
            Policy::Vendor => past_vendor,
            Policy::Extended => past_extended,
        };
        OsSupport {
            known: true,
            name,
            vendor_end: Some(row.vendor.to_string()),
            extended_end: row.extended.map(|d| d.to_string()),
            past_vendor,
            past_extended,
            eol,
            surcharge_jpy_per_hour: if eol { SURCHARGE_JPY_PER_HOUR } else { 0 },
            source: row.source.clone(),
            checked: row.checked.map(|d| d.to_string()),
            table_stale: stale(row.checked, as_of),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn os(id: &str, version: &str, name: &str) -> Os {
        Os { id: id.into(), version: version.into(), name: name.into() }
    }

    fn judge(os: &Os, as_of: Date, policy: Policy) -> OsSupport {
        Table::builtin().judge_os(os, as_of, policy)
    }

    #[test]
    fn the_policy_decides_which_end_counts() {
        let day = date(2026, 11, 24);
        let vendor = judge(&os("debian", "12", "Debian GNU/Linux 12 (bookworm)"), day, Policy::Vendor);
        assert!(vendor.eol && vendor.past_vendor && !vendor.past_extended);
        assert_eq!((vendor.surcharge_jpy_per_hour, vendor.vendor_end.as_deref()), (15_000, Some("2026-07-11")));
        let extended = judge(&os("debian", "12", ""), day, Policy::Extended);
        assert_eq!((extended.eol, extended.surcharge_jpy_per_hour, extended.name.as_str()), (false, 0, "debian 12"));
        let none = judge(&os("centos", "7", ""), day, Policy::Extended);
        assert!(none.eol, "without extended maintenance the vendor's end counts");
    }

    #[test]
    fn the_last_day_is_still_maintained() {
        let centos = os("centos", "5.11", "CentOS release 5.11 (Final)");
        assert!(!judge(&centos, date(2017, 3, 31), Policy::Vendor).eol);
        assert!(judge(&centos, date(2017, 4, 1), Policy::Vendor).eol);
    }

    #[test]
    fn centos_stream_is_not_centos() {
        let end = |name| judge(&os("centos", "8", name), date(2026, 1, 1), Policy::Vendor).vendor_end.unwrap();
        assert_eq!(end("CentOS Linux 8"), "2021-12-31");
        assert_eq!(end("CentOS Stream 8"), "2024-05-31");
    }

    #[test]
    fn what_is_not_in_the_table_is_unknown_and_costs_nothing() {
        for os in
            [os("gentoo", "2.15", "Gentoo"), os("ubuntu", "22.10", ""), os("debian", "bookworm/sid", ""), Os::default()]
        {
            let support = judge(&os, date(2040, 1, 1), Policy::Vendor);
            assert!(!support.known && !support.eol && support.surcharge_jpy_per_hour == 0, "{os:?}");
            assert!(support.source.starts_with("unknown"));
        }
    }

    #[test]
    fn a_table_that_nobody_checked_for_half_a_year_says_so() {
        let stale = |day| judge(&os("almalinux", "8.10", ""), day, Policy::Vendor).table_stale;
        assert!(!stale(date(2027, 2, 22)));
        assert!(stale(date(2027, 2, 23)));
        assert!(judge(&os("cloudlinux", "8.9", ""), date(2026, 11, 24), Policy::Vendor).table_stale, "never checked");
    }

    #[test]
    fn a_users_row_decides_and_is_named_as_the_source() {
        let row = "centos\t7\t2024-06-30\t2028-06-30\tcontract 4711\t2026-11-01\n";
        let table = Table::builtin().with("mine.tsv", row).unwrap();
        let support = table.judge_os(&os("centos", "7", ""), date(2026, 11, 24), Policy::Extended);
        assert_eq!((support.eol, support.source.as_str()), (false, "contract 4711"));
    }

    #[test]
    fn policies_are_read_by_their_words() {
        assert!(Policy::WORDS.iter().all(|w| Policy::parse(w).is_some_and(|p| serde_json::to_value(p).unwrap() == *w)));
        assert_eq!(Policy::parse("never"), None);
    }
}
