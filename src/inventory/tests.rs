use super::*;
use crate::model::{Host, HostName, Problems, Source};
use insta::assert_snapshot;
use proptest::prelude::*;

fn source(name: &str, text: &str) -> Source {
    Source { name: name.into(), text: text.into() }
}

fn load(text: &str) -> Result<Inventory, Problems> {
    Inventory::from_sources(&[source("inventory.yaml", text)])
}

fn problems(text: &str) -> String {
    load(text).unwrap_err().to_string()
}

fn host<'a>(inventory: &'a Inventory, name: &str) -> &'a Host {
    inventory.host(&HostName::parse(name).unwrap()).unwrap()
}

fn origin(inventory: &Inventory, name: &str, field: &str) -> String {
    inventory.origin(&HostName::parse(name).unwrap(), field).map_or("-".into(), |origin| origin.to_string())
}

const EXAMPLE: &str = include_str!("../../inventory.example.yaml");

#[test]
fn the_example_loads_and_shows_every_field() {
    let inventory = load(EXAMPLE).unwrap();
    assert_eq!(inventory.hosts().len(), 23);
    let mx = host(&inventory, "mx07");
    assert_eq!((mx.address.as_str(), mx.port, mx.panel.as_deref()), ("10.0.0.7", 22, Some("plesk")));
    assert_eq!(mx.groups.iter().collect::<Vec<_>>(), ["production", "web"]);
    let bastion = host(&inventory, "bastion");
    assert_eq!((bastion.address.as_str(), bastion.port), ("2001:db8::1", 2222));
    assert_eq!(host(&inventory, "web1.example.jp").address, "web1.example.jp");
    assert_eq!(
        host(&inventory, "old7").sudo.as_ref().unwrap().password.as_ref().unwrap().to_string(),
        "keyring:old7-sudo"
    );
    for field in schema::FILE.iter().chain(schema::HOST).chain(schema::GROUP).chain(schema::DEFAULTS) {
        assert!(EXAMPLE.contains(&format!("{}:", field.name)), "{} is not in the example", field.name);
    }
}

const LEVELS: &str = "\
fleet: 1
defaults: {user: ops, tags: [all-of-us], vars: {a: 1, b: 1, c: 1}, paths: {log: /d}}
groups:
  prod: {user: prod, tags: [prod], vars: {b: 2}}
  web: {hosts: [mx1], groups: [prod], user: web, vars: {c: 2}}
hosts:
  mx1: {address: 'mx1:2222', tags: [own], vars: {c: 3}}
  mx2: {user: me, groups: [prod], paths: {log: /h}}
  mx3:
";

#[test]
fn stronger_levels_replace_lists_add_up_and_maps_merge() {
    let inventory = load(LEVELS).unwrap();
    let mx1 = host(&inventory, "mx1");
    assert_eq!((mx1.user.as_str(), mx1.port), ("web", 2222));
    assert_eq!(mx1.tags.iter().collect::<Vec<_>>(), ["all-of-us", "own", "prod"]);
    assert_eq!(serde_json::to_string(&mx1.vars).unwrap(), r#"{"a":1,"b":2,"c":3}"#);
    assert_eq!(host(&inventory, "mx2").user, "me");
    assert_eq!(host(&inventory, "mx2").paths["log"], "/h");
    assert_eq!((host(&inventory, "mx3").user.as_str(), host(&inventory, "mx3").port), ("ops", 22));
}

#[test]
fn every_value_knows_where_it_came_from() {
    let mut inventory = load(LEVELS).unwrap();
    let asked = ["user", "port", "vars.a", "vars.b", "vars.c", "tags.own", "tags.prod", "groups.prod", "sudo", "nope"];
    let told: Vec<String> =
        asked.iter().map(|field| format!("{field}: {}", origin(&inventory, "mx1", field))).collect();
    assert_snapshot!(told.join("\n"), @"
    user: group web, inventory.yaml:5
    port: host, inventory.yaml:7
    vars.a: defaults, inventory.yaml:2
    vars.b: group prod, inventory.yaml:4
    vars.c: host, inventory.yaml:7
    tags.own: host, inventory.yaml:7
    tags.prod: group prod, inventory.yaml:4
    groups.prod: group web, inventory.yaml:5
    sudo: built in
    nope: -
    ");
    let mut given = Overrides { user: Some("cli".into()), ..Overrides::default() };
    given.add_var("a=9").unwrap();
    inventory.override_hosts(&[HostName::parse("mx1").unwrap()], given);
    assert_eq!(origin(&inventory, "mx1", "user"), "command line");
    assert_eq!(host(&inventory, "mx1").vars["a"], 9);
    assert_eq!(host(&inventory, "mx3").user, "ops");
    assert_eq!(origin(&inventory, "mx3", "vars.a"), "defaults, inventory.yaml:2");
}

#[test]
fn all_mistakes_are_told_at_once_with_place_and_way_out() {
    assert_snapshot!(problems("\
fleet: 1
defualts: {}
groups:
  web: {hosts: [mx1, mx9, 'db*', 'mx[3-1]'], usr: x}
hosts:
  mx1: {port: 70000, tags: ['a b'], groups: [wbe], panel: plsk, jump: bastoin}
  mx2: {address: 'mx2:22', port: 22, vars: {a-b: 1}, paths: {log: var/log}}
  bastion: {host_key: abc, user: '-x'}
"), @"
inventory.yaml:2:1: unknown key `defualts` in the inventory
  near: defaults
inventory.yaml:4:22: no such host `mx9`
  near: mx1, mx2
inventory.yaml:4:27: no host has a name like `db*`
inventory.yaml:4:34: the range is descending; write the smaller number first
inventory.yaml:4:46: unknown key `usr` in web
  near: user
inventory.yaml:6:15: `port` must be a number from 1 to 65535
inventory.yaml:6:29: `tags` must be a word of letters, digits, `.`, `_` and `-`, beginning with a letter, digit or `_`
inventory.yaml:6:46: no such group `wbe`
  near: web
inventory.yaml:6:59: `panel` must be one of plesk, cpanel, directadmin, virtualmin, webmin, plain, not a string
  near: plesk
inventory.yaml:6:71: the jump host `bastoin` is not in the inventory
  near: bastion
inventory.yaml:7:18: the port is given both in the address and in `port`
  specify the port once
inventory.yaml:7:45: a name in `vars` must be letters, digits and `_`, no digit first
inventory.yaml:7:67: a path on the host must begin with `/` and be one line
inventory.yaml:8:23: `host_key` must be a fingerprint such as `SHA256:..` or a line `TYPE BASE64`
inventory.yaml:8:34: `user` must be a login name: visible ASCII characters, not beginning with `-`
");
}

#[test]
fn bad_names_are_refused() {
    assert_snapshot!(problems("\
fleet: 2
groups:
  'a b': {}
hosts:
  -rf: {}
  all: {}
  '日本': {}
  mx[3-1]: {}
  mx[1-3]: {address: '10.0.0.[1-2]'}
  my[1-3]: {address: 10.0.0.1}
"), @"
inventory.yaml:1:8: this version of the inventory format is not known
  write `fleet: 1`
inventory.yaml:3:3: `a b` is not a group name
  letters, digits, `.`, `_` and `-`
inventory.yaml:5:3: `-rf`: this is not a host name
  letters, digits, `.`, `_` and `-`, not beginning with `-` or `.`, at most 253 bytes; an international name in its `xn--` form
inventory.yaml:6:3: `all`: this is a reserved word in selectors
  give the host another name
inventory.yaml:7:3: `日本`: this is not a host name
  letters, digits, `.`, `_` and `-`, not beginning with `-` or `.`, at most 253 bytes; an international name in its `xn--` form
inventory.yaml:8:3: `mx[3-1]`: the range is descending; write the smaller number first
  a range is written such as mx[01-20]
inventory.yaml:9:22: 2 addresses for 3 hosts; each host needs its own
inventory.yaml:10:22: 1 addresses for 3 hosts; each host needs its own
");
}

#[test]
fn a_secret_that_stands_in_the_file_is_never_repeated() {
    let text = problems(
        "\
fleet: 1
hosts:
  mx1: {password: S3cret, sudo: {password: S3cret}, user: 'S3cret S3cret', port: S3cret, os: ' S3cret'}
",
    );
    assert!(!text.contains("S3cret"), "{text}");
    assert!(text.contains("`password` must be a secret reference: keyring:NAME"), "{text}");
}

#[test]
fn groups_that_disagree_name_both_lines_unless_the_host_decides() {
    assert_snapshot!(problems("\
fleet: 1
groups:
  web: {hosts: ['mx*'], user: a, port: 22, vars: {x: 1}}
  mail: {hosts: ['mx*'], user: b, port: 22, vars: {x: 2}}
hosts:
  mx1: {user: me}
  mx2:
  mx3:
"), @"
inventory.yaml:4:32: `user` of mx2 and 1 more has two values: group web, inventory.yaml:3; group mail, inventory.yaml:4
  set it on the host, or make one group part of the other (`groups:` in the group)
inventory.yaml:4:55: `vars.x` of mx1 and 2 more has two values: group web, inventory.yaml:3; group mail, inventory.yaml:4
  set it on the host, or make one group part of the other (`groups:` in the group)
");
}

#[test]
fn circles_of_groups_and_jump_hosts_are_refused() {
    assert_snapshot!(problems("\
fleet: 1
groups:
  a: {groups: [b]}
  b: {groups: [a]}
  c: {groups: [c]}
  d: {hosts: ['*'], jump: j3}
hosts:
  j1: {jump: j2}
  j2: {jump: j1}
  j3: {}
  x1: {jump: [j1]}
  x[2-9]: {}
"), @"
inventory.yaml:3:3: circular group membership: a, b
inventory.yaml:5:3: group c is part of itself
inventory.yaml:6:27: j3 cannot be its own jump host; so with 8 more
  write `jump: []` at j3, which is reached directly
inventory.yaml:8:14: circular jump hosts of j1: j1 -> j2 -> j1
inventory.yaml:9:14: circular jump hosts of j2: j2 -> j1 -> j2
inventory.yaml:11:14: circular jump hosts of x1: j1 -> j2 -> j1 -> x1
");
}

#[test]
fn a_jump_host_is_reached_through_its_own_jump_hosts() {
    let inventory = load(
        "\
fleet: 1
hosts:
  outer:
  inner: {jump: outer}
  mx: {jump: inner}
  two: {jump: [inner, mx]}
",
    )
    .unwrap();
    let way = |name| host(&inventory, name).jump.iter().map(HostName::as_str).collect::<Vec<_>>().join(" ");
    assert_eq!(way("mx"), "outer inner");
    assert_eq!(way("two"), "outer inner mx");
}

#[test]
fn what_stands_in_two_files_names_both_places() {
    let a = source("a.yaml", "fleet: 1\ndefaults: {user: a}\ngroups: {web: {}}\nhosts:\n  mx[1-3]:\n");
    let b = source("b.yaml", "fleet: 1\ndefaults: {user: b}\ngroups: {web: {}}\nhosts:\n  mx[2-4]:\n");
    assert_snapshot!(Inventory::from_sources(&[a, b]).unwrap_err(), @"
    b.yaml:2:18: the default of `user` is different at a.yaml:2
      define it once
    b.yaml:3:10: duplicate group web; also defined at a.yaml:3
      define each group once
    b.yaml:5:3: duplicate host mx2 and 1 more; also defined at a.yaml:5
      define each host once
    ");
    assert!(Inventory::from_sources(&[]).unwrap_err().to_string().contains("--inventory"));
}

#[test]
fn several_files_are_one_inventory() {
    let a = source("a.yaml", "fleet: 1\ndefaults: {user: a}\nhosts: {mx1: }\n");
    let b = source(
        "b.json",
        "{\"fleet\": 1,\n\t\"groups\": {\"web\": {\"hosts\": [\"mx*\"]}}, \"hosts\": {\"mx2\": {\"port\": 23}}}",
    );
    let inventory = Inventory::from_sources(&[a, b]).unwrap();
    assert_eq!((host(&inventory, "mx2").user.as_str(), host(&inventory, "mx2").port), ("a", 23));
    assert!(host(&inventory, "mx1").groups.contains("web"));
    assert_eq!(origin(&inventory, "mx1", "groups.web"), "group web, b.json:2");
}

#[test]
fn hidden_characters_are_refused_outside_comments() {
    load("# \u{202e}comment\nfleet: 1\nhosts: {mx1: {customer: 株式会社サンプル}}\n").unwrap();
    for text in ["customer: \"a\\e[31m\"", "customer: \"a\u{202e}b\"", "vars: {\"a\u{200b}\": 1}", "os: \"x\\0\""] {
        let told = problems(&format!("fleet: 1\nhosts: {{mx1: {{{text}}}}}\n"));
        assert!(told.contains("invisible"), "{text}: {told}");
        assert!(told.chars().all(|c| c == '\n' || !c.is_control()), "{told:?}");
    }
}

#[test]
fn bombs_are_refused_quickly() {
    let many: String = (0..40).map(|i| format!("  h{i}x[1-90000]:\n")).collect();
    assert!(problems(&format!("fleet: 1\nhosts:\n{many}")).contains("1,000,000"));
    let chain: String = (0..2_000).map(|i| format!("  g{i}: {{groups: [g{}], hosts: [mx]}}\n", i + 1)).collect();
    assert!(problems(&format!("fleet: 1\ngroups:\n{chain}  g2000: {{}}\nhosts:\n  mx:\n")).contains("200 groups"));
    let hops: String = (0..2_000).map(|i| format!("  h{i}: {{jump: h{}}}\n", i + 1)).collect();
    assert!(problems(&format!("fleet: 1\nhosts:\n{hops}  h2000:\n")).contains("more than 8 jump hosts"));
}

/// The bound is loose, for a slow machine and an unoptimised build; quadratic work would take minutes.
#[test]
fn ten_thousand_hosts_load_without_quadratic_work() {
    let hosts: String = (0..10_000)
        .map(|i| {
            format!(
                "  mx{i}: {{address: 10.0.{}.{}, tags: [t{}], groups: [g{}], vars: {{n: {i}}}}}\n",
                i / 250,
                i % 250,
                i % 50,
                i % 200
            )
        })
        .collect();
    let groups: String = (0..200).map(|i| format!("  g{i}: {{hosts: ['mx{i}*'], tags: [x{i}]}}\n")).collect();
    let start = std::time::Instant::now();
    let inventory =
        load(&format!("fleet: 1\ndefaults: {{jump: b}}\ngroups:\n{groups}hosts:\n  b: {{jump: []}}\n{hosts}")).unwrap();
    assert_eq!(inventory.hosts().len(), 10_001);
    let elapsed = start.elapsed();
    println!("10,001 hosts in {elapsed:?}");
    assert!(elapsed.as_secs() < 20, "{elapsed:?}");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}") {
        let _ = load(&text);
    }

    #[test]
    fn nothing_like_an_inventory_makes_it_panic(
        key in "[a-z0-9\\[\\],/*?-]{0,12}",
        field in prop::sample::select(vec!["address", "port", "tags", "groups", "jump", "host_key", "sudo", "vars", "password", "hosts"]),
        value in "[a-z0-9:.{}\\[\\],'/-]{0,16}",
    ) {
        let _ = load(&format!("fleet: 1\ngroups:\n  g: {{{field}: {value}}}\nhosts:\n  \"{key}\": {{{field}: {value}}}\n"));
        let _ = load(&format!("fleet: 1\nhosts:\n  a: {value}\n  b: {{groups: [{key}], jump: [{key}, a]}}\n"));
    }
}
