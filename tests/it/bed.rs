//! The audit and `exec` against real mail servers: what was sent must be what is counted.

use crate::support::{Bed, Ran, World, bed, host};
use serde_json::{Value, json};

const MAIL_HOSTS: &[&str] = &["plain1", "pleskob1", "pleskob2", "pleskonyx1"];

fn run(bed: &Bed, world: &World, args: &[&str]) -> Ran {
    bed.fleet(world, args).output().unwrap().into()
}

fn expected(bed: &Bed, host: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(bed.path(&format!("expected/{host}.json"))).unwrap()).unwrap()
}

fn data<'a>(host: &'a Value, step: &str) -> &'a Value {
    let steps = host["steps"].as_array().unwrap();
    &steps.iter().find(|s| s["id"] == step).unwrap_or_else(|| panic!("no step {step}"))["data"]
}

fn codes(host: &Value) -> Vec<String> {
    let found = host["findings"].as_array().unwrap().iter();
    found.map(|f| format!("{} {}", f["code"].as_str().unwrap(), f["key"].as_str().unwrap_or(""))).collect()
}

/// A row of `mail.senders` in the words of the expected file.
fn counts(row: &Value) -> Value {
    json!({
        "messages": row["messages"], "recipients": row["recipients"], "sent": row["sent"], "bounced": row["bounced"],
        "deferred": row["deferred"], "envelope_senders": row["sender_count"],
    })
}

fn wanted(expected: &Value) -> Value {
    let mut wanted = serde_json::Map::new();
    for name in ["messages", "recipients", "sent", "bounced", "deferred", "envelope_senders"] {
        wanted.insert(name.into(), expected[name].clone());
    }
    Value::Object(wanted)
}

#[test]
fn the_audit_counts_exactly_what_was_sent_and_names_who_sent_it() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let ran = run(&bed, &world, &["run", "audit", "--hosts", "tag:mail", "--output", "json"]).expect(8);
    let document = ran.json();
    assert_eq!(document["hosts"].as_array().unwrap().len(), MAIL_HOSTS.len());
    for name in MAIL_HOSTS {
        let (host, expected) = (host(&document, name), expected(&bed, name));
        assert_eq!(host["status"], "ok", "{name}");
        let rows = data(host, "senders")["rows"].as_array().unwrap();
        let logins = expected["logins"].as_object().unwrap();
        let scripts = expected["scripts"].as_object().unwrap();
        for (login, numbers) in logins {
            let row = rows.iter().find(|r| r["account"] == login.as_str()).unwrap_or_else(|| panic!("{name}: {login}"));
            assert_eq!(counts(row), wanted(numbers), "{name}: {login}");
            assert_eq!(row["client_ip_count"], numbers["client_addresses"], "{name}: {login}");
        }
        for (uid, numbers) in scripts {
            let row = rows
                .iter()
                .find(|r| r["account"] == format!("uid:{uid}"))
                .unwrap_or_else(|| panic!("{name}: uid {uid}"));
            assert_eq!(counts(row), wanted(numbers), "{name}: uid {uid}");
        }
        assert_eq!(rows.len(), logins.len() + scripts.len(), "{name}: nobody else sent anything: {rows:?}");

        let queue = data(host, "queue");
        assert_eq!(queue["total"], expected["queue"]["total"], "{name}");
        assert_eq!(
            queue["by_queue"]["hold"].as_u64().unwrap_or(0),
            expected["queue"]["hold"].as_u64().unwrap(),
            "{name}"
        );
        for (login, messages) in expected["queue"]["by_login"].as_object().unwrap() {
            let row = queue["top_logins"].as_array().unwrap().iter().find(|r| r["login"] == login.as_str());
            assert_eq!(&row.unwrap_or_else(|| panic!("{name}: {login}"))["messages"], messages, "{name}: {login}");
        }
    }
    for name in ["plain1", "pleskob1", "pleskonyx1"] {
        let codes = codes(host(&document, name));
        for code in ["SENDER_FORGED info@example.jp", "SENDER_UNKNOWN uid:33"] {
            assert!(codes.iter().any(|c| c == code), "{name}: {code} is not in {codes:?}");
        }
        assert!(!codes.iter().any(|c| c.contains("sales@") || c.contains("victim@")), "{name}: {codes:?}");
    }
    let onyx = host(&document, "pleskonyx1")["findings"].as_array().unwrap();
    let eol = onyx.iter().find(|f| f["code"] == "OS_EOL").unwrap();
    assert_eq!(eol["data"]["surcharge_jpy_per_hour"], 15_000);
    assert!(!codes(host(&document, "pleskob2")).iter().any(|c| c.starts_with("SENDER")), "a clean host is clean");
}

#[test]
fn a_longer_window_reaches_the_rotated_log() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let args = ["run", "audit", "--hosts", "pleskob1", "-p", "window=48h", "--output", "json"];
    let document = run(&bed, &world, &args).json();
    let (now, rows) = (expected(&bed, "pleskob1"), data(host(&document, "pleskob1"), "senders")["rows"].clone());
    for login in ["info@example.jp", "sales@example.jp"] {
        let row = rows.as_array().unwrap().iter().find(|r| r["account"] == login).unwrap();
        for number in ["messages", "recipients", "sent", "bounced", "deferred"] {
            let both = now["logins"][login][number].as_u64().unwrap()
                + now["history"]["logins"][login][number].as_u64().unwrap();
            assert_eq!(row[number], both, "{login}: {number}");
        }
    }
}

#[test]
fn what_is_not_supported_is_said_and_is_no_failure() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let ran = run(&bed, &world, &["run", "audit", "--hosts", "other1", "--output", "json"]).expect(0);
    let document = ran.json();
    let other = host(&document, "other1");
    assert_eq!(other["status"], "ok");
    assert!(other["notes"].to_string().contains("panel cpanel is detected and not supported"), "{}", other["notes"]);
}

#[test]
fn an_unreachable_host_alone_is_exit_7_and_stands_in_the_document() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let inventory = format!(
        "fleet: 1\nhosts:\n  good: {{ address: 10.77.0.13, user: ops, identity_files: [\"{key}\"] }}\n  \
         refused: {{ address: 10.77.0.13, port: 9, identity_files: [\"{key}\"] }}\n  \
         nobody: {{ address: 10.77.0.99, identity_files: [\"{key}\"] }}\n",
        key = bed.path("keys/id")
    );
    let path = world.write("few.yaml", &inventory);
    let args = [
        "-i",
        path.to_str().unwrap(),
        "exec",
        "--hosts",
        "all",
        "--reads",
        "--connect-timeout",
        "2s",
        "--output",
        "json",
        "--",
        "true",
    ];
    let (inventory, known) = (args[1], bed.path("known_hosts"));
    let mut command = std::process::Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bed/bed"));
    let all: Vec<&str> = ["exec", "--", env!("CARGO_BIN_EXE_fleet"), "-i", inventory]
        .into_iter()
        .chain(args[2..].iter().copied())
        .collect();
    command = world.prepare(command, &all);
    command
        .env("FLEET_BED_NAME", &bed.name)
        .env("FLEET_BED_DIR", bed.state.parent().unwrap().parent().unwrap())
        .env("FLEET_KNOWN_HOSTS", known);
    let ran: Ran = command.output().unwrap().into();
    let document = ran.expect(7).json();
    assert_eq!(host(&document, "good")["status"], "ok");
    let fault = |name: &str| host(&document, name)["fault"].clone();
    assert_eq!(fault("refused")["detail"], "refused");
    assert_eq!(fault("nobody")["kind"], "unreachable");
    assert_eq!(document["hosts"].as_array().unwrap().len(), 3);
}

#[test]
fn exec_folds_what_is_the_same_and_keeps_each_exit_code() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let ran =
        run(&bed, &world, &["exec", "--hosts", "tag:mail", "--", "echo same; test $(hostname -s) != plain1"]).expect(6);
    assert!(ran.stdout.contains("3 hosts: pleskob[1-2],pleskonyx1  exit 0"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 host: plain1  exit 1"), "{}", ran.stdout);
    let again = run(&bed, &world, &["show", "last"]).expect(0);
    assert_eq!(again.stdout, ran.stdout, "a recorded run reads as it read live");
    let lines = run(&bed, &world, &["show", "last", "--output", "ndjson"]).expect(0).stdout;
    let seqs: Vec<u64> =
        lines.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
}

#[test]
fn sudo_with_and_without_a_password_and_a_jump_host_lead_to_root() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let hosts = "pleskob2,pleskonyx1,behind1,odd1-sudonopass,odd1-sudopass";
    let ran = run(&bed, &world, &["exec", "--hosts", hosts, "--", "id -un"]).expect(0);
    assert!(ran.stdout.contains("5 hosts:") && ran.stdout.contains("root"), "{}", ran.stdout);
}

#[test]
fn every_login_shell_works_or_is_refused_by_its_word() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let document =
        run(&bed, &world, &["exec", "--hosts", "tag:odd", "--output", "json", "--", "echo here"]).expect(6).json();
    for good in ["dash", "bash", "tcsh", "ash", "noise", "slow", "password"] {
        assert_eq!(host(&document, &format!("odd1-{good}"))["status"], "ok", "{good}");
    }
    for (bad, kind, detail) in [
        ("nologin", "shell", "restricted"),
        ("rbash", "shell", "restricted"),
        ("exit0", "shell", "did-not-start"),
        ("forced", "shell", "did-not-start"),
        ("stdin", "shell", "blocked"),
        ("hang", "shell", "blocked"),
        ("nosudo", "privilege", "password-needed"),
    ] {
        let fault = &host(&document, &format!("odd1-{bad}"))["fault"];
        assert_eq!((fault["kind"].as_str(), fault["detail"].as_str()), (Some(kind), Some(detail)), "{bad}: {fault}");
    }
}

#[test]
fn a_limit_on_bad_hosts_stops_the_run_and_names_who_was_not_started() {
    // One host refuses at once, while the first of the others is still busy and the rest waits for its place.
    let Some(sshd) = crate::support::Sshd::start("") else { return };
    let world = World::new();
    let good = sshd.host();
    world.write(
        "inventory.yaml",
        &format!(
            "fleet: 1\nhosts:\n  refused: {{ address: 127.0.0.1, port: 9 }}\n  good1: {good}\n  good2: {good}\n  \
             good3: {good}\n  good4: {good}\n"
        ),
    );
    let known = sshd.known_hosts();
    let limits = ["-f", "1", "--max-fail", "0", "--output", "json"];
    let args =
        [&["exec", "--hosts", "all", "--reads", "--known-hosts", &known][..], &limits, &["--", "sleep 3"]].concat();
    let document = world.fleet(&args).expect(5).json();
    assert!(document["summary"]["stopped"].as_str().unwrap().contains("max_fail"), "{}", document["summary"]);
    let waiting = document["hosts"].as_array().unwrap().iter().filter(|h| h["status"] == "not-started").count();
    assert!(waiting >= 2, "{}", document["summary"]);
    assert_eq!(document["hosts"].as_array().unwrap().len(), 5);
}

#[test]
fn the_demo_shows_everything_it_promises() {
    let world = World::new();
    let ran = world.fleet(&["demo"]).expect(0);
    for promised in [
        "SENDER_HOT  info@example.jp",
        "1,840 messages",
        "mx02  SENDER_UNKNOWN  uid:33",
        "15,000 JPY",
        "unreachable{reset}",
        "hostkey{changed}",
        "panel cpanel is detected and not supported",
        "unreachable 2, not started 0",
    ] {
        assert!(ran.stdout.contains(promised), "{promised} is not in\n{}", ran.stdout);
    }
    assert!(ran.stderr.contains("exit code 7"), "{}", ran.stderr);
}

#[test]
fn a_demo_that_is_kept_serves_another_process() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    let world = World::new();
    let mut demo = world.command(&["demo", "--keep", "--hosts", "30"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines().map_while(Result::ok);
    let exports = lines.find(|l| l.starts_with("export ")).unwrap();
    let mut command = world.command(&["exec", "--hosts", "all!mx05!mx06", "--reads", "--", "echo hello"]);
    for pair in exports.trim_start_matches("export ").split(' ') {
        let (name, value) = pair.split_once('=').unwrap();
        command.env(name, value);
    }
    let ran: Ran = command.output().unwrap().into();
    std::process::Command::new("kill").arg(demo.id().to_string()).status().unwrap();
    let ended = demo.wait().unwrap();
    assert!(ran.stdout.contains("28 hosts:") && ran.stdout.contains("hello"), "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!((ran.code, ended.code()), (0, Some(0)));
}
