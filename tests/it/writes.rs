//! The controller dies at each write to its state folder: whatever prefix of its writes is there, the record opens, says
//! of nothing that it was done that was not, and `resume` finishes the rescue without doing anything twice.

use crate::breaks::{RUN, assert_done_once, command, resume, world};
use crate::fake_host::FakeHost;
use crate::support::{Ran, World, skip};
use serde_json::Value;
use std::process::Command;

/// `fleet` under strace, whose log goes to `calls`. With a number, the thread that gets to its n-th write is killed before
/// it, and the whole process with it.
fn traced(world: &World, args: &[&str], killed_at: Option<usize>) -> Ran {
    let fleet = command(world, args);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "calls", "-e", "trace=pwrite64,fsync,fdatasync"]);
    if let Some(n) = killed_at {
        strace.arg("-e").arg(format!("inject=pwrite64:signal=KILL:when={n}"));
    }
    strace.arg("--").arg(fleet.get_program()).args(fleet.get_args());
    strace.current_dir(fleet.get_current_dir().unwrap()).env_clear();
    strace.envs(fleet.get_envs().filter_map(|(name, value)| Some((name, value?))));
    strace.output().unwrap().into()
}

/// The most writes that one thread made.
fn writes(world: &World) -> usize {
    let calls = std::fs::read_to_string(world.path("calls")).unwrap();
    let mut threads = std::collections::BTreeMap::<&str, usize>::new();
    for line in calls.lines().filter(|line| line.contains(" pwrite64(")) {
        *threads.entry(line.split(' ').next().unwrap()).or_default() += 1;
    }
    threads.into_values().max().unwrap_or(0)
}

/// What the record says of the run that applies, event by event; nothing when it has no such run.
fn told(world: &World) -> Vec<Value> {
    world.fleet(&["runs", "--state", "state"]).expect(0);
    let shown = world.fleet(&["show", "2", "--state", "state", "--output", "ndjson"]);
    assert!(shown.code != 70 && !shown.stderr.contains("panicked"), "exit {}: {}", shown.code, shown.stderr);
    shown.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn whatever_write_the_controller_dies_at_the_record_opens_and_resume_finishes() {
    let Some(fake_host) = FakeHost::start() else { return };
    if Command::new("strace").arg("-V").output().is_err() {
        return skip("strace is not installed");
    }
    let world = world(&fake_host);
    traced(&world, RUN, None).expect(0);
    assert_done_once(&fake_host, "nobody was killed");
    let total = writes(&world);
    assert!(total > 50, "{total} writes: the record is not where the test looks");
    let all = std::env::var_os("FLEET_CUTS").is_some_and(|v| v == "all");
    let step = if all { 1 } else { total / 12 };
    let (mut killed, mut begun, mut resumed) = (0, 0, 0);
    for n in (1..=total).step_by(step) {
        fake_host.reset();
        std::fs::remove_dir_all(world.path("state")).unwrap();
        let ran = traced(&world, RUN, Some(n));
        let acts = fake_host.acts();
        let story = format!("killed at write {n} of {total}: exit {}\n{}\n{acts:?}", ran.code, ran.stderr);
        killed += usize::from(ran.code != 0);
        let events = told(&world);
        let of = |kind: &str| events.iter().filter(|e| e["event"] == kind).map(|e| e["op"].as_str().unwrap()).collect();
        let (intended, applied): (Vec<&str>, Vec<&str>) = (of("change-intended"), of("change-applied"));
        let traces = fake_host.traces();
        let acted = |op: &str| traces.get(op).is_some_and(|acts| *acts > 0);
        for op in applied {
            assert!(acted(op), "{op} is called done and was not begun: {story}");
        }
        for op in traces.keys().filter(|op| acted(op)) {
            assert!(intended.contains(&op.as_str()), "{op} was begun and is not on record: {story}");
        }
        begun += usize::from(!acts.is_empty());
        let again = match intended.is_empty() {
            true => command(&world, RUN).output().unwrap().into(),
            false => resume(&world),
        };
        resumed += usize::from(!intended.is_empty());
        assert_eq!(again.code, 0, "{story}\n--- {}\n{}", again.stdout, again.stderr);
        assert_done_once(&fake_host, &story);
    }
    println!("{killed} deaths at {total} writes, {begun} after something was done, {resumed} resumed");
    assert!(killed > 8 && begun > 2 && resumed >= begun, "{killed} {begun} {resumed}");
}
