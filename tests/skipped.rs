//! Says at the end of `cargo test` which tests of the other binary were skipped, and why: a run that passed because it
//! tested nothing must not look like one that tested everything. `tests/run` skips none.

#[test]
fn the_tests_that_were_skipped_are_told() {
    use std::collections::{BTreeMap, BTreeSet};
    use std::io::Write;

    // Both binaries were started by the same `cargo test`; the other one wrote its list under that process's number.
    let parent = std::os::unix::process::parent_id();
    let list = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("skipped-{parent}"));
    let Ok(text) = std::fs::read_to_string(&list) else { return };
    std::fs::remove_file(&list).unwrap();
    let mut reasons: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (why, test) in text.lines().filter_map(|line| line.split_once('\t')) {
        reasons.entry(why).or_default().insert(test);
    }
    let count: usize = reasons.values().map(BTreeSet::len).sum();
    let mut told = format!("\n{count} tests were skipped:\n");
    for (why, tests) in reasons {
        told.push_str(&format!("  {} because {why}: {}\n", tests.len(), Vec::from_iter(tests).join(", ")));
    }
    told.push_str("All of them: tests/run, as root on Debian.\n");
    // Not by a macro: what those print, the harness keeps to itself.
    std::io::stderr().write_all(told.as_bytes()).unwrap();
}
