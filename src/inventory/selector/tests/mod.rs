use super::super::{Context, Expect, Inventory, ResultSet, SelectError, Selection};
use crate::model::profile::{Found, Os};
use crate::model::source::Source;
use crate::model::{HostName, Profile};
use insta::assert_snapshot;
use proptest::prelude::*;

mod mistakes;

const TEXT: &str = "\
fleet: 1
groups:
  web: {hosts: ['web*'], tags: [plesk]}
  mail: {hosts: ['mx[01-04]'], mta: postfix, vars: {size: 5}}
  empty: {}
hosts:
  mx01: {address: 10.0.0.1, tags: [plesk, frozen], customer: 7, os: centos-7, vars: {size: 9, gold: true, note: text}}
  mx02: {address: 10.0.1.2, tags: [plesk], customer: Example K.K., vars: {gold: false}}
  mx03: {address: '2001:db8::3', os: debian-12}
  mx04: {address: '::ffff:10.0.0.4'}
  web1.example.jp: {}
  web2.example.jp: {tags: [frozen]}
";

fn name(text: &str) -> HostName {
    HostName::parse(text).unwrap()
}

fn context() -> Context {
    let mut context = Context::default();
    context.files.insert("ok.txt".into(), Ok("# some\nmx03\n\nmx01 # the first\n".into()));
    context.files.insert("bad.txt".into(), Ok("mx01\nmx05\n".into()));
    context.files.insert("no.txt".into(), Err("permission denied".into()));
    let set = |kind| ResultSet::last(kind).unwrap();
    context.results.insert(set("failed"), [name("mx02"), name("gone")].into());
    context.results.insert(set("unreachable"), [].into());
    context.results.insert(ResultSet::of_run("2026-11-24.3", "failed").unwrap(), [name("mx04")].into());
    let found = |word: &str| vec![Found { name: word.into(), version: String::new(), active: true }];
    let os = Os { id: "centos".into(), version: "6.9".into(), name: "CentOS 6".into() };
    let profile = Profile { panels: found("webmin"), mtas: found("exim"), os, ..Profile::default() };
    context.profiles.insert(name("web1.example.jp"), profile);
    context
}

fn selection(text: &str) -> Selection {
    Selection { hosts: vec![text.into()], ..Selection::default() }
}

fn inventory() -> Inventory {
    Inventory::from_sources(&[Source { name: "inventory.yaml".into(), text: TEXT.into() }]).unwrap()
}

fn select(selection: &Selection) -> Result<String, SelectError> {
    let inventory = inventory();
    let hosts = inventory.select(selection, &context())?;
    let short = |host: &&crate::model::Host| host.name.as_str().split('.').next().unwrap().to_owned();
    Ok(hosts.iter().map(short).collect::<Vec<_>>().join(" "))
}

fn hosts(text: &str) -> String {
    select(&selection(text)).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> String {
    match select(&selection(text)) {
        Ok(hosts) => panic!("{text} selected {hosts}"),
        Err(SelectError::Invalid(problem)) => format!("{problem}"),
        Err(error) => format!("(3) {error}"),
    }
}

#[test]
fn every_kind_of_selector_selects() {
    for (text, wanted) in [
        ("all", "mx01 mx02 mx03 mx04 web1 web2"),
        ("mx02", "mx02"),
        ("web*", "web1 web2"),
        ("mx0?", "mx01 mx02 mx03 mx04"),
        ("mx[03-04,01]", "mx01 mx03 mx04"),
        ("host:mx02", "mx02"),
        ("web1.example.jp", "web1"),
        ("@web", "web1 web2"),
        ("group:mail", "mx01 mx02 mx03 mx04"),
        ("tag:plesk", "mx01 mx02 web1 web2"),
        ("customer:7", "mx01"),
        ("customer:\"Example K.K.\"", "mx02"),
        ("panel:webmin", "web1"),
        ("mta:exim", "web1"),
        ("mta:postfix", "mx01 mx02 mx03 mx04"),
        ("os:centos", "mx01 web1"),
        ("os:CentOS-6", "web1"),
        ("var:gold", "mx01"),
        ("var:size=5", "mx02 mx03 mx04"),
        ("var:size!=5", "mx01"),
        ("var:size>=9", "mx01"),
        ("var:size<9", "mx02 mx03 mx04"),
        ("var:note='text'", "mx01"),
        ("ip:10.0.0.0/24", "mx01 mx04"),
        ("ip:10.0.0.4", "mx04"),
        ("ip:0.0.0.0/0", "mx01 mx02 mx04"),
        ("ip:2001:db8::/32", "mx03"),
        ("ip:[2001:db8::3]", "mx03"),
        ("re:^mx(01|0[3-4])$", "mx01 mx03 mx04"),
        ("re:\"web1|mx01\"", "mx01 web1"),
        ("re:x0{1,2}1", "mx01"),
        ("file:ok.txt", "mx01 mx03"),
        ("last:failed", "mx02"),
        ("run:2026-11-24.3/failed", "mx04"),
    ] {
        assert_eq!(hosts(text), wanted, "{text}");
    }
}

#[test]
fn operators_combine_as_the_grammar_says() {
    for (text, wanted) in [
        ("mx01,mx03", "mx01 mx03"),
        ("mx03 or mx01", "mx01 mx03"),
        ("tag:plesk & @mail", "mx01 mx02"),
        ("tag:plesk and not tag:frozen", "mx02 web1"),
        ("tag:plesk!tag:frozen", "mx02 web1"),
        ("!@mail", "web1 web2"),
        ("not(@mail)", "web1 web2"),
        ("all!(mx01,@web)", "mx02 mx03 mx04"),
        ("(tag:plesk,mx03)&!(tag:frozen)", "mx02 mx03 web1"),
        ("all ! last:unreachable ! mx01", "mx02 mx03 mx04 web1 web2"),
        (" ( ( mx01 ) ) ", "mx01"),
        ("mx01&&tag:plesk", "mx01"),
    ] {
        assert_eq!(hosts(text), wanted, "{text}");
    }
}

#[test]
fn what_can_be_read_in_two_ways_shows_both() {
    assert_snapshot!(error("tag:frozen,@mail&tag:plesk"), @"
    --hosts: `,` combined with `&` or `!` is ambiguous
      --hosts tag:frozen,@mail&tag:plesk
              ^^^^^^^^^^^^^^^^^^^^^^^^^^ add the parentheses that you mean:
        tag:frozen , (@mail & tag:plesk)   3 hosts
        (tag:frozen , @mail) & tag:plesk   3 hosts
    nothing was contacted
    ");
    assert_snapshot!(error("@web and (tag:plesk!mx01,mx02)"), @"
    --hosts: `,` combined with `&` or `!` is ambiguous
      --hosts @web and (tag:plesk!mx01,mx02)
                        ^^^^^^^^^^^^^^^^^^^ add the parentheses that you mean:
        (tag:plesk & !mx01) , mx02   3 hosts
        tag:plesk & !(mx01 , mx02)   2 hosts
    nothing was contacted
    ");
    for text in ["mx01,!mx02", "!mx01,mx02", "mx01 or mx02 and mx03", "mx01!mx02,mx03,mx04&mx01"] {
        assert!(error(text).contains("is ambiguous"), "{text}");
    }
}

#[test]
fn both_readings_are_selectors_that_have_the_shown_count() {
    for text in ["mx01,mx02&mx01", "@mail!mx01,mx02", "!mx01,mx02", "mx01,!mx02", "(mx01,mx02)!mx01,@web&@mail"] {
        let told = error(text);
        let lines: Vec<&str> = told.lines().filter(|line| line.starts_with("    ") && !line.contains('^')).collect();
        assert_eq!(lines.len(), 2, "{told}");
        for line in lines {
            let (reading, count) = line.trim().split_once("   ").unwrap();
            let read = super::Selector::read(reading).unwrap();
            assert!(read.ambiguity().is_none(), "{reading}");
            let count: usize = count.split(' ').next().unwrap().parse().unwrap();
            let selected = select(&selection(reading)).map_or(0, |hosts| hosts.split(' ').count());
            assert_eq!(selected, count, "{reading}");
        }
    }
}

#[test]
fn limits_exclusions_and_expectations_apply_to_the_union() {
    let mut typed = Selection {
        hosts: vec!["@web".into(), "mx03,mx01".into(), "mx01".into()],
        limit: vec!["!web2*".into()],
        exclude: vec!["tag:frozen".into(), "last:unreachable".into()],
        expect: Some(Expect::parse("2").unwrap()),
    };
    assert_eq!(select(&typed).unwrap(), "mx03 web1");
    typed.expect = Some(Expect::parse("3..5").unwrap());
    assert_snapshot!(select(&typed).unwrap_err(), @"
    --expect: 3..5 hosts expected, the selection has 2
      nothing was contacted
    ");
    typed.limit.push("mx02".into());
    assert_snapshot!(select(&typed).unwrap_err(), @"
    --hosts: no host is left
      2 hosts left after --hosts @web
      4 hosts left after --hosts mx03,mx01
      4 hosts left after --hosts mx01
      3 hosts left after --limit !web2*
      0 hosts left after --limit mx02
      0 hosts left after --exclude tag:frozen
      0 hosts left after --exclude last:unreachable
    nothing was contacted
    ");
    typed.exclude = vec!["tag:frozn".into()];
    assert_snapshot!(select(&typed).unwrap_err(), @"
    --exclude: nothing matches `tag:frozn`
      --exclude tag:frozn
                ^^^^^^^^^ no host has this tag; near: tag:frozen (2 hosts)
    nothing was contacted
    ");
    assert!(matches!(select(&Selection::default()), Err(SelectError::Invalid(_))));
    for bad in ["", "x", "5..1", "1...2", "-1"] {
        assert!(Expect::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn each_host_knows_why_it_is_in() {
    let inventory = inventory();
    let why = |typed: &Selection| {
        let told = inventory.explain(typed, &context()).unwrap();
        told.iter().map(|(host, why)| format!("{}: {why}", host.name)).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(why(&selection("tag:plesk & !(mx01,tag:frozen)")), @"
    mx02: tag:plesk (host, inventory.yaml:8) and not (mx01 , tag:frozen)
    web1.example.jp: tag:plesk (group web, inventory.yaml:3) and not (mx01 , tag:frozen)
    ");
    assert_snapshot!(why(&selection("(os:centos , mx01) & all")), @"
    mx01: (os:centos (host, inventory.yaml:7), also mx01) and all
    web1.example.jp: os:centos (seen in the last run) and all
    ");
    let typed = Selection {
        hosts: vec!["@mail".into(), "var:gold".into()],
        limit: vec!["ip:10.0.0.0/8".into()],
        exclude: vec!["mx02".into()],
        expect: None,
    };
    assert_snapshot!(why(&typed), @"
    mx01: @mail (group mail, inventory.yaml:4), also var:gold (host, inventory.yaml:7), within --limit ip:10.0.0.0/8 (10.0.0.1), not in --exclude mx02
    mx04: @mail (group mail, inventory.yaml:4), within --limit ip:10.0.0.0/8 (::ffff:10.0.0.4), not in --exclude mx02
    ");
}

#[test]
fn a_selection_tells_what_it_needs() {
    let typed =
        Selection { limit: vec!["last:failed,panel:plesk".into()], ..selection("file:a.txt & !run:3/findings") };
    let needs = typed.needs().unwrap();
    assert_eq!(needs.files.iter().collect::<Vec<_>>(), ["a.txt"]);
    assert_eq!(needs.results.len(), 2);
    assert!(needs.profiles);
    assert!(selection("tag:").needs().is_err());
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,60}") {
        let _ = select(&selection(&text));
    }

    #[test]
    fn nothing_like_a_selector_makes_it_panic(
        parts in prop::collection::vec(prop::sample::select(vec![
            "tag:plesk", "mx01", "mx[01-03]", "web*", "(", ")", ",", "&", "!", " and ", " or ", " not ", " ", "all",
            "re:", "var:size", ">5", "\"", "'", "[", "]", "é", "@web", "ip:10.0.0.0/8", ":", "last:failed", "日本",
        ]), 0..14)
    ) {
        let text = parts.concat();
        if let Err(error) = select(&selection(&text)) {
            prop_assert!(error.to_string().ends_with("nothing was contacted"));
        }
    }
}
