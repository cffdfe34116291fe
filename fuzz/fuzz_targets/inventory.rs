//! A selector, and an inventory of our own or of Ansible's; without one, a fixed inventory.
#![no_main]

use fleet::inventory::{Context, Expect, Inventory, Selection, duplicates, fold, range, selector};
use fleet::model::source::Source;
use fleet::model::{Host, HostName};
use fleet_fuzz::{safe_lines, split};

const FIXED: &str = "fleet: 1
groups: { plesk: { tags: [web] }, old: { vars: { site: 3 } } }
hosts:
  mx[1-9]: { groups: [plesk], os: debian-12, customer: acme, tags: [jp] }
  web1.example.jp: { groups: [old], address: 192.0.2.7, panel: plesk, mta: postfix }
";

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let pieces: Vec<String> = split(data).iter().map(|p| String::from_utf8_lossy(p).into_owned()).collect();
    let typed = pieces[0].trim_end_matches('\n');
    let _ = Expect::parse(typed);
    let _ = range::expand(typed).map(|names| assert!(names.len() <= 200_000));
    let _ = selector::parse(typed).map_err(|problem| safe_lines(&problem.to_string()));
    let text = pieces.get(1).map_or(FIXED, String::as_str).to_owned();
    match Inventory::from_sources(&[Source { name: "inventory.yaml".into(), text }]) {
        Ok(inventory) => select(&inventory, typed),
        Err(problems) => safe_lines(&problems.to_string()),
    }
});

fn select(inventory: &Inventory, typed: &str) {
    for host in inventory.hosts().iter().take(4) {
        assert!(inventory.host(&host.name).is_some());
        for field in ["address", "port", "user", "vars.site", "tags.web", "groups.plesk", "paths.mail_log", "jump"] {
            let _ = inventory.origin(&host.name, field);
        }
    }
    let all: Vec<&Host> = inventory.hosts().iter().collect();
    let _ = duplicates(&all);
    let names: Vec<HostName> = all.iter().map(|h| h.name.clone()).collect();
    let _ = fold::fold(&names);
    let words = |hosts: &str, exclude: &[&str]| Selection {
        hosts: vec![hosts.into()],
        exclude: exclude.iter().map(|&e| e.into()).collect(),
        ..Selection::default()
    };
    let context = Context::default();
    let _ = words(typed, &[]).needs();
    let chosen = match inventory.select(&words(typed, &[]), &context) {
        Ok(chosen) => chosen.len(),
        Err(error) => return safe_lines(&error.to_string()),
    };
    assert!(inventory.explain(&words(typed, &[]), &context).is_ok_and(|hosts| hosts.len() == chosen));
    // What is chosen and what is left are all there is.
    let rest = inventory.select(&words("all", &[typed]), &context).map_or(0, |rest| rest.len());
    assert_eq!(chosen + rest, all.len(), "{typed}");
}
