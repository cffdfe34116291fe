use super::*;
use crate::model::sink::Sink;
use crate::model::{
    Change, ChangeResult, Event, EventKind, HostName, HostStatus, Op, RowEnd, RowResult, RunInfo, StepRef, Summary,
    event,
};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

fn host(name: &str) -> HostName {
    HostName::parse(name).unwrap()
}

fn info() -> RunInfo {
    RunInfo {
        playbook: "audit".into(),
        summary: String::new(),
        mode: "read-only".into(),
        kind: None,
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
    let mut journal = Journal::new(Arc::new(Mutex::new(store)));
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

#[test]
fn a_run_that_is_told_of_much_leaves_the_database_to_others() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let mut run = Telling::new(&state);
    run.tell(EventKind::Connecting { host: host("mx01") });
    let mut other = Store::open(&state).unwrap();
    other.connection.busy_timeout(std::time::Duration::ZERO).unwrap();
    let second = other.new_run(Timestamp::now()).unwrap();
    assert!(other.take(&second, None, "b", &[host("mx02")], "{}", Timestamp::now()).unwrap().is_ok());
}

#[test]
fn of_many_who_want_a_host_at_once_one_gets_it() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    Store::open(&state).unwrap();
    let taken: Vec<_> = std::thread::scope(|scope| {
        let many: Vec<_> = (0..8).map(|_| scope.spawn(|| taken(&state, None))).collect();
        many.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(taken.iter().filter(|(_, taken)| taken.is_ok()).count(), 1);
    // What it left is gone on with by one alone, too, though its controller is gone.
    let (first, alive) = taken.into_iter().find(|(_, taken)| taken.is_ok()).unwrap();
    drop(alive);
    let again: Vec<_> = std::thread::scope(|scope| {
        let many: Vec<_> = (0..8).map(|_| scope.spawn(|| taken_by(&state, &first).is_ok())).collect();
        many.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(again.iter().filter(|taken| **taken).count(), 1);
}

fn taken(state: &Path, resumed: Option<&RunId>) -> (RunId, Result<Alive, Taken>) {
    let mut store = Store::open(state).unwrap();
    let run = store.new_run(Timestamp::now()).unwrap();
    let taken = store.take(&run, resumed, "ops", &[host("mx01")], "{}", Timestamp::now()).unwrap();
    (run, taken)
}

fn taken_by(state: &Path, resumed: &RunId) -> Result<Alive, Taken> {
    let (_, taken) = taken(state, Some(resumed));
    // Whoever has it keeps it until the others have tried.
    if taken.is_ok() {
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    taken
}

/// A run whose events are told one by one.
struct Telling {
    run: RunId,
    seq: u64,
    journal: Journal,
}

impl Telling {
    fn new(state: &Path) -> Self {
        let mut store = Store::open(state).unwrap();
        let run = store.new_run(Timestamp::now()).unwrap();
        Self { run, seq: 0, journal: Journal::new(Arc::new(Mutex::new(store))) }
    }

    fn event(&mut self, kind: EventKind) -> Event {
        self.seq += 1;
        Event { v: event::VERSION, run: self.run.clone(), seq: self.seq, at: Timestamp::UNIX_EPOCH, kind }
    }

    fn tell(&mut self, kind: EventKind) {
        let event = self.event(kind);
        self.journal.event(&event).unwrap();
    }

    fn intend(&mut self, op: &Op, instead_of: Option<&Op>, sealed: &[u8]) {
        let change = Change {
            step: 0,
            item: 0,
            verb: "mail.account.set_password".into(),
            title: String::new(),
            args: serde_json::Value::Null,
            rows: vec![],
            undo: None,
            irreversible: true,
        };
        let (host, op, instead_of) = (host("mx01"), op.clone(), instead_of.cloned());
        let kind = EventKind::ChangeIntended { host, step: step(), op, change, instead_of };
        let event = self.event(kind);
        self.journal.durable(&event, Some(sealed)).unwrap();
    }

    fn failed(&mut self, op: &Op, rows: Vec<RowResult>) {
        let (host, op) = (host("mx01"), op.clone());
        let end = ChangeResult { host, step: step(), op, rows, notes: vec![], reason: None };
        let event = self.event(EventKind::ChangeFailed(end));
        self.journal.durable(&event, None).unwrap();
    }
}

fn step() -> StepRef {
    StepRef { id: "rotate".into(), name: "rotate".into(), verb: "mail.account.set_password".into(), index: 0 }
}

#[test]
fn a_password_that_was_set_outlives_a_try_that_was_not_even_sent() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let mut run = Telling::new(&state);
    let [never, set, again] = [1, 2, 3].map(|n| Op::new([n; 16]));
    run.intend(&never, None, b"never sent");
    run.failed(&never, vec![]);
    run.intend(&set, None, b"seal of the password");
    run.failed(&set, vec![RowResult { key: "info".into(), end: RowEnd::Failed, why: None }]);
    // It is to be finished, and the host is held by somebody else.
    run.intend(&again, Some(&set), b"seal of the password");
    run.failed(&again, vec![]);
    let mut store = Store::open(&state).unwrap();
    let kept: Vec<_> = store.sealed(&run.run).unwrap().into_iter().map(|s| (s.op, s.sealed)).collect();
    assert_eq!(kept, [(again.clone(), Ok(b"seal of the password".to_vec()))]);

    let files =
        || ["fleet.db", "fleet.db-wal"].map(|name| std::fs::read(state.join(name)).unwrap_or_default()).concat();
    assert!(memchr::memmem::find(&files(), b"seal of the password").is_some());
    store.handed_over(&[again], Timestamp::now()).unwrap();
    assert!(memchr::memmem::find(&files(), b"seal of the password").is_none());
}

/// Does that to the database by hand.
fn by_hand(state: &Path, sql: &str) {
    rusqlite::Connection::open(state.join("fleet.db")).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn events_that_are_removed_altered_or_put_in_are_noticed() {
    for (sql, at) in [
        ("DELETE FROM events WHERE seq = 1", Some(2)),
        ("DELETE FROM events WHERE seq = 2", Some(3)),
        ("DELETE FROM events WHERE seq = 3", None),
        ("DELETE FROM events", None),
        ("UPDATE events SET body = replace(body, 'mx01', 'mx02') WHERE seq = 2", Some(2)),
        ("UPDATE events SET head = NULL WHERE seq = 2", Some(2)),
        ("UPDATE events SET seq = 7 WHERE seq = 3", Some(7)),
        ("INSERT INTO events SELECT run, 9, body, head FROM events WHERE seq = 2", Some(9)),
        ("UPDATE runs SET head = NULL", None),
        ("UPDATE events SET head = NULL", Some(1)),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let run = record(&state);
        let whole = Store::open(&state).unwrap().verify(&run).unwrap();
        assert!(matches!(whole, Integrity::Whole { events: 3, .. }), "{whole:?}");
        by_hand(&state, sql);
        let store = Store::open(&state).unwrap();
        let found = store.verify(&run).unwrap();
        assert_eq!(found, Integrity::Broken { at }, "{sql}");
        assert_eq!(store.replay(&run, &mut |_| ()).unwrap(), found, "{sql}");
        assert!(found.problem(&run).unwrap().contains("damaged"));
    }
}

#[test]
fn a_run_that_is_working_or_was_killed_is_whole_as_far_as_it_came() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let mut run = Telling::new(&state);
    let reader = Store::open(&state).unwrap();
    let name = run.run.clone();
    let events = |reader: &Store| match reader.verify(&name).unwrap() {
        Integrity::Whole { events, .. } => events,
        other => panic!("{other:?}"),
    };
    assert_eq!(events(&reader), 0);
    let (first, second) =
        (run.event(EventKind::RunStarted { info: info() }), run.event(EventKind::Connecting { host: host("mx01") }));
    run.journal.event(&first).unwrap();
    run.journal.event(&second).unwrap();
    assert_eq!(events(&reader), 1);
    run.journal.tick().unwrap();
    assert_eq!(events(&reader), 2);
}

#[test]
fn a_record_of_an_older_version_is_brought_over_and_causes_no_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let (first, second) = (record(&state), record(&state));
    // As the version before the chain left it, with a clock that was set back for the second.
    by_hand(
        &state,
        "DROP INDEX runs_as_begun; ALTER TABLE runs DROP COLUMN begun; ALTER TABLE runs DROP COLUMN head;
         ALTER TABLE events DROP COLUMN head; PRAGMA user_version = 4;
         UPDATE runs SET started = started - 3600000 WHERE number = 2",
    );
    let store = Store::open(&state).unwrap();
    for run in [&first, &second] {
        let found = store.verify(run).unwrap();
        assert_eq!((&found, found.problem(run)), (&Integrity::NotChained { events: 3 }, None));
    }
    assert_eq!(store.find_run("last").unwrap(), second);
    drop(store);
    let third = record(&state);
    let store = Store::open(&state).unwrap();
    assert!(matches!(store.verify(&third).unwrap(), Integrity::Whole { .. }));
    assert_eq!(store.find_run("last").unwrap(), third);
}

#[test]
fn the_last_run_is_the_one_that_began_last_whatever_the_clock_said() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let mut store = Store::open(&state).unwrap();
    let day = jiff::SignedDuration::from_hours(24);
    let runs: Vec<RunId> = [day * 3, day, day * 2, day]
        .map(|later| Timestamp::UNIX_EPOCH + later)
        .map(|at| store.new_run(at).unwrap())
        .into();
    by_hand(&state, "UPDATE runs SET playbook = 'audit'");
    assert_eq!(store.find_run("last").unwrap(), runs[3]);
    // The second of its day.
    assert_eq!(store.find_run("2").unwrap(), runs[3]);
    let listed: Vec<RunId> = store.runs(9).unwrap().into_iter().map(|line| line.run).collect();
    assert_eq!(listed, runs.iter().rev().cloned().collect::<Vec<_>>());
}

#[test]
fn a_record_that_cannot_be_written_is_read_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("st%te? #1");
    let run = record(&state);
    let listing = |folder: &Path| {
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|f| f.unwrap())
            .map(|f| (f.file_name(), f.metadata().unwrap().len(), f.metadata().unwrap().modified().unwrap()))
            .collect();
        files.sort();
        files
    };
    let told = |folder: &Path| {
        let before = listing(folder);
        let store = readonly::open(folder).unwrap();
        let lines = store.runs(9).unwrap();
        let mut seen = Vec::new();
        for line in &lines {
            store.replay(&line.run, &mut |e| seen.push(e.seq)).unwrap();
        }
        drop(store);
        assert_eq!(listing(folder), before);
        (lines.len(), seen)
    };
    assert_eq!(told(&state), (1, vec![1, 2, 3]));

    // A fleet that was killed left its log, with or without the log's index.
    let mut other = Telling::new(&state);
    let first = other.event(EventKind::RunStarted { info: info() });
    other.journal.event(&first).unwrap();
    let left = folder.path().join("left");
    std::fs::create_dir(&left).unwrap();
    for name in ["fleet.db", "fleet.db-wal"] {
        std::fs::copy(state.join(name), left.join(name)).unwrap();
    }
    assert!(std::fs::metadata(left.join("fleet.db-wal")).unwrap().len() > 0);
    assert_eq!(told(&left), (2, vec![1, 1, 2, 3]));

    // One of an older version.
    drop(other);
    by_hand(
        &state,
        "PRAGMA journal_mode = WAL; ALTER TABLE runs DROP COLUMN head; ALTER TABLE events DROP COLUMN head; PRAGMA user_version = 5;",
    );
    assert_eq!(told(&state).0, 2);
    assert!(Store::open(&state).unwrap().verify(&run).unwrap().problem(&run).is_none());
}
