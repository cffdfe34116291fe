//! fleet's own machine as the thing that fails: no room, no descriptors, a record that is damaged or was broken off,
//! a reader that goes away. What was done is on record, and nothing is called well that is not.

use crate::support::{Ran, Sshd, World, is_root, kill, processes_with, within};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

/// Demo servers in a process of their own, with the environment that leads to them.
struct Demo {
    child: Child,
    environment: Vec<(String, String)>,
    _world: World,
}

impl Demo {
    fn start(hosts: u32) -> Self {
        let world = World::new();
        let mut command = world.command(&["demo", "--keep", "--hosts", &hosts.to_string()]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let exports = lines.find(|l| l.starts_with("export ")).unwrap();
        let pairs = exports.trim_start_matches("export ").split(' ').map(|pair| pair.split_once('=').unwrap());
        let environment = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        // The rest of what it says is read too, so that it never waits for a reader.
        std::thread::spawn(move || lines.count());
        Self { child, environment, _world: world }
    }

    /// fleet on these servers, with the world's own record.
    fn fleet(&self, world: &World, args: &[&str]) -> Command {
        let mut command = world.command(args);
        self.choose(world, &mut command);
        command
    }

    fn choose(&self, world: &World, command: &mut Command) {
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("FLEET_STATE", world.path("state"));
    }

    fn run(&self, world: &World, args: &[&str]) -> Ran {
        self.fleet(world, args).output().unwrap().into()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        kill("TERM", self.child.id() as i32);
        let _ = self.child.wait();
    }
}

const ALL: &str = "all!mx05!mx06";

#[test]
fn two_hundred_hosts_are_audited_and_all_of_them_stand_in_the_document() {
    let demo = Demo::start(200);
    let world = World::new();
    let ran = demo.run(&world, &["run", "audit", "--hosts", "all", "--output", "json"]).expect(10);
    let document = ran.json();
    let hosts = document["hosts"].as_array().unwrap();
    assert_eq!(hosts.len(), 200);
    let counted: u64 = document["summary"]["hosts"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(counted, 200, "{}", document["summary"]);
    let found: usize = hosts.iter().map(|h| h["findings"].as_array().unwrap().len()).sum();
    let summed: u64 = document["summary"]["findings"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(found as u64, summed);
}

#[test]
fn a_recorded_run_reads_in_every_format_as_it_read_live() {
    let demo = Demo::start(12);
    let world = World::new();
    for format in ["table", "json", "ndjson", "yaml"] {
        let live = demo.run(&world, &["run", "audit", "--hosts", "all", "--output", format, "-v"]).expect(10);
        let again = demo.run(&world, &["show", "last", "--output", format, "-v"]).expect(0);
        if format != "ndjson" {
            assert_eq!(again.stdout, live.stdout, "{format}");
            continue;
        }
        // Live there are events that only say what goes on; they are in no record.
        let events = |text: &str| -> Vec<Value> { text.lines().map(|l| serde_json::from_str(l).unwrap()).collect() };
        let (live, again) = (events(&live.stdout), events(&again.stdout));
        for (n, event) in live.iter().enumerate() {
            assert_eq!(event["seq"], n as u64 + 1, "{event}");
        }
        assert_eq!(live, again);
    }
    let runs = demo.run(&world, &["runs"]).expect(0);
    assert_eq!(runs.stdout.matches("audit").count(), 4, "{}", runs.stdout);
}

#[test]
fn a_reader_that_goes_away_does_not_keep_the_run_from_its_end() {
    let demo = Demo::start(12);
    for format in ["table", "json", "ndjson", "yaml"] {
        let world = World::new();
        let mut child = demo
            .fleet(&world, &["run", "audit", "--hosts", "all", "--output", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        let ended = child.wait().unwrap();
        assert!(!said.contains("panicked"), "{format}: {said}");
        assert_eq!(ended.code(), Some(74), "{format}: {ended:?} {said}");
        assert!(said.contains("with exit code 10") && said.contains("fleet show 20"), "{format}: {said}");
        // Whatever became of the reader, the record is whole.
        let shown = demo.run(&world, &["show", "last", "--output", "json"]).expect(0).json();
        assert_eq!(shown["summary"]["hosts"]["not-started"], 0, "{format}: {}", shown["summary"]);
        assert_eq!(shown["hosts"].as_array().unwrap().len(), 12, "{format}");
    }
    // Nobody listens to standard error either.
    let world = World::new();
    let mut child = demo
        .fleet(&world, &["run", "audit", "--hosts", "all"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(74));
    demo.run(&world, &["show", "last"]).expect(0);
}

#[test]
fn a_report_that_finds_no_room_is_no_success_and_can_be_had_again() {
    let demo = Demo::start(12);
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    for format in ["table", "json", "ndjson", "yaml"] {
        let world = World::new();
        let args = ["run", "audit", "--hosts", "all!mx05!mx06", "--fail-on", "never", "--output", format];
        let ran: Ran = demo.fleet(&world, &args).stdout(full()).output().unwrap().into();
        let ran = ran.expect(74);
        assert!(ran.stderr.contains("No space left") && ran.stderr.contains("with exit code 0"), "{}", ran.stderr);
        let again: Ran =
            demo.fleet(&world, &["show", "last", "--output", format]).stdout(full()).output().unwrap().into();
        assert!(again.expect(74).stderr.contains("No space left"));
        let again = demo.run(&world, &["show", "last", "--output", "json"]).expect(0).json();
        assert_eq!(again["summary"]["hosts"]["ok"], 10, "{}", again["summary"]);
    }
}

#[test]
fn few_descriptors_mean_fewer_hosts_at_once_and_that_is_said() {
    let demo = Demo::start(100);
    let world = World::new();
    let mut command = Command::new("prlimit");
    command.args(["--nofile=100:100", env!("CARGO_BIN_EXE_fleet")]);
    let mut command = world
        .prepare(command, &["exec", "--hosts", ALL, "--reads", "-f", "90", "--output", "json", "--", "echo hello"]);
    demo.choose(&world, &mut command);
    let ran: Ran = command.output().unwrap().into();
    let ran = ran.expect(0);
    assert_eq!(ran.json()["summary"]["hosts"]["ok"], 98, "{}", ran.json()["summary"]);
    assert!(ran.stderr.contains("instead of 90"), "{}", ran.stderr);
}

#[test]
fn two_runs_at_once_have_names_and_records_of_their_own() {
    let demo = Demo::start(30);
    let world = World::new();
    let children: Vec<Child> = (0..3)
        .map(|_| {
            let mut command =
                demo.fleet(&world, &["exec", "--hosts", ALL, "--reads", "--output", "json", "--", "echo hello"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let mut names = Vec::new();
    for child in children {
        let ran: Ran = child.wait_with_output().unwrap().into();
        let document = ran.expect(0).json();
        assert_eq!(document["summary"]["hosts"]["ok"], 28);
        names.push(document["run"].as_str().unwrap().to_owned());
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 3, "{names:?}");
    for name in names {
        let shown = demo.run(&world, &["show", &name, "--output", "json"]).expect(0).json();
        assert_eq!(shown["hosts"].as_array().unwrap().len(), 28, "{name}");
    }
}

#[test]
fn a_controller_that_is_killed_leaves_a_record_that_says_so() {
    let Some(sshd) = Sshd::start("MaxSessions 20") else { return };
    let world = World::with_inventory(&format!("fleet: 1\nhosts:\n  mx1: {}\n", sshd.host()));
    let known = sshd.known_hosts();
    let args = ["exec", "--hosts", "mx1", "--known-hosts", &known, "--state", "state"];
    for (n, wait) in [0, 15, 60, 150, 400].into_iter().enumerate() {
        let script = format!("sleep 76.{n}1");
        let mut child = world
            .command(&[&args[..], &["--", &script]].concat())
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        if wait == 400 {
            assert!(within(20, || !processes_with(&script).is_empty()));
        }
        std::thread::sleep(std::time::Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        // The record opens, whenever it was: either the run is not there yet, or it is told as it broke off.
        let runs = world.fleet(&["runs", "--state", "state"]).expect(0);
        if runs.stdout.contains("exec") {
            let shown = world.fleet(&["show", "last", "--state", "state", "--output", "json"]);
            assert!(shown.stderr.contains("did not come to its end"), "{}", shown.stderr);
            assert_eq!(shown.code, 2);
            let status = &shown.json()["hosts"][0]["status"];
            assert!(status == "not-started" || status == "cancelled", "{}", shown.stdout);
        }
        for id in processes_with(&script) {
            kill("TERM", id);
        }
    }
    let ran = world.fleet(&[&args[..], &["--output", "json", "--", "echo fine"]].concat()).expect(0);
    assert_eq!(ran.json()["hosts"][0]["status"], "ok");
    world.fleet(&["show", "last", "--state", "state"]).expect(0);
}

#[test]
fn a_damaged_record_is_refused_and_left_as_it_is() {
    let Some(sshd) = Sshd::start("") else { return };
    let inventory = format!("fleet: 1\nhosts:\n  mx1: {}\n", sshd.host());
    let known = sshd.known_hosts();
    for (damage, code) in [("garbage", 70), ("cut", 70), ("folder", 2), ("open", 2)] {
        let world = World::with_inventory(&inventory);
        let mark = world.path("ran");
        let touch = format!("echo x >>{}", mark.display());
        let args = ["exec", "--hosts", "mx1", "--known-hosts", &known, "--state", "state", "--", &touch];
        world.fleet(&args).expect(0);
        let file = world.path("state/fleet.db");
        for name in ["state/fleet.db-wal", "state/fleet.db-shm"] {
            let _ = std::fs::remove_file(world.path(name));
        }
        let whole = std::fs::read(&file).unwrap();
        match damage {
            "garbage" => std::fs::write(&file, vec![b'x'; 8192]).unwrap(),
            "cut" => std::fs::write(&file, &whole[..whole.len() / 2 + 100]).unwrap(),
            "folder" => {
                std::fs::remove_file(&file).unwrap();
                std::fs::create_dir(&file).unwrap();
            }
            _ => drop(Command::new("chmod").args(["755"]).arg(world.path("state")).status().unwrap()),
        }
        let before = std::fs::read(&file).ok();
        let ran = world.fleet(&args);
        assert_eq!(ran.code, code, "{damage}: {}", ran.stderr);
        assert!(ran.stderr.contains("state"), "{damage}: {}", ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{damage}: {}", ran.stderr);
        assert_eq!(std::fs::read_to_string(&mark).unwrap(), "x\n", "{damage}: it ran without a record");
        assert_eq!(std::fs::read(&file).ok(), before, "{damage}: it was written over");
    }
}

/// A folder with the record of one run, whose only host cannot be reached.
fn recorded() -> World {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let world = World::with_inventory(&format!("fleet: 1\nhosts:\n  mx1: {{ address: 127.0.0.1, port: {closed} }}\n"));
    world.fleet(&["exec", "--hosts", "mx1", "--state", "state", "--", "true"]).expect(7);
    world
}

#[test]
fn a_record_that_lost_events_is_told_with_a_warning_and_found_by_doctor() {
    let world = recorded();
    let fleet = |args: &[&str]| world.fleet(&[args, &["--state", "state"]].concat());
    let verified = fleet(&["show", "--verify"]).expect(0).stdout;
    let head = fleet(&["show", "--verify", "--output", "json"]).expect(0).json()["head"].as_str().unwrap().to_owned();
    assert!(head.len() == 64 && verified.contains(&head), "{verified}");
    assert_eq!(fleet(&["show", "last", "--verify"]).expect(0).stdout, verified);
    assert!(fleet(&["doctor"]).expect(0).stdout.contains("records: 1 of 1 are whole"));

    let database = rusqlite::Connection::open(world.path("state/fleet.db")).unwrap();
    database.execute("DELETE FROM events WHERE body LIKE '%unreachable%'", []).unwrap();
    drop(database);
    for format in ["table", "json"] {
        let shown = fleet(&["show", "last", "--output", format]).expect(70);
        assert!(shown.stderr.contains("is damaged") && shown.stdout.contains("mx1"), "{}", shown.stderr);
    }
    assert!(fleet(&["show", "--verify"]).expect(70).stderr.contains("is damaged"));
    assert_eq!(fleet(&["show", "--verify", "--output", "json"]).expect(70).json()["record"], "broken");
    let doctor = fleet(&["doctor"]).expect(2).stdout;
    assert!(doctor.contains("BAD   records: the record of run"), "{doctor}");
}

#[test]
fn a_record_that_cannot_be_written_is_read_all_the_same_and_nothing_is_made_beside_it() {
    if !is_root() {
        return;
    }
    let world = recorded();
    let shown = world.fleet(&["show", "last", "--state", "state"]).expect(0).stdout;
    let files = || {
        let files = std::fs::read_dir(world.path("state")).unwrap().map(|f| f.unwrap());
        let mut files: Vec<_> = files.map(|f| (f.file_name(), f.metadata().unwrap().modified().unwrap())).collect();
        files.sort();
        files
    };
    let before = files();
    let look = |program: &[&str]| {
        let run = |args: &[&str]| -> Ran {
            let mut command = Command::new(program[0]);
            command.args(&program[1..]);
            world.prepare(command, args).output().unwrap().into()
        };
        assert!(run(&["runs", "--state", "state"]).expect(0).stdout.contains("exec"), "{program:?}");
        assert_eq!(run(&["show", "last", "--state", "state"]).expect(0).stdout, shown, "{program:?}");
        run(&["show", "last", "--verify", "--state", "state"]).expect(0);
        assert_eq!(run(&["hosts", "last:unreachable", "--count", "--state", "state"]).expect(0).stdout, "1\n");
        // To make a run is another matter.
        let refused = run(&["exec", "--hosts", "mx1", "--state", "state", "--", "true"]).expect(2);
        assert!(refused.stderr.contains("state"), "{}", refused.stderr);
        assert_eq!(files(), before, "{program:?}");
    };
    let mount = "mount --bind state state && mount -o remount,ro,bind state && exec \"$@\"";
    let fleet = env!("CARGO_BIN_EXE_fleet");
    look(&["unshare", "--mount", "--propagation", "private", "sh", "-c", mount, "sh", fleet]);

    // For somebody else, who may read it and no more.
    std::fs::copy(fleet, world.path("fleet")).unwrap();
    let mut open = Command::new("sh");
    open.arg("-c").arg("chmod 755 . fleet && chmod 555 state && chmod 444 state/*");
    assert!(open.current_dir(world.folder.path()).status().unwrap().success());
    let before = files();
    assert!(!before.is_empty());
    let other = world.path("fleet");
    look(&["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", other.to_str().unwrap()]);
}

#[test]
fn nothing_new_begins_once_the_record_cannot_be_written() {
    if !is_root() {
        return;
    }
    let Some(sshd) = Sshd::start("") else { return };
    let hosts: String = (0..40).map(|n| format!("  mx{n:02}: {}\n", sshd.host())).collect();
    let world = World::with_inventory(&format!("fleet: 1\nhosts:\n{hosts}"));
    let known = sshd.known_hosts();
    std::fs::create_dir(world.path("state")).unwrap();
    // Output enough to fill the disk under the record long before the last host.
    let script = "head -c 60000 /dev/zero | tr '\\0' x";
    for (size, code) in [(0, 2), (160, 70), (400, 70), (700, 70)] {
        let mut unshare = Command::new("unshare");
        let mount = format!(
            "mount -t tmpfs -o mode=700,size={} tmpfs state && {}exec \"$@\"",
            if size == 0 { "4m".to_owned() } else { format!("{size}k") },
            if size == 0 { "mount -o remount,ro state && " } else { "" }
        );
        unshare.args(["--mount", "--propagation", "private", "sh", "-c", &mount, "sh", env!("CARGO_BIN_EXE_fleet")]);
        let args =
            ["exec", "--hosts", "all", "--reads", "--known-hosts", &known, "--state", "state", "-f", "2", "--", script];
        let ran: Ran = world.prepare(unshare, &args).output().unwrap().into();
        assert_eq!(ran.code, code, "{size}: {}", ran.stderr);
        let why = if size == 0 { "Read-only" } else { "fleet.db: the disk is full, " };
        assert!(ran.stderr.contains(why), "{size}: {}", ran.stderr);
        assert!(!ran.stderr.contains("panicked") && ran.stderr.contains("state"), "{size}: {}", ran.stderr);
    }
}

#[test]
fn a_limit_on_hosts_that_cannot_be_reached_is_exit_5_and_names_who_was_left_out() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    // They accept and say nothing, so that none of them ends before the limit is reached.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = |n| if n < 4 { closed } else { silent.local_addr().unwrap().port() };
    let hosts: String =
        (0..150).map(|n| format!("  mx{n:03}: {{ address: 127.0.0.1, port: {} }}\n", port(n))).collect();
    let world = World::with_inventory(&format!("fleet: 1\nhosts:\n{hosts}"));
    let args = [
        "exec",
        "--hosts",
        "all",
        "--reads",
        "--max-fail",
        "3",
        "--connect-timeout",
        "60s",
        "--state",
        "state",
        "--",
        "true",
    ];
    let ran = world.fleet(&args).expect(5);
    let document = world.fleet(&["show", "last", "--state", "state", "--output", "json"]).expect(0).json();
    let summary = &document["summary"];
    assert_eq!(
        (&summary["hosts"]["unreachable"], &summary["hosts"]["not-started"]),
        (&4.into(), &146.into()),
        "{summary}"
    );
    assert!(summary["stopped"].as_str().unwrap().contains("max_fail 3"), "{summary}");
    assert!(ran.stdout.contains("mx[004-149]"), "{}", ran.stdout);
    // They are the ones to go on with.
    let again = world.fleet(&["hosts", "last:not-started", "--state", "state"]).expect(0);
    assert_eq!(again.stdout.lines().filter(|l| l.starts_with("mx")).count(), 146);
}
