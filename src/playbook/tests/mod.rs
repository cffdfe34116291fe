//! The language as a whole: files of good and bad playbooks, binding, evaluation, and any text at all.

mod accounts;
mod page;

use super::*;
use crate::model::host::{Host, HostName};
use crate::model::problem::Problems;
use crate::model::profile::Profile;
use crate::model::{Finding, Level, Source};
use proptest::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn no_include(_: &str) -> Result<Source, String> {
    Err("there is no such file".into())
}

fn parse(text: &str) -> Playbook {
    load("p.yaml", text, &no_include).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A read-only playbook with these parameters and steps.
fn playbook(params: &str, steps: &str) -> Playbook {
    parse(&format!("fleet: 1\nname: p\nmode: read-only\nneeds: [os]\nparams: {params}\nsteps:\n{steps}"))
}

fn host() -> Host {
    Host::new(HostName::parse("mx07").unwrap(), "192.0.2.7", 22, "root")
}

fn bind(playbook: &Playbook, given: &[(&str, &str)]) -> Result<Params, Problems> {
    let given = given.iter().map(|(k, v)| ((*k).to_owned(), Given::Text((*v).to_owned()))).collect();
    playbook.bind(&given)
}

fn scope(playbook: &Playbook) -> Scope {
    Scope::new(&bind(playbook, &[]).unwrap(), &host())
}

/// Every `tests/playbooks/*.yaml` against the problems in the `.expect` beside it; none means that it loads.
#[test]
fn every_playbook_file_has_the_expected_problems() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/playbooks");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "yaml"));
    files.sort();
    assert!(files.len() > 20, "the folder is nearly empty");
    let include = |path: &str| match std::fs::read_to_string(folder.join(path)) {
        Ok(text) => Ok(Source { name: path.to_owned(), text }),
        Err(_) => Err("there is no such file".to_owned()),
    };
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let found = match load(name, &std::fs::read_to_string(&file).unwrap(), &include) {
            Ok(_) => String::new(),
            Err(problems) => format!("{problems}\n"),
        };
        let expect = file.with_extension("expect");
        if std::env::var_os("FLEET_BLESS").is_some() {
            std::fs::write(&expect, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&expect).unwrap_or_default();
        assert!(found == expected, "{name} gave:\n{found}\nbut {} says:\n{expected}", expect.display());
    }
}

#[test]
fn parameters_are_bound_by_their_types() {
    let text = "{w: {type: duration, default: 24h, max: 30d}, n: {type: int, min: 1}, p: {type: percent, default: 20%}, \
                to: {type: list<email>, default: []}, how: {type: enum, of: [soft, hard]}, b: {type: bool}, t: {type: string, required: true}}";
    let p = playbook(text, "  - stop: {outcome: x}\n");
    let params =
        bind(&p, &[("t", "a b"), ("to", "a@b.jp, c@d.jp"), ("n", "5"), ("b", "true"), ("how", "soft")]).unwrap();
    let shown = json!(params.shown());
    let expected =
        json!({"w": 86400, "p": 0.2, "to": ["a@b.jp", "c@d.jp"], "n": 5, "b": true, "how": "soft", "t": "a b"});
    assert_eq!(shown, expected);
    let wrong =
        bind(&p, &[("w", "40d"), ("n", "x"), ("to", "a@b.jp,nobody"), ("how", "sof"), ("b", "yes"), ("tt", "1")]);
    insta::assert_snapshot!(wrong.unwrap_err(), @r"
    -p b: it must be true or false
    -p how: it must be one of: soft
    -p n: it must be an integer
    -p to: it must be a mail address
    -p tt: the playbook p has no such parameter
      near: t, to
    -p w: it must be at most 30d
    -p t: this parameter is required
      -p t=..: a string
    ");
}

const ARGUMENTS: &str = "{limits: {type: arguments, of: mail.signals, default: {nets_day: 20}}}";

#[test]
fn one_parameter_stands_for_all_limits_of_a_verb_with_the_defaults_of_its_table() {
    let p = playbook(ARGUMENTS, "  - stop: {outcome: x}\n");
    let given = [("limits.per_hour_max", "500"), ("limits.bounce_rate", "30%")];
    let limits = bind(&p, &given).unwrap().get("limits").unwrap().clone();
    let all: crate::mail::signals::Limits = serde_json::from_value(limits.clone()).unwrap();
    let usual = crate::mail::signals::Limits::default();
    let wanted = crate::mail::signals::Limits { per_hour_max: 500, bounce_rate: 0.3, nets_day: 20, ..usual };
    assert_eq!(all, wanted);
    assert_eq!(limits.as_object().unwrap().len(), crate::mail::signals::LIMITS.len());
    let wrong = [
        ("limits", "5"),
        ("limits.nets_hour", "0"),
        ("limits.per_hour_mx", "5"),
        ("limits.senders", "x"),
        ("per_hour_max", "5"),
        ("limits.bounce_rate", "30"),
    ];
    insta::assert_snapshot!(bind(&p, &wrong).unwrap_err(), @r"
    -p limits: it is a group of arguments: use -p limits.NAME=VALUE
    -p limits.bounce_rate: it must be a percentage such as 20%
      D: share of rejected recipients that is too much; 20% when absent
    -p limits.nets_hour: it must be at least 1
      C: client networks in 60 minutes that are suspicious; 5 when absent
    -p limits.per_hour_mx: the playbook p has no such parameter
      near: limits.per_hour_max
    -p limits.senders: the playbook p has no such parameter
      known: limits.NAME
    -p per_hour_max: the playbook p has no such parameter
      it is limits.per_hour_max: -p limits.per_hour_max=..
    ");
}

#[test]
fn the_limits_of_a_verb_are_handed_on_whole_and_their_names_are_checked() {
    let steps = "  - id: s\n    mail.signals: {senders: {}, limits: \"{{ params.limits }}\"}\n";
    let p = playbook(ARGUMENTS, steps);
    assert_eq!(p.steps[0].args(&scope(&p)).unwrap()["limits"]["nets_day"], json!(20));
    let part = format!("fleet: 1\nname: part\nmode: read-only\nparams: {ARGUMENTS}\nsteps:\n{steps}");
    let include = |path: &str| Ok(Source { name: path.to_owned(), text: part.clone() });
    let text = "fleet: 1\nname: p\nmode: read-only\nsteps:\n  - include: {playbook: part.yaml, params: {limits: {nets_hour: 7}}}\n";
    let limits = load("p.yaml", text, &include).unwrap();
    let limits = limits.steps[0].args(&scope(&limits)).unwrap()["limits"].clone();
    assert_eq!([&limits["nets_hour"], &limits["nets_day"], &limits["per_hour_max"]], [7, 20, 300]);
}

#[test]
fn a_file_is_given_as_a_file_and_secrets_are_not_shown() {
    let p = playbook("{f: {type: file}, s: {type: secret}, n: {type: int}}", "  - stop: {outcome: x}\n");
    let file = Given::File { name: "c.eml".into(), text: "From: x".into() };
    let given = BTreeMap::from([("f".to_owned(), file.clone()), ("s".to_owned(), Given::Text("keyring:mx".into()))]);
    let params = p.bind(&given).unwrap();
    assert_eq!(params.get("f"), Some(&json!("From: x")));
    assert!(params.shown().is_empty());
    let given = BTreeMap::from([("f".to_owned(), Given::Text("x".into())), ("n".to_owned(), file)]);
    insta::assert_snapshot!(p.bind(&given).unwrap_err(), @r"
    -p f: it is a file: pass it as @PATH
    -p n: it is not a file parameter; it must be an integer
    ");
}

#[test]
fn arguments_keep_their_types_and_come_in_base_units() {
    let steps = "  - id: a\n    command: {argv: [echo, \"{{ params.w }}\", \"{{ host.name }}: {{ params.w }} s\"], reads: true, ok_codes: \"{{ params.codes }}\"}\n";
    let p = playbook("{w: {type: duration, default: 24h}, codes: {type: list<int>, default: [0, 1]}}", steps);
    let args = p.steps[0].args(&scope(&p)).unwrap();
    assert_eq!(args, json!({"argv": ["echo", "86400", "mx07: 86400 s"], "reads": true, "ok_codes": [0, 1]}));
}

const JUDGE: &str = r#"  - id: a
    command: { argv: [x], reads: true }
  - id: b
    for_each: steps.a.lines
    finding: { when: 'item != "good"', code: BAD, level: high, key: "{{ item }}", message: "{{ item }} of {{ steps.a.lines | length }}", data: { n: "{{ steps.a.rc }}" } }
  - assert: { that: ["true", "steps.a.rc == 0"] }
  - stop: { when: steps.a.truncated, outcome: too-much, message: "{{ host.name }}" }
"#;

#[test]
fn steps_are_judged_item_by_item() {
    let p = playbook("{}", JUDGE);
    assert_eq!(p.steps[1].needs_steps, BTreeSet::from([0]));
    let mut scope = scope(&p);
    scope.set_step("a", &json!({"rc": 1, "lines": ["good", "{{ 7 * 7 }}"], "truncated": true}));
    let items = p.steps[1].items(&scope).unwrap().unwrap();
    let verdicts: Vec<Verdict> =
        items.into_iter().map(|(_, item)| p.steps[1].judge(&scope.with_item(item)).unwrap()).collect();
    let finding = Finding {
        code: "BAD".into(),
        level: Level::High,
        key: "{{ 7 * 7 }}".into(),
        message: "{{ 7 * 7 }} of 2".into(),
        data: json!({"n": 1}).as_object().unwrap().clone(),
    };
    assert_eq!(verdicts, [Verdict::Nothing, Verdict::Found(vec![finding])]);
    assert_eq!(p.steps[2].judge(&scope), Ok(Verdict::Failed("condition not met: steps.a.rc == 0".into())));
    let stop = Verdict::Stop { outcome: "too-much".into(), message: "mx07".into() };
    assert_eq!(p.steps[3].judge(&scope), Ok(stop));
}

#[test]
fn the_judgements_of_a_verb_are_findings_and_every_reading_with_gaps_is_told() {
    let steps = "  - id: queue\n    mail.queue.inspect: {}\n  - id: senders\n    mail.senders: {}\n  - id: s\n    mail.signals: {senders: {}}\n  \
                 - findings: {from: 'steps.s.rows | rejectattr(\"level\", \"eq\", \"info\")'}\n  - incomplete: {of: [queue, senders, s]}\n";
    let p = playbook("{}", steps);
    assert_eq!(
        (&p.steps[4].needs_steps, &p.steps[4].without),
        (&BTreeSet::from([0, 1, 2]), &BTreeSet::from([0, 1, 2]))
    );
    let mut scope = scope(&p);
    let row =
        |level: &str| json!({"code": "RCPT_MANY", "level": level, "account": "a\nb", "message": "m", "data": {"n": 1}});
    scope.set_step("queue", &json!({"complete": true, "incomplete": []}));
    scope.set_step("s", &json!({"rows": [row("info"), row("warn")], "not_judged": ["QUEUE_LOGIN: why"]}));
    let told = |index: usize, scope: &Scope| match p.steps[index].judge(scope) {
        Ok(Verdict::Found(all)) => {
            all.into_iter().map(|f| json!([f.code, f.level, f.key, f.message, f.data])).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(told(3, &scope), [json!(["RCPT_MANY", "warn", "a\\nb", "m", {"n": 1}])]);
    let signals = json!(["DATA_INCOMPLETE", "info", "s", "some signals could not be evaluated: QUEUE_LOGIN: why", {"incomplete": ["QUEUE_LOGIN: why"]}]);
    assert_eq!(told(4, &scope), std::slice::from_ref(&signals), "the senders gave nothing");
    scope.set_step("senders", &json!({"complete": false, "incomplete": ["a", "b"], "covered_from": "t"}));
    let senders = json!(["DATA_INCOMPLETE", "info", "senders", "the mail log is incomplete: a; b", {"incomplete": ["a", "b"], "covered_from": "t"}]);
    assert_eq!(told(4, &scope), [senders, signals]);
}

#[test]
fn a_value_that_is_missing_is_an_error_with_its_place() {
    let p = playbook("{n: {type: int}}", "  - finding: {when: params.n > 3, code: X, level: warn}\n");
    insta::assert_snapshot!(p.steps[0].judge(&scope(&p)).unwrap_err(), @"p.yaml:7:21: `params.n > 3`: it uses a name that has no value here");
}

#[test]
fn the_profile_joins_the_host() {
    let p = playbook(
        "{}",
        "  - finding: {when: 'host.os.id == \"debian\" and host.hostname == \"h\"', code: X, level: warn}\n",
    );
    let mut scope = scope(&p);
    let mut profile = Profile { hostname: "h".into(), ..Profile::default() };
    profile.os.id = "debian".into();
    scope.set_profile(&profile, &json!({}));
    assert!(matches!(p.steps[0].judge(&scope), Ok(Verdict::Found(_))));
}

#[test]
fn variables_that_no_host_has_are_told_before_contact() {
    let steps =
        "  - stop: {when: host.vars.sorce == 1, outcome: x}\n  - stop: {when: host.vars.odd is defined, outcome: x}\n";
    let p = playbook("{}", steps);
    let mut one = host();
    one.vars.insert("source".into(), json!(1));
    insta::assert_snapshot!(p.check_vars(&[&one]), @r"
    p.yaml:7:18: no selected host has the variable sorce
      near: source
    ");
    one.vars.insert("sorce".into(), json!(1));
    assert!(p.check_vars(&[&one]).0.is_empty());
}

#[test]
fn an_included_playbook_sees_its_own_parameters() {
    let part = "fleet: 1\nname: part\nmode: read-only\nparams: {n: {type: int, min: 1}}\nsteps:\n  - id: inner\n    command: {argv: [\"{{ params.n }}\"], reads: true}\n";
    let include = |path: &str| Ok(Source { name: path.to_owned(), text: part.to_owned() });
    let text = |n: &str| {
        format!(
            "fleet: 1\nname: p\nmode: read-only\nparams: {{k: {{type: int, default: 4}}}}\nsteps:\n  - include: {{playbook: part.yaml, params: {{n: {n}}}}}\n  - stop: {{when: steps.inner.rc > params.k, outcome: x}}\n"
        )
    };
    let p = load("p.yaml", &text("\"{{ params.k }}\""), &include).unwrap();
    assert_eq!(p.steps[0].args(&scope(&p)).unwrap()["argv"], json!(["4"]));
    assert_eq!(p.steps[1].needs_steps, BTreeSet::from([0]));
    let zero = BTreeMap::from([("k".to_owned(), Given::Text("0".into()))]);
    assert_eq!(p.bind(&zero).unwrap_err().to_string(), "p.yaml:6:48: `n` must be at least 1");
    insta::assert_snapshot!(load("p.yaml", &text("0"), &include).unwrap_err(), @r"
    p.yaml:6:48: `n` does not match the parameter of part
      must be at least 1
    ");
}

#[test]
fn includes_end() {
    let file = |inner: &str| format!("fleet: 1\nname: p\nmode: read-only\nsteps:\n{inner}");
    let deep = |path: &str| {
        let n: usize = path.trim_start_matches("d").parse().unwrap();
        let text = file(&format!("  - include: {{playbook: d{}}}\n", n + 1));
        Ok(Source { name: path.to_owned(), text })
    };
    let problems = load("p", &file("  - include: {playbook: d1}\n"), &deep).unwrap_err().to_string();
    assert!(problems.contains("d8:5:25: too many includes"), "{problems}");
    let one = |path: &str| Ok(Source { name: path.to_owned(), text: file("  - stop: {outcome: x}\n") });
    let problems = load("p", &file(&"  - include: {playbook: one}\n".repeat(65)), &one).unwrap_err();
    assert_eq!(problems.0.len(), 1);
    assert_eq!(problems.0[0].place.line, 69);
    let same = |path: &str| Ok(Source { name: path.to_owned(), text: file("  - include: {playbook: b}\n") });
    insta::assert_snapshot!(load("p", &file("  - include: {playbook: b}\n"), &same).unwrap_err(), @r"
    b:5:25: the playbook includes itself
      p -> b -> b
    ");
}

proptest! {
    #[test]
    fn any_text_loads_or_is_refused_without_panic(text in ".{0,200}") {
        let _ = load("p", &text, &no_include);
    }

    #[test]
    fn any_expression_and_argument_is_taken_without_panic(when in "[a-z.{}|()'\"~+*\\[\\] %0-9é]{0,40}", arg in "[a-z.{}|' %é]{0,40}") {
        let text = format!(
            "fleet: 1\nname: p\nmode: read-only\nsteps:\n  - when: {}\n    command: {{argv: [{}], reads: true}}\n",
            json!(when), json!(arg)
        );
        if let Ok(p) = load("p", &text, &no_include) {
            let scope = scope(&p);
            let _ = p.steps[0].when.as_ref().map(|w| w.truth(&scope));
            let _ = p.steps[0].args(&scope);
        }
    }
}
