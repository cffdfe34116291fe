use super::*;
use crate::host::answer::testing::run;
use crate::host::os_support::Table;
use crate::mail::geo::Geo;
use crate::mail::signals::Baseline;
use crate::model::{Host, HostBytes, HostName, Op, Profile};
use crate::shell::Ended;
use serde_json::json;
use std::path::Path;

const COMMAND_VERB: ProcessVerb = ProcessVerb(Kind::Command);
const SCRIPT_VERB: ProcessVerb = ProcessVerb(Kind::Script);

fn with<T>(args: &Value, what: impl FnOnce(&Ctx<'_>) -> T) -> T {
    let host = Host::new(HostName::parse("mx01").unwrap(), "192.0.2.1", 22, "root");
    let profile = &Profile::default();
    let (support, geo, baseline) = (&Table::builtin(), &Geo::default(), &Baseline::default());
    let as_of = jiff::civil::date(2026, 11, 24);
    what(&Ctx { args, host: &host, profile, now: 0, as_of, support, geo, baseline, secret: None, again: false })
}

/// The plan, by the guard's real script.
fn plan(verb: &ProcessVerb, args: &Value) -> Result<Draft, Failure> {
    with(args, |ctx| {
        let parts = verb.query(ctx).unwrap();
        let outputs: Vec<_> = parts.iter().map(|part| run(part, Path::new("/nonexistent"))).collect();
        verb.plan(ctx, &outputs)
    })
}

fn change(args: &Value, rows: Vec<Row>) -> Change {
    let (title, verb) = (String::new(), "command".to_owned());
    Change { step: 0, item: 0, verb, title, args: args.clone(), rows, undo: None, irreversible: true }
}

fn act(verb: &ProcessVerb, args: &Value, dir: &str, done: &[Vec<PartOutput>]) -> Act {
    let change = change(args, plan(verb, args).unwrap().rows);
    with(args, |ctx| verb.next(ctx, &change, dir, done)).unwrap()
}

#[test]
fn a_plan_shows_what_would_be_typed_and_all_of_it() {
    let draft = plan(&COMMAND_VERB, &json!({"argv": ["echo", "it's", "", "a b", "$(id)\u{1b}"]})).unwrap();
    assert_eq!(draft.title, r"run echo 'it'\''s' '' 'a b' '$(id)\u{1b}'");
    assert_eq!(
        draft.rows,
        [Row::Thing { name: r"echo 'it'\''s' '' 'a b' '$(id)\u{1b}'".into(), was: ThingWas::Nothing }]
    );
    assert!(draft.irreversible && draft.undo.is_none());
    let long = json!({"argv": ["echo", "x".repeat(300)]});
    let Row::Thing { name, was } = plan(&COMMAND_VERB, &long).unwrap().rows.remove(0) else { panic!() };
    assert!(name.len() < 200 && was == ThingWas::Command { argv: vec!["echo".into(), "x".repeat(300)] });
    let draft = plan(&SCRIPT_VERB, &json!({"sh": "# why\n  rm x\necho\n", "args": ["a b"]})).unwrap();
    assert_eq!(draft.title, "run a script of 3 lines: rm x");
    assert_eq!(
        draft.rows,
        [Row::Thing { name: "script 'a b'".into(), was: ThingWas::Script { sh: "# why\n  rm x\necho\n".into() } }]
    );
}

#[test]
fn a_guard_says_that_nothing_has_to_be_done() {
    let rows = |guard: Value| {
        let mut args = json!({"argv": ["true"]});
        args.as_object_mut().unwrap().extend(guard.as_object().unwrap().clone());
        plan(&COMMAND_VERB, &args).map(|draft| draft.rows.len())
    };
    assert_eq!(rows(json!({"creates": "/"})), Ok(0));
    assert_eq!(rows(json!({"creates": "/no such/place"})), Ok(1));
    assert_eq!(rows(json!({"unless": ["test", "-d", "/"]})), Ok(0));
    assert_eq!(rows(json!({"unless": ["sh", "-c", "echo there; echo end; exit 1"]})), Ok(1));
    assert_eq!(rows(json!({"creates": "/no such/place", "unless": ["true"]})), Ok(0));
    assert_eq!(rows(json!({"unless": ["no-such-program"]})), Err("`unless` cannot be run on the host".into()));
    let args = json!({"argv": ["x"], "creates": "x"});
    let refused = with(&args, |ctx| COMMAND_VERB.query(ctx)).unwrap_err();
    assert_eq!(refused, Refusal::Invalid("`creates` must be an absolute path".into()));
}

#[test]
fn the_script_is_a_file_whose_text_ends_nothing_around_it() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().display().to_string();
    let said = |sh: &str| {
        let args = json!({"sh": sh, "args": ["1 ", "$2"]});
        let Act::Write(part) = act(&SCRIPT_VERB, &args, &folder, &[]) else { panic!() };
        let guarded = crate::shell::guard::guarded(&Op::new([1; 16]), 0, "/kept", part.clone()).script;
        assert!(!guarded.contains(sh), "the text stands in the program");
        let output = run(&part, Path::new("/nonexistent"));
        (output.ended, output.stdout.for_human(999))
    };
    assert_eq!(said("umask; printf '<%s>' \"$@\"; cat"), (Ended::Status(0), "0022\n<1 ><$2>".to_owned()));
    assert_eq!(said("exit 3\n"), (Ended::Status(3), String::new()));
    assert_eq!(said("cat <<X\n\\n\nX\n) && echo out"), (Ended::Status(2), "\\n\n".to_owned()));
}

#[test]
fn how_it_ended_is_its_exit_status_by_its_answer_or_by_its_trace() {
    let args = json!({"argv": ["true"], "ok_codes": [0, 4]});
    let rows = plan(&COMMAND_VERB, &args).unwrap().rows;
    let output = |rc| PartOutput {
        name: "command".into(),
        ended: Ended::Status(rc),
        stdout: HostBytes::new(b"out\n".to_vec()),
        stderr: HostBytes::default(),
        truncated: false,
        elapsed: Duration::ZERO,
    };
    let change = change(&args, rows);
    for (rc, end) in [(0, RowEnd::Changed), (4, RowEnd::Changed), (1, RowEnd::Failed)] {
        let Act::Done(report) = act(&COMMAND_VERB, &args, "", &[vec![output(rc)]]) else { panic!() };
        assert_eq!(
            (report.rows[0].end, &report.data["rc"], &report.data["stdout"]),
            (end, &rc.into(), &"out\n".into())
        );
        let judged = with(&args, |ctx| COMMAND_VERB.judge(ctx, &change, Evidence::Report(&report), &[])).unwrap();
        assert_eq!(judged, report.rows);
        let settled = with(&args, |ctx| COMMAND_VERB.settled(ctx, &change, &Trace::Done(rc))).unwrap().unwrap();
        assert_eq!((settled.rows[0].end, &settled.data["rc"]), (end, &rc.into()));
    }
    // Begun and broken off: nobody knows how far it came, and it is not done again.
    assert!(with(&args, |ctx| COMMAND_VERB.settled(ctx, &change, &Trace::Broken)).unwrap().is_err());
    let late = ScriptReport { fault: Some("time limit exceeded".into()), ..ScriptReport::default() };
    let judged = with(&args, |ctx| COMMAND_VERB.judge(ctx, &change, Evidence::Report(&late), &[])).unwrap();
    assert_eq!((judged[0].end, judged[0].why.as_deref()), (RowEnd::Failed, Some("time limit exceeded")));
}

#[test]
fn the_declared_output_is_that_of_every_change_and_that_of_a_process() {
    let names: Vec<&str> = OUTPUT.iter().map(|f| f.name).collect();
    assert_eq!(names.len(), CHANGED_OUTPUT.len() + process::OUTPUT.len());
    assert!(["planned", "op", "rc", "truncated"].iter().all(|name| names.contains(name)), "{names:?}");
}
