//! One host is changed by one run at a time, whoever runs it.

use super::{fleet, take};
use crate::support::{Bed, Ran, World, bed_to_change, kill, within};
use serde_json::Value;
use std::process::{Child, Stdio};

const HOST: &str = "pleskob2";
const RESCUE: &[&str] = &["run", "rescue-mail", "--hosts", HOST, "-p", "accounts=sales@example.jp", "--yes", "-p"];

/// A rescue that is at work: it holds the host, here and there.
fn working(bed: &Bed, world: &World, watch: &str) -> Child {
    let args = [RESCUE, &[watch]].concat();
    let child = bed.fleet(world, &args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    assert!(within(30, || is_held(bed)), "it takes no lock");
    child
}

/// By who has it open: to try the lock would be to take it, and the kernel's list leaves out locks whose taker has ended.
fn is_held(bed: &Bed) -> bool {
    let look = "ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q -- '-> /var/lib/fleet/lock$'";
    bed.enter(HOST, look).code == 0
}

fn locks(bed: &Bed, world: &World) -> Vec<Value> {
    fleet(bed, world, &["locks", "--output", "json"]).expect(0).json().as_array().unwrap().clone()
}

fn passwords(bed: &Bed) -> String {
    bed.enter(HOST, "sha256sum /etc/dovecot/users").expect(0).stdout
}

#[test]
fn two_controllers_cannot_change_one_host_and_the_second_is_told_who_does() {
    let Some(bed) = bed_to_change() else { return };
    let _hosts = take(&[HOST]);
    let (first, second) = (World::new(), World::new());
    let child = working(&bed, &first, "watch=12s");
    // The same state folder knows without asking the host.
    let same = fleet(&bed, &first, &[RESCUE, &["watch=1s"]].concat()).expect(4).stderr;
    assert!(same.contains(&format!("{HOST} is locked by ")) && same.contains("since 20"), "{same}");
    let held = locks(&bed, &first);
    assert_eq!((held.len(), &held[0]["host"], &held[0]["alive"]), (1, &HOST.into(), &true.into()), "{held:?}");
    let table = fleet(&bed, &first, &["locks"]).expect(0).stdout;
    assert!(table.contains(HOST) && table.contains("running"), "{table}");
    let run = held[0]["run"].as_str().unwrap();
    let unlock = fleet(&bed, &first, &["unlock", HOST, "--run", run]).expect(4).stderr;
    assert!(unlock.contains("is still running"), "{unlock}");
    // Another one is told by the host.
    let now = passwords(&bed);
    let other = fleet(&bed, &second, &[RESCUE, &["watch=1s"]].concat());
    let said = format!("{}{}", other.stdout, other.stderr);
    assert!(said.contains("locked by ") && said.contains(run) && said.contains(" since 20"), "{said}");
    assert_eq!(other.code, 4, "{said}");
    assert_eq!(passwords(&bed), now, "the second changed something");
    Ran::from(child.wait_with_output().unwrap()).expect(0);
    assert_eq!(locks(&bed, &first), Vec::<Value>::new());
    fleet(&bed, &second, &[RESCUE, &["watch=1s"]].concat()).expect(0);
}

#[test]
fn a_dead_controller_leaves_no_lock_on_the_host_and_none_here_that_cannot_be_given_up() {
    let Some(bed) = bed_to_change() else { return };
    let _hosts = take(&[HOST]);
    let (first, second) = (World::new(), World::new());
    let mut child = working(&bed, &first, "watch=60s");
    assert!(kill("KILL", first.fleet_process()));
    child.wait().unwrap();
    // Its session ends with it; the host is free for others.
    assert!(within(90, || !is_held(&bed)), "the host stays locked");
    fleet(&bed, &second, &[RESCUE, &["watch=1s"]].concat()).expect(0);
    for lock in locks(&bed, &first) {
        assert_eq!(lock["alive"], false, "{lock}");
        fleet(&bed, &first, &["unlock", HOST, "--run", lock["run"].as_str().unwrap()]).expect(0);
    }
    assert_eq!(locks(&bed, &first), Vec::<Value>::new());
}
