//! The controller is killed in the middle of a rescue, again and again: what it told is on record, what it left is
//! settled by `resume`, no password is lost, and nothing is done twice.

use crate::fake_host::{ACCOUNT, FakeHost};
use crate::support::{Ran, World, within};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RESCUE: &str = "\
fleet: 1
name: rescue
summary: Holds, sets a password, deletes
mode: destructive
steps:
  - id: hold
    name: Nothing more leaves
    mail.queue.hold: { logins: [info@example.jp] }
    undo: mail.queue.release
  - id: rotate
    name: A new password
    mail.account.set_password: { account: info@example.jp }
  - confirm: { message: now what it left }
  - id: purge
    name: Delete what it left
    mail.queue.delete: { logins: [info@example.jp] }
    undo: mail.queue.restore
  - id: after
    name: The queue afterwards
    mail.queue.inspect: { top: 5, samples: 0 }
";
const HOSTS: usize = 20;

/// A number from the environment.
fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(otherwise)
}

/// Numbers by chance, the same for the same seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Twenty hosts and who rescues them.
struct Scene {
    fake_hosts: Vec<FakeHost>,
    world: World,
    planned: Instant,
}

impl Scene {
    fn new() -> Option<Self> {
        let fake_hosts: Vec<FakeHost> = (0..HOSTS).map_while(|_| FakeHost::start()).collect();
        if fake_hosts.len() < HOSTS {
            return None;
        }
        let lines = |of: &dyn Fn(usize, &FakeHost) -> String| -> String {
            fake_hosts.iter().enumerate().map(|(n, fake_host)| of(n, fake_host)).collect()
        };
        let hosts = lines(&|n, s| format!("  mx{n:02}: {}\n", s.host_at(s.sshd.port)));
        let world = World::with_inventory(&format!("fleet: 1\nhosts:\n{hosts}"));
        world.write("known", &lines(&|_, s| s.known_at(s.sshd.port)));
        world.write("rescue.yaml", RESCUE);
        let mut scene = Self { fake_hosts, world, planned: Instant::now() };
        scene.plan();
        Some(scene)
    }

    fn command(&self, args: &[&str], state: &str) -> Command {
        if state != "planned" && !self.world.path(state).exists() {
            self.world.state_after("planned", state);
        }
        self.world.command(&[args, &["--state", state]].concat())
    }

    fn fleet(&self, args: &[&str], state: &str) -> Ran {
        self.command(args, state).output().unwrap().into()
    }

    fn plan(&mut self) {
        self.fake_hosts.iter().for_each(FakeHost::reset);
        let _ = std::fs::remove_file(self.world.path("plan.json"));
        let args = ["plan", "./rescue.yaml", "--hosts", "all", "-o", "plan.json", "--known-hosts", "known"];
        self.fleet(&args, "planned").expect(0);
        self.planned = Instant::now();
    }

    /// What is left of a line of kills: everything was done once, and every password opens its host.
    fn assert_done(&self, state: &str, story: &str) {
        let to = self.world.path("passwords");
        let _ = std::fs::remove_file(&to);
        let told = self.fleet(&["secret", "reveal", "1", "--to", to.to_str().unwrap()], state);
        assert_eq!(told.code, 0, "{}\n{story}", told.stderr);
        let text = std::fs::read_to_string(&to).unwrap();
        let mut passwords: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split('\t').collect();
            assert_eq!((words[1], words.len()), (ACCOUNT, 3), "{line}\n{story}");
            passwords.entry(words[0]).or_default().push(words[2]);
        }
        let database = std::fs::read(self.world.path(&format!("{state}/fleet.db"))).unwrap();
        for (n, fake_host) in self.fake_hosts.iter().enumerate() {
            let name = format!("mx{n:02}");
            let acts = fake_host.acts();
            let story = || format!("{name}: {acts:?}\n{story}");
            assert_eq!(passwords.get(name.as_str()), Some(&vec![fake_host.password().as_str()]), "{}", story());
            assert_eq!(fake_host.set(), [fake_host.password()], "{}", story());
            for id in ["ABCDEF0000", "ABCDEF0001", "ABCDEF0003", "ABCDEF0005"] {
                for what in ["-h", "-d"] {
                    let times = acts.iter().filter(|act| **act == format!("{what} {id}")).count();
                    assert_eq!(times, 1, "{what} {id} {}", story());
                }
            }
            assert!(!fake_host.session(), "a session is open: {}", story());
            assert_eq!(fake_host.queue("deferred"), ["ABCDEF0002", "ABCDEF0004"], "{}", story());
            assert!(fake_host.queue("hold").is_empty(), "{}", story());
            let secret = fake_host.password();
            assert!(!database.windows(secret.len()).any(|w| w == secret.as_bytes()), "a password lies open");
        }
        let locks = self.fleet(&["locks"], state).expect(0);
        assert!(!locks.stdout.contains("mx"), "{}\n{story}", locks.stdout);
    }

    /// Everything that a killed run has told is on record as it was told. How many events that were.
    fn assert_kept(&self, told: &str, state: &str) -> usize {
        // The last line may be cut.
        let whole = &told[..told.rfind('\n').map_or(0, |at| at + 1)];
        let events: Vec<Value> = whole.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let Some(run) = events.first().map(|e| e["run"].as_str().unwrap().to_owned()) else { return 0 };
        let shown = self.fleet(&["show", &run, "-o", "ndjson"], state);
        let kept: BTreeMap<u64, Value> = shown
            .stdout
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .map(|e: Value| (e["seq"].as_u64().unwrap(), e))
            .collect();
        for event in &events {
            let seq = event["seq"].as_u64().unwrap();
            assert_eq!(kept.get(&seq), Some(event), "told, and not on record as such");
        }
        events.len()
    }
}

#[test]
fn a_controller_that_is_killed_in_a_rescue_loses_nothing_and_does_nothing_twice() {
    let wanted = from_environment("FLEET_KILLS", 12);
    let seed = from_environment("FLEET_SEED", u64::from(std::process::id()) << 20 | 1);
    let mut chance = Chance(seed);
    let Some(mut scene) = Scene::new() else { return };
    let (connection, agree) = (["--known-hosts", "known", "-o", "ndjson", "-f", "20"], ["--yes", "--count", "100"]);
    let apply = [&["apply", "plan.json"][..], &agree, &connection].concat();
    let resume = [&["resume", "1"][..], &agree, &connection].concat();
    let began = Instant::now();
    scene.fleet(&apply, "whole").expect(0);
    let whole = began.elapsed();
    scene.assert_done("whole", "nobody was killed");

    let (mut kills, mut lines, mut told, mut in_doubt, mut resumed) = (0, 0, 0, 0, 0);
    while kills < wanted {
        if scene.planned.elapsed() > Duration::from_secs(900) {
            scene.plan();
        }
        scene.fake_hosts.iter().for_each(FakeHost::reset);
        lines += 1;
        let state = format!("state{lines}");
        let mut story = format!("seed {seed}, line {lines}, a whole run took {whole:?}\n");
        // Each line ends with a run that nobody kills; before it are one to six that somebody does.
        let mut left = 1 + (chance.next() * 6.0) as usize;
        let mut begun = false;
        loop {
            let args = if begun { &resume } else { &apply };
            let out = scene.world.path("told");
            let mut child =
                scene.command(args, &state).stdout(File::create(&out).unwrap()).stderr(Stdio::piped()).spawn().unwrap();
            let mut killed = false;
            if left > 0 {
                left -= 1;
                std::thread::sleep(whole.mul_f64(chance.next()));
                killed = child.try_wait().unwrap().is_none();
                child.kill().unwrap();
            }
            let ran: Ran = child.wait_with_output().unwrap().into();
            let text = std::fs::read_to_string(&out).unwrap();
            story +=
                &format!("{} killed {killed}, exit {}, {}\n{}\n", args[0], ran.code, ran.stderr, last_lines(&text));
            told += scene.assert_kept(&text, &state);
            kills += u64::from(killed);
            resumed += u64::from(begun);
            if killed {
                let locks = scene.fleet(&["locks"], &state).stdout;
                in_doubt += locks.lines().filter(|l| l.contains("mx")).count();
                begun = scene.fleet(&["runs", "-o", "json"], &state).stdout.contains("rescue");
                continue;
            }
            if begun && ran.code == 2 && ran.stderr.contains("nothing to resume") {
                // It was killed before it had approved anything.
                assert!(scene.fake_hosts.iter().all(|s| s.acts().is_empty()), "{story}");
                begun = false;
                let _ = std::fs::remove_dir_all(scene.world.path(&state));
                continue;
            }
            assert_eq!(ran.code, 0, "{story}");
            break;
        }
        scene.assert_done(&state, &story);
        let _ = std::fs::remove_dir_all(scene.world.path(&state));
    }
    println!(
        "{kills} kills in {lines} rescues of {HOSTS} hosts (seed {seed}, a whole run took {whole:?}): {resumed} resumed runs, \
         {told} events told before and all kept, {in_doubt} hosts left locked, each done once, all passwords open"
    );
    assert!(within(1, || kills >= wanted));
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|l| l.contains("change-") || l.contains("\"host-finished\"")).collect();
    lines.join("\n")
}
