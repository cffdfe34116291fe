use super::*;
use crate::engine::Sink;
use crate::model::{Event, EventKind, HostName, HostStatus, RunInfo, Summary, event};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

fn host(name: &str) -> HostName {
    HostName::parse(name).unwrap()
}

fn info() -> RunInfo {
    RunInfo {
        playbook: "audit".into(),
        summary: String::new(),
        mode: "read-only".into(),
        purpose: String::new(),
        selector: "all".into(),
        hosts: vec![host("mx01")],
        tool: "test".into(),
        parallel: 1,
        params: BTreeMap::new(),
    }
}

fn kinds() -> Vec<EventKind> {
    let finished =
        EventKind::HostFinished { host: host("mx01"), status: HostStatus::Ok, fault: None, notes: vec![], millis: 5 };
    vec![EventKind::RunStarted { info: info() }, finished, EventKind::RunFinished { summary: Summary::default() }]
}

fn record(folder: &Path) -> RunId {
    let mut store = Store::open(folder).unwrap();
    let run = store.new_run(Timestamp::now()).unwrap();
    let mut journal = Journal::new(store);
    for (n, kind) in kinds().into_iter().enumerate() {
        let at = Timestamp::UNIX_EPOCH;
        journal.event(&Event { v: event::VERSION, run: run.clone(), seq: n as u64 + 1, at, kind }).unwrap();
    }
    run
}

#[test]
fn what_was_written_is_read_back_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let run = record(&state);
    let store = Store::open(&state).unwrap();
    let mut seen = Vec::new();
    store.replay(&run, &mut |e| seen.push(e.kind.clone())).unwrap();
    assert_eq!(seen, kinds());
    assert_eq!(store.hosts(&run).unwrap(), [HostLine { host: host("mx01"), status: "ok".into(), findings: 0 }]);
    let line = store.runs(10).unwrap().remove(0);
    assert_eq!((line.playbook.as_str(), line.summary), ("audit", Some(Summary::default())));
}

#[test]
fn runs_are_numbered_within_a_day_and_found_by_what_people_type() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let (first, second) = (record(&state), record(&state));
    assert!(first.0.ends_with(".1") && second.0.ends_with(".2"), "{first} {second}");
    let store = Store::open(&state).unwrap();
    for typed in ["last", "2", second.0.as_str()] {
        assert_eq!(store.find_run(typed).unwrap(), second, "{typed}");
    }
    assert!(store.find_run("7").unwrap_err().to_string().contains("no run is called `7`"));
}

#[test]
fn a_new_folder_may_be_opened_by_many_at_once() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let runs: std::collections::BTreeSet<String> = std::thread::scope(|scope| {
            let many: Vec<_> = (0..8).map(|_| scope.spawn(|| record(&state).0)).collect();
            many.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(runs.len(), 8);
    }
}

#[test]
fn folder_and_files_are_for_this_user_alone() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    record(&state);
    for entry in std::fs::read_dir(&state).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(Store::open(&state).err().unwrap().to_string().contains("chmod 700"));
}

#[test]
fn a_damaged_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    record(&state);
    let file = state.join("fleet.db");
    let junk = vec![b'x'; 4096];
    std::fs::write(&file, &junk).unwrap();
    assert!(Store::open(&state).is_err());
    assert_eq!(std::fs::read(&file).unwrap(), junk);
}
