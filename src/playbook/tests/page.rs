//! `docs/playbook.md` against the tables of the language: each of its tables lists what the loader knows, and no more.

use crate::model::schema::Field;
use crate::playbook::language::expr::{FILTERS, TESTS};
use crate::playbook::language::grammar::{HOST, LIMITS, PARAM, PLAYBOOK, ROLLOUT, STEP, TIMEOUTS};
use crate::playbook::language::param::TYPES;
use crate::playbook::verb::Class;
use crate::playbook::verbs;
use std::collections::BTreeSet;

/// The rows of the tables below that heading: first cell and second cell.
fn rows(heading: &str) -> Vec<(&'static str, &'static str)> {
    let page = include_str!("../../../docs/playbook.md");
    let section =
        page.split("\n## ").find(|s| s.lines().next() == Some(heading)).unwrap_or_else(|| panic!("{heading}"));
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    rows.map(|(key, text)| (key.trim_matches('`'), text)).collect()
}

/// The words that stand in code, between backticks, in that row.
fn words(heading: &str, key: &str) -> BTreeSet<&'static str> {
    let row = rows(heading).into_iter().find(|(k, _)| *k == key).unwrap_or_else(|| panic!("{heading}: {key}"));
    row.1.split('`').skip(1).step_by(2).flat_map(|code| code.split(' ')).collect()
}

fn names(fields: &[Field]) -> BTreeSet<&'static str> {
    fields.iter().map(|f| f.name).collect()
}

#[test]
fn each_table_of_keys_has_the_keys_of_its_table_and_no_others() {
    for (heading, fields) in [("Top-level keys", PLAYBOOK), ("Parameters", PARAM), ("Steps", STEP)] {
        let listed: BTreeSet<&str> = rows(heading).into_iter().map(|(key, _)| key).collect();
        assert_eq!(listed, names(fields), "{heading}");
    }
    let judging = verbs::ALL.iter().filter(|verb| verb.class() == Class::Judging).map(|verb| verb.name);
    let listed: BTreeSet<&str> = rows("Findings").into_iter().map(|(verb, _)| verb).collect();
    assert_eq!(listed, judging.collect());
}

#[test]
fn each_row_that_lists_words_has_all_of_them() {
    let known = |list: &[&'static str]| list.iter().copied().collect::<BTreeSet<_>>();
    let rows = [
        ("Top-level keys", "limits", names(LIMITS)),
        ("Top-level keys", "rollout", names(ROLLOUT)),
        ("Top-level keys", "timeouts", names(TIMEOUTS)),
        ("Parameters", "type", TYPES.iter().map(|(name, ..)| *name).collect()),
        ("Expressions", "host.NAME", names(HOST)),
        ("Expressions", "filters", known(FILTERS)),
        ("Expressions", "tests", known(TESTS)),
    ];
    for (heading, key, known) in rows {
        let missing: Vec<_> = known.difference(&words(heading, key)).copied().collect();
        assert!(missing.is_empty(), "docs/playbook.md, {heading}, {key}: {missing:?}");
    }
}
