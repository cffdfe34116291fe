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
    assert!(other.take(claim(&second, None, &[host("mx02")], "a"), Timestamp::now()).unwrap().is_ok());
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
    let taken = store.take(claim(&run, resumed, &[host("mx01")], &run.0), Timestamp::now()).unwrap();
    (run, taken)
}

fn claim<'a>(run: &'a RunId, resumes: Option<&'a RunId>, hosts: &'a [HostName], id: &'a str) -> Claim<'a> {
    Claim { run, resumes, who: "ops", hosts, plan: "{}", id }
}

#[test]
fn a_plan_is_applied_by_one_run_and_resumed_by_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("state")).unwrap();
    let hosts = [host("mx01")];
    let run = || Store::open(&folder.path().join("state")).unwrap().new_run(Timestamp::now()).unwrap();
    let (first, again, resumes, other) = (run(), run(), run(), run());
    assert_eq!(store.used("p1").unwrap(), None);
    drop(store.take(claim(&first, None, &hosts, "p1"), Timestamp::now()).unwrap().unwrap());
    assert_eq!(store.used("p1").unwrap().as_ref(), Some(&first));
    let twice = store.take(claim(&again, None, &hosts, "p1"), Timestamp::now()).unwrap();
    assert!(matches!(twice, Err(Taken::Used(by)) if by == first));
    assert_eq!(store.plan_of(&again).unwrap(), None);
    drop(store.take(claim(&resumes, Some(&first), &hosts, "p1"), Timestamp::now()).unwrap().unwrap());
    assert!(store.take(claim(&other, None, &hosts, "p2"), Timestamp::now()).unwrap().is_ok());
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
