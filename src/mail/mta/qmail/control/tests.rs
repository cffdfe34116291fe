//! The scripts that change the queue, against a queue and processes in a folder.

use super::CONTROL;
use crate::host::answer::testing::{run, tool};
use crate::mail::mta::qmail::*;
use crate::mail::mta::testing::change;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Stops and starts qmail-send, which is number 101 first and 102 later, child of 100.
const SERVICE: &str = r#"
echo "${0##*/} $*" >>"$HERE/calls"
echo $PPID >"$HERE/main"
case $* in
*stop | -d* | down*) rm -r "$HERE/proc/101" ;;
*) mkdir "$HERE/proc/102" && echo '102 (qmail-send) S 100 1 1' >"$HERE/proc/102/stat" ;;
esac"#;

struct Bed(tempfile::TempDir);

impl Bed {
    /// qmail-send runs, and its parent is called so.
    fn new(parent: &str) -> Self {
        let bed = Self(tempfile::tempdir().unwrap());
        for pid in ["100", "101"] {
            fs::create_dir_all(bed.dir().join("proc").join(pid)).unwrap();
        }
        fs::write(bed.dir().join("proc/100/stat"), format!("100 ({parent}) S 1 1 1\n")).unwrap();
        fs::write(bed.dir().join("proc/101/stat"), "101 (qmail-send) S 100 1 1\n").unwrap();
        std::os::unix::fs::symlink("/service/qmail send", bed.dir().join("proc/100/cwd")).unwrap();
        for name in ["service", "svc", "sv", "s6-svc"] {
            bed.tool(name, SERVICE);
        }
        bed.tool("init", "");
        bed.tool("id", "echo 0");
        bed.tool("sync", "");
        bed.tool("systemctl", "exit 1");
        for n in 0..23 {
            for folder in ["mess", "info", "local", "remote"] {
                fs::create_dir_all(bed.queue().join(folder).join(n.to_string())).unwrap();
            }
        }
        for folder in ["todo", "intd", "bounce", "lock"] {
            fs::create_dir_all(bed.queue().join(folder)).unwrap();
        }
        fs::write(bed.mutex(), "").unwrap();
        bed
    }

    fn dir(&self) -> &Path {
        self.0.path()
    }

    /// What every qmail-send locks.
    fn mutex(&self) -> PathBuf {
        self.queue().join("lock/sendmutex")
    }

    fn queue(&self) -> PathBuf {
        self.dir().join("queue")
    }

    fn tool(&self, name: &str, script: &str) {
        tool(self.dir(), name, &format!("HERE='{}'\n{script}", self.dir().display()));
    }

    fn put(&self, files: &[&str]) -> &Self {
        for file in files {
            fs::write(self.queue().join(file), format!("text of {file}\n")).unwrap();
        }
        self
    }

    fn change(&self, mut part: Part, ids: &[&str]) -> Vec<String> {
        self.point(&mut part);
        let op = self.dir().join("op");
        fs::create_dir_all(&op).unwrap();
        // The tools are in the home, and the op has its own folder.
        part.script = format!("dir='{}'\n{}", op.display(), part.script).into();
        change(part, self.dir(), ids)
    }

    fn point(&self, part: &mut Part) {
        let here = self.dir().display();
        for (name, value) in &mut part.values {
            match *name {
                "home" => *value = here.to_string(),
                "proc" | "init" => *value = format!("{here}/{name}"),
                _ => {}
            }
        }
    }

    fn delete(&self, ids: &[&str]) -> Vec<String> {
        self.delete_by(CONTROL.delete(), ids)
    }

    fn delete_by(&self, part: Part, ids: &[&str]) -> Vec<String> {
        self.change(Part { script: format!("{}{}", self.told(ids), part.script).into(), ..part }, ids)
    }

    /// What hands a script arrival and size with each id.
    fn told(&self, ids: &[&str]) -> String {
        use std::os::unix::fs::MetadataExt;
        let find = |folder: &str, id: &str| {
            let files =
                self.files().into_iter().filter(|file| file.starts_with(folder) && file.ends_with(&format!("/{id}")));
            files.map(|file| fs::metadata(self.queue().join(file)).unwrap()).next()
        };
        let told = ids.iter().map(|id| {
            let (mess, info) = (find("mess/", id), find("info/", id));
            let arrival = info.or(mess.clone()).map_or(1, |m| m.mtime());
            format!("{id} {arrival} {}\n", mess.map_or(1, |m| m.size()))
        });
        format!("exec <<'TOLD'\n{}TOLD\n", told.collect::<String>())
    }

    fn restore(&self, ids: &[&str]) -> Vec<String> {
        self.change(CONTROL.restore(), ids)
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.dir().join("calls")).unwrap_or_default()
    }

    fn files(&self) -> Vec<String> {
        let find = std::process::Command::new("find").args([".", "-type", "f"]).current_dir(self.queue()).output();
        let find = String::from_utf8(find.unwrap().stdout).unwrap();
        let mut files: Vec<String> = find.lines().map(|file| file[2..].to_owned()).collect();
        files.retain(|file| file != "lock/sendmutex");
        files.sort();
        files
    }

    /// Whether qmail-send runs again, now or soon.
    fn runs_again(&self) -> bool {
        (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(100));
            self.dir().join("proc/102/stat").exists()
        })
    }
}

const WHOLE: &[&str] = &["mess/10/10504133", "info/10/10504133", "remote/10/10504133", "bounce/10504133"];
const NEW: &[&str] = &["mess/16/10504139", "todo/10504139", "intd/10504139"];

#[test]
fn messages_are_kept_and_deleted_while_qmail_send_stands_still() {
    let bed = Bed::new("init");
    bed.put(WHOLE).put(NEW).put(&["mess/1/24", "intd/24", "mess/2/25", "info/2/25", "mess/3/26", "info/3/26"]);
    bed.tool("tar", "ls \"$HERE/proc\" >>\"$HERE/calls\"\nexec /bin/tar \"$@\"");
    bed.tool("service", &format!("[ $2 = start ] || rm \"$HERE\"/queue/*/3/26\n{SERVICE}"));
    assert_eq!(
        bed.delete(&["10504133", "10504139", "24", "26", "99", "ALL", "../25", "007"]),
        [
            "../25 failed it is not a queue ID",
            "007 failed it is not a queue ID",
            "10504133 deleted",
            "10504139 deleted",
            "24 failed it is still being written",
            "26 gone",
            "99 gone",
            "ALL failed it is not a queue ID",
        ]
    );
    assert_eq!(bed.calls(), "service qmail stop\n100\n100\nservice qmail start\n");
    assert_eq!(bed.files(), ["info/2/25", "intd/24", "mess/1/24", "mess/2/25"]);
    let copy = bed.dir().join("op/queue");
    assert_eq!(fs::read_to_string(copy.join("bounce/10504133")).unwrap(), "text of bounce/10504133\n");
    assert_eq!(fs::read_to_string(copy.join("list")).unwrap().lines().count(), WHOLE.len() + NEW.len());
}

#[test]
fn another_message_that_got_the_number_meanwhile_is_left_alone() {
    let take_over = "rm \"$HERE\"/queue/*/10/10504133 \"$HERE\"/queue/bounce/10504133\n\
                     echo 'order 66' >\"$HERE/queue/mess/10/10504133\"\necho Fcustomer >\"$HERE/queue/todo/10504133\"";
    let bed = Bed::new("init");
    bed.put(WHOLE).put(&["mess/2/25", "info/2/25"]);
    bed.tool("age", "touch -d '2026-11-24 02:17:05 UTC' \"$HERE\"/queue/*/10/10504133");
    assert!(std::process::Command::new(bed.dir().join("age")).status().unwrap().success());
    bed.tool("service", &format!("[ $2 = start ] || {{ {take_over}\n}}\n{SERVICE}"));
    assert_eq!(bed.delete(&["10504133", "25"]), ["10504133 gone", "25 deleted"]);
    assert_eq!(bed.files(), ["mess/10/10504133", "todo/10504133"]);
    assert!(!bed.dir().join("op/queue/mess/10").exists(), "a copy was made of it");
    // It had it already when the host was asked.
    let bed = Bed::new("init");
    let mut part = CONTROL.delete();
    part.script = format!("exec <<'TOLD'\n10504133 1795486625 233\nTOLD\n{}", part.script).into();
    assert_eq!(bed.put(WHOLE).change(part, &["10504133"]), ["10504133 gone"]);
    assert_eq!((bed.calls().as_str(), bed.files().len()), ("", WHOLE.len()));
}

#[test]
fn a_supervised_qmail_send_is_stopped_and_started_by_its_supervisor() {
    for (parent, stop, start) in
        [("supervise", "svc -d", "svc -u"), ("runsv", "sv down", "sv up"), ("s6-supervise", "s6-svc -d", "s6-svc -u")]
    {
        let bed = Bed::new(parent);
        assert_eq!(bed.put(WHOLE).delete(&["10504133"]), ["10504133 deleted"]);
        assert_eq!(bed.calls(), format!("{stop} /service/qmail send\n{start} /service/qmail send\n"));
    }
}

#[test]
fn qmail_send_is_left_alone_where_it_does_not_run_or_could_not_be_started_again() {
    let bed = Bed::new("init");
    fs::remove_dir_all(bed.dir().join("proc/101")).unwrap();
    assert_eq!(bed.put(WHOLE).delete(&["10504133"]), ["10504133 deleted", "qmail-send was not running"]);
    assert_eq!(bed.calls(), "");

    let refused = |why: &str, prepare: &dyn Fn(&Bed)| {
        let bed = Bed::new("init");
        prepare(&bed);
        assert_eq!(bed.put(WHOLE).delete(&["10504133"]), [format!("10504133 failed {why}")]);
        assert_eq!((bed.calls().as_str(), bed.files().len()), ("", WHOLE.len()));
    };
    refused("it is not known how qmail-send would be started again", &|bed| {
        fs::remove_file(bed.dir().join("init")).unwrap();
    });
    refused("netqmail.service would start qmail-send again, and is not known", &|bed| {
        fs::remove_file(bed.dir().join("init")).unwrap();
        bed.tool("rc", "");
        fs::write(bed.dir().join("proc/101/cgroup"), "0::/system.slice/netqmail.service\n").unwrap();
    });
    refused("more than one qmail-send runs", &|bed| {
        fs::write(bed.dir().join("proc/100/stat"), "100 (qmail-send) S 1 1 1\n").unwrap();
    });
    refused("too little space: 32 KiB are needed, twice the size, and 31 free", &|bed| {
        bed.tool("df", "echo Filesystem; echo '/dev/sda1 9 9 31 9% /'");
    });
    refused("not root: the queue cannot be changed", &|bed| bed.tool("id", "echo 33"));
    assert_eq!(Bed::new("init").delete(&["10504133"]), ["10504133 gone"]);
}

#[test]
fn nothing_is_deleted_when_somebody_else_starts_qmail_send() {
    let lock = "flock -n \"$HERE/queue/lock/sendmutex\"";
    // One that starts while the copy is made does not get the lock; one that starts afterwards does.
    let bed = Bed::new("init");
    bed.tool("tar", &format!("{lock} echo works >>\"$HERE/calls\"\nexec /bin/tar \"$@\""));
    bed.tool("service", &format!("[ $2 = stop ] || {lock} echo free >>\"$HERE/calls\"\n{SERVICE}"));
    assert_eq!(bed.put(WHOLE).delete(&["10504133"]), ["10504133 deleted"]);
    assert_eq!(bed.calls(), "service qmail stop\nfree\nservice qmail start\n");
    // One started at once has it, and is left alone.
    let bed = Bed::new("init");
    let other = format!(
        "({lock} sleep 3 >/dev/null 2>&1 &)\nmkdir \"$HERE/proc/103\"\necho '103 (qmail-send) S 1 1 1' >\"$HERE/proc/103/stat\""
    );
    bed.tool("service", &format!("{SERVICE}\n{other}\nsleep 1"));
    let refused = ["10504133 failed qmail-send was started again by someone else"];
    assert_eq!(bed.put(WHOLE).delete(&["10504133"]), refused);
    assert_eq!((bed.calls().as_str(), bed.files().len()), ("service qmail stop\n", WHOLE.len()));
    // Where it has no such lock it is seen, before anything is deleted.
    let bed = Bed::new("init");
    fs::remove_file(bed.mutex()).unwrap();
    bed.tool("sync", "mkdir \"$HERE/proc/103\" && echo '103 (qmail-send) S 1 1 1' >\"$HERE/proc/103/stat\"");
    assert_eq!(bed.put(WHOLE).delete(&["10504133"]), refused);
    assert_eq!(bed.files().len(), WHOLE.len());
}

#[test]
fn qmail_send_is_started_again_whatever_happens() {
    // The copy fails.
    let bed = Bed::new("init");
    bed.tool("tar", "cat >/dev/null");
    assert_eq!(bed.put(WHOLE).delete(&["10504133"]), ["10504133 failed the copy differs, nothing was deleted"]);
    assert_eq!((bed.calls().as_str(), bed.files().len()), ("service qmail stop\nservice qmail start\n", WHOLE.len()));

    // The script is killed.
    let bed = Bed::new("init");
    bed.tool("tar", "kill -9 \"$(cat \"$HERE/main\")\"");
    let mut part = CONTROL.delete().value("dir", bed.dir().join("op").display().to_string());
    bed.point(&mut part);
    part.script = format!("{}{}", bed.put(WHOLE).told(&["10504133"]), part.script).into();
    fs::create_dir(bed.dir().join("op")).unwrap();
    let output = run(&part, bed.dir());
    assert_eq!(output.ended, crate::shell::Ended::Status(-1));
    assert!(bed.runs_again());
    assert_eq!(bed.files().len(), WHOLE.len());

    // It takes longer to end than anybody waits.
    let bed = Bed::new("init");
    let stop = SERVICE.replace("rm -r", "(sleep 3; rm -r").replace("101\" ;;", "101\") & ;;");
    bed.tool("service", &stop);
    let mut part = CONTROL.delete();
    part.values.iter_mut().filter(|(name, _)| *name == "patience").for_each(|(_, value)| *value = "1".into());
    assert_eq!(
        bed.put(WHOLE).delete_by(part, &["10504133"]),
        [
            "10504133 failed qmail-send did not end in 1 seconds",
            "qmail-send still ends its deliveries: it is started again when it has"
        ]
    );
    assert!(!bed.dir().join("proc/102").exists() && bed.runs_again());
    assert_eq!(bed.files().len(), WHOLE.len());
}

#[test]
fn without_a_service_the_file_rc_starts_it() {
    let bed = Bed::new("init");
    fs::remove_file(bed.dir().join("init")).unwrap();
    bed.tool("rc", &format!("{SERVICE}\nexec sleep 1"));
    let mut send = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let pid = send.id().to_string();
    fs::remove_dir_all(bed.dir().join("proc/101")).unwrap();
    let known = bed.dir().join("proc").join(&pid);
    fs::create_dir(&known).unwrap();
    fs::write(known.join("stat"), format!("{pid} (qmail-send) S 100 1 1\n")).unwrap();
    let ended = std::thread::spawn(move || {
        let status = send.wait().unwrap();
        fs::remove_dir_all(known).unwrap();
        std::os::unix::process::ExitStatusExt::signal(&status)
    });
    assert_eq!(bed.put(WHOLE).delete(&["10504133"]), ["10504133 deleted"]);
    assert_eq!(ended.join().unwrap(), Some(15));
    assert_eq!(bed.calls(), "rc \n");
}

#[test]
fn what_was_deleted_comes_back_once_under_the_number_of_its_file() {
    let bed = Bed::new("init");
    bed.put(WHOLE).put(NEW).put(&["mess/1/24", "info/1/24", "remote/1/24"]);
    assert!(bed.delete(&["10504133", "10504139", "24"]).iter().all(|row| row.ends_with(" deleted")));
    let again = || {
        let _ = fs::rename(bed.dir().join("proc/102"), bed.dir().join("proc/101"));
        fs::write(bed.dir().join("proc/101/stat"), "101 (qmail-send) S 100 1 1\n").unwrap();
    };
    again();
    // One copy was damaged, and a number is another message's by now.
    fs::remove_file(bed.dir().join("op/queue/remote/1/24")).unwrap();
    bed.put(&["mess/10/10504133", "info/10/10504133"]);
    let rows = bed.restore(&["10504133", "10504139", "24", "99"]);
    let number = |row: &str| row.rsplit(' ').next().unwrap().parse::<u64>().unwrap();
    let (first, second) = (number(&rows[0]), number(&rows[1]));
    assert_eq!(rows[0], format!("10504133 restored {first}"));
    assert_eq!(rows[1], format!("10504139 restored {second}"));
    assert!(
        rows[2].starts_with("24 failed its copy is corrupt or cannot be restored: tar: remote/1/24: "),
        "{}",
        rows[2]
    );
    assert_eq!(rows[3..], ["99 failed there is no copy of it"]);
    let mut expected = vec!["info/10/10504133".to_owned(), "mess/10/10504133".to_owned()];
    for folder in ["mess", "info", "remote"] {
        expected.push(format!("{folder}/{}/{first}", first % 23));
    }
    expected.extend([format!("bounce/{first}"), format!("mess/{}/{second}", second % 23)]);
    expected.extend([format!("todo/{second}"), format!("intd/{second}")]);
    expected.sort();
    assert_eq!(bed.files(), expected);
    let text = fs::read_to_string(bed.queue().join(format!("info/{}/{first}", first % 23))).unwrap();
    assert_eq!(text, "text of info/10/10504133\n");
    use std::os::unix::fs::MetadataExt;
    let inode = fs::metadata(bed.queue().join(format!("mess/{}/{first}", first % 23))).unwrap().ino();
    assert_eq!(inode, first);
    again();
    assert_eq!(bed.restore(&["10504133"]), [format!("10504133 restored {first}")]);
    assert_eq!(bed.calls(), "service qmail stop\nservice qmail start\n".repeat(2));
}
