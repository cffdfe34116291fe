//! A change that is interrupted, and one whose record cannot be written.

use crate::fake_host::FakeHost;
use crate::support::{Ran, World, kill, within};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const RESCUE: &str = "\
fleet: 1
name: rescue
summary: Sets a password, holds, deletes
mode: destructive
steps:
  - id: rotate
    name: A new password
    mail.account.set_password: { account: info@example.jp }
  - id: hold
    name: Nothing more leaves
    mail.queue.hold: { logins: [info@example.jp] }
    undo: mail.queue.release
  - confirm: { message: now what it left }
  - id: purge
    name: Delete what it left
    mail.queue.delete: { logins: [info@example.jp] }
    undo: mail.queue.restore
";

fn world(fake_host: &FakeHost) -> World {
    let port = fake_host.sshd.port;
    let world = World::with_inventory(&format!("fleet: 1\nhosts:\n  mx1: {}\n", fake_host.host_at(port)));
    world.write("known", &fake_host.known_at(port));
    world.write("rescue.yaml", RESCUE);
    world
}

fn command(world: &World, args: &[&str]) -> Command {
    world.command(&[args, &["--known-hosts", "known", "--state", "state", "--output", "json"]].concat())
}

const RUN: &[&str] = &["run", "./rescue.yaml", "--hosts", "mx1", "--yes"];

/// `fleet resume` of the run that applies, which comes after the one that plans.
fn resume(world: &World) -> Ran {
    command(world, &["resume", "2", "--yes"]).output().unwrap().into()
}

fn assert_done_once(fake_host: &FakeHost, story: &str) {
    let acts = fake_host.acts();
    assert_eq!(fake_host.set(), [fake_host.password()], "{acts:?}\n{story}");
    let of = |what: &str| acts.iter().filter(|act| act.starts_with(what)).collect::<BTreeSet<_>>().len();
    assert_eq!((of("-h"), of("-d"), acts.len()), (4, 4, 10), "{acts:?}\n{story}");
    assert!(!fake_host.session() && fake_host.queue("hold").is_empty(), "{story}");
    assert_eq!(fake_host.queue("deferred"), ["ABCDEF0002", "ABCDEF0004"], "{story}");
}

/// Sends that many Ctrl-C while the password is being set.
fn interrupted(fake_host: &FakeHost, world: &World, times: u32) -> Ran {
    fake_host.reset();
    fake_host.slow("3");
    let child = command(world, RUN).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = within(30, || fake_host.traces().values().any(|acts| *acts > 0));
    assert!(begun, "the change has not begun");
    for _ in 0..times {
        kill("INT", child.id() as i32);
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    child.wait_with_output().unwrap().into()
}

#[test]
fn after_one_ctrl_c_the_change_that_runs_comes_to_its_end_and_no_other_begins() {
    let Some(fake_host) = FakeHost::start() else { return };
    let world = world(&fake_host);
    let ran = interrupted(&fake_host, &world, 1).expect(130);
    assert_eq!(fake_host.acts(), [format!("set {}", fake_host.password()), "kick".to_owned()], "{}", ran.stdout);
    let steps = &ran.stdout[ran.stdout.rfind("\"steps\"").unwrap()..];
    assert!(steps.contains("\"changed\"") && steps.contains("\"cancelled\""), "{}", ran.stdout);
    let resumed = resume(&world).expect(0);
    assert_done_once(&fake_host, &resumed.stdout);
}

#[test]
fn after_two_the_change_is_ended_on_the_host_and_its_fate_is_looked_for() {
    let Some(fake_host) = FakeHost::start() else { return };
    let world = world(&fake_host);
    let ran = interrupted(&fake_host, &world, 2).expect(130);
    assert!(
        ran.stdout.contains("\"unknown\"") && ran.stderr.contains("fleet resume"),
        "{}\n{}",
        ran.stdout,
        ran.stderr
    );
    assert_eq!(fake_host.acts(), [""; 0], "it ran on");
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(fake_host.acts(), [""; 0], "it ran on");
    // Nobody else takes the host until that is settled.
    let refused: Ran = command(&world, RUN).output().unwrap().into();
    assert!(refused.code == 4 && refused.stderr.contains("fleet resume"), "{} {}", refused.code, refused.stderr);
    fake_host.slow("");
    let resumed = resume(&world).expect(0);
    assert_done_once(&fake_host, &resumed.stdout);
    // It was finished: nothing is left to do, and nothing is done again.
    resume(&world).expect(0);
    assert_done_once(&fake_host, "resumed once more");
}

#[test]
fn what_was_never_begun_is_shown_and_needs_a_yes_that_is_not_too_old() {
    let Some(fake_host) = FakeHost::start() else { return };
    let world = world(&fake_host);
    interrupted(&fake_host, &world, 1).expect(130);
    fake_host.slow("");
    let before = fake_host.acts();
    let resume =
        |more: &[&str]| -> Ran { command(&world, &[&["resume", "2"], more].concat()).output().unwrap().into() };
    let silent = resume(&[]).expect(4);
    for told in [
        "what the run left",
        "changed  set a new password for info@example.jp",
        "never begun  hold back 4",
        "no terminal",
    ] {
        assert!(silent.stderr.contains(told), "{told}: {}", silent.stderr);
    }
    let wrong = resume(&["--yes", "--count", "3"]).expect(4);
    assert!(wrong.stderr.contains("--count says 3, and 4 objects"), "{}", wrong.stderr);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let old = resume(&["--yes", "--max-age", "1s"]).expect(4);
    assert!(old.stderr.contains("more than 1s ago; plan again"), "{}", old.stderr);
    let by_setting: Ran =
        command(&world, &["resume", "2", "--yes"]).env("FLEET_APPROVAL_MAX_AGE", "1s").output().unwrap().into();
    assert!(by_setting.code == 4 && by_setting.stderr.contains("plan again"), "{}", by_setting.stderr);
    assert_eq!(fake_host.acts(), before, "something was done without a yes");
    let resumed = resume(&["--yes", "--lang", "ja"]).expect(0);
    assert!(resumed.stderr.contains("未着手"), "{}", resumed.stderr);
    assert_done_once(&fake_host, &resumed.stdout);
}

#[test]
fn what_is_in_doubt_is_settled_without_a_yes_and_nothing_else_is_done() {
    let Some(fake_host) = FakeHost::start() else { return };
    let world = world(&fake_host);
    interrupted(&fake_host, &world, 2).expect(130);
    fake_host.slow("");
    let settled: Ran = command(&world, &["resume", "2"]).output().unwrap().into();
    assert_eq!(settled.code, 4, "{}{}", settled.stdout, settled.stderr);
    for told in ["unknown  set a new password", "what is in doubt is settled, and nothing else is done"] {
        assert!(settled.stderr.contains(told), "{told}: {}", settled.stderr);
    }
    assert!(settled.stdout.contains("it was not done"), "{}", settled.stdout);
    assert_eq!(fake_host.acts(), [""; 0], "something was done without a yes");
    assert!(!world.fleet(&["locks", "--state", "state"]).expect(0).stdout.contains("mx1"));
    let resumed = resume(&world).expect(0);
    assert_done_once(&fake_host, &resumed.stdout);
}

const ROTATE: &str = "fleet: 1\nname: rotate\nsummary: Sets a password\nmode: change\nsteps:\n  - id: rotate\n    \
                      name: A new password\n    mail.account.set_password: { account: info@example.jp }\n";

#[test]
fn a_password_that_another_run_set_since_is_left_alone() {
    let Some(fake_host) = FakeHost::start() else { return };
    let world = world(&fake_host);
    interrupted(&fake_host, &world, 2).expect(130);
    fake_host.slow("");
    world.fleet(&["unlock", "mx1", "--run", "2", "--state", "state"]).expect(0);
    world.write("rotate.yaml", ROTATE);
    let other: Ran = command(&world, &["run", "./rotate.yaml", "--hosts", "mx1", "--yes"]).output().unwrap().into();
    let by = other.expect(0).json()["run"].as_str().unwrap().to_owned();
    let newer = fake_host.password();
    let resumed = resume(&world).expect(4);
    assert_eq!((fake_host.password(), fake_host.set()), (newer.clone(), vec![newer]), "{}", resumed.stdout);
    let document = resumed.json();
    let rotate = &document["hosts"][0]["steps"][0];
    assert_eq!((&rotate["outcome"], &rotate["data"]["overtaken"]), (&"overtaken".into(), &1.into()), "{rotate}");
    assert_eq!(rotate["data"]["rows"][0]["why"], format!("run {by} changed it since"), "{rotate}");
    // What nobody else changed is done.
    assert_eq!(fake_host.queue("deferred"), ["ABCDEF0002", "ABCDEF0004"], "{}", resumed.stdout);
}

#[test]
fn a_password_that_the_customer_set_since_is_left_alone() {
    let Some(fake_host) = FakeHost::start() else { return };
    let world = world(&fake_host);
    world.write("rescue.yaml", ROTATE);
    fake_host.slow("1");
    let mut child = command(&world, RUN).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert!(within(30, || fake_host.traces().values().any(|acts| *acts > 0)), "the change has not begun");
    child.kill().unwrap();
    child.wait().unwrap();
    // It goes on without the controller, to its end.
    assert!(within(10, || fake_host.ended() == 1), "{:?}", fake_host.acts());
    assert_eq!(fake_host.set(), [fake_host.password()]);
    fake_host.set_by_hand("Cust0mer-set-this");
    for resumed in [resume(&world), resume(&world)] {
        assert_eq!(resumed.code, 4, "{}{}", resumed.stdout, resumed.stderr);
        assert_eq!(fake_host.password(), "Cust0mer-set-this", "{}", resumed.stdout);
        let rotate = &resumed.json()["hosts"][0]["steps"][0];
        assert_eq!(rotate["outcome"], "overtaken", "{rotate}");
        assert!(rotate["reason"].as_str().unwrap().contains("set since by somebody else"), "{rotate}");
    }
    assert_eq!(fake_host.set().len(), 1);
    assert!(!world.fleet(&["locks", "--state", "state"]).expect(0).stdout.contains("mx1"));
}

const THREE: &str = "\
fleet: 1
name: three
summary: Deletes one account's mail, then another's
mode: destructive
limits: { messages_deleted: 5 }
steps:
  - mail.queue.hold: { logins: [info@example.jp] }
  - confirm: { message: the first }
  - mail.queue.delete: { logins: [info@example.jp] }
  - confirm: { message: the second }
  - mail.queue.delete: { logins: [sales@example.jp] }
";

#[test]
fn a_limit_counts_what_the_runs_before_did_and_no_plan_goes_beyond_it() {
    let Some(fake_host) = FakeHost::start() else { return };
    let world = world(&fake_host);
    world.write("rescue.yaml", THREE);
    for resumed in [false, true] {
        let args = if resumed { &["resume", "2", "--yes"][..] } else { RUN };
        let ran: Ran = command(&world, args).output().unwrap().into();
        let refused = ran.stdout.contains("messages_deleted is 5, and 6 are planned");
        assert!(ran.code == 4 && refused, "{resumed}: exit {}\n{}", ran.code, ran.stdout);
        assert_eq!(fake_host.queue("deferred"), ["ABCDEF0002", "ABCDEF0004"], "{resumed}");
    }
    fake_host.reset();
    world.write("rescue.yaml", &THREE.replace("  - confirm: { message: the first }\n", "").replace(": 5", ": 3"));
    let args =
        ["plan", "./rescue.yaml", "--hosts", "mx1", "-o", "p.plan", "--known-hosts", "known", "--state", "state"];
    let plan = world.fleet(&args);
    assert!(plan.code == 4 && plan.stderr.contains("messages_deleted is 3, and 4"), "{} {}", plan.code, plan.stderr);
    assert!(!world.path("p.plan").exists(), "a plan that would not be applied was kept");
}

/// A file system of its own under the record.
struct Disk(PathBuf);

impl Disk {
    fn new(world: &World, size: &str) -> Self {
        let path = world.path("state");
        std::fs::create_dir_all(&path).unwrap();
        let disk = Self(path);
        disk.mount(&format!("mode=700,size={size}"));
        disk
    }

    fn mount(&self, options: &str) {
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&self.0).status().unwrap();
        assert!(done.success());
    }

    fn used(&self) -> u64 {
        let stat = Command::new("df").args(["-k", "--output=used"]).arg(&self.0).output().unwrap();
        String::from_utf8(stat.stdout).unwrap().lines().last().unwrap().trim().parse().unwrap()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn nothing_is_changed_that_is_not_on_record_first() {
    let Some(fake_host) = FakeHost::start() else { return };
    let world = world(&fake_host);
    let whole = {
        let disk = Disk::new(&world, "16m");
        Ran::from(command(&world, RUN).output().unwrap()).expect(0);
        disk.used()
    };
    let (mut failed, mut begun) = (0, 0);
    // It takes more while it is written than afterwards.
    for share in [130, 190, 220, 240, 260, 300] {
        fake_host.reset();
        let disk = Disk::new(&world, &format!("{}k", whole * share / 100));
        let ran: Ran = command(&world, RUN).output().unwrap().into();
        let story = format!("{share} %: exit {}\n{}\n{}\n{:?}", ran.code, ran.stdout, ran.stderr, fake_host.acts());
        assert!([0, 2, 70].contains(&ran.code) && !ran.stderr.contains("panicked"), "{story}");
        failed += u32::from(ran.code == 70);
        disk.mount("remount,mode=700,size=16m");
        let shown = world.fleet(&["show", "2", "--state", "state", "--output", "ndjson"]);
        for (op, acts) in fake_host.traces() {
            begun += u32::from(ran.code == 70 && acts > 0);
            assert!(acts == 0 || shown.stdout.contains(&op), "{op} was begun and is not on record: {story}");
        }
        if ran.code == 70 && shown.stdout.contains("change-intended") {
            let resumed = resume(&world);
            assert_eq!(resumed.code, 0, "{story}\n--- resume\n{}\n{}", resumed.stdout, resumed.stderr);
            assert_done_once(&fake_host, &story);
        } else if ran.code != 0 {
            assert!(fake_host.acts().is_empty(), "{story}");
        }
    }
    println!("the record could not be written {failed} times, {begun} times after a change");
    assert!(failed >= 2 && begun > 0, "the disk was never full after a change");
}
