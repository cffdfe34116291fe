//! The table of `docs/signals.md`; what stands around it is written by hand.

use crate::mail::signals::{ALL, LIMITS};
use std::fmt::Write as _;

const BEGIN: &str = "| letter | code |";
const END: &str = "A web site's script";

fn table() -> String {
    let mut out = format!("{BEGIN} level | what it sees | thresholds |\n|---|---|---|---|---|\n");
    for kind in ALL {
        let levels: Vec<&str> = kind.levels.iter().map(|level| level.word()).collect();
        let thresholds: Vec<String> = kind.thresholds.iter().map(|name| format!("`{name}`")).collect();
        let (levels, thresholds) = (levels.join(", "), thresholds.join(" "));
        let _ = writeln!(out, "| {} | `{}` | {levels} | {} | {thresholds} |", kind.letter, kind.code, kind.sees);
    }
    out.push_str("\nThe numbers come from what operators and panels use:\n\n");
    for kind in ALL {
        if let Some(origin) = kind.origin {
            let _ = writeln!(out, "- `{}`: {origin}.", kind.code);
        }
    }
    out.push_str("\n| threshold | what it is |\n|---|---|\n");
    for limit in LIMITS {
        let _ = writeln!(out, "| `{}` | {} |", limit.name, limit.doc);
    }
    out.push('\n');
    out
}

#[test]
fn the_signals_page_is_what_the_table_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/signals.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (head, rest) = page.split_once(BEGIN).unwrap();
    let (_, tail) = rest.split_once(END).unwrap();
    let wanted = format!("{head}{}{END}{tail}", table());
    if std::env::var_os("FLEET_BLESS").is_some() {
        std::fs::write(path, wanted).unwrap();
    } else {
        assert!(page == wanted, "docs/signals.md is old: run the tests with FLEET_BLESS=1");
    }
}

#[test]
fn no_function_that_judges_is_forgotten() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/mail/signals");
    let table = std::fs::read_to_string(format!("{folder}/entries.rs")).unwrap();
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            if let Some(rest) = line.strip_prefix("pub fn ")
                && let Some(judge) = rest.strip_suffix("(facts: &Facts<'_>) -> Vec<Signal> {")
            {
                assert!(table.contains(&format!("by {name}::{judge} {{")), "{name}::{judge} has no entry");
                seen += 1;
            }
        }
    }
    assert_eq!(seen, ALL.len());
}

#[test]
fn a_threshold_belongs_to_a_signal_of_its_letter_and_a_signal_has_one() {
    for kind in ALL {
        assert!(!kind.thresholds.is_empty(), "{}", kind.code);
        for name in kind.thresholds {
            let limit = LIMITS.iter().find(|limit| limit.name == *name);
            assert!(limit.is_some_and(|limit| limit.doc.starts_with(kind.letter)), "{}: {name}", kind.code);
        }
    }
}
