//! One host of every mail server and panel: for the same mail the same numbers.

use crate::support::{Ran, World, bed, host};
use serde_json::Value;
use std::fmt::Write;

/// Hosts of the bed that get the same mail, what each is, and its logins of `info` and `sales`.
const HOSTS: &[(&str, &str, &str, &str)] = &[
    ("plain1", "Postfix, Dovecot, no panel", "info@example.jp", "sales@example.jp"),
    ("pleskob1", "Postfix, Dovecot, Plesk Obsidian", "info@example.jp", "sales@example.jp"),
    ("pleskonyx1", "Postfix, Dovecot, Plesk Onyx", "info@example.jp", "sales@example.jp"),
    ("pleskold1", "Postfix, Dovecot, Plesk 12.5", "info@example.jp", "sales@example.jp"),
    ("webmin1", "Postfix, Dovecot, Webmin", "info", "sales"),
    ("virtualmin1", "Postfix, Dovecot, Virtualmin", "info.example", "sales.example"),
    ("exim1", "Exim, Dovecot, no panel", "info@example.jp", "sales@example.jp"),
    ("sendmail1", "Sendmail, Courier, no panel", "info@example.jp", "sales@example.jp"),
];

fn data<'a>(host: &'a Value, id: &str) -> &'a Value {
    let steps = host["steps"].as_array().unwrap();
    let step = steps.iter().find(|s| s["id"] == id).unwrap();
    assert_eq!(step["outcome"], "unchanged", "{step}");
    &step["data"]
}

fn row<'a>(list: &'a Value, key: &str, name: &str) -> &'a Value {
    let rows = list.as_array().unwrap();
    rows.iter().find(|r| r[key] == name).unwrap_or_else(|| panic!("{name} is not in {list}"))
}

#[test]
fn every_mail_server_and_panel_gives_the_same_numbers_for_the_same_mail() {
    let Some(bed) = bed() else { return };
    let world = World::new();
    let selector = HOSTS.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(",");
    let ran: Ran =
        bed.fleet(&world, &["run", "audit", "--hosts", &selector, "--output", "json"]).output().unwrap().into();
    let document = ran.expect(8).json();
    let mut table = String::from(
        "| host | what it is | login | messages | recipients | sent | bounced | deferred | local | senders | clients | IMAP + POP3 | failed |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let mut queues = String::from("| host | total | on hold | of `info` | of `sales` |\n|---|---|---|---|---|\n");
    for &(name, what, info, sales) in HOSTS {
        let host = host(&document, name);
        let text = std::fs::read_to_string(bed.path(&format!("expected/{name}.json"))).unwrap();
        let expected: Value = serde_json::from_str(&text).unwrap();
        let (senders, logins, queue) = (data(host, "senders"), data(host, "logins"), data(host, "queue"));
        for login in [info, sales] {
            let (row, wanted) = (row(&senders["rows"], "account", login), &expected["logins"][login]);
            let numbers = [
                ("messages", "messages"),
                ("recipients", "recipients"),
                ("sent", "sent"),
                ("bounced", "bounced"),
                ("deferred", "deferred"),
                ("delivered", "local"),
                ("sender_count", "envelope_senders"),
                ("client_ip_count", "client_addresses"),
            ];
            let _ = write!(table, "| `{name}` | {what} | `{login}` |");
            for (ours, theirs) in numbers {
                assert_eq!(row[ours], wanted[theirs], "{name}: {login}: {ours}");
                let _ = write!(table, " {} |", row[ours]);
            }
            // Every message of a login came with it.
            let found = self::row(&logins["rows"], "account", login);
            assert_eq!(found["by_service"]["smtp"], wanted["messages"], "{name}: {login}");
            for service in ["imap", "pop3"] {
                assert_eq!(found["by_service"][service], expected["mailbox_logins"][login][service], "{name}: {login}");
            }
            let of = |service: &str| found["by_service"][service].as_u64().unwrap_or(0);
            let _ = writeln!(table, " {} | {} |", of("imap") + of("pop3"), found["failed"]);
        }
        for (login, failed) in expected["login_failures"].as_object().unwrap() {
            let found = row(&logins["rows"], "account", login);
            assert_eq!(&found["failed_by_service"], failed, "{name}: {login}");
            let _ = writeln!(table, "| `{name}` | {what} | `{login}` | | | | | | | | | | {} |", found["failed"]);
        }
        let script = row(&senders["rows"], "account", "uid:33");
        let wanted = &expected["scripts"]["33"];
        for (ours, theirs) in [("messages", "messages"), ("recipients", "recipients"), ("deferred", "deferred")] {
            assert_eq!(script[ours], wanted[theirs], "{name}: uid:33: {ours}");
        }
        assert_eq!(script["user"], "www-data", "{name}");
        // Its file, by the log that PHP wrote, and its name, by the headers of what waits: all of it does.
        let web = data(host, "web");
        for key in ["file", "header"] {
            let script = row(&web["rows"], "script", wanted[key].as_str().unwrap());
            assert_eq!(
                (&script["messages"], &script["uid"]),
                (&wanted["messages"], &Value::from(33)),
                "{name}: {script}"
            );
        }
        assert_eq!(web["rows"].as_array().unwrap().len(), 2, "{name}: {web}");
        assert_eq!(web["php_logs"], serde_json::json!(["/var/log/php-mail.log"]), "{name}");

        let wanted = &expected["queue"];
        assert_eq!(queue["total"], wanted["total"], "{name}");
        assert_eq!(queue["login_unread"], 0, "{name}");
        let hold = ["hold", "frozen"].iter().filter_map(|word| queue["by_queue"][*word].as_u64()).sum::<u64>();
        assert_eq!(hold, wanted["hold"].as_u64().unwrap(), "{name}");
        let by_login = |login: &str| row(&queue["top_logins"], "login", login)["messages"].clone();
        for login in [info, sales] {
            assert_eq!(by_login(login), wanted["by_login"][login], "{name}: {login}");
        }
        let _ =
            writeln!(queues, "| `{name}` | {} | {hold} | {} | {} |", queue["total"], by_login(info), by_login(sales));
        for step in ["queue", "accounts", "senders", "logins", "web"] {
            // Their logs are as young as the bed.
            let young = |why: &&Value| !why.as_str().unwrap().contains("after the beginning of the window");
            let incomplete: Vec<_> = data(host, step)["incomplete"].as_array().unwrap().iter().filter(young).collect();
            assert!(incomplete.is_empty(), "{name}: {step}: {incomplete:?}");
        }
        let forged = host["findings"].as_array().unwrap().iter().find(|f| f["code"] == "SENDER_FORGED").unwrap();
        assert_eq!(
            (&forged["key"], forged["data"]["confidence"].as_str()),
            (&Value::from(info), Some("suspected")),
            "{name}"
        );
    }

    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/mail-servers.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (head, rest) = page.split_once("<!-- generated: one run -->\n").unwrap();
    let (_, tail) = rest.split_once("<!-- end -->").unwrap();
    let wanted = format!("{head}<!-- generated: one run -->\n{table}\n{queues}<!-- end -->{tail}");
    if std::env::var_os("FLEET_BLESS").is_some() {
        std::fs::write(path, wanted).unwrap();
    } else {
        assert!(page == wanted, "docs/mail-servers.md is old: run the tests with FLEET_BLESS=1");
    }
}
