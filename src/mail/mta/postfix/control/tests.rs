//! The scripts that change the queue, against a spool in a folder and a `postsuper` with the traps of the real one.

use super::CONTROL;
use crate::host::answer::testing::tool;
use crate::mail::mta::postfix::*;
use crate::mail::mta::testing::change;
use std::fs;
use std::path::{Path, PathBuf};

/// It ends with 0 whatever comes, takes `ALL` for all, and does not find `B0000B2`, which has just been delivered.
const POSTSUPER: &str = r#"
cd "$(postconf -h queue_directory)" || exit 1
echo "$*" >>../calls
ids() {
  while read -r id; do
    case $id in
    ALL) find incoming active deferred hold -type f | sed 's|.*/||' ;;
    *[!0-9A-Za-z]*) echo "postsuper: warning: invalid mail queue id: $id" ;;
    *) echo "$id" ;;
    esac
  done
}
all() { while read -r id; do find "$@" -type f -name "$id"; done; }
case $1 in
-h) ids | tee -a ../ids | all incoming active deferred | while read -r f; do
  case $f in */B0000B2) rm "$f" ;; *) mv "$f" hold/ ;; esac
done ;;
-H) ids | all hold | xargs -I '{}' mv '{}' deferred/ ;;
-d) ids | tee -a ../ids | all ${3:-incoming active deferred hold} | xargs rm -f ;;
-s) find "$2" -type f ! -name '*z*' | xargs ls -i | while read -r inode f; do
  name=${f##*/} && new=$(printf '%.5s%X' "$name" "$inode") && mv -n "$f" "hold/$new" 2>/dev/null
done ;;
esac
echo 'postsuper: done' >&2
exit 0"#;

struct Bed(tempfile::TempDir);

impl Bed {
    fn new() -> Self {
        let bed = Self(tempfile::tempdir().unwrap());
        for queue in ["incoming", "active", "deferred/A", "hold", "maildrop"] {
            fs::create_dir_all(bed.spool().join(queue)).unwrap();
        }
        tool(bed.dir(), "id", "echo 0");
        let spool = bed.spool().display().to_string();
        tool(bed.dir(), "postconf", &format!("[ \"$2\" != queue_directory ] || echo '{spool}'"));
        tool(bed.dir(), "sync", "exit 0");
        tool(bed.dir(), "postsuper", POSTSUPER);
        bed
    }

    fn dir(&self) -> &Path {
        self.0.path()
    }

    fn spool(&self) -> PathBuf {
        self.dir().join("spool")
    }

    fn put(&self, files: &[&str]) -> &Self {
        for file in files {
            fs::write(self.spool().join(file), format!("message {file}\n")).unwrap();
        }
        self
    }

    fn hold(&self, ids: &[&str]) -> Vec<String> {
        change(CONTROL.hold().unwrap(), self.dir(), ids)
    }

    fn delete(&self, ids: &[&str]) -> Vec<String> {
        change(CONTROL.delete(), self.dir(), ids)
    }

    fn restore(&self, ids: &[&str]) -> Vec<String> {
        change(CONTROL.restore(), self.dir(), ids)
    }

    /// The files of the queue, and what they hold.
    fn files(&self) -> Vec<(String, String)> {
        let find = std::process::Command::new("find").args([".", "-type", "f"]).current_dir(self.spool()).output();
        let mut files: Vec<_> = String::from_utf8(find.unwrap().stdout)
            .unwrap()
            .lines()
            .map(|file| (file[2..].to_owned(), fs::read_to_string(self.spool().join(file)).unwrap()))
            .collect();
        files.sort();
        files
    }

    fn names(&self) -> Vec<String> {
        self.files().into_iter().map(|(name, _)| name).collect()
    }
}

#[test]
fn what_became_of_a_message_is_judged_by_the_spool_and_not_by_a_status() {
    let bed = Bed::new();
    bed.put(&["deferred/A/A0000A1", "active/A0000A2", "hold/A0000A3", "active/B0000B2", "maildrop/A0000A4"]);
    let ids = ["A0000A1", "A0000A2", "A0000A3", "A0000A4", "B0000B2", "C0000C1", "4jYQwX63t0z1Vc5c"];
    assert_eq!(
        bed.hold(&ids),
        [
            "4jYQwX63t0z1Vc5c gone",
            "A0000A1 held",
            "A0000A2 held it was being delivered",
            "A0000A3 held it was already held",
            "A0000A4 failed Postfix left it where it was, as it does in maildrop",
            "B0000B2 gone it left the queue meanwhile",
            "C0000C1 gone",
        ]
    );
    let released = change(CONTROL.release().unwrap(), bed.dir(), &["A0000A1", "A0000A3", "A0000A4", "C0000C1"]);
    let expected = ["A0000A1 released", "A0000A3 released", "A0000A4 released", "C0000C1 gone"];
    assert_eq!(released, expected);
    assert_eq!(bed.names(), ["deferred/A0000A1", "deferred/A0000A3", "hold/A0000A2", "maildrop/A0000A4"]);
    // A postsuper that does nothing ends with 0 too.
    tool(bed.dir(), "postsuper", "cat >/dev/null; echo 'postsuper: fatal: no way' >&2");
    let failed = ["A0000A1 failed Postfix left it where it was, as it does in maildrop", "postsuper: fatal: no way"];
    assert_eq!(bed.hold(&["A0000A1"]), failed);
    let failed = ["A0000A2 failed Postfix left it where it was", "postsuper: fatal: no way"];
    assert_eq!(bed.delete(&["A0000A2"]), failed);
}

#[test]
fn what_is_no_id_reaches_no_tool() {
    let bed = Bed::new();
    bed.put(&["deferred/A/A0000A1", "hold/A0000A3"]);
    let bad = ["ALL", "../hold/A0000A3", "-r", "*", "a0000a3", "A0000A3 ", "$(touch x)", "A0000A3;ALL"];
    for change in [Bed::hold, Bed::delete, Bed::restore] {
        let rows = change(&bed, &bad);
        assert_eq!(rows.len(), bad.len() - 1, "{rows:?}");
        assert!(rows[..6].iter().all(|row| row.ends_with(" failed it is not a queue ID")), "{rows:?}");
        // Of what is no word nothing is said again.
        assert_eq!(rows[6], "input lines that are not queue IDs: 2");
        assert_eq!(change(&bed, &[]), [""; 0]);
    }
    assert_eq!(bed.names(), ["deferred/A/A0000A1", "hold/A0000A3"]);
    assert_eq!(fs::read_to_string(bed.dir().join("ids")).unwrap_or_default(), "");
}

#[test]
fn only_what_is_held_is_deleted_and_a_copy_is_kept() {
    let bed = Bed::new();
    bed.put(&["deferred/A/A0000A1", "active/A0000A2", "hold/A0000A3", "hold/A0000A5", "hold/4jYQwX63t0z1Vc5c"]);
    assert_eq!(
        bed.delete(&["A0000A1", "A0000A2", "A0000A3", "C0000C1", "4jYQwX63t0z1Vc5c"]),
        [
            "4jYQwX63t0z1Vc5c deleted",
            "A0000A1 failed it is not held",
            "A0000A2 failed it is not held",
            "A0000A3 deleted",
            "C0000C1 gone",
        ]
    );
    assert_eq!(bed.names(), ["active/A0000A2", "deferred/A/A0000A1", "hold/A0000A5"]);
    let copy = bed.dir().join("queue");
    assert_eq!(fs::read_to_string(copy.join("hold/A0000A3")).unwrap(), "message hold/A0000A3\n");
    let list = fs::read_to_string(copy.join("list")).unwrap();
    let list: Vec<Vec<&str>> = list.lines().map(|line| line.split(' ').collect()).collect();
    assert_eq!((list[0][0], list[0][2], list[0][3]), ("4jYQwX63t0z1Vc5c", "30", "hold/4jYQwX63t0z1Vc5c"));
    assert_eq!((list[1][0], list.len()), ("A0000A3", 2));
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(copy).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(fs::read_to_string(bed.dir().join("calls")).unwrap().ends_with("-d - hold\n"));
}

#[test]
fn what_changes_while_it_is_copied_stays_and_the_rest_is_deleted() {
    let bed = Bed::new();
    bed.put(&["hold/A0000A3", "hold/A0000A5", "hold/A0000A6"]);
    // To one of its recipients it was still being delivered; another one leaves.
    let tar = format!(
        "/bin/tar \"$@\" || exit; case $1 in -x*) cd {} && echo D >>A0000A3 && rm A0000A6 ;; esac",
        bed.spool().join("hold").display()
    );
    tool(bed.dir(), "tar", &tar);
    assert_eq!(
        bed.delete(&["A0000A3", "A0000A5", "A0000A6"]),
        ["A0000A3 failed its copy differs", "A0000A5 deleted", "A0000A6 gone it left the queue meanwhile"]
    );
    assert_eq!(bed.names(), ["hold/A0000A3"]);
    let copy = bed.dir().join("queue");
    assert!(!copy.join("hold/A0000A3").exists() && copy.join("hold/A0000A5").exists());
    assert_eq!(fs::read_to_string(copy.join("list")).unwrap().lines().count(), 1);
    fs::remove_file(bed.dir().join("tar")).unwrap();
    assert!(bed.restore(&["A0000A5"])[0].starts_with("A0000A5 restored "));
}

#[test]
fn nothing_is_deleted_without_room_and_a_copy_that_is_the_same() {
    let ids = ["A0000A3", "A0000A5"];
    let refused = |why: &str, prepare: &dyn Fn(&Bed)| {
        let bed = Bed::new();
        bed.put(&["hold/A0000A3", "hold/A0000A5"]);
        prepare(&bed);
        let rows = bed.delete(&ids);
        assert!(rows.iter().all(|row| row.contains(why)), "{rows:?}");
        assert_eq!((rows.len(), bed.names().len()), (2, 2));
    };
    let df = |free: &str| format!("echo Filesystem; echo '/dev/sda1 9 9 {free} 9% /'");
    refused(" failed too little space: 16 KiB are needed, twice the size, and 15 free", &|bed| {
        tool(bed.dir(), "df", &df("15"))
    });
    refused(" failed too little space: 16 KiB are needed, twice the size, and an unknown number free", &|bed| {
        tool(bed.dir(), "df", "exit 1");
    });
    refused("/queue already, or it cannot be created", &|bed| fs::create_dir(bed.dir().join("queue")).unwrap());
    refused(" failed the copy differs, nothing was deleted: tar: no", &|bed| {
        tool(bed.dir(), "tar", "echo 'tar: no' >&2; cat >/dev/null");
    });
    refused(" failed the copy differs, nothing was deleted", &|bed| {
        let tar = "/bin/tar \"$@\" || exit; case $1 in -x*) for f in hold/*; do echo x >$f; done ;; esac";
        tool(bed.dir(), "tar", tar);
    });
    refused(" failed not root: the queue cannot be changed", &|bed| tool(bed.dir(), "id", "echo 33"));
    let bed = Bed::new();
    bed.put(&["hold/A0000A3"]);
    tool(bed.dir(), "df", &df("8"));
    assert_eq!(bed.delete(&["A0000A3"]), ["A0000A3 deleted"]);
}

#[test]
fn what_was_deleted_comes_back_once_under_the_id_that_its_file_has_then() {
    let bed = Bed::new();
    bed.put(&["hold/A0000A3", "hold/A0000A5", "hold/4jYQwX63t0z1Vc5c", "hold/B0000B7", "hold/B0000B9"]);
    let ids = ["A0000A3", "A0000A5", "4jYQwX63t0z1Vc5c", "B0000B7", "B0000B9"];
    assert!(bed.delete(&ids).iter().all(|row| row.ends_with(" deleted")));
    // One copy was damaged, and one id is another message's by now.
    fs::write(bed.dir().join("queue/hold/B0000B7"), "x").unwrap();
    bed.put(&["deferred/A/B0000B9"]);
    let rows = bed.restore(&["A0000A3", "4jYQwX63t0z1Vc5c", "B0000B7", "B0000B9", "C0000C1"]);
    let new = rows[1].strip_prefix("A0000A3 restored ").unwrap().to_owned();
    assert!(id::is_queue_id(new.as_bytes()) && new != "A0000A3", "{new}");
    assert_eq!(rows[0], "4jYQwX63t0z1Vc5c restored 4jYQwX63t0z1Vc5c");
    assert_eq!(rows[2], "B0000B7 failed its copy is corrupt or cannot be restored");
    assert_eq!(rows[3], "B0000B9 failed a message with that ID exists");
    assert_eq!(rows[4], "C0000C1 failed there is no copy of it");
    let expected = [
        ("deferred/A/B0000B9", "message deferred/A/B0000B9\n"),
        ("hold/4jYQwX63t0z1Vc5c", "message hold/4jYQwX63t0z1Vc5c\n"),
        (&format!("hold/{new}"), "message hold/A0000A3\n"),
    ];
    assert_eq!(bed.files(), expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    let again = bed.restore(&["A0000A3", "A0000A5"]);
    assert_eq!(again[0], format!("A0000A3 restored {new}"));
    assert!(again[1].starts_with("A0000A5 restored A0000"), "{again:?}");
    assert_eq!(Bed::new().restore(&["A0000A3"]), ["A0000A3 failed there is no copy of it"]);
}

#[test]
fn other_instances_are_left_alone_and_named() {
    let bed = Bed::new();
    bed.put(&["deferred/A/A0000A1"]);
    let spool = bed.spool().display().to_string();
    let postconf = format!("case $2 in queue_directory) echo '{spool}' ;; *) echo /etc/postfix-out ;; esac");
    tool(bed.dir(), "postconf", &postconf);
    let note = "other instances of Postfix were left alone: /etc/postfix-out";
    assert_eq!(bed.hold(&["A0000A1"]), ["A0000A1 held", note]);
}

#[test]
fn fifty_thousand_ids_are_one_call() {
    let bed = Bed::new();
    let ids: Vec<String> = (0..50_000).map(|n| format!("A{n:05}A1")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    bed.put(&["deferred/A/A00007A1"]);
    let rows = bed.hold(&ids);
    assert_eq!((rows.len(), rows[7].as_str()), (50_000, "A00007A1 held"));
    assert_eq!(fs::read_to_string(bed.dir().join("calls")).unwrap(), "-h -\n");
}
