//! With `--lang ja`, what the program says is Japanese: looked at as a person sees it, not sentence by sentence.

use crate::changing::Stage;
use crate::sentences::is_english;
use crate::support::{Ran, World};

/// Lines of a text that are English; a list of names is none.
fn english(text: &str) -> Vec<&str> {
    // What a parameter of a playbook is, its author says.
    text.lines()
        .filter(|line| !line.trim().starts_with("-p "))
        .filter(|line| is_english(&line.replace(", ", ",")))
        .collect()
}

/// What of these is not Japanese, by what was typed.
fn not_japanese(what: &[&str], ran: &Ran) -> Vec<String> {
    let said = format!("{}{}", ran.stdout, ran.stderr);
    let silent = said.is_ascii().then(|| format!("{what:?}: nothing in Japanese: {said}"));
    english(&said).into_iter().map(|line| format!("{what:?}: {line}")).chain(silent).collect()
}

fn assert_none(found: Vec<String>) {
    assert!(found.is_empty(), "English:\n{}", found.join("\n"));
}

#[test]
fn mistakes_on_the_command_line_are_told_in_japanese() {
    let world = World::with_inventory("fleet: 1\nhosts:\n  mx01: { address: 127.0.0.1, port: 1, tags: [a] }\n");
    world.write("bad.yaml", "fleet: 1\nname: bad\nmode: read-only\nsteps:\n  - id: q\n    nosuch.verb: {}\n");
    world.write("bad.toml", "colour = 1\n");
    let mut found = Vec::new();
    for args in [
        &["run", "nosuch", "--hosts", "all"][..],
        &["run", "./bad.yaml", "--hosts", "all"],
        &["run", "audit"],
        &["run", "audit", "--hosts", "tag:b"],
        &["run", "audit", "--hosts", "mx01,mx02&tag:a"],
        &["run", "audit", "--hosts", "all", "-p", "foo=1"],
        &["run", "audit", "--hosts", "all", "-p", "foo"],
        &["run", "audit", "--hosts", "all", "--expect", "5"],
        &["run", "audit", "--hosts", "all", "--parallel", "0"],
        &["run", "audit", "--hosts", "all", "--no-such-option"],
        &["run", "audit", "--hosts"],
        &["run"],
        &["nosuch"],
        &["run", "audit", "--hosts", "all", "--color", "blue"],
        &["run", "audit", "--hosts", "all", "--output", "xml"],
        &["run", "audit", "--hosts", "all", "--parallel", "many"],
        &["run", "purge-queue", "--hosts", "all"],
        &["run", "purge-queue", "--hosts", "mx01", "-p", "logins=a"],
        &["run", "audit", "--hosts", "all"],
        &["exec", "--lang", "ja", "--hosts", "all", "--", "a\nb"],
        &["doctor", "all"],
        &["help", "nosuch"],
        &["verbs", "nosuch"],
        &["show", "99"],
        &["locks"],
        &["resume", "last"],
        &["undo", "last"],
        &["apply", "bad.yaml"],
        &["apply", "none.json"],
        &["unlock", "mx01", "--run", "9"],
        &["secret", "reveal", "9"],
        &["trust", "mx01"],
        &["senders", "none.log"],
        &["check", "audit", "./bad.yaml"],
        &["-i", "none.yaml", "hosts", "all"],
        &["--os-support", "bad.toml", "doctor"],
        &["--geoip", "bad.toml", "doctor"],
    ] {
        let more: &[&str] = if args.contains(&"--lang") { &[] } else { &["--lang", "ja", "--state", "state"] };
        let ran = world.fleet(&[args, more].concat());
        found.extend(not_japanese(args, &ran));
    }
    assert_none(found);
}

#[test]
fn a_demo_is_japanese() {
    let world = World::with_inventory("fleet: 1\nhosts: {}\n");
    let args = ["demo", "--lang", "ja", "-v"];
    assert_none(not_japanese(&args, &world.fleet(&args)));
}

#[test]
fn a_plan_what_was_done_and_its_undo_are_japanese() {
    let steps = "  - id: motd\n    copy: { to: DIR/motd, content: \"{{ params.text }}\\n\" }\n  \
                 - id: no\n    command: { argv: [\"false\"], reads: false }\n";
    let Some(stage) = Stage::set(steps) else { return };
    let mut found = Vec::new();
    for args in [
        &["plan", "./change.yaml", "--hosts", "all", "--lang", "ja", "-v"][..],
        &["run", "./change.yaml", "--hosts", "all", "--lang", "ja"],
        &["run", "./change.yaml", "--hosts", "all", "--lang", "ja", "--yes", "-v"],
        &["resume", "last", "--lang", "ja", "-v"],
        &["show", "last", "--lang", "ja", "-v"],
        &["undo", "last", "--lang", "ja", "--yes", "-v"],
        &["exec", "--hosts", "all", "--lang", "ja", "--", "false"],
    ] {
        found.extend(not_japanese(args, &stage.fleet(args)));
    }
    assert_none(found);
}
