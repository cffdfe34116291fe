//! Whether a panel's own version is still supported. That is apart from the operating system's maintenance:
//! WebPros sells extended support for panels on systems past theirs.

use super::table::{Row, Table, stale};
use crate::model::profile::Found;
use crate::model::schema::{Field, record};
use crate::model::untrusted::clean_line;
use jiff::civil::Date;
use serde::Serialize;

record! {
    /// What the table says of a panel on a day.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct PanelSupport {
        /// the panel that was judged; plain when there is none
        pub name: String,
        /// as the host printed it; empty when it could not be told
        pub version: String,
        /// the version, or the generation that it is of, is in the table
        pub known: bool,
        /// last day of its support, extended where the table has that; null when unknown
        pub end: Option<String>,
        /// support is over; also for a version older than one whose support is over
        pub past: bool,
        /// where that comes from
        pub source: String,
        /// the day of which the source speaks; null when nobody has checked the dates
        pub checked: Option<String>,
        /// the dates were not checked within six months before the day asked about
        pub table_stale: bool,
    }
}

/// The declared output.
pub const PANEL_OUTPUT: &[Field] = PanelSupport::FIELDS;

impl Table {
    /// What the table says of these panels on the day `as_of`: of the first that it knows, else of the first.
    pub fn judge_panel(&self, panels: &[Found], as_of: Date) -> PanelSupport {
        let known = panels.iter().find(|p| self.versions(&p.name).is_some());
        let Some(panel) = known.or(panels.first()) else {
            return unknown("plain", "", "no panel is installed".to_owned());
        };
        let unknown = |why: String| unknown(&panel.name, &panel.version, why);
        let Some(rows) = self.versions(&panel.name) else {
            return unknown("unknown: the panel is not in the table of maintenance dates".to_owned());
        };
        if let Some(row) = self.find(&panel.name, &panel.version) {
            let support = PanelSupport { known: true, end: Some(end(row).to_string()), ..unknown(row.source.clone()) };
            return PanelSupport { past: as_of > end(row), ..support }.by(row.checked, as_of);
        }
        let Some(version) = numbers(&panel.version) else {
            return unknown("unknown: the panel's version could not be determined".to_owned());
        };
        // Support of an older version ends no later than that of a newer one.
        let newer = |row: &[u64]| row > version.as_slice() && !row.starts_with(&version);
        let over = rows.iter().filter(|(_, row)| as_of > end(row));
        let over = over.filter_map(|(v, row)| Some((numbers(v).filter(|n| newer(n))?, v, row)));
        match over.min_by_key(|(numbers, ..)| numbers.clone()) {
            Some((_, v, row)) => {
                let why =
                    format!("older than {} {v}, whose support ended on {} ({})", panel.name, end(row), row.source);
                PanelSupport { past: true, ..unknown(why) }.by(row.checked, as_of)
            }
            None => unknown("unknown: this version is not in the table of maintenance dates".to_owned())
                .by(rows.values().filter_map(|row| row.checked).max(), as_of),
        }
    }
}

impl PanelSupport {
    /// With the day on which the dates were checked.
    fn by(self, checked: Option<Date>, as_of: Date) -> Self {
        Self { checked: checked.map(|d| d.to_string()), table_stale: stale(checked, as_of), ..self }
    }
}

fn unknown(name: &str, version: &str, source: String) -> PanelSupport {
    PanelSupport {
        name: clean_line(name, 40),
        version: clean_line(version, 40),
        known: false,
        end: None,
        past: false,
        source,
        checked: None,
        table_stale: false,
    }
}

fn end(row: &Row) -> Date {
    row.extended.unwrap_or(row.vendor)
}

/// `18.0.72` as its numbers; none when it is anything else.
fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn found(name: &str, version: &str) -> Found {
        Found { name: name.into(), version: version.into(), active: true }
    }

    fn plesk(version: &str, as_of: Date) -> PanelSupport {
        Table::builtin().judge_panel(&[found("plesk", version)], as_of)
    }

    #[test]
    fn onyx_is_past_since_the_day_after_its_last() {
        for version in ["17.0.17", "17.5.3", "17.8.11"] {
            let last = plesk(version, date(2021, 4, 20));
            assert_eq!((last.known, last.past, last.end.as_deref()), (true, false, Some("2021-04-20")));
            let support = plesk(version, date(2021, 4, 21));
            assert!(support.past && support.source.starts_with("endoflife.date"), "{support:?}");
            assert_eq!(support.checked.as_deref(), Some("2026-08-22"));
        }
    }

    #[test]
    fn plesk_before_onyx_has_no_dates_and_is_past_because_onyx_is() {
        for version in ["12.5.30", "11.5.30", "9.5.4", "8.6.0"] {
            let support = plesk(version, date(2026, 11, 24));
            assert_eq!((support.known, support.past, support.end), (false, true, None), "{version}");
            assert_eq!(
                support.source,
                "older than plesk 17, whose support ended on 2021-04-20 (endoflife.date commit a70eca3, 2026-08-22)"
            );
        }
        assert!(!plesk("12.5.30", date(2021, 4, 20)).past);
    }

    #[test]
    fn an_obsidian_release_is_past_by_its_own_row_or_by_a_newer_one() {
        let own = plesk("18.0.80.2", date(2026, 10, 28));
        assert_eq!((own.known, own.past, own.end.as_deref()), (true, true, Some("2026-10-27")));
        assert!(!plesk("18.0.80", date(2026, 10, 27)).past);
        let older = plesk("18.0.72", date(2026, 11, 24));
        assert_eq!((older.known, older.past, older.end), (false, true, None));
        assert!(older.source.starts_with("older than plesk 18.0.80, whose support ended on 2026-10-27"));
        assert!(!plesk("18.0.72", date(2026, 10, 27)).past, "no row says so yet");
    }

    #[test]
    fn what_is_newer_than_the_table_or_no_version_is_never_past() {
        for version in
            ["18.0.81", "18.0.100", "18.1.0", "19", "18", "18.0", "", "beta", "18.0.x", "99999999999999999999"]
        {
            let support = plesk(version, date(2040, 1, 1));
            assert_eq!((support.known, support.past, &support.end), (false, false, &None), "{version}");
            assert!(support.source.starts_with("unknown"), "{version}");
        }
        assert!(!plesk("18.0.81", date(2027, 2, 22)).table_stale);
        assert!(plesk("18.0.81", date(2027, 2, 23)).table_stale, "such a table may lack newer versions");
    }

    #[test]
    fn the_panel_that_the_table_knows_is_judged_and_others_are_unknown() {
        let table = Table::builtin();
        let both = table.judge_panel(&[found("webmin", "2.101"), found("plesk", "17.8.11")], date(2026, 11, 24));
        assert_eq!((both.name.as_str(), both.past), ("plesk", true));
        let webmin = table.judge_panel(&[found("webmin", "2.101")], date(2040, 1, 1));
        assert_eq!((webmin.name.as_str(), webmin.known, webmin.past), ("webmin", false, false));
        let none = table.judge_panel(&[], date(2040, 1, 1));
        assert_eq!((none.name.as_str(), none.past, none.source.as_str()), ("plain", false, "no panel is installed"));
    }

    #[test]
    fn the_users_rows_count_for_panels_too() {
        let rows = "plesk\t18.0.82\t2027-01-19\t-\trelease notes\t2026-11-24\n\
                    plesk\t17\t2021-04-20\t2027-12-31\tcontract 4711\t2026-11-24\n";
        let table = Table::builtin().with("mine.tsv", rows).unwrap();
        let judge = |version| table.judge_panel(&[found("plesk", version)], date(2026, 11, 24));
        assert_eq!((judge("18.0.82").known, judge("18.0.82").past), (true, false));
        assert_eq!((judge("17.8.11").past, judge("17.8.11").end.as_deref()), (false, Some("2027-12-31")));
    }

    #[test]
    fn the_report_has_the_declared_keys_and_no_control_characters() {
        let hostile = found("webmin", "1\u{1b}[31m");
        for panels in [&[found("plesk", "17.8.11")][..], &[found("plesk", "12.5.30")], &[hostile], &[]] {
            let support = Table::builtin().judge_panel(panels, date(2026, 11, 24));
            assert!(!support.version.contains('\u{1b}'));
            crate::model::schema::testing::assert_same_keys(&serde_json::to_value(support).unwrap(), PANEL_OUTPUT);
        }
    }
}
