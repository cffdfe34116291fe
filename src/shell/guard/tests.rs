use super::*;
use crate::shell::batch::{Nonce, layout, preamble};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

fn op() -> Op {
    Op::new([0x5a; 16])
}

/// The part as it would run on a host whose folder is `dir`, without the need to be root.
fn moved(part: Part, dir: &Path) -> Part {
    let script = part.script.replace("/var/lib/fleet", &dir.display().to_string());
    let script = script.replace("[ \"$(id -u)\" = 0 ] || { echo 'not root' >&2; exit 77; }", "");
    let session = part.session.replace("/var/lib/fleet", &dir.display().to_string());
    let session = session.replace("[ \"$(id -u)\" = 0 ] && ", "");
    Part { script: script.into(), session: Box::leak(session.into_boxed_str()), ..part }
}

/// A session that has run these parts and waits for more.
fn session(parts: &[Part], dir: &Path) -> (Child, String) {
    session_of(parts, dir, dir)
}

/// One of several on the host of that folder; what it says is kept elsewhere.
fn session_of(parts: &[Part], dir: &Path, kept: &Path) -> (Child, String) {
    let nonce = Nonce::new([7; 16]);
    let (out, err) = (kept.join("out"), kept.join("err"));
    let mut child = Command::new("/bin/sh")
        .arg("-s")
        .stdin(Stdio::piped())
        .stdout(std::fs::File::create(&out).unwrap())
        .stderr(std::fs::File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let mut text = preamble(&nonce);
    for (n, part) in parts.iter().enumerate() {
        text.push_str(&layout(&nonce, n as u32, &moved(part.clone(), dir)).unwrap());
    }
    child.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    let last = format!("{} E {} ", nonce.as_str(), parts.len() - 1);
    for _ in 0..200 {
        let said = std::fs::read_to_string(&out).unwrap();
        if said.contains(&last) {
            let said = said.replace(nonce.as_str(), "N") + &std::fs::read_to_string(&err).unwrap();
            return (child, said);
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("it did not end: {}", std::fs::read_to_string(err).unwrap());
}

fn run(parts: &[Part], dir: &Path) -> String {
    let (mut child, said) = session(parts, dir);
    drop(child.stdin.take());
    child.wait().unwrap();
    said
}

fn seen(dir: &Path) -> Vec<Trace> {
    seen_by(traces(&op()), dir)
}

fn seen_by(traces: Part, dir: &Path) -> Vec<Trace> {
    let said = run(&[traces], dir);
    let text = said.split("N B 0").nth(1).unwrap().split_once('\n').unwrap().1;
    let text = text.split("\nN E").next().unwrap();
    let output = PartOutput {
        name: "change.traces".into(),
        ended: Ended::Status(0),
        stdout: crate::model::HostBytes::new(text.as_bytes().to_vec()),
        stderr: crate::model::HostBytes::default(),
        truncated: false,
        elapsed: Duration::ZERO,
    };
    read_traces(&[output]).unwrap()
}

#[test]
fn an_act_is_done_once_and_leaves_its_status() {
    let dir = tempfile::tempdir().unwrap();
    let act = || {
        guarded(
            &op(),
            0,
            &op().kept(),
            Part::new("a", "echo once >>\"$d/count\"; exit 3").value("d", dir.path().display().to_string()),
        )
    };
    let said = run(&[ready(&op(), "me"), act(), act()], dir.path());
    assert!(said.contains("N E 0 0") && said.contains("N E 1 3") && said.contains("N E 2 75"), "{said}");
    assert_eq!(std::fs::read_to_string(dir.path().join("count")).unwrap(), "once\n");
    assert_eq!(seen(dir.path()), [Trace::Done(3)]);
}

#[test]
fn what_is_settled_does_not_begin_any_more_and_its_session_lets_go() {
    let dir = tempfile::tempdir().unwrap();
    let act = || {
        guarded(
            &op(),
            0,
            &op().kept(),
            Part::new("a", "echo x >>\"$d/count\"").value("d", dir.path().display().to_string()),
        )
    };
    let other = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("root")).unwrap();
    let root = dir.path().join("root");
    // A session that has the lock and waits, and one that settles what it was to do.
    let (mut first, said) = session(&[ready(&op(), "me")], &root);
    assert!(said.contains("N E 0 0"), "{said}");
    for name in ["lock", "lock.who", op().as_str()] {
        std::os::unix::fs::symlink(root.join(name), other.path().join(name)).unwrap();
    }
    assert_eq!(seen(other.path()), []);
    first.wait().unwrap();
    let said = run(&[ready(&op(), "me again"), act()], other.path());
    assert!(said.contains("N E 0 0") && said.contains("N E 1 75"), "{said}");
    assert!(!dir.path().join("count").exists());
    assert_eq!(seen(other.path()), [], "and once more");
}

#[test]
fn an_act_that_runs_and_one_that_was_killed_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    run(&[ready(&op(), "me")], dir.path());
    let nonce = Nonce::new([9; 16]);
    let mut child = Command::new("/bin/sh").arg("-s").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let part = moved(guarded(&op(), 0, &op().kept(), Part::new("a", "sleep 54321")), dir.path());
    let text = preamble(&nonce) + &layout(&nonce, 0, &part).unwrap();
    child.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    let begun = dir.path().join(op().as_str()).join("0/begun");
    while !begun.exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(seen(dir.path()), [Trace::Running]);
    let pid: u32 = std::fs::read_to_string(&begun).unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let kill = crate::shell::kill::part(pid, false);
    run(&[kill], dir.path());
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(seen(dir.path()), [Trace::Broken]);
}

#[test]
fn the_lock_belongs_to_the_session_and_goes_with_it() {
    for ready in [ready, without_flock] {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (mut first, said) = session(&[ready(&op(), "anna@a, run 1")], dir.path());
        assert!(said.contains("N E 0 0"), "{said}");
        let second = || {
            let (mut child, said) = session_of(&[ready(&op(), "ben@b, run 2")], dir.path(), other.path());
            drop(child.stdin.take());
            child.wait().unwrap();
            said
        };
        let refused = second();
        assert!(refused.contains("N E 0 75") && refused.contains("locked by anna@a, run 1 since 2"), "{refused}");
        drop(first.stdin.take());
        first.wait().unwrap();
        let taken = second();
        assert!(taken.contains("N E 0 0"), "{taken}");
    }
}

/// On a host that has no `flock`.
fn without_flock(op: &Op, who: &str) -> Part {
    let part = ready(op, who);
    Part { script: part.script.replace("command -v flock", "command -v no-such-flock").into(), ..part }
}

#[test]
fn of_many_sessions_that_find_a_dead_ones_lock_one_takes_it() {
    for ready in [ready, without_flock] {
        let dir = tempfile::tempdir().unwrap();
        let (mut dead, _) = session(&[ready(&op(), "one")], dir.path());
        dead.kill().unwrap();
        dead.wait().unwrap();
        let begin = || {
            let kept = tempfile::tempdir().unwrap();
            session_of(&[ready(&op(), "another")], dir.path(), kept.path())
        };
        let sessions: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(begin)).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        let said = |what: &str| sessions.iter().filter(|(_, said)| said.contains(what)).count();
        assert_eq!((said("N E 0 0"), said("N E 0 75")), (1, 7));
        for (mut child, _) in sessions {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

#[test]
fn what_an_act_starts_does_not_keep_the_lock() {
    let dir = tempfile::tempdir().unwrap();
    let act = guarded(&op(), 0, &op().kept(), Part::new("a", "sleep 3 >/dev/null 2>&1 &"));
    run(&[ready(&op(), "one"), act], dir.path());
    let said = run(&[ready(&op(), "two")], dir.path());
    assert!(said.contains("N E 0 0"), "{said}");
}

#[test]
fn processes_of_one_number_do_not_take_each_others_guard_away() {
    let dir = tempfile::tempdir().unwrap();
    // As in a small container, or after the numbers began anew.
    let numbered = |part: Part| Part { script: part.script.replace("$$", "4242").into(), ..part };
    let act = || {
        numbered(guarded(
            &op(),
            0,
            &op().kept(),
            Part::new("act", "echo one >>\"$file\"").value("file", dir.path().join("did").display().to_string()),
        ))
    };
    run(&[act()], dir.path());
    for _ in 0..2 {
        assert_eq!(seen_by(numbered(traces(&op())), dir.path()), [Trace::Done(0)]);
        run(&[act()], dir.path());
    }
    assert_eq!(std::fs::read_to_string(dir.path().join("did")).unwrap(), "one\n");
}

#[test]
fn an_end_that_was_lost_with_the_power_is_no_end() {
    let dir = tempfile::tempdir().unwrap();
    run(&[guarded(&op(), 0, &op().kept(), Part::new("act", ":"))], dir.path());
    std::fs::write(dir.path().join(op().as_str()).join("0/done"), "").unwrap();
    assert_eq!(seen(dir.path()), [Trace::Broken]);
}

#[test]
fn a_folder_that_is_not_roots_alone_is_refused_and_nothing_is_written_through_it() {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};
    let top = tempfile::tempdir().unwrap();
    let (target, folder, kept) = (top.path().join("target"), top.path().join("folder"), top.path().join("kept"));
    for dir in [&target, &kept] {
        std::fs::create_dir(dir).unwrap();
    }
    let refused = |what: &str| {
        for part in [ready(&op(), "me"), traces(&op())] {
            let name = part.name.clone();
            let (mut child, said) = session_of(&[part], &folder, &kept);
            drop(child.stdin.take());
            child.wait().unwrap();
            assert!(said.contains("N E 0 73"), "{what}, {name}: {said}");
            assert!(said.contains("is not a folder that only root can write to"), "{what}, {name}: {said}");
        }
        assert_eq!(std::fs::read_dir(&target).unwrap().count(), 0, "{what}");
    };
    symlink(&target, &folder).unwrap();
    refused("a link");
    std::fs::remove_file(&folder).unwrap();
    symlink(top.path().join("made"), &folder).unwrap();
    refused("a link to nothing");
    assert!(!top.path().join("made").exists());
    std::fs::remove_file(&folder).unwrap();
    std::fs::create_dir(&folder).unwrap();
    // What lay in it could be a link: a lock that leads to another file.
    symlink(target.join("through"), folder.join("lock")).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    refused("open to all");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    match chown(&folder, Some(65_534), None) {
        Ok(()) => refused("another's"),
        Err(e) => println!("skipped: only root can give a folder to another user: {e}"),
    }
    let _ = chown(&folder, Some(0), None);
    std::fs::remove_file(folder.join("lock")).unwrap();
    let (mut child, said) = session_of(&[ready(&op(), "me")], &folder, &kept);
    drop(child.stdin.take());
    child.wait().unwrap();
    assert!(said.contains("N E 0 0"), "{said}");
}
