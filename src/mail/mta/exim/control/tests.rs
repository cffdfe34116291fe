//! The scripts that change the queue, against a folder and a stand-in for Exim that has its traps.

use super::CONTROL;
use crate::host::answer::testing::tool;
use crate::mail::mta::exim::*;
use crate::mail::mta::testing::{self, Message, files, id, put};
use std::fs;
use std::path::Path;

/// Freezes, thaws and removes; one malformed id and it does nothing, its status is that of the worst, and it says
/// everything on standard output.
const EXIM: &str = r#"
if [ "$1" = -bP ]; then
  shift
  for name; do
    case $name in
    spool_directory) echo "$name = $home/spool" ;;
    auto_thaw) echo "$name = 2h" ;;
    *) echo "$name = 0s" ;;
    esac
  done
  exit
fi
option=$1 rc=0
shift
for id; do
  case $id in ??????-??????-??) ;; *) echo "exim: malformed message id $id after $option option" >&2; exit 1 ;; esac
done
for id; do
  file=$(find "$home/spool/input" -name "$id-H")
  if [ -e "$home/locked-$id" ]; then
    echo "Message $id is locked"
    rc=1
  elif [ -z "$file" ]; then
    echo "Spool data file for $id does not exist"
    rc=1
  else
    case $option in
    -Mf) sed -i '4a -frozen 1795486400' "$file" && echo "Message $id is now frozen" ;;
    -Mt) sed -i '5{/^-frozen/d}' "$file" && echo "Message $id is no longer frozen" ;;
    -Mrm)
      rm -f "${file%-H}"-[DHJ] "$home/spool/msglog/$id"
      echo "Message $id has been removed"
      ;;
    esac
  fi
done
exit $rc"#;

/// A queue of `n` messages with logs; the last lies in a folder of its own, and has a journal.
fn spool(dir: &Path, n: usize) -> Vec<String> {
    for n in 0..n {
        put("exim", dir, n, &Message { user: None, headers: "Subject: -frozen\n", body: "secret\n" });
    }
    tool(dir, "exim4", &format!("home={}\n{EXIM}", dir.display()));
    let spool = dir.join("spool");
    fs::create_dir_all(spool.join("msglog")).unwrap();
    fs::create_dir_all(spool.join("input/Q")).unwrap();
    let ids: Vec<String> = (0..n).map(|n| id("exim", n)).collect();
    ids.iter().for_each(|id| fs::write(spool.join("msglog").join(id), "2026-11-24 Received\n").unwrap());
    let last = &ids[n - 1];
    fs::write(spool.join(format!("input/{last}-J")), "a@example.net\n").unwrap();
    for kind in ["D", "H", "J"] {
        let name = format!("{last}-{kind}");
        fs::rename(spool.join("input").join(&name), spool.join("input/Q").join(&name)).unwrap();
    }
    ids
}

fn change(dir: &Path, part: Part, ids: &[&str]) -> String {
    tool(dir, "id", "echo 0");
    tool(dir, "sleep", "");
    testing::change(part, dir, ids).join("\n")
}

fn hold(dir: &Path, ids: &[&str]) -> String {
    change(dir, CONTROL.hold().unwrap(), ids)
}

#[test]
fn what_was_named_is_held_and_let_go_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let ids = spool(dir.path(), 5);
    fs::write(dir.path().join(format!("locked-{}", ids[1])), "").unwrap();
    // A value of a variable is no option, whatever it looks like.
    let fake = dir.path().join(format!("spool/input/{}-H", ids[2]));
    let text = fs::read_to_string(&fake).unwrap();
    fs::write(&fake, text.replace("-aclm 0 6\nsecret", "-aclm 0 16\nx\n-frozen 179548")).unwrap();
    let before = files(&dir.path().join("spool"));
    let odd = ["Exim", "-Mrm", "../../etc/passwd", "1xVg1Y-00000z-39 1xVg1Y-00000z-3A", "1xVg1Y-00000z-3;"];
    let asked =
        [&odd[..], &[&ids[0], &ids[1], &ids[2], &ids[4], "1xVg1Y-zzzzzz-39", "1woYPl-0000000B09r-3Wiu"]].concat();
    insta::assert_snapshot!(hold(dir.path(), &asked), @r"
    -Mrm failed it is not a queue ID
    ../../etc/passwd failed it is not a queue ID
    1woYPl-0000000B09r-3Wiu gone
    1xVg1Y-000000-39 held
    1xVg1Y-000001-39 failed it is being delivered
    1xVg1Y-000002-39 held
    1xVg1Y-000004-39 held
    1xVg1Y-00000z-3; failed it is not a queue ID
    1xVg1Y-zzzzzz-39 gone
    Exim failed it is not a queue ID
    input lines that are not queue IDs: 1
    Exim tries held mail again after 2h: auto_thaw
    ");
    let changed: Vec<_> = files(&dir.path().join("spool")).into_iter().filter(|(k, v)| before[k] != *v).collect();
    assert_eq!(changed.len(), 3, "{changed:?}");
    let told = hold(dir.path(), &[&ids[0]]);
    assert!(told.starts_with(&format!("{} held it was already held\n", ids[0])), "{told}");

    insta::assert_snapshot!(change(dir.path(), CONTROL.release().unwrap(), &asked), @r"
    -Mrm failed it is not a queue ID
    ../../etc/passwd failed it is not a queue ID
    1woYPl-0000000B09r-3Wiu gone
    1xVg1Y-000000-39 released
    1xVg1Y-000001-39 released
    1xVg1Y-000002-39 released
    1xVg1Y-000004-39 released
    1xVg1Y-00000z-3; failed it is not a queue ID
    1xVg1Y-zzzzzz-39 gone
    Exim failed it is not a queue ID
    input lines that are not queue IDs: 1
    ");
    let text =
        |files: &Path| crate::mail::mta::testing::files(files).into_iter().map(|(k, v)| (k, v.0)).collect::<Vec<_>>();
    let before: Vec<_> = before.into_iter().map(|(k, v)| (k, v.0)).collect();
    assert_eq!(text(&dir.path().join("spool")), before);
}

#[test]
fn only_what_is_held_is_deleted_and_it_comes_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let ids = spool(dir.path(), 5);
    hold(dir.path(), &[&ids[0], &ids[1], &ids[4]]);
    fs::write(dir.path().join(format!("locked-{}", ids[1])), "").unwrap();
    let before = files(&dir.path().join("spool"));
    let asked = [&*ids[0], &*ids[1], &*ids[2], &*ids[4], "1xVg1Y-zzzzzz-39"];
    insta::assert_snapshot!(change(dir.path(), CONTROL.delete(), &asked), @r"
    1xVg1Y-000000-39 deleted
    1xVg1Y-000001-39 failed it is being delivered
    1xVg1Y-000002-39 failed it is not held
    1xVg1Y-000004-39 deleted
    1xVg1Y-zzzzzz-39 gone
    ");
    let left = files(&dir.path().join("spool"));
    assert_eq!((before.len(), left.len()), (16, 9));
    assert!(!left.keys().any(|name| name.contains(&ids[0]) || name.contains(&ids[4])), "{left:?}");
    // What is kept is not overwritten by a second try.
    let kept = files(&dir.path().join("queue"));
    hold(dir.path(), &[&ids[3]]);
    let again = change(dir.path(), CONTROL.delete(), &[&ids[3]]);
    assert_eq!(
        again,
        format!(
            "{} failed there is a copy in {} already, or it cannot be created",
            ids[3],
            dir.path().join("queue").display()
        )
    );
    assert_eq!(files(&dir.path().join("queue")), kept);
    change(dir.path(), CONTROL.release().unwrap(), &[&ids[3]]);

    // The id has come again.
    fs::write(dir.path().join(format!("spool/input/{}-D", ids[0])), "another").unwrap();
    insta::assert_snapshot!(change(dir.path(), CONTROL.restore(), &asked), @r"
    1xVg1Y-000000-39 failed a message with that ID exists
    1xVg1Y-000001-39 failed a message with that ID exists
    1xVg1Y-000002-39 failed a message with that ID exists
    1xVg1Y-000004-39 restored 1xVg1Y-000004-39
    1xVg1Y-zzzzzz-39 failed there is no copy of it
    Exim tries held mail again after 2h: auto_thaw
    ");
    fs::remove_file(dir.path().join(format!("spool/input/{}-D", ids[0]))).unwrap();
    change(dir.path(), CONTROL.restore(), &[&ids[0]]);
    // It does not come a second time.
    let again = change(dir.path(), CONTROL.restore(), &[&ids[0]]);
    assert!(again.starts_with(&format!("{0} restored {0}\n", ids[0])), "{again}");
    let after = files(&dir.path().join("spool"));
    let other = |name: &&String| !name.contains(&*ids[3]);
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    assert!(before.keys().filter(other).all(|name| after[name] == before[name]));
    assert_eq!(fs::read_dir(dir.path().join("spool")).unwrap().count(), 2, "a folder was left there");
}

#[test]
fn a_message_that_thaws_while_it_is_copied_is_not_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let ids = spool(dir.path(), 3);
    let all = [&*ids[0], &*ids[1], &*ids[2]];
    hold(dir.path(), &all);
    let input = dir.path().join("spool/input");
    // One is thawed and one is delivered already.
    let thaw = format!("cd {} && sed -i '5{{/^-frozen/d}}' {}-H && rm {}-[DH]", input.display(), ids[0], ids[1]);
    tool(dir.path(), "sync", &thaw);
    fs::remove_file(dir.path().join("spool/msglog").join(&ids[1])).unwrap();
    insta::assert_snapshot!(change(dir.path(), CONTROL.delete(), &all), @r"
    1xVg1Y-000000-39 failed it is not held
    1xVg1Y-000001-39 gone
    1xVg1Y-000002-39 deleted
    ");
    assert!(input.join(format!("{}-H", ids[0])).exists());
}

#[test]
fn without_a_good_copy_nothing_is_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let ids = spool(dir.path(), 2);
    hold(dir.path(), &[&ids[0]]);
    let before = files(&dir.path().join("spool"));
    let mut said = String::new();
    for (name, script) in [
        ("df", "echo 'Filesystem 1024-blocks Used Available'; echo '/dev/x 100 77 23 77% /'"),
        ("df", "exit 1"),
        ("tar", "exec cat"),
        ("tar", "[ $1 = -xpf ] || exec /bin/tar \"$@\"; /bin/tar \"$@\"; find . -name '*-D' -exec cp /dev/null {} \\;"),
        ("cksum", "exit 1"),
    ] {
        tool(dir.path(), name, script);
        said += &(change(dir.path(), CONTROL.delete(), &[&ids[0], &ids[1]]) + "\n");
        fs::remove_file(dir.path().join(name)).unwrap();
        assert_eq!(files(&dir.path().join("spool")), before, "{said}");
        assert!(files(&dir.path().join("queue")).is_empty());
    }
    insta::assert_snapshot!(said, @r"
    1xVg1Y-000000-39 failed too little space: 24 KiB are needed, twice the size, and 23 free
    1xVg1Y-000001-39 failed it is not held
    1xVg1Y-000000-39 failed too little space: 24 KiB are needed, twice the size, and an unknown number free
    1xVg1Y-000001-39 failed it is not held
    1xVg1Y-000000-39 failed the copy differs, nothing was deleted: input/1xVg1Y-000000-39-H
    1xVg1Y-000001-39 failed it is not held
    1xVg1Y-000000-39 failed the copy differs, nothing was deleted
    1xVg1Y-000001-39 failed it is not held
    1xVg1Y-000000-39 failed the copy differs, nothing was deleted
    1xVg1Y-000001-39 failed it is not held
    ");
}

#[test]
fn a_copy_that_was_damaged_stays_out() {
    let dir = tempfile::tempdir().unwrap();
    let ids = spool(dir.path(), 2);
    let both = [&*ids[0], &*ids[1]];
    hold(dir.path(), &both);
    let before = files(&dir.path().join("spool"));
    change(dir.path(), CONTROL.delete(), &both);
    let kept = files(&dir.path().join("queue"));
    let body = kept.keys().find(|name| name.ends_with(&format!("{}-D", ids[0]))).unwrap();
    fs::write(body, "not what it was").unwrap();
    // A log that stayed, by configuration, is no obstacle and is left alone.
    let log = dir.path().join("spool/msglog").join(&ids[1]);
    fs::write(&log, "left").unwrap();
    insta::assert_snapshot!(change(dir.path(), CONTROL.restore(), &both), @r"
    1xVg1Y-000000-39 failed its copy is corrupt or cannot be restored
    1xVg1Y-000001-39 restored 1xVg1Y-000001-39
    Exim tries held mail again after 2h: auto_thaw
    ");
    let mut after = files(&dir.path().join("spool"));
    assert_eq!(after.remove(&log.display().to_string()).unwrap().0, b"left");
    assert_eq!(after.len(), 3);
    assert!(after.iter().all(|(name, file)| before[name] == *file));
}

#[test]
fn a_queue_that_cannot_be_seen_is_not_empty() {
    let dir = tempfile::tempdir().unwrap();
    let ids = spool(dir.path(), 1);
    fs::rename(dir.path().join("spool"), dir.path().join("elsewhere")).unwrap();
    for part in [CONTROL.hold().unwrap(), CONTROL.release().unwrap(), CONTROL.delete(), CONTROL.restore()] {
        let said = change(dir.path(), part, &[&ids[0]]);
        assert_eq!(said, format!("{} failed the queue cannot be read", ids[0]));
    }
    assert_eq!(hold(dir.path(), &[]), "");
}
