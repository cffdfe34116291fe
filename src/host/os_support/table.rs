//! The rows of maintenance dates: those that fleet brings along, and those of the user's file over them.

use crate::model::problem::Place;
use crate::model::{Problem, Problems};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

const BUILTIN: [&str; 2] = [include_str!("table.tsv"), include_str!("panels.tsv")];

/// The way out of a bad row.
const COLUMNS: &str = "six columns separated by tabs: id, version, last day of the vendor's maintenance, last day of \
                       extended maintenance or -, source, day on which that was checked or -; see `fleet help os-support`";

/// Characters of a source; longer ones fit into no report.
const MAX_SOURCE: usize = 200;

/// Maintenance dates by the id of an OS or the name of a panel, then by version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table(BTreeMap<String, BTreeMap<String, Row>>);

/// What is known of one version. A last day is still maintained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub vendor: Date,
    pub extended: Option<Date>,
    pub source: String,
    /// The day of which the source speaks; none when nobody has checked the dates.
    pub checked: Option<Date>,
}

impl Table {
    /// What fleet brings along.
    pub fn builtin() -> Self {
        let mut table = Self(BTreeMap::new());
        for line in BUILTIN.into_iter().flat_map(str::lines).filter(|line| is_row(line)) {
            // That none is wrong is tested.
            if let Ok((id, version, row)) = read(line) {
                table.put(id, version, row);
            }
        }
        table
    }

    /// The same with the rows of `text` in place of those for the same id and version, or added.
    /// `source` names the text in what is wrong with it.
    ///
    /// # Errors
    /// One problem for each line that is no row; also when there is no row at all.
    pub fn with(mut self, source: &str, text: &str) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut seen = BTreeSet::new();
        for (line, row) in (1..).zip(text.lines()).filter(|(_, line)| is_row(line)) {
            let mut wrong = |message: &str, help: &str| {
                problems.push(Problem::new(source, Place { line, column: 0 }, message).with_help(help));
            };
            match read(row) {
                Err(message) => wrong(&message, COLUMNS),
                Ok((id, version, _)) if !seen.insert((id, version)) => {
                    wrong("duplicate row for this id and version", "keep one of them");
                }
                Ok((id, version, row)) => self.put(id, version, row),
            }
        }
        if seen.is_empty() && problems.0.is_empty() {
            problems.push(Problem::new(source, Place::default(), "it has no rows").with_help(COLUMNS));
        }
        problems.or(self)
    }

    /// Whether the dates that were checked last were not checked within six months before that day.
    pub fn stale(&self, day: Date) -> bool {
        stale(self.checked(), day)
    }

    /// The newest day on which a row was checked.
    pub fn checked(&self) -> Option<Date> {
        self.0.values().flat_map(BTreeMap::values).filter_map(|row| row.checked).max()
    }

    /// The row that fits best: `8.10` is of `8` when there is no `8.10`.
    pub(super) fn find(&self, id: &str, version: &str) -> Option<&Row> {
        let rows = self.0.get(id)?;
        std::iter::successors(Some(version), |v| Some(v.rsplit_once('.')?.0)).find_map(|v| rows.get(v))
    }

    /// Every version of that id, with its row; none when the table does not know the id.
    pub(super) fn versions(&self, id: &str) -> Option<&BTreeMap<String, Row>> {
        self.0.get(id)
    }

    fn put(&mut self, id: &str, version: &str, row: Row) {
        self.0.entry(id.to_owned()).or_default().insert(version.to_owned(), row);
    }
}

/// Whether dates that were checked then, or never, were not checked within six months before `day`.
pub(super) fn stale(checked: Option<Date>, day: Date) -> bool {
    checked.and_then(|d| d.checked_add(6.months()).ok()).is_none_or(|fresh| day > fresh)
}

fn is_row(line: &str) -> bool {
    !line.starts_with('#') && !line.trim().is_empty()
}

fn read(line: &str) -> Result<(&str, &str, Row), String> {
    let columns: Vec<&str> = line.split('\t').collect();
    let &[id, version, vendor, extended, source, checked] = columns.as_slice() else {
        return Err(format!("{} columns instead of six", columns.len()));
    };
    if !is_word(id) || id.contains(char::is_uppercase) {
        return Err("the id must be as in os-release: lower-case letters, digits, `.`, `_`, `-`".into());
    }
    if !is_word(version) {
        return Err("the version must be letters, digits, `.`, `_`, `-`".into());
    }
    let vendor = day(vendor, "the vendor's last day")?;
    let extended = optional(extended, "the last day of extended maintenance")?;
    if extended.is_some_and(|extended| extended <= vendor) {
        return Err("extended maintenance must end after the vendor's; write - if there is none".into());
    }
    if source.trim().is_empty() || source.chars().any(char::is_control) || source.chars().count() > MAX_SOURCE {
        return Err(format!("the source must be 1 to {MAX_SOURCE} characters: where the dates come from"));
    }
    let checked = optional(checked, "the day of the check")?;
    Ok((id, version, Row { vendor, extended, source: source.to_owned(), checked }))
}

fn is_word(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=40).contains(&text.len()) && text.chars().all(plain)
}

/// `2026-08-22`, and no other spelling of a day.
fn day(text: &str, what: &str) -> Result<Date, String> {
    let date: Option<Date> = text.parse().ok();
    date.filter(|date| date.to_string() == text).ok_or_else(|| format!("{what} is not a date such as 2026-08-22"))
}

/// A day, or `-` for none.
fn optional(text: &str, what: &str) -> Result<Option<Date>, String> {
    if text == "-" { Ok(None) } else { day(text, what).map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn problems(text: &str) -> String {
        Table::builtin().with("mine.tsv", text).unwrap_err().to_string()
    }

    #[test]
    fn every_built_in_row_can_be_read_and_stands_once() {
        let empty = || Table(BTreeMap::new());
        let systems = empty().with("table.tsv", BUILTIN[0]).unwrap_or_else(|p| panic!("{p}"));
        let panels = empty().with("panels.tsv", BUILTIN[1]).unwrap_or_else(|p| panic!("{p}"));
        let count = |t: &Table| t.0.values().map(BTreeMap::len).sum::<usize>();
        assert_eq!((count(&systems), count(&panels), count(&Table::builtin())), (40, 2, 42));
    }

    #[test]
    fn the_users_rows_replace_and_add_and_the_rest_stays() {
        let text = "# ours\n\ncentos\t7\t2024-06-30\t2028-06-30\tcontract 4711\t2026-11-01\r\n\
                    gentoo\t2.15\t2030-01-01\t-\tasked around\t-\n";
        let table = Table::builtin().with("mine.tsv", text).unwrap();
        let row = table.find("centos", "7").unwrap();
        assert_eq!((row.extended, row.source.as_str()), (Some(date(2028, 6, 30)), "contract 4711"));
        assert_eq!(table.find("gentoo", "2.15").unwrap().checked, None);
        assert_eq!(table.find("debian", "12"), Table::builtin().find("debian", "12"));
        assert_eq!(table.checked(), Table::builtin().checked(), "a row of the built-in ones was checked later");
    }

    #[test]
    fn every_bad_line_is_named_and_its_text_is_not_repeated() {
        let said = problems(
            "centos 7 2024-06-30\n\
             CentOS\t7\t2024-06-30\t-\ts\t-\n\
             centos\t\t2024-06-30\t-\ts\t-\n\
             centos\t7\t2024-6-30\t-\ts\t-\n\
             centos\t7\t2024-06-30\tnone\ts\t-\n\
             centos\t7\t2024-06-30\t2024-06-30\ts\t-\n\
             centos\t7\t2024-06-30\t-\t \t-\n\
             centos\t7\t2024-06-30\t-\ts\t20261101\n\
             centos\t7\t2024-06-30\t-\ts\t-\n\
             centos\t7\t2024-06-30\t-\tother\t-\n",
        );
        let firsts: Vec<&str> = said.lines().filter(|l| l.starts_with("mine.tsv")).collect();
        insta::assert_snapshot!(firsts.join("\n"), @r"
        mine.tsv:1: 1 columns instead of six
        mine.tsv:2: the id must be as in os-release: lower-case letters, digits, `.`, `_`, `-`
        mine.tsv:3: the version must be letters, digits, `.`, `_`, `-`
        mine.tsv:4: the vendor's last day is not a date such as 2026-08-22
        mine.tsv:5: the last day of extended maintenance is not a date such as 2026-08-22
        mine.tsv:6: extended maintenance must end after the vendor's; write - if there is none
        mine.tsv:7: the source must be 1 to 200 characters: where the dates come from
        mine.tsv:8: the day of the check is not a date such as 2026-08-22
        mine.tsv:10: duplicate row for this id and version
        ");
        assert!(said.contains("fleet help os-support") && said.contains("keep one of them"), "{said}");
        for silent in ["", "# only words\n", " \n"] {
            assert!(problems(silent).starts_with("mine.tsv: it has no rows"), "{silent:?}");
        }
    }

    #[test]
    fn the_page_shows_rows_that_can_be_read() {
        let page = include_str!("../../../docs/os-support.md");
        let rows: String = page.lines().filter(|l| l.contains('\t')).map(|l| format!("{}\n", l.trim_start())).collect();
        let table = Table::builtin().with("os-support.md", &rows).unwrap_or_else(|p| panic!("{p}"));
        assert_ne!(table, Table::builtin());
    }

    #[test]
    fn a_table_that_nobody_checked_for_half_a_year_is_stale() {
        let table = Table::builtin();
        assert!(!table.stale(date(2027, 5, 24)) && table.stale(date(2027, 5, 25)));
        let mine = table.with("mine.tsv", "centos\t7\t2024-06-30\t-\ts\t2027-05-25\n").unwrap();
        assert!(!mine.stale(date(2027, 5, 25)), "the user's newer rows mend it");
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[ -~\t\n\u{7}あ]{0,200}", id in "[a-z.]{0,6}", version in ".{0,12}") {
            let _ = Table::builtin().with("any", &text).map(|table| table.find(&id, &version).cloned());
        }
    }
}
