//! What fleet says and returns before any host is contacted.

use crate::support::World;

const INVENTORY: &str = "\
fleet: 1
hosts:
  mx[01-20]: { tags: [plesk], groups: [mail] }
  web01: { tags: [frozen] }
groups:
  mail: {}
";

#[test]
fn a_mistyped_tag_is_exit_3_with_the_near_one_and_nobody_is_contacted() {
    let world = World::with_inventory(INVENTORY);
    let ran = world.fleet(&["run", "audit", "--hosts", "tag:plsk"]).expect(3);
    assert!(ran.stderr.contains("near: tag:plesk"), "{}", ran.stderr);
    assert!(ran.stderr.contains("nothing was contacted"), "{}", ran.stderr);
    assert!(ran.stdout.is_empty());
}

#[test]
fn an_ambiguous_selector_is_refused_with_both_readings_and_their_counts() {
    let world = World::with_inventory(INVENTORY);
    let ran = world.fleet(&["hosts", "web01,mx01&tag:plesk"]).expect(2);
    insta::assert_snapshot!(ran.stderr);
}

#[test]
fn ranges_and_tags_combine() {
    let world = World::with_inventory(INVENTORY);
    let ran = world.fleet(&["hosts", "mx[01-20]&tag:plesk", "--count"]).expect(0);
    assert_eq!(ran.stdout, "20\n");
    let ran = world.fleet(&["hosts", "all!tag:frozen", "--fold"]).expect(0);
    assert_eq!(ran.stdout, "mx[01-20]\n");
    let ran = world.fleet(&["hosts", "all", "--limit", "mx[01-05]", "--exclude", "mx03", "--output", "json"]).expect(0);
    assert_eq!(ran.json()["hosts"].as_array().unwrap().len(), 4);
}

#[test]
fn an_expectation_that_does_not_hold_is_exit_3() {
    let world = World::with_inventory(INVENTORY);
    let ran = world.fleet(&["hosts", "tag:plesk", "--expect", "47"]).expect(3);
    assert!(ran.stderr.contains("47") && ran.stderr.contains("20"), "{}", ran.stderr);
    world.fleet(&["hosts", "tag:plesk", "--expect", "15..25"]).expect(0);
}

#[test]
fn no_selector_is_not_all_hosts() {
    let world = World::with_inventory(INVENTORY);
    let ran = world.fleet(&["run", "audit"]).expect(2);
    assert!(ran.stderr.contains("--hosts all"), "{}", ran.stderr);
}

#[test]
fn a_typo_in_a_playbook_name_is_found_by_check_and_by_run() {
    let world = World::with_inventory(INVENTORY);
    world.write(
        "typo.yaml",
        "fleet: 1\nname: typo\nsummary: x\nmode: read-only\nneeds: [mta]\nsteps:\n  - id: queue\n    mail.queue.inspect: {}\n  \
         - finding: { when: steps.queue.totl > 5, code: QUEUE_LARGE, level: warn, message: big }\n",
    );
    let ran = world.fleet(&["check", "./typo.yaml"]).expect(2);
    assert!(ran.stderr.contains("typo.yaml:9:22"), "{}", ran.stderr);
    assert!(ran.stderr.contains("steps.queue.totl") && ran.stderr.contains("near: total"), "{}", ran.stderr);
    let ran = world.fleet(&["run", "./typo.yaml", "--hosts", "all"]).expect(2);
    assert!(ran.stderr.contains("near: total"), "{}", ran.stderr);
    world.fleet(&["runs", "--output", "json"]).expect(0);
}

#[test]
fn a_wrong_parameter_is_exit_2_with_its_nearest_name() {
    let world = World::with_inventory(INVENTORY);
    let ran = world.fleet(&["run", "audit", "--hosts", "all", "-p", "windw=7d"]).expect(2);
    assert!(ran.stderr.contains("near: window"), "{}", ran.stderr);
    let ran = world.fleet(&["run", "audit", "--hosts", "all", "-p", "window=soon"]).expect(2);
    assert!(ran.stderr.contains("window"), "{}", ran.stderr);
}

#[test]
fn an_inventory_error_names_file_line_and_nearest_name_but_no_value() {
    let world = World::with_inventory("fleet: 1\nhosts:\n  mx01:\n    pasword: S3cret!pw\n    port: S3cret!pw\n");
    let ran = world.fleet(&["hosts", "all"]).expect(2);
    assert!(ran.stderr.contains("inventory.yaml:4") && ran.stderr.contains("near: password"), "{}", ran.stderr);
    assert!(ran.stderr.contains("inventory.yaml:5"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("S3cret"), "{}", ran.stderr);
}

#[test]
fn inventories_may_be_folders_and_programs() {
    let world = World::new();
    world.write("inv/10-a.yaml", "fleet: 1\nhosts: { a1: {} }\n");
    let program = world.write(
        "inv/20-b",
        "#!/bin/sh\n[ \"$1\" = --list ] && echo '{\"fleet\": 1, \"hosts\": {\"b1\": {\"port\": 2222}}}'\n",
    );
    std::process::Command::new("chmod").arg("755").arg(&program).status().unwrap();
    let ran = world.fleet(&["-i", "inv", "hosts", "all", "--output", "json"]).expect(0);
    let names: Vec<_> = ran.json()["hosts"].as_array().unwrap().iter().map(|h| h["name"].clone()).collect();
    assert_eq!(names, ["a1", "b1"]);
    let failing = world.write("fails", "#!/bin/sh\nexit 3\n");
    std::process::Command::new("chmod").arg("755").arg(&failing).status().unwrap();
    let ran = world.fleet(&["-i", "fails", "hosts", "all"]).expect(2);
    assert!(ran.stderr.contains("ended with exit status: 3"), "{}", ran.stderr);
}

#[test]
fn init_writes_what_check_accepts_and_overwrites_nothing() {
    let world = World::new();
    world.fleet(&["init", "site"]).expect(0);
    world.fleet(&["check", "site/inventory.yaml", "site/playbooks/hello.yaml"]).expect(0);
    std::fs::write(world.path("site/inventory.yaml"), "fleet: 1\nhosts: { mine: {} }\n").unwrap();
    let ran = world.fleet(&["init", "site"]).expect(0);
    assert!(ran.stdout.contains("kept   site/inventory.yaml"), "{}", ran.stdout);
    assert!(std::fs::read_to_string(world.path("site/inventory.yaml")).unwrap().contains("mine"));
}

#[test]
fn settings_come_from_flag_environment_and_file_and_doctor_says_which() {
    let world = World::with_inventory(INVENTORY);
    world.write("fleet.toml", "lang = \"ja\"\nparallel = 7\n");
    let ran: crate::support::Ran =
        world.command(&["doctor", "--output", "json"]).env("FLEET_LANG", "en").output().unwrap().into();
    let checks = ran.expect(0).json()["checks"].clone();
    let text = checks.to_string();
    assert!(text.contains("en (from FLEET_LANG)"), "{text}");
    assert!(text.contains("7 (from ") && text.contains("fleet.toml:2"), "{text}");
    world.write("fleet.toml", "langg = \"ja\"\n");
    let ran = world.fleet(&["hosts", "all"]).expect(2);
    assert!(ran.stderr.contains("fleet.toml:1") && ran.stderr.contains("near: lang"), "{}", ran.stderr);
}

#[test]
fn a_bad_file_of_maintenance_dates_is_exit_2_with_file_line_and_the_way_out_and_nobody_is_contacted() {
    let world = World::with_inventory(INVENTORY);
    world.write("conf/fleet.toml", "os_support = \"dates.tsv\"\n");
    world.write("conf/dates.tsv", "# ours\ncentos\t7\t2024-06-30\t2028-06-30\tcontract 4711\t2026-11-30\n");
    let good = world.command(&["doctor", "--output", "json"]).current_dir(world.path("conf")).output().unwrap();
    let text = crate::support::Ran::from(good).expect(2).json()["checks"].to_string();
    assert!(text.contains("conf/dates.tsv (from ") && text.contains("conf/fleet.toml:1)"), "{text}");
    assert!(text.contains("last checked 2026-11-30"), "{text}");

    world.write("bad.tsv", "# ours\ncentos\t7\t2024-06-31\t-\ts\t-\ndebian 12\n");
    for args in [&["run", "audit", "--hosts", "all"][..], &["doctor", "mx01"]] {
        let args = [args, &["--os-support", "bad.tsv"]].concat();
        let ran = world.fleet(&args).expect(2);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains("bad.tsv:2: the vendor's last day is not a day such as 2026-08-22"), "{said}");
        assert!(said.contains("bad.tsv:3: 1 columns instead of six"), "{said}");
        assert!(said.contains("fleet help os-support") && !said.contains("mx01 connection"), "{said}");
    }
    assert_eq!(world.fleet(&["runs", "--output", "json"]).expect(0).json()["runs"].as_array().unwrap().len(), 0);
    let mut missing = world.command(&["exec", "--hosts", "all", "--", "true"]);
    let ran: crate::support::Ran = missing.env("FLEET_OS_SUPPORT", "none.tsv").output().unwrap().into();
    assert!(ran.expect(2).stderr.contains("FLEET_OS_SUPPORT names it"));
    assert!(world.fleet(&["help", "os-support"]).expect(0).stdout.contains("--os-support"));
}

#[test]
fn every_built_in_playbook_and_topic_is_there() {
    let world = World::new();
    world.fleet(&["check", "audit"]).expect(0);
    for topic in ["selectors", "playbook", "inventory", "configuration", "verbs", "geoip", "exit-codes"] {
        assert!(world.fleet(&["help", topic]).expect(0).stdout.len() > 200, "{topic}");
    }
    assert!(world.fleet(&["help", "selectrs"]).expect(2).stderr.contains("selectors"));
    assert!(world.fleet(&["verbs", "finding"]).expect(0).stdout.contains("level"));
    for what in ["playbook", "inventory"] {
        assert!(world.fleet(&["schema", what]).expect(0).json()["$schema"].as_str().unwrap().contains("draft-07"));
    }
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let world = World::with_inventory("fleet: 1\nhosts: { 'h[0001-9000]': {} }\n");
    let fleet = env!("CARGO_BIN_EXE_fleet");
    let mut shell = std::process::Command::new("/bin/sh");
    shell
        .arg("-c")
        .arg(format!("{{ {fleet} hosts all; echo $? >code; }} | head -n 1"))
        .current_dir(world.folder.path())
        .env("HOME", world.folder.path());
    let output = shell.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("panicked") && said.contains("the output is incomplete"), "{said}");
    assert_eq!(std::fs::read_to_string(world.path("code")).unwrap(), "74\n");
}

#[test]
fn output_that_finds_no_room_is_exit_74_whatever_was_asked() {
    let world = World::with_inventory(INVENTORY);
    for args in [
        &["--help"][..],
        &["--version"],
        &["help"],
        &["run", "--help"],
        &["help", "selectors"],
        &["help", "run"],
        &["completion", "bash"],
        &["verbs"],
        &["verbs", "finding"],
        &["schema", "inventory"],
        &["check", "audit"],
        &["hosts", "all"],
        &["hosts", "all", "--count"],
        &["hosts", "all", "--output", "json"],
        &["hosts", "all", "--output", "ndjson"],
        &["hosts", "all", "--output", "yaml"],
        &["runs", "--output", "json"],
        &["locks", "--output", "json"],
        &["doctor"],
        &["init", "site"],
    ] {
        world.fleet(args).expect(0);
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let ran: crate::support::Ran = world.command(args).stdout(full).output().unwrap().into();
        assert!(ran.stderr.contains("No space left"), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.code, 74, "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn a_command_on_many_hosts_needs_a_yes_unless_it_only_reads() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let world = World::with_inventory(&format!(
        "fleet: 1\nhosts:\n  mx[01-11]: {{ address: '127.0.0.[1-11]', port: {closed}, tags: [many] }}\n"
    ));
    let exec = |more: &[&str]| world.fleet(&[&["exec"], more, &["--", "true"]].concat());
    let runs = || world.fleet(&["runs", "--output", "json"]).expect(0).json()["runs"].as_array().unwrap().len();
    for more in [&["--hosts", "tag:many"][..], &["--hosts", "all", "--limit", "mx01"], &["--hosts", "all!mx[02-11]"]] {
        let refused = exec(more).expect(4);
        assert!(refused.stderr.contains("no terminal") && refused.stderr.contains("--reads"), "{}", refused.stderr);
        let refused = exec(&[more, &["--output", "json"]].concat()).expect(4);
        assert!(refused.stderr.contains("no question is asked") && refused.stdout.is_empty(), "{}", refused.stderr);
    }
    assert_eq!(runs(), 0, "nothing was contacted");
    for more in [&["--hosts", "tag:many", "--reads"][..], &["--hosts", "all", "--yes"], &["--hosts", "mx[01-10]"]] {
        exec(more).expect(7);
    }
    assert_eq!(runs(), 3);
    assert!(world.fleet(&["exec", "--help"]).expect(0).stdout.contains("takes no lock"));
}

#[test]
fn a_person_is_shown_command_and_hosts_before_a_command_goes_to_many() {
    use std::io::{Read, Write};
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let world = World::with_inventory(&format!(
        "fleet: 1\nhosts:\n  mx[01-11]: {{ address: '127.0.0.[1-11]', port: {closed} }}\n"
    ));
    for (typed, code) in [("no\n", 4), ("\n", 4), ("yes\n", 7)] {
        let words = format!("{} exec --hosts all -- uptime -s", env!("CARGO_BIN_EXE_fleet"));
        let mut command =
            world.prepare(std::process::Command::new("timeout"), &["60", "script", "-qec", &words, "/dev/null"]);
        let piped = std::process::Stdio::piped;
        let mut child = command.stdin(piped()).stdout(piped()).spawn().unwrap();
        let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (mut said, mut buffer, mut asked) = (String::new(), [0; 4096], false);
        while let Ok(n @ 1..) = stdout.read(&mut buffer) {
            said.push_str(&String::from_utf8_lossy(&buffer[..n]));
            if !asked && said.contains("Type yes") {
                asked = true;
                stdin.write_all(typed.as_bytes()).unwrap();
            }
        }
        for told in ["command: uptime -s", "11 hosts: mx[01-11]", "no lock is taken"] {
            assert!(said.contains(told), "{told}: {said}");
        }
        assert_eq!(child.wait().unwrap().code(), Some(code), "{said}");
    }
}
