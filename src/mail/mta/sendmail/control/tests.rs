//! The scripts that change the queues, against folders and a stand-in for Sendmail that has its traps.

use super::CONTROL;
use crate::host::answer::testing::tool;
use crate::mail::mta::sendmail::*;
use crate::mail::mta::testing::{self, files};
use std::fs;
use std::path::Path;

/// Quarantines and releases what holds a part of its name, in small letters or not, passes by what is locked, and its
/// status is always 0.
const SENDMAIL: &str = r#"
reason= from=q parts=
for word; do
  case $word in
  -Am) folders="$home/mqueue/*" ;;
  -Ac) folders=$home/client ;;
  -Q*) reason=${word#-Q} ;;
  -qQ) from=h ;;
  -qI*) parts="$parts ${word#-qI}" ;;
  *) exit 1 ;;
  esac
done
to=q
[ -z "$reason" ] || to=h
echo "$*" >>"$home/calls"
for folder in $folders; do
  [ ! -d "$folder/qf" ] || folder=$folder/qf
  for file in "$folder/$from"f*; do
    [ -e "$file" ] || continue
    id=${file##*/?f}
    for part in $parts; do
      echo "${from}f$id" | grep -qi -- "$part" || continue
      if [ -e "$home/locked-$id" ]; then echo "Skipping ./$id"; continue; fi
      mv "$file" "$folder/${to}f$id"
      break
    done
  done
done"#;

const A: &str = "6AO8Mn6N000081";
const B: &str = "6AO8Mn6N000082";
const C: &str = "6AO8Mn6N000083";
const D: &str = "6AO8Mn6N000084";
const CLIENT: &str = "6AO8Mn6N000085";

/// Two queues, of which the second has folders of its own, and that of clients.
fn queues(dir: &Path) {
    for folder in ["mqueue/q1", "mqueue/q2/qf", "mqueue/q2/df", "mqueue/q2/xf", "client", "etc"] {
        fs::create_dir_all(dir.join(folder)).unwrap();
    }
    for (name, folder) in [("sendmail.cf", "mqueue/q*"), ("submit.cf", "client")] {
        let text = format!("O QueueDirectory={}\n", dir.join(folder).display());
        fs::write(dir.join("etc").join(name), text).unwrap();
    }
    tool(dir, "sendmail", &format!("home={}\n{SENDMAIL}", dir.display()));
    for (id, files, data) in [(A, "q1", "q1"), (B, "q1", "q1"), (C, "q2/qf", "q2/df"), (D, "q2/qf", "q2/df")] {
        put(dir, &format!("mqueue/{files}"), &format!("mqueue/{data}"), id);
    }
    fs::write(dir.join("mqueue/q2/xf").join(format!("xf{C}")), "250 ok\n").unwrap();
    put(dir, "client", "client", CLIENT);
}

fn put(dir: &Path, files: &str, data: &str, id: &str) {
    fs::write(dir.join(files).join(format!("qf{id}")), format!("V8\nS<{id}@example.jp>\nH??Subject: q\n.\n")).unwrap();
    fs::write(dir.join(data).join(format!("df{id}")), format!("secret {id}\n")).unwrap();
}

fn change(dir: &Path, part: Part, ids: &[&str]) -> String {
    tool(dir, "id", "echo 0");
    tool(dir, "sleep", "");
    testing::change(part, dir, ids).join("\n")
}

fn run(dir: &Path, mut part: Part, ids: &[&str]) -> String {
    part.values[0].1 = dir.join("etc").display().to_string();
    change(dir, part, ids)
}

fn hold(dir: &Path, ids: &[&str]) -> String {
    run(dir, CONTROL.hold().unwrap(), ids)
}

/// The files of both queues, by their names.
fn all(dir: &Path) -> std::collections::BTreeMap<String, (Vec<u8>, u32, u32, i64)> {
    let mut all = files(&dir.join("mqueue"));
    all.extend(files(&dir.join("client")));
    all
}

fn names(dir: &Path) -> String {
    let all = all(dir);
    let names = all.keys().map(|name| name.rsplit('/').next().unwrap()).filter(|name| !name.starts_with("df"));
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_was_named_is_held_and_let_go_in_every_queue() {
    let dir = tempfile::tempdir().unwrap();
    queues(dir.path());
    fs::write(dir.path().join(format!("locked-{D}")), "").unwrap();
    let before = all(dir.path());
    let asked = ["ALL", "-qI", "6AO8Mn6N", "../6AO8Mn6N000081", A, C, D, CLIENT, "6AO8Mn6N099999"];
    insta::assert_snapshot!(hold(dir.path(), &asked), @r"
    -qI failed it is not a queue ID
    ../6AO8Mn6N000081 failed it is not a queue ID
    6AO8Mn6N failed it is not a queue ID
    6AO8Mn6N000081 held
    6AO8Mn6N000083 held
    6AO8Mn6N000084 failed it is being delivered
    6AO8Mn6N000085 held
    6AO8Mn6N099999 gone
    ALL failed it is not a queue ID
    ");
    insta::assert_snapshot!(names(dir.path()), @"hf6AO8Mn6N000085 hf6AO8Mn6N000081 qf6AO8Mn6N000082 hf6AO8Mn6N000083 qf6AO8Mn6N000084 xf6AO8Mn6N000083");
    assert!(hold(dir.path(), &[A]).starts_with(&format!("{A} held")));
    insta::assert_snapshot!(run(dir.path(), CONTROL.release().unwrap(), &asked), @r"
    -qI failed it is not a queue ID
    ../6AO8Mn6N000081 failed it is not a queue ID
    6AO8Mn6N failed it is not a queue ID
    6AO8Mn6N000081 released
    6AO8Mn6N000083 released
    6AO8Mn6N000084 released
    6AO8Mn6N000085 released
    6AO8Mn6N099999 gone
    ALL failed it is not a queue ID
    ");
    assert_eq!(all(dir.path()), before);
}

#[test]
fn an_id_that_is_part_of_another_is_not_told_to_sendmail() {
    let dir = tempfile::tempdir().unwrap();
    queues(dir.path());
    for other in ["6AO8Mn6N0000812", "6AO8mN6n000082"] {
        put(dir.path(), "mqueue/q1", "mqueue/q1", other);
    }
    let before = all(dir.path());
    insta::assert_snapshot!(hold(dir.path(), &[A, B]), @r"
    6AO8Mn6N000081 failed Sendmail left it as it was, or its id is part of that of another message
    6AO8Mn6N000082 failed Sendmail left it as it was, or its id is part of that of another message
    ");
    assert_eq!(all(dir.path()), before);
    // Where all of them are meant there is nothing to be confused.
    insta::assert_snapshot!(hold(dir.path(), &[A, B, "6AO8Mn6N0000812", "6AO8mN6n000082"]), @r"
    6AO8Mn6N000081 held
    6AO8Mn6N0000812 held
    6AO8Mn6N000082 held
    6AO8mN6n000082 held
    ");
}

#[test]
fn what_else_was_held_at_that_time_is_said() {
    let dir = tempfile::tempdir().unwrap();
    queues(dir.path());
    tool(dir.path(), "sendmail", &format!("cd {}/mqueue/q1 && mv qf{A} hf{A} && mv qf{B} hf{B}", dir.path().display()));
    insta::assert_snapshot!(hold(dir.path(), &[A]), @r"
    6AO8Mn6N000081 held
    1 messages that were not asked for changed in the same way at that time
    ");
}

#[test]
fn only_what_is_held_is_deleted_and_it_comes_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    queues(dir.path());
    hold(dir.path(), &[A, C, CLIENT]);
    let before = all(dir.path());
    let asked = [A, B, C, CLIENT, "6AO8Mn6N099999"];
    insta::assert_snapshot!(run(dir.path(), CONTROL.delete(), &asked), @r"
    6AO8Mn6N000081 deleted
    6AO8Mn6N000082 failed it is not held
    6AO8Mn6N000083 deleted
    6AO8Mn6N000085 deleted
    6AO8Mn6N099999 gone
    ");
    assert_eq!((before.len(), all(dir.path()).len()), (11, 4));
    // The id has come again.
    put(dir.path(), "mqueue/q2/qf", "mqueue/q2/df", A);
    insta::assert_snapshot!(run(dir.path(), CONTROL.restore(), &asked), @r"
    6AO8Mn6N000081 failed a message with that ID exists
    6AO8Mn6N000082 failed a message with that ID exists
    6AO8Mn6N000083 restored 6AO8Mn6N000083
    6AO8Mn6N000085 restored 6AO8Mn6N000085
    6AO8Mn6N099999 failed there is no copy of it
    ");
    fs::remove_file(dir.path().join(format!("mqueue/q2/qf/qf{A}"))).unwrap();
    fs::remove_file(dir.path().join(format!("mqueue/q2/df/df{A}"))).unwrap();
    run(dir.path(), CONTROL.restore(), &[A]);
    assert_eq!(all(dir.path()), before);
    // What is kept is not overwritten by a second try, and comes once.
    let kept = files(&dir.path().join("queue"));
    let refused = run(dir.path(), CONTROL.delete(), &[A]);
    assert!(refused.starts_with(&format!("{A} failed there is a copy in ")), "{refused}");
    let again = run(dir.path(), CONTROL.restore(), &[A]);
    assert_eq!(again, format!("{A} restored {A}"));
    assert_eq!((files(&dir.path().join("queue")), all(dir.path())), (kept, before));
}

#[test]
fn without_a_good_copy_nothing_is_deleted() {
    let dir = tempfile::tempdir().unwrap();
    queues(dir.path());
    hold(dir.path(), &[A]);
    let before = all(dir.path());
    let mut said = String::new();
    for (name, script) in [("df", "echo '/dev/x 100 85 15 85% /'"), ("tar", "exit 1"), ("cksum", "exit 1")] {
        tool(dir.path(), name, script);
        said += &(run(dir.path(), CONTROL.delete(), &[A, B]) + "\n");
        fs::remove_file(dir.path().join(name)).unwrap();
        assert_eq!(all(dir.path()), before, "{said}");
    }
    insta::assert_snapshot!(said, @r"
    6AO8Mn6N000081 failed too little space: 16 KiB are needed, twice the size, and 15 free
    6AO8Mn6N000082 failed it is not held
    6AO8Mn6N000081 failed the copy differs, nothing was deleted
    6AO8Mn6N000082 failed it is not held
    6AO8Mn6N000081 failed the copy differs, nothing was deleted
    6AO8Mn6N000082 failed it is not held
    ");
}

#[test]
fn a_message_that_is_released_while_it_is_copied_keeps_its_body() {
    let dir = tempfile::tempdir().unwrap();
    queues(dir.path());
    hold(dir.path(), &[A, B]);
    tool(dir.path(), "sync", &format!("cd {}/mqueue/q1 && mv hf{A} qf{A}", dir.path().display()));
    insta::assert_snapshot!(run(dir.path(), CONTROL.delete(), &[A, B]), @r"
    6AO8Mn6N000081 failed it was released in the meantime, or cannot be removed
    6AO8Mn6N000082 deleted
    ");
    assert!(
        dir.path().join(format!("mqueue/q1/df{A}")).exists() && dir.path().join(format!("mqueue/q1/qf{A}")).exists()
    );
    assert!(!dir.path().join(format!("mqueue/q1/df{B}")).exists());
}
