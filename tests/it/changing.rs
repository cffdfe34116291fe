//! Changes on a real host: what is planned is shown and not done, what is agreed to is done once, and what can be taken
//! back is taken back. The host is this machine, by its own sshd.

use crate::support::{Ran, Sshd, World, host, kill, skip, user, within};
use serde_json::Value;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// This machine has one lock, as every host has.
static TURN: Mutex<()> = Mutex::new(());

/// A host of the world's inventory, and a folder that is changed there.
struct Stage {
    world: World,
    _sshd: Sshd,
    _turn: MutexGuard<'static, ()>,
}

impl Stage {
    /// Nothing, and a word about it, where the tests are not run by root or no sshd is installed.
    fn set(steps: &str) -> Option<Self> {
        if user() != "root" {
            skip("only root changes a host");
            return None;
        }
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let sshd = Sshd::start("")?;
        let world = World::with_inventory(&format!("fleet: 1\nhosts:\n  mx01: {}\n", sshd.host()));
        world.write("known", &std::fs::read_to_string(sshd.known_hosts()).unwrap());
        std::fs::create_dir(world.path("host")).unwrap();
        let stage = Self { world, _sshd: sshd, _turn: turn };
        stage.playbook(steps);
        Some(stage)
    }

    /// `DIR` in the steps is the folder that is changed.
    fn playbook(&self, steps: &str) {
        let head = "fleet: 1\nname: change\nmode: change\nparams:\n  text: { type: string, default: one }\n";
        let dir = self.path("").display().to_string();
        self.world.write("change.yaml", &format!("{head}steps:\n{}", steps.replace("DIR", dir.trim_end_matches('/'))));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.world.path("host").join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn fleet(&self, args: &[&str]) -> Ran {
        self.world.fleet(&[args, &["--known-hosts", "known", "--state", "state"]].concat())
    }

    fn run(&self, more: &[&str]) -> Ran {
        self.fleet(&[&["run", "./change.yaml", "--hosts", "all"], more].concat())
    }

    /// What was done, as JSON, after it was agreed to.
    fn apply(&self, more: &[&str]) -> Value {
        self.run(&[&["--yes", "--output", "json"], more].concat()).expect(0).json()
    }

    /// What a step of the last run came to.
    fn step(&self, id: &str) -> Value {
        let shown = self.world.fleet(&["show", "last", "--state", "state", "--output", "json"]).expect(0).json();
        step(&shown, id)
    }
}

impl Drop for Stage {
    /// What the changes left on this machine.
    fn drop(&mut self) {
        let ops = Command::new("strings").arg(self.world.path("state/fleet.db")).output();
        let said = String::from_utf8_lossy(&ops.map(|o| o.stdout).unwrap_or_default()).into_owned();
        let folders = std::fs::read_dir("/var/lib/fleet").into_iter().flatten().filter_map(Result::ok);
        for folder in folders.filter(|f| said.contains(&*f.file_name().to_string_lossy())) {
            if folder.file_name().len() == 32 {
                let _ = std::fs::remove_dir_all(folder.path());
            }
        }
    }
}

fn step(document: &Value, id: &str) -> Value {
    let steps = host(document, "mx01")["steps"].as_array().unwrap();
    steps.iter().find(|s| s["id"] == id).unwrap_or_else(|| panic!("no step {id}: {document}")).clone()
}

const STEPS: &str = "  - id: conf
    copy: { to: DIR/conf, content: \"{{ params.text }}\\n\\\\ last\", mode: \"0640\" }
  - id: made
    command: { argv: [mkdir, \"DIR/it's made\"], reads: false, creates: \"DIR/it's made\" }
  - id: script
    script:
      sh: |
        umask
        printf '%s' \"$1\" >>DIR/log
        echo careful >&2
      args: [\"{{ params.text }}\"]
      reads: false
      unless: [test, -e, DIR/log]
  - id: after
    command: { argv: [echo, \"{{ steps.script.rc }} {{ steps.script.stderr | trim }} {{ steps.script.done }}\"], reads: true }
";

#[test]
fn a_plan_is_shown_and_only_what_is_agreed_to_is_done_and_once() {
    let Some(stage) = Stage::set(STEPS) else { return };
    std::fs::write(stage.path("conf"), "old").unwrap();
    let planned = stage.fleet(&["plan", "./change.yaml", "--hosts", "all"]).expect(0);
    for told in
        ["conf: 10 B in place of 3 B that differ", "mkdir", "run a script of 3 lines: umask", "cannot be undone"]
    {
        assert!(planned.stdout.contains(told), "{told}: {}", planned.stdout);
    }
    let refused = stage.run(&[]).expect(4);
    assert!(refused.stderr.contains("not approved"), "{}", refused.stderr);
    let untouched = || stage.text("conf") == "old" && !stage.path("log").exists() && !stage.path("it's made").exists();
    assert!(untouched());

    let done = stage.apply(&[]);
    assert_eq!(stage.text("conf"), "one\n\\ last");
    assert_eq!(std::fs::metadata(stage.path("conf")).unwrap().mode() & 0o7777, 0o640);
    assert!(stage.path("it's made").is_dir());
    assert_eq!(stage.text("log"), "one");
    for id in ["conf", "made", "script"] {
        assert_eq!(step(&done, id)["outcome"], "changed", "{done}");
    }
    let said = step(&done, "script")["data"].clone();
    assert_eq!((&said["rc"], &said["stdout"], &said["planned"]), (&0.into(), &"0022\n".into(), &1.into()), "{said}");
    assert_eq!(step(&done, "after")["data"]["stdout"], "0 careful 1\n");
    assert_eq!(files(&stage.path("")), ["conf", "it's made", "log"], "nothing is left beside what was written");

    let again = stage.apply(&[]);
    for id in ["conf", "made", "script"] {
        assert_eq!(step(&again, id)["outcome"], "unchanged", "{again}");
    }
    assert_eq!(stage.text("log"), "one");
}

#[test]
fn what_is_first_to_be_changed_behind_a_confirm_is_planned_agreed_to_and_done() {
    let two =
        "  - copy: { to: DIR/a, content: one }\n  - confirm: { message: now }\n  - copy: { to: DIR/b, content: two }\n";
    let Some(stage) = Stage::set(two) else { return };
    std::fs::write(stage.path("a"), "one").unwrap();
    let silent = stage.run(&[]).expect(4);
    assert!(silent.stderr.contains("there is no terminal to ask at"), "{}", silent.stderr);
    stage.fleet(&["plan", "./change.yaml", "--hosts", "all", "-o", "kept.plan"]).expect(0);
    stage.fleet(&["apply", "kept.plan", "--yes"]).expect(0);
    assert_eq!(stage.text("b"), "two");
    std::fs::remove_file(stage.path("b")).unwrap();
    stage.apply(&[]);
    assert_eq!(stage.text("b"), "two");
    // What has to be changed in front of it was not in the plan.
    std::fs::remove_file(stage.path("b")).unwrap();
    stage.fleet(&["plan", "./change.yaml", "--hosts", "all", "-o", "other.plan"]).expect(0);
    std::fs::remove_file(stage.path("a")).unwrap();
    let stale = stage.fleet(&["apply", "other.plan", "--yes"]);
    assert!(stale.code == 4 && stale.stdout.contains("stale: "), "{}: {}", stale.code, stale.stdout);
    assert_eq!(stage.text("a") + &stage.text("b"), "");
}

/// A person at a terminal, which `script` makes: what is typed, when that was said.
fn at_a_terminal(stage: &Stage, args: &[&str], typed: &[(&str, &str)]) -> Ran {
    let more = ["--known-hosts", "known", "--state", "state"];
    let words: Vec<&str> = [env!("CARGO_BIN_EXE_fleet")].iter().chain(args).chain(&more).copied().collect();
    let mut command =
        stage.world.prepare(Command::new("timeout"), &["60", "script", "-qec", &words.join(" "), "/dev/null"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut said, mut seen) = (Vec::new(), 0);
    let mut typed = typed.iter();
    let mut next = typed.next();
    let mut buffer = [0; 4096];
    while let Ok(n @ 1..) = stdout.read(&mut buffer) {
        said.extend_from_slice(&buffer[..n]);
        let text = String::from_utf8_lossy(&said).into_owned();
        if let Some((when, what)) = next
            && let Some(at) = text[seen..].find(when)
        {
            stdin.write_all(what.as_bytes()).unwrap();
            seen += at + when.len();
            next = typed.next();
        }
    }
    let stdout = String::from_utf8_lossy(&said).into_owned();
    assert!(next.is_none(), "it never said {next:?}: {stdout}");
    Ran { code: child.wait().unwrap().code().unwrap(), stdout, stderr: String::new() }
}

#[test]
fn a_person_is_asked_at_each_border_and_an_interruption_is_an_answer() {
    let two = "  - copy: { to: DIR/a, content: one }\n  - when: false\n    stop: { outcome: never, message: never }\n  - confirm: { message: Go on? }\n  - \
               copy: { to: DIR/b, content: two }\n";
    let Some(stage) = Stage::set(two) else { return };
    let (first, second) = ("1 host: 1 object. Type yes", "mx01: 1 object. Type yes");
    let run = |typed: &[(&str, &str)]| at_a_terminal(&stage, &["run", "./change.yaml", "--hosts", "all"], typed);
    let texts = || (stage.text("a"), stage.text("b"));
    let refused = run(&[(first, "no\n")]).expect(4);
    assert!(refused.stdout.contains("not approved"), "{}", refused.stdout);
    let stopped = run(&[(first, "\u{3}")]).expect(130);
    assert!(stopped.stdout.contains("interrupted; nothing was changed"), "{}", stopped.stdout);
    assert_eq!(texts(), (String::new(), String::new()));
    let stopped = run(&[(first, "yes\n"), (second, "\u{3}")]).expect(130);
    for told in [
        "Go on?",
        "stopping: ",
        "refused 1: mx01\r\n    interrupted",
        "interrupted by signal: 2",
        "go on with what can be done: fleet resume ",
    ] {
        assert!(stopped.stdout.contains(told), "{told}: {}", stopped.stdout);
    }
    assert_eq!(texts(), ("one".into(), String::new()));
    let resumed = at_a_terminal(&stage, &["resume", "last"], &[(second, "yes\n")]).expect(0);
    assert!(resumed.stdout.contains("changed  make "), "{}", resumed.stdout);
    assert_eq!(texts(), ("one".into(), "two".into()));
}

#[test]
fn undo_brings_back_what_a_file_was_and_says_what_cannot_be_undone() {
    let Some(stage) = Stage::set(STEPS) else { return };
    std::fs::write(stage.path("conf"), "old").unwrap();
    std::fs::set_permissions(stage.path("conf"), PermissionsExt::from_mode(0o600)).unwrap();
    stage.apply(&[]);
    let undone = stage.fleet(&["undo", "last", "--yes"]).expect(0);
    assert!(undone.stderr.contains("cannot be undone: mx01: run mkdir"), "{}", undone.stderr);
    assert_eq!(stage.text("conf"), "old");
    assert_eq!(std::fs::metadata(stage.path("conf")).unwrap().mode() & 0o7777, 0o600);
    // And that is undone too.
    stage.fleet(&["undo", "last", "--yes"]).expect(0);
    assert_eq!(stage.text("conf"), "one\n\\ last");

    // What was not there is removed, and what somebody changed since is left alone.
    stage.playbook("  - copy: { to: DIR/new, content: \"{{ params.text }}\" }\n");
    stage.apply(&[]);
    stage.fleet(&["undo", "last", "--yes"]).expect(0);
    assert!(!stage.path("new").exists());
    stage.apply(&[]);
    std::fs::write(stage.path("new"), "by hand").unwrap();
    let ran = stage.fleet(&["undo", "last", "--yes"]).expect(6);
    assert!(ran.stdout.contains("was changed since"), "{}", ran.stdout);
    assert_eq!(stage.text("new"), "by hand");
}

#[test]
fn a_file_that_changed_since_the_plan_is_stale_and_links_and_folders_are_left_alone() {
    let Some(stage) = Stage::set("  - copy: { to: DIR/conf, content: x }\n") else { return };
    stage.fleet(&["plan", "./change.yaml", "--hosts", "all", "--file", "plan.json"]).expect(0);
    std::fs::write(stage.path("conf"), "by hand").unwrap();
    let ran = stage.fleet(&["apply", "plan.json", "--yes"]).expect(4);
    assert!(ran.stdout.contains("stale"), "{}", ran.stdout);
    assert_eq!(stage.text("conf"), "by hand");

    std::fs::remove_file(stage.path("conf")).unwrap();
    std::os::unix::fs::symlink("elsewhere", stage.path("conf")).unwrap();
    let ran = stage.run(&["--yes"]).expect(6);
    assert!(ran.stdout.contains("it is a symbolic link"), "{}", ran.stdout);
    std::fs::remove_file(stage.path("conf")).unwrap();
    std::fs::create_dir(stage.path("conf")).unwrap();
    let ran = stage.run(&["--yes"]).expect(6);
    assert!(ran.stdout.contains("it is a folder"), "{}", ran.stdout);
    assert_eq!(files(&stage.path("")), ["conf"]);
}

#[test]
fn a_command_that_fails_is_a_failed_step_and_what_follows_is_not_done() {
    let steps = "  - id: bad\n    script: { sh: \"echo half; echo why >&2; exit 3\", reads: false }\n  \
                 - id: next\n    command: { argv: [touch, DIR/next], reads: false }\n";
    let Some(stage) = Stage::set(steps) else { return };
    let ran = stage.run(&["--yes"]).expect(6);
    assert!(ran.stdout.contains("exit status 3: why"), "{}", ran.stdout);
    let bad = stage.step("bad");
    assert_eq!(
        (&bad["outcome"], &bad["data"]["rc"], &bad["data"]["stdout"]),
        (&"failed".into(), &3.into(), &"half\n".into())
    );
    assert_eq!(stage.step("next")["outcome"], "skipped");
    assert!(!stage.path("next").exists());
}

#[test]
fn a_command_that_failed_is_not_run_again_by_a_resume() {
    let steps = "  - id: bad\n    script: { sh: \"echo x >>DIR/log; exit 3\", reads: false }\n  \
                 - id: next\n    command: { argv: [touch, DIR/next], reads: false }\n";
    let Some(stage) = Stage::set(steps) else { return };
    stage.run(&["--yes"]).expect(6);
    for _ in 0..2 {
        let resumed = stage.fleet(&["resume", "last", "--yes"]).expect(6);
        assert!(resumed.stderr.contains("failed  run a script of 1 line"), "{}", resumed.stderr);
        assert!(resumed.stdout.contains("exit status 3"), "{}", resumed.stdout);
        assert_eq!((stage.text("log").as_str(), stage.path("next").exists()), ("x\n", false), "it was run again");
    }
}

#[test]
fn a_command_whose_time_was_over_while_the_controller_stood_still_is_not_run_again() {
    let steps = "  - id: slow\n    script: { sh: \"echo x >>DIR/log; sleep 30\", reads: false }\n    timeout: 2s\n";
    let Some(stage) = Stage::set(steps) else { return };
    let args = ["run", "./change.yaml", "--hosts", "all", "--yes", "--known-hosts", "known", "--state", "state"];
    let mut command = stage.world.command(&args);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    assert!(within(30, || stage.text("log") == "x\n"), "it was not begun");
    assert!(kill("STOP", child.id() as i32));
    std::thread::sleep(std::time::Duration::from_secs(4));
    assert!(kill("CONT", child.id() as i32));
    let ran: Ran = child.wait_with_output().unwrap().into();
    assert!(ran.code == 6 && ran.stdout.contains("it took too long"), "{}: {}{}", ran.code, ran.stdout, ran.stderr);
    let resumed = stage.fleet(&["resume", "last", "--yes"]).expect(6);
    assert!(resumed.stdout.contains("it took too long"), "{}", resumed.stdout);
    assert_eq!(stage.text("log"), "x\n", "it was run again");
}

#[test]
fn when_too_many_ended_badly_no_host_begins_and_those_that_work_are_finished() {
    let steps = "  - id: a\n    script: { sh: \"touch DIR/works; sleep 3\", reads: true }\n  \
                 - id: b\n    command: { argv: [echo, \"{{ steps.a.rc }}\"], reads: true }\n";
    let Some(stage) = Stage::set(steps) else { return };
    // It says nothing, and hangs up when the other one works.
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = dead.local_addr().unwrap().port();
    let works = stage.path("works");
    std::thread::spawn(move || {
        let client = dead.accept().unwrap();
        within(60, || works.exists());
        drop(client);
    });
    let inventory = std::fs::read_to_string(stage.world.path("inventory.yaml")).unwrap();
    let dead = format!("  mx02: {{ address: 127.0.0.1, port: {port} }}\n");
    stage.world.write("inventory.yaml", &(inventory + &dead));
    stage.run(&["--yes", "--max-fail", "0", "-f", "2", "--connect-timeout", "60s"]).expect(5);
    assert_eq!(stage.step("b")["data"]["stdout"], "0\n");
}

#[test]
fn a_connection_that_goes_leaves_the_command_unknown_and_resume_settles_it_by_its_trace() {
    let steps = "  - id: cut\n    script:\n      sh: |\n        echo x >>DIR/log\n        kill -9 \"$(cat DIR/session)\"\n        \
                 sleep 1\n        exit 4\n      reads: false\n      ok_codes: [4]\n";
    let Some(stage) = Stage::set(steps) else { return };
    // The process of the session, as the script finds it: the shell that reads what fleet sends.
    stage.playbook(&steps.replace("$(cat DIR/session)", "$(awk '$1 == \"PPid:\" { print $2 }' /proc/$PPID/status)"));
    stage.run(&["--yes"]).expect(9);
    assert_eq!(stage.step("cut")["outcome"], "unknown");
    let settled = stage.fleet(&["resume", "last", "--yes", "--output", "json"]).expect(0).json();
    let cut = step(&settled, "cut");
    assert_eq!((&cut["outcome"], &cut["data"]["rc"]), (&"changed".into(), &4.into()), "{cut}");
    assert_eq!(stage.text("log"), "x\n", "it was done twice");
}

#[test]
fn what_was_begun_is_settled_though_the_playbook_would_not_do_it_any_more() {
    let stop = "  - id: flag\n    script: { sh: \"cat DIR/flag 2>/dev/null; true\", reads: true }\n  \
                - when: steps.flag.stdout == 'enough'\n    stop: { outcome: enough, message: it is enough }\n";
    let cut = "  - id: cut\n    script: { sh: \"echo x >>DIR/log; kill -9 SESSION; sleep 1\", reads: false }\n";
    let session = "$(awk '$1 == \\\"PPid:\\\" { print $2 }' /proc/$PPID/status)";
    let Some(stage) = Stage::set(&[stop, &cut.replace("SESSION", session)].concat()) else { return };
    stage.run(&["--yes"]).expect(9);
    std::fs::write(stage.path("flag"), "enough").unwrap();
    let resumed = stage.fleet(&["resume", "last", "--yes"]);
    assert!(resumed.stdout.contains("an earlier run began `run a script"), "{}{}", resumed.stdout, resumed.stderr);
    assert!(resumed.stdout.contains("it was done"), "{}", resumed.stdout);
    assert_eq!((stage.text("log"), resumed.code), ("x\n".to_owned(), 0));
    let locks = stage.world.fleet(&["locks", "--state", "state"]).expect(0);
    assert!(!locks.stdout.contains("mx01"), "{}", locks.stdout);
}

#[test]
fn undo_takes_back_what_a_run_and_the_one_that_resumed_it_did() {
    let kill = "kill -9 \"$(awk '$1 == \"PPid:\" { print $2 }' /proc/$PPID/status)\"; sleep 1";
    let cut = format!("  - script: {{ sh: {kill:?}, reads: false }}\n");
    let copy = |id: &str| format!("  - id: {id}\n    copy: {{ to: DIR/{id}, content: new }}\n");
    let Some(stage) = Stage::set(&[copy("a"), cut, copy("b")].concat()) else { return };
    std::fs::write(stage.path("a"), "old").unwrap();
    stage.run(&["--yes"]).expect(9);
    let first = stage.world.fleet(&["runs", "--state", "state", "--output", "json"]).expect(0).json()["runs"][0]["run"]
        .as_str()
        .unwrap()
        .to_owned();
    let unsettled = stage.fleet(&["undo", &first, "--yes"]).expect(4);
    assert!(unsettled.stderr.contains(&format!("settle it first: fleet resume {first}")), "{}", unsettled.stderr);
    stage.fleet(&["resume", &first, "--yes"]).expect(0);
    assert_eq!((stage.text("a"), stage.text("b")), ("new".into(), "new".into()));
    let undone = stage.fleet(&["undo", &first, "--yes"]).expect(0);
    assert!(undone.stderr.contains("cannot be undone: mx01: run a script"), "{}", undone.stderr);
    assert_eq!((stage.text("a"), stage.path("b").exists()), ("old".into(), false));
}

#[test]
fn what_changes_is_refused_in_a_playbook_that_only_reads() {
    let world = World::new();
    let text = "fleet: 1\nname: p\nmode: read-only\nsteps:\n  - command: { argv: [mkdir, /x], reads: false }\n";
    world.write("p.yaml", text);
    let ran = world.fleet(&["check", "./p.yaml"]).expect(2);
    assert!(ran.stderr.contains("p.yaml:5:") && ran.stderr.contains("this playbook is read-only"), "{}", ran.stderr);
    assert!(ran.stderr.contains("say `mode: change`, or `reads: true`"), "{}", ran.stderr);
}

/// A service of this machine that is gone with the value.
struct Service {
    name: String,
    file: PathBuf,
}

impl Service {
    fn install(stage: &Stage) -> Self {
        let name = format!("fleet-test-{}", std::process::id());
        let systemd = Path::new("/run/systemd/system");
        let pid = stage.path("pid").display().to_string();
        let (file, text) = match systemd.is_dir() {
            true => (
                systemd.join(format!("{name}.service")),
                format!("[Service]\nExecStart=/bin/sh -c 'echo $$$$ >{pid}; exec sleep 600'\nExecReload=/bin/true\n"),
            ),
            false => (Path::new("/etc/init.d").join(&name), INIT.replace("PID", &pid)),
        };
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
        if systemd.is_dir() {
            assert!(Command::new("systemctl").arg("daemon-reload").status().unwrap().success());
        }
        Self { name, file }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = match self.file.starts_with("/run/systemd") {
            true => Command::new("systemctl").args(["stop", &self.name]).status(),
            false => Command::new(&self.file).arg("stop").status(),
        };
        let _ = std::fs::remove_file(&self.file);
    }
}

/// An init script as they are: what it starts keeps its output open.
const INIT: &str = r#"#!/bin/sh
alive() { [ -f PID ] && kill -0 "$(cat PID)" 2>/dev/null; }
case $1 in
start) alive || { sleep 600 & echo $! >PID; } ;;
stop) ! alive || kill "$(cat PID)"; rm -f PID ;;
restart) "$0" stop; "$0" start ;;
reload) alive ;;
status) alive && echo running || { echo stopped; exit 3; } ;;
*) echo "Usage: $0 {start|stop}" >&2; exit 2 ;;
esac
"#;

#[test]
fn a_service_is_started_once_restarted_and_stopped_again_by_undo() {
    let Some(stage) = Stage::set("") else { return };
    let service = Service::install(&stage);
    let name = &service.name;
    let set = |state: &str| stage.playbook(&format!("  - id: it\n    service: {{ name: {name}, state: {state} }}\n"));
    let runs = || {
        let id = stage.text("pid");
        !id.is_empty() && Path::new("/proc").join(id.trim()).join("stat").exists()
    };
    set("reloaded");
    assert!(stage.run(&["--yes"]).expect(6).stdout.contains("does not run, so it reloads nothing"));
    set("started");
    assert_eq!(step(&stage.apply(&[]), "it")["outcome"], "changed");
    assert!(within(5, runs));
    let first = stage.text("pid");
    assert_eq!(step(&stage.apply(&[]), "it")["outcome"], "unchanged");
    assert_eq!(stage.text("pid"), first);
    set("restarted");
    stage.apply(&[]);
    assert!(within(5, || runs() && stage.text("pid") != first));
    set("stopped");
    stage.apply(&[]);
    assert!(within(5, || !runs()));
    stage.fleet(&["undo", "last", "--yes"]).expect(0);
    assert!(within(5, runs));
    stage.playbook("  - service: { name: fleet-no-such, state: started }\n");
    assert!(stage.run(&["--yes"]).expect(6).stdout.contains("there is no service fleet-no-such"));
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
