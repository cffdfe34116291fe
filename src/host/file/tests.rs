use super::*;
use crate::host::answer::testing::{fine, run, tool};
use proptest::prelude::*;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;

struct Stage(tempfile::TempDir);

impl Stage {
    fn set() -> Self {
        let stage = Self(tempfile::tempdir().unwrap());
        for name in ["kept", "tools", "etc"] {
            std::fs::create_dir(stage.path(name)).unwrap();
        }
        // Whoever runs the tests can give nothing away.
        tool(&stage.path("tools"), "chown", "exit 0");
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn to(&self) -> String {
        self.path("etc/conf").display().to_string()
    }

    fn put(&self, text: &str) -> Sum {
        std::fs::write(self.to(), text).unwrap();
        Sum::of(text.as_bytes())
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.to()).unwrap()
    }

    fn seen(&self, kept: &str) -> Result<Seen, &'static str> {
        seen(&[run(&query(&self.to(), kept), &self.path("tools"))]).unwrap()
    }

    /// What the script says of it, in one word, and why.
    fn write(&self, was: Option<Sum>, new: New<'_>) -> (RowEnd, Option<String>) {
        let (to, dir) = (self.to(), self.path("kept").display().to_string());
        let word = if matches!(new, New::Text(_)) { RowEnd::Changed } else { RowEnd::Restored };
        let writing = Writing { to: &to, was, new, mode: "640", owner: "0:0", dir: &dir, word };
        let output = run(&write(writing), &self.path("tools"));
        assert_eq!(output.stderr.for_human(999), "");
        let report = said(&to, &[output]).unwrap();
        assert_eq!(report.fault, None);
        let row = report.rows.into_iter().next().unwrap();
        let left: Vec<_> = std::fs::read_dir(self.path("etc")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| name == "conf"), "something was left beside it: {left:?}");
        (row.end, row.why)
    }
}

#[test]
fn a_sum_is_the_one_that_cksum_tells() {
    let sum = |text: &[u8]| (Sum::of(text).sum, Sum::of(text).size);
    assert_eq!(sum(b""), (4_294_967_295, 0));
    assert_eq!(sum(b"123456789"), (930_766_865, 9));
    let stage = Stage::set();
    let text = "日本\n".repeat(9_000);
    stage.put(&text);
    assert_eq!(stage.seen("").unwrap().now.unwrap().sum, Sum::of(text.as_bytes()));
}

#[test]
fn a_text_arrives_byte_for_byte_and_what_was_there_is_kept() {
    for text in ["", "\n", "a", "a\n", "a\n\nb", "\\ $(id) `id` '\"\r\n\ttab\n -n", "\n\n"] {
        let stage = Stage::set();
        assert_eq!(stage.write(None, New::Text(text)), (RowEnd::Changed, None), "{text:?}");
        assert_eq!(stage.text(), text);
        let seen = stage.seen(&stage.path("kept").display().to_string()).unwrap();
        assert_eq!((seen.is_kept, seen.kept, seen.left), (true, None, Some(Sum::of(text.as_bytes()))));
        assert_eq!(std::fs::metadata(stage.to()).unwrap().mode() & 0o7777, 0o640);
    }
    let stage = Stage::set();
    let was = stage.put("old");
    std::fs::set_permissions(stage.to(), PermissionsExt::from_mode(0o604)).unwrap();
    assert_eq!(stage.write(Some(was), New::Text("new\n")), (RowEnd::Changed, None));
    let kept = stage.seen(&stage.path("kept").display().to_string()).unwrap().kept.unwrap();
    assert_eq!((kept.sum, kept.mode.as_str()), (was, "604"));
}

#[test]
fn what_an_op_kept_comes_back_or_goes() {
    let stage = Stage::set();
    let was = stage.put("old\nlast");
    stage.write(Some(was), New::Text("new\n"));
    let kept = stage.path("other");
    std::fs::rename(stage.path("kept"), &kept).unwrap();
    std::fs::create_dir(stage.path("kept")).unwrap();
    let (kept, now) = (kept.display().to_string(), Sum::of(b"new\n"));
    assert_eq!(stage.write(Some(now), New::Kept(&kept, was)), (RowEnd::Restored, None));
    assert_eq!(stage.text(), "old\nlast");
    std::fs::remove_dir_all(stage.path("kept")).unwrap();
    std::fs::create_dir(stage.path("kept")).unwrap();
    assert_eq!(stage.write(Some(was), New::Nothing), (RowEnd::Restored, None));
    assert!(!stage.path("etc/conf").exists());
    // Another file's op brings nothing back.
    std::fs::write(format!("{kept}/to"), "/etc/other\n").unwrap();
    assert!(!stage.seen(&kept).unwrap().is_kept);
}

#[test]
fn what_is_not_as_it_was_planned_is_not_touched() {
    let failed = |why: &str| (RowEnd::Failed, Some(why.to_owned()));
    let stage = Stage::set();
    let was = stage.put("old");
    stage.put("by hand");
    let changed = "it has changed since it was planned";
    assert_eq!(stage.write(Some(was), New::Text("new")), failed(changed));
    assert_eq!(stage.write(None, New::Text("new")), failed("a file exists there now"));
    assert_eq!(stage.text(), "by hand");
    std::fs::remove_file(stage.to()).unwrap();
    assert_eq!(stage.write(Some(was), New::Text("new")), failed("it is no longer a file"));
    symlink(stage.path("elsewhere"), stage.to()).unwrap();
    assert_eq!(stage.seen(""), Err("it is a symbolic link"));
    assert_eq!(stage.write(None, New::Text("new")), failed("a file exists there now"));
    assert!(!stage.path("elsewhere").exists());
    std::fs::remove_file(stage.to()).unwrap();
    std::fs::create_dir(stage.to()).unwrap();
    assert_eq!(stage.seen(""), Err("it is a folder"));
    std::fs::remove_dir_all(stage.path("etc")).unwrap();
    assert_eq!(stage.seen(""), Err("its folder does not exist"));
}

#[test]
fn a_step_that_fails_leaves_the_old_file_and_nothing_beside_it() {
    for (name, why) in [
        ("chown", "its owner could not be changed to 0:0"),
        ("chmod", "its mode could not be changed to 640"),
        ("mv", "the new file could not be moved into place"),
        ("cp", "the present content could not be backed up"),
    ] {
        let stage = Stage::set();
        let was = stage.put("old");
        tool(&stage.path("tools"), name, "exit 1");
        assert_eq!(stage.write(Some(was), New::Text("new")), (RowEnd::Failed, Some(why.to_owned())), "{name}");
        assert_eq!(stage.text(), "old", "{name}");
    }
}

#[test]
fn only_plain_paths_modes_and_owners_are_taken() {
    assert_eq!(path("/etc/a b/日本.conf").unwrap(), "/etc/a b/日本.conf");
    let bad = [
        "",
        "/",
        "etc/x",
        "/etc/",
        "/etc//x",
        "/etc/../x",
        "/a/./b",
        "/a\nb",
        "/a\u{202e}b",
        "/proc/1/mem",
        "/dev/sda",
    ];
    for path in bad {
        assert!(super::path(path).is_err(), "{path:?}");
    }
    assert!(path("/var/lib/fleet/x").is_err());
    assert_eq!([mode("0644"), mode("4755"), mode("000")], [Ok("644".into()), Ok("4755".into()), Ok("0".into())]);
    for mode in ["", "64", "0888", "u+x", "00644"] {
        assert!(super::mode(mode).is_err(), "{mode:?}");
    }
    for owner in ["root", "0:0", "www-data:mail", "_x.y"] {
        assert!(super::owner(owner).is_ok(), "{owner:?}");
    }
    for owner in ["", ":", "a:", "-R", "a b", "a:b:c"] {
        assert!(super::owner(owner).is_err(), "{owner:?}");
    }
    let sum = Sum::of(b"");
    let file = File { sum, mode: "644".into(), owner: "33:8".into(), names: "www-data:mail".into() };
    assert!(["33", "www-data", "33:mail", "www-data:8"].iter().all(|owner| file.is_of(owner)));
    assert!(!["root", "www-data:root", "8:33"].iter().any(|owner| file.is_of(owner)));
}

proptest! {
    #[test]
    fn any_answer_is_read_without_panic(text in "(now|kept|left|end|file|none|[0-9:]{1,12}|\t|\n|.){0,30}") {
        let _ = seen(&[fine("file.state", text)]);
    }
}
