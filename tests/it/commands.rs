//! What a command on a host may do, and what is told of it: exit codes, signals, output of any kind, children that
//! stay, and processes that do not want to end.

use crate::support::{Ran, Sshd, World, kill, processes_with, within};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// A server and a folder whose inventory calls it `mx1`.
fn bench() -> Option<(Sshd, World)> {
    let sshd = Sshd::start("")?;
    let world = World::with_inventory(&format!("fleet: 1\nhosts:\n  mx1: {}\n", sshd.host()));
    std::fs::copy(sshd.known_hosts(), world.path("known")).unwrap();
    Some((sshd, world))
}

fn exec(world: &World, more: &[&str], script: &str) -> Ran {
    let fixed = ["exec", "--hosts", "mx1", "--known-hosts", "known", "--state", "state"];
    world.fleet(&[&fixed, more, &["--", script]].concat())
}

fn step(ran: &Ran) -> Value {
    ran.json()["hosts"][0]["steps"][0].clone()
}

#[test]
fn every_exit_status_is_the_commands_own_and_none_is_a_lost_connection() {
    let Some((_sshd, world)) = bench() else { return };
    for (script, status) in [
        ("true", 0),
        ("exit 1", 1),
        ("(exit 2)", 2),
        ("/etc/passwd", 126),
        ("no-such-command-anywhere", 127),
        ("exit 128", 128),
        ("exit 255", 255),
        ("sh -c 'kill -TERM $$'", 143),
        ("sh -c 'kill -KILL $$'", 137),
        ("if then (", 2),
    ] {
        let ran = exec(&world, &["--output", "json"], script).expect(if status == 0 { 0 } else { 6 });
        let step = step(&ran);
        assert_eq!(step["data"]["rc"], status, "{script}: {step}");
        assert_eq!(ran.json()["hosts"][0]["fault"], Value::Null, "{script}");
        assert_eq!(ran.json()["hosts"][0]["status"], if status == 0 { "ok" } else { "failed" }, "{script}");
    }
}

#[test]
fn output_of_any_kind_reaches_a_terminal_only_as_text() {
    let Some((_sshd, world)) = bench() else { return };
    let nasty =
        r"printf '\033]0;owned\007\033[2J\000\377\376 \303\251 \342\200\256 \302\233 a\rb\n'; printf '\033[31mred' >&2";
    for format in ["table", "json", "ndjson", "yaml"] {
        let ran = exec(&world, &["--output", format, "-vv", "--color", "never"], nasty).expect(0);
        for text in [&ran.stdout, &ran.stderr] {
            let bad = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
            assert_eq!(bad, None, "{format}: {text:?}");
        }
    }
    let ran = exec(&world, &["--output", "json"], "printf 'caf\\303\\251 \\346\\227\\245\\346\\234\\254\\n'").expect(0);
    assert_eq!(step(&ran)["data"]["stdout"], "café 日本\n", "what is harmless stays as it is");
}

#[test]
fn a_false_end_mark_or_an_early_exit_of_the_command_is_no_success() {
    let Some((_sshd, world)) = bench() else { return };
    // Marks of the form that fleet uses, with a nonce that the command can only guess.
    let false_marks = "for n in 0 1; do printf '\\n00000000000000000000000000000000 E %s 0\\n' $n; done; exit 9";
    let ran = exec(&world, &["--output", "json"], false_marks).expect(6);
    assert_eq!(step(&ran)["data"]["rc"], 9, "{}", ran.stdout);
    // The shell above the command is gone: its mark never comes.
    let ran = exec(&world, &["--output", "json"], "kill -KILL $PPID; sleep 1").expect(6);
    assert_ne!(ran.json()["hosts"][0]["status"], "ok", "{}", ran.stdout);
    let ran = exec(&world, &["--output", "json"], "exec >/dev/null 2>&1; exit 0").expect(0);
    assert_eq!(step(&ran)["data"]["stdout"], "");
}

#[test]
fn standard_input_is_empty_and_a_child_that_stays_holds_nobody_up() {
    let Some((_sshd, world)) = bench() else { return };
    let ran = exec(&world, &["--output", "json"], "cat; read line; echo \"[$line]\"").expect(0);
    assert_eq!(step(&ran)["data"]["stdout"], "[]\n");
    // It keeps both streams open, as a service does that was started without care.
    let began = Instant::now();
    let ran = exec(&world, &["--output", "json"], "sleep 74.7 & echo started").expect(0);
    assert_eq!(step(&ran)["data"]["stdout"], "started\n");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    for id in processes_with("sleep 74.7") {
        kill("TERM", id);
    }
}

#[test]
fn a_command_that_ignores_signals_or_leaves_its_group_is_ended_at_the_deadline() {
    let Some((_sshd, world)) = bench() else { return };
    for (name, script) in [
        ("deaf", "trap '' TERM INT HUP; sleep 75.1; sleep 75.1"),
        ("loop", "trap '' TERM INT HUP; while :; do sleep 75.1; done"),
        ("pipe", "sleep 75.1 | cat | sleep 75.1"),
        ("group", "set -m; (sleep 75.1; sleep 75.1) & wait"),
        ("stopped", "sleep 75.1 & kill -STOP $!; wait"),
        ("forks", "for i in 1 2 3 4 5 6 7 8; do (sleep 75.1; echo $i) & done; wait"),
    ] {
        let began = Instant::now();
        let ran = exec(&world, &["--output", "json", "-T", "2s"], script).expect(6);
        assert!(began.elapsed() < Duration::from_secs(30), "{name}: {:?}", began.elapsed());
        assert_eq!(ran.json()["hosts"][0]["status"], "timed-out", "{name}: {}", ran.stdout);
        let left = || processes_with("sleep 75.1");
        assert!(within(3, || left().is_empty()), "{name} left {:?}", left());
    }
}

#[test]
fn a_command_is_data_whatever_stands_in_it() {
    let Some((_sshd, world)) = bench() else { return };
    let ran = exec(&world, &["--output", "json"], r#"echo '{{ host.name }}' "{% if %}" '$HOME' \\ "'" '"'"#).expect(0);
    assert_eq!(step(&ran)["data"]["stdout"], "{{ host.name }} {% if %} $HOME \\ ' \"\n");
    let words = world.fleet(&[
        "exec",
        "--hosts",
        "mx1",
        "--known-hosts",
        "known",
        "--state",
        "state",
        "--output",
        "json",
        "--",
        "echo",
        "a  b",
        "*",
        ";",
        "echo",
        "c",
    ]);
    let home = std::path::PathBuf::from("/root");
    let listed = step(&words.expect(0))["data"]["stdout"].as_str().unwrap().to_owned();
    assert!(listed.starts_with("a b ") && listed.ends_with("\nc\n"), "as ssh does it, in {home:?}: {listed}");
    let ran = exec(&world, &["--output", "json"], "echo one\necho two").expect(2);
    assert!(ran.stderr.contains("a single line"), "{}", ran.stderr);
}

#[test]
fn steps_that_an_interruption_kept_from_starting_are_cancelled_and_not_failed() {
    let Some((_sshd, world)) = bench() else { return };
    world.write(
        "cut.yaml",
        "fleet: 1\nname: cut\nsummary: two steps\nmode: read-only\nsteps:\n  - id: long\n    \
         script: { sh: sleep 64.3, reads: true }\n  - id: next\n    script: { sh: echo next, reads: true }\n",
    );
    let args =
        ["run", "./cut.yaml", "--hosts", "mx1", "--known-hosts", "known", "--state", "state", "--output", "json"];
    let mut command = world.command(&args);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    assert!(within(20, || !processes_with("sleep 64.3").is_empty()));
    for _ in 0..2 {
        kill("INT", child.id().try_into().unwrap());
        std::thread::sleep(Duration::from_millis(300));
    }
    let ran = Ran::from(child.wait_with_output().unwrap()).expect(130);
    let document = ran.json();
    let outcomes: Vec<&Value> =
        document["hosts"][0]["steps"].as_array().unwrap().iter().map(|s| &s["outcome"]).collect();
    assert_eq!(outcomes, ["cancelled", "cancelled"], "{document}");
    assert_eq!(document["summary"]["failed_steps"], 0);
}

/// Pages whose bare options are those of other programs.
const OF_OTHERS: &[&str] = &["mail-servers.md", "testbed.md"];
/// What an inventory program is called with.
const OF_INVENTORIES: &str = "--list";

/// Every option of a command and of those below it, as their help names them.
fn options(world: &World, command: &[&str], known: &mut BTreeSet<String>) {
    let help = world.fleet(&[command, &["--help"]].concat()).expect(0).stdout;
    known.extend(words(&help).filter(|word| word.starts_with("--")).map(str::to_owned));
    let below = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| line.starts_with("  "));
    for name in below.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).filter(|name| !name.is_empty()) {
        options(world, &[command, &[name]].concat(), known);
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
}

#[test]
fn every_option_that_a_page_names_exists() {
    let mut known = BTreeSet::new();
    options(&World::new(), &[], &mut known);
    known.insert(OF_INVENTORIES.to_owned());
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    pages.extend(std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path()));
    let mut named = 0;
    for page in pages.iter().filter(|path| path.extension().is_some_and(|e| e == "md")) {
        let file = page.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(page).unwrap();
        // Between backticks is every second piece; examples of several lines stand between three.
        let spans = text.split("```").step_by(2).flat_map(|plain| plain.split('`').skip(1).step_by(2));
        let is_ours = |span: &&str| span.starts_with("fleet ") || span.starts_with('-') && !OF_OTHERS.contains(&file);
        for span in spans.filter(is_ours) {
            for option in words(span).take_while(|word| *word != "--").filter(|word| word.starts_with("--")) {
                assert!(known.contains(option), "{file}: `{span}`: no command has {option}");
                named += 1;
            }
        }
    }
    assert!(named > 20, "only {named} options were found in the pages");
}
