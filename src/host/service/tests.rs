use super::*;
use crate::host::answer::testing::{fine, run, tool};
use std::path::PathBuf;

/// A host with stand-ins; `systemd` says whether that runs.
struct Stage {
    dir: tempfile::TempDir,
    systemd: bool,
}

impl Stage {
    fn set(systemd: bool) -> Self {
        let stage = Self { dir: tempfile::tempdir().unwrap(), systemd };
        for folder in ["tools", "kept", "run/systemd/system", "etc/init.d", "etc/init"] {
            std::fs::create_dir_all(stage.path(folder)).unwrap();
        }
        stage.tool("tools/sleep", "exit 0");
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn tool(&self, name: &str, script: &str) {
        let path = self.path(name);
        tool(path.parent().unwrap(), path.file_name().unwrap().to_str().unwrap(), script);
    }

    fn run(&self, mut part: Part) -> PartOutput {
        let root = self.dir.path().display();
        let systemd = if self.systemd { format!("{root}/run/systemd/system") } else { "/nonexistent".to_owned() };
        let script = part.script.replace("/etc/init", &format!("{root}/etc/init"));
        part.script = script.replace("/run/systemd/system", &systemd).into();
        run(&part, &self.path("tools"))
    }

    fn state(&self) -> (Runs, String) {
        let State { runs, detail } = state(&[self.run(query("x"))]).unwrap();
        (runs, detail)
    }

    fn set_to(&self, operation: Operation) -> RowResult {
        let output = self.run(set("x", operation, &self.path("kept").display().to_string()));
        said("x", &[output]).unwrap().rows.pop().unwrap()
    }
}

#[test]
fn systemd_tells_what_runs_what_does_not_and_what_is_not_there() {
    for (load, active, runs) in [
        ("loaded", "active", Runs::Yes),
        ("loaded", "reloading", Runs::Yes),
        ("loaded", "inactive", Runs::No),
        ("loaded", "failed", Runs::No),
        ("loaded", "activating", Runs::Unknown),
        ("masked", "inactive", Runs::Masked),
        ("not-found", "inactive", Runs::None),
        ("not-found", "active", Runs::Yes),
    ] {
        let stage = Stage::set(true);
        let shown = format!(
            "[ \"$*\" = 'show -p LoadState -p ActiveState -p SubState -- x.service' ] || exit 1\n\
                             printf 'LoadState={load}\\nActiveState={active}\\nSubState=sub\\n'"
        );
        stage.tool("tools/systemctl", &shown);
        assert_eq!(stage.state().0, runs, "{load} {active}");
    }
}

#[test]
fn an_init_script_tells_by_its_status_and_one_that_cannot_tell_is_not_believed() {
    let stage = Stage::set(false);
    assert_eq!(stage.state().0, Runs::None);
    stage.tool("tools/service", "exec \"$(dirname \"$0\")/../etc/init.d/$1\" \"$2\"");
    for (script, runs) in [
        ("echo running", Runs::Yes),
        ("exit 3", Runs::No),
        ("exit 1", Runs::No),
        ("echo 'Usage: x {start|stop}'; exit 1", Runs::Unknown),
        ("exit 4", Runs::Unknown),
    ] {
        stage.tool("etc/init.d/x", script);
        assert_eq!(stage.state().0, runs, "{script}");
    }
    // Upstart has no script and no status.
    std::fs::remove_file(stage.path("etc/init.d/x")).unwrap();
    std::fs::write(stage.path("etc/init/x.conf"), "").unwrap();
    stage.tool("tools/service", "echo 'x stop/waiting'");
    assert_eq!(stage.state(), (Runs::No, "stop/waiting".to_owned()));
    stage.tool("tools/service", "echo 'x start/running, process 7'");
    assert_eq!(stage.state().0, Runs::Yes);
}

#[test]
fn it_is_told_once_and_its_own_words_are_kept_when_it_fails() {
    let stage = Stage::set(true);
    stage.tool("tools/systemctl", "echo \"$*\" >>\"$(dirname \"$0\")/told\"");
    assert_eq!(stage.set_to(Operation::Reload).end, RowEnd::Changed);
    assert_eq!(std::fs::read_to_string(stage.path("tools/told")).unwrap(), "reload -- x.service\n");
    stage.tool("tools/systemctl", "printf '\\nJob for x\\tfailed\\nmore\\n' >&2; exit 5");
    assert_eq!(stage.set_to(Operation::Start).why.unwrap(), "exit status 5: Job for x failed");
    // What a daemon keeps open is not waited for.
    let stage = Stage::set(false);
    stage.tool("tools/service", "/bin/sleep 30 & echo started");
    let began = std::time::Instant::now();
    assert_eq!(stage.set_to(Operation::Start).end, RowEnd::Changed);
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn what_was_said_is_not_believed_against_what_is_seen() {
    let claim = |end| ScriptReport { rows: vec![RowResult::new("x", end, None)], ..ScriptReport::default() };
    let end = |operation, runs, report: Option<&ScriptReport>| {
        judge("x", operation, &State { runs, detail: "d".into() }, report).map(|row| row.end)
    };
    let changed = claim(RowEnd::Changed);
    assert_eq!(end(Operation::Start, Runs::No, Some(&changed)), Some(RowEnd::Failed));
    assert_eq!(end(Operation::Stop, Runs::Yes, Some(&changed)), Some(RowEnd::Failed));
    assert_eq!(end(Operation::Restart, Runs::No, Some(&changed)), Some(RowEnd::Failed));
    assert_eq!(end(Operation::Restart, Runs::Yes, Some(&changed)), Some(RowEnd::Changed));
    assert_eq!(end(Operation::Start, Runs::Yes, Some(&claim(RowEnd::Failed))), Some(RowEnd::Failed));
    // After a lost connection, running proves a start and no restart.
    assert_eq!(end(Operation::Start, Runs::Yes, None), Some(RowEnd::Changed));
    assert_eq!(end(Operation::Restart, Runs::Yes, None), None);
    assert_eq!(end(Operation::Start, Runs::Unknown, None), None);
    let row = judge("x", Operation::Start, &State { runs: Runs::Unknown, detail: "d".into() }, Some(&changed)).unwrap();
    assert_eq!((row.end, row.why.as_deref()), (RowEnd::Changed, Some("not verified: d")));
}

#[test]
fn only_names_are_names() {
    assert_eq!(name("postfix.service").unwrap(), "postfix");
    assert!(["a", "getty@tty1", "php8.2-fpm", "dbus-org.x"].iter().all(|n| name(n).is_ok()));
    let long = "a".repeat(101);
    for bad in ["", "-x", ".", "../x", "a/b", "a b", "a;b", "a..b", "*", "日本", long.as_str()] {
        assert!(name(bad).is_err(), "{bad:?}");
    }
    assert!(Operation::WORDS.iter().all(|word| Operation::parse(word).is_some()));
    for text in ["", "state\tstarted\t", "state\tboth\t\nend\n", "end\n"] {
        assert!(state(&[fine("service.state", text)]).is_err(), "{text:?}");
    }
}
