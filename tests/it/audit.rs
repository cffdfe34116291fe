//! The audit's evidence, seen from several sides: what waits and from whom, which accounts there are, what a person
//! reads, what is said when the host shows only a part, and the exit codes.

use crate::support::{Bed, Ran, World, bed, host};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ABUSED: [&str; 3] = ["plain1", "pleskob1", "pleskonyx1"];
const PLESK: [&str; 3] = ["pleskob1", "pleskob2", "pleskonyx1"];

fn run(bed: &Bed, world: &World, args: &[&str]) -> Ran {
    bed.fleet(world, args).output().unwrap().into()
}

fn expected(bed: &Bed, host: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(bed.path(&format!("expected/{host}.json"))).unwrap()).unwrap()
}

fn step<'a>(host: &'a Value, id: &str) -> &'a Value {
    let steps = host["steps"].as_array().unwrap();
    steps.iter().find(|s| s["id"] == id).unwrap_or_else(|| panic!("no step {id}"))
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("{name} is no list: {value}"))
}

fn finding<'a>(host: &'a Value, code: &str, key: &str) -> &'a Value {
    let mut findings = list(host, "findings").iter();
    findings.find(|f| f["code"] == code && f["key"] == key).unwrap_or_else(|| panic!("no {code} {key}: {host}"))
}

#[test]
fn what_waits_is_counted_by_sender_and_no_forged_login_comes_into_any_list() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let document = run(&bed, &world, &["run", "audit", "--hosts", "tag:mail", "--output", "json"]).expect(8).json();
    for name in ABUSED {
        let (host, expected) = (host(&document, name), expected(&bed, name));
        let (queue, senders) = (&step(host, "queue")["data"], &step(host, "senders")["data"]);
        assert_eq!(queue["complete"], true, "{name}: {}", queue["incomplete"]);
        assert_eq!((&queue["refused"], &queue["login_unread"]), (&json!(0), &json!(0)), "{name}");
        // Bounces have no sender in the queue; Postfix's own list calls them MAILER-DAEMON.
        let by_sender = &expected["queue"]["by_sender"];
        let wanted = |sender: &str| &by_sender[if sender.is_empty() { "MAILER-DAEMON" } else { sender }];
        let rows = list(queue, "top_senders");
        assert_eq!(rows.len(), 20.min(by_sender.as_object().unwrap().len()), "{name}");
        for row in rows {
            assert_eq!(&row["messages"], wanted(row["sender"].as_str().unwrap()), "{name}: {row}");
        }
        assert_eq!((&rows[0]["sender"], &rows[0]["messages"]), (&json!(""), &by_sender["MAILER-DAEMON"]), "{name}");
        let with_login: u64 = list(queue, "top_logins").iter().map(|r| r["messages"].as_u64().unwrap()).sum();
        assert_eq!(queue["total"].as_u64().unwrap(), with_login + queue["no_login"].as_u64().unwrap(), "{name}");

        for (login, numbers) in expected["logins"].as_object().unwrap() {
            let row = list(senders, "rows").iter().find(|r| r["account"] == login.as_str()).unwrap();
            assert_eq!(row["delivered"], numbers["local"], "{name}: {login}");
            assert_eq!(list(row, "client_ips").len() as u64, numbers["client_addresses"].as_u64().unwrap());
        }
        for never in expected["never"].as_array().unwrap() {
            for (list_name, rows, key) in [
                ("top_logins", list(queue, "top_logins"), "login"),
                ("senders", list(senders, "rows"), "account"),
                ("findings", list(host, "findings"), "key"),
            ] {
                assert!(!rows.iter().any(|row| row[key] == *never), "{name}: {never} is in {list_name}");
            }
        }
        // The evidence stands in the finding itself.
        let stolen = &expected["logins"]["info@example.jp"];
        let forged = &finding(host, "SENDER_FORGED", "info@example.jp")["data"];
        assert_eq!((&forged["forged"], &forged["messages"]), (&stolen["messages"], &stolen["messages"]), "{name}");
        assert_eq!(forged["sender_count"], stolen["envelope_senders"], "{name}");
        assert_eq!(list(forged, "client_ips").len() as u64, stolen["client_addresses"].as_u64().unwrap(), "{name}");
        let script = &finding(host, "SENDER_UNKNOWN", "uid:33");
        assert_eq!((&script["level"], &script["data"]["user"]), (&json!("critical"), &json!("www-data")), "{name}");
        assert_eq!(script["data"]["messages"], expected["scripts"]["33"]["messages"], "{name}");
    }
}

#[test]
fn the_accounts_of_a_panel_are_those_that_it_has() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let document = run(&bed, &world, &["run", "audit", "--hosts", "tag:plesk", "--output", "json"]).expect(8).json();
    for name in PLESK {
        let accounts = &step(host(&document, name), "accounts")["data"];
        assert_eq!(accounts["complete"], true, "{name}: {}", accounts["incomplete"]);
        let known: BTreeSet<&str> = list(accounts, "addresses").iter().map(|a| a.as_str().unwrap()).collect();
        let expected = expected(&bed, name);
        for (address, account) in expected["accounts"].as_object().unwrap() {
            assert!(known.contains(address.as_str()), "{name}: {address} is not in {known:?}");
            for alias in list(account, "aliases") {
                assert!(known.contains(alias.as_str().unwrap()), "{name}: {alias} is not in {known:?}");
            }
            let row = list(accounts, "accounts").iter().find(|a| a["address"] == address.as_str()).unwrap();
            assert_eq!(row["kind"] == "mailbox", account["mailbox"] == true, "{name}: {row}");
            assert_eq!(row["forwards"], account["forwards_to"], "{name}: {row}");
        }
    }
}

#[test]
fn a_person_reads_the_numbers_and_a_record_reads_as_it_read_live() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let live = run(&bed, &world, &["run", "audit", "--hosts", "tag:mail", "--as-of", "2026-11-24"]).expect(8);
    for said in ["info@example.jp", "SENDER_FORGED", "40 of 40", "SENDER_UNKNOWN", "uid:33", "15,000 JPY"] {
        assert!(live.stdout.contains(said), "{said} is not in\n{}", live.stdout);
    }
    for names in ["plain1,pleskob1,pleskonyx1 (3 hosts)", "plain1,pleskob[1-2] (3 hosts)", "hosts: ok 4"] {
        assert!(live.stdout.contains(names), "{names} is not in\n{}", live.stdout);
    }
    assert!(!live.stdout.contains("victim@"), "{}", live.stdout);
    assert_eq!(run(&bed, &world, &["show", "last"]).expect(0).stdout, live.stdout);
    let japanese = run(&bed, &world, &["show", "last", "--lang", "ja"]).expect(0).stdout;
    assert!(japanese.contains("info@example.jp") && japanese.contains("15,000"), "{japanese}");
    assert!(japanese.chars().any(|c| ('\u{3040}'..'\u{30ff}').contains(&c)), "{japanese}");
}

#[test]
fn findings_decide_the_exit_code_only_where_nothing_worse_happened() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let audit = |hosts: &str, more: &[&str]| {
        let args = ["run", "audit", "--output", "json", "--hosts", hosts];
        run(&bed, &world, &[&args, more].concat())
    };
    audit("plain1", &["--fail-on", "never"]).expect(0);
    audit("plain1", &["--fail-on", "critical"]).expect(8);
    audit("pleskob2", &[]).expect(0);
    audit("pleskob2", &["--fail-on", "info"]).expect(8);
    let closed = "fleet: 1\nhosts:\n  closed: { address: 10.77.0.11, port: 9 }\n";
    let inventory = world.write("more.yaml", closed);
    let args = ["-i", inventory.to_str().unwrap(), "run", "audit", "--output", "json", "--hosts"];
    let some = |hosts: &'static str| run(&bed, &world, &[&args[..], &[hosts]].concat());
    let both = some("plain1,closed").expect(10).json();
    finding(host(&both, "plain1"), "SENDER_FORGED", "info@example.jp");
    assert_eq!(host(&both, "closed")["status"], "unreachable");
    let worst = some("plain1,closed,odd1-nologin").expect(6).json();
    assert_eq!(worst["hosts"].as_array().unwrap().len(), 3);
    assert_eq!(host(&worst, "odd1-nologin")["fault"]["kind"], "shell");
}

#[test]
fn a_host_that_shows_only_a_part_is_never_called_clean() {
    let Some(bed) = bed() else { return };
    let key = bed.path("keys/id");
    // The same hosts without root: the log, the queue files and the panel are closed to these users.
    let text = format!(
        "fleet: 1\nhosts:\n  ob2: {{ address: 10.77.0.13, user: ops, identity_files: [\"{key}\"] }}\n  \
         onyx: {{ address: 10.77.0.14, user: admin, identity_files: [\"{key}\"] }}\n"
    );
    let world = World::with_inventory(&text);
    let inventory = world.path("inventory.yaml");
    let args = ["-i", inventory.to_str().unwrap(), "run", "audit", "--hosts", "ob2,onyx", "--output", "json"];
    let ran = run(&bed, &world, &args);
    let document = ran.json();
    for name in ["ob2", "onyx"] {
        let host = host(&document, name);
        for id in ["senders", "accounts"] {
            let step = step(host, id);
            let said = step["data"]["incomplete"].as_array().is_some_and(|why| !why.is_empty());
            assert!(step["outcome"] != "unchanged" || said, "{name}: {id} says nothing of what it did not see: {step}");
        }
        let told = list(host, "findings").iter().any(|f| f["code"] == "DATA_INCOMPLETE");
        assert!(host["status"] != "ok" || told, "{name}: {host}");
    }
}

#[test]
fn a_password_that_is_wrong_or_not_there_is_said_and_tried_once() {
    let Some(bed) = bed() else { return };
    let key = bed.path("keys/id");
    let world = World::new();
    let wrong = world.write("wrong", "not-the-password\n");
    std::fs::set_permissions(&wrong, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let host_of = |user: &str, secret: &str| {
        format!(
            "{{ address: 10.77.0.16, user: {user}, sudo: {{ password: \"{secret}\" }}, identity_files: [\"{key}\"] }}"
        )
    };
    let (wrong, absent) = (format!("file:{}", wrong.display()), "file:/no/such/secret");
    let text = format!(
        "fleet: 1\nhosts:\n  wrong: {}\n  absent: {}\n  unset: {}\n  login: {{ address: 10.77.0.16, user: password, password: \"{wrong}\" }}\n",
        host_of("sudopass", &wrong),
        host_of("sudopass", absent),
        host_of("sudopass", "env:NO_SUCH_VARIABLE")
    );
    let inventory = world.write("inventory.yaml", &text);
    let hosts = "wrong,absent,unset,login";
    let args =
        ["-i", inventory.to_str().unwrap(), "exec", "--hosts", hosts, "--no-prompt", "--output", "json", "--", "id"];
    let ran = run(&bed, &world, &args).expect(6);
    let document = ran.json();
    for (name, kind, detail, word) in [
        ("wrong", "privilege", "denied", ""),
        ("absent", "privilege", "password-needed", "/no/such/secret"),
        ("unset", "privilege", "password-needed", "NO_SUCH_VARIABLE"),
        ("login", "auth", "denied", "the password"),
    ] {
        let fault = &host(&document, name)["fault"];
        assert_eq!((&fault["kind"], &fault["detail"]), (&json!(kind), &json!(detail)), "{name}: {fault}");
        assert!(fault["text"].as_str().unwrap().contains(word), "{name}: {fault}");
    }
    assert!(!ran.stdout.contains("not-the-password") && !ran.stderr.contains("not-the-password"));
}
