//! The playbooks that take accounts away and give them new passwords, on made-up readings: whom they spare.

use crate::mail::account::build::{Builder, Detail};
use crate::mail::read::accounts::AccountsReport;
use crate::mail::read::logins::LOGINS_OUTPUT;
use crate::mail::read::senders::SENDERS_OUTPUT;
use crate::mail::read::senders::identify::identify;
use crate::model::host::{Host, HostName};
use crate::model::mail::AccountKind;
use crate::model::schema::testing::{record, row};
use crate::playbook::verb::Body;
use crate::playbook::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One user of Virtualmin with two names, one of the system, and one that is switched off.
fn accounts() -> AccountsReport {
    let mut builder = Builder::new("virtualmin");
    for (address, kind) in [
        ("info@example.jp", AccountKind::Mailbox),
        ("info.example", AccountKind::System),
        ("alice", AccountKind::System),
        ("Old@example.jp", AccountKind::Mailbox),
        ("post@example.jp", AccountKind::Alias),
        ("example@example.jp", AccountKind::Mailbox),
        ("example", AccountKind::System),
    ] {
        builder.add(address.as_bytes(), kind);
    }
    builder.same(b"info@example.jp", b"info.example");
    builder.about(b"old@example.jp", &Detail::Off);
    builder.about(b"example@example.jp", &Detail::Owner);
    builder.same(b"example@example.jp", b"example");
    AccountsReport::new(builder.finish())
}

struct Case {
    playbook: &'static str,
    params: Value,
    accounts: AccountsReport,
    logins: Vec<Value>,
    senders: Vec<Value>,
    complete: bool,
}

impl Case {
    fn new(playbook: &'static str, params: Value) -> Self {
        Self { playbook, params, accounts: accounts(), logins: Vec::new(), senders: Vec::new(), complete: true }
    }

    /// What would be changed and found, `VERB ACCOUNT` and `CODE KEY`; the error is the assertion that does not hold.
    fn walk(self) -> Result<Vec<String>, String> {
        let playbook = load("t.yaml", self.playbook, &|_| Err("none".into())).unwrap_or_else(|p| panic!("{p}"));
        let host = Host::new(HostName::parse("mx07").unwrap(), "192.0.2.7", 22, "root");
        let text = |value: &Value| match value {
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
            other => other.to_string(),
        };
        let given = self.params.as_object().unwrap().iter().map(|(name, v)| (name.clone(), Given::Text(text(v))));
        let params = given.collect();
        let mut scope = Scope::new(&playbook.bind(&params).unwrap(), &host);
        let named = |name: &str| self.params.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let mut changed = Vec::new();
        for step in &playbook.steps {
            if let Body::Reading(_) = step.body {
                let read = match step.verb.name {
                    "mail.accounts" => json!(self.accounts),
                    "mail.senders.identify" => {
                        json!(identify(named("accounts").iter().filter_map(Value::as_str), &self.accounts))
                    }
                    "mail.logins" => record(LOGINS_OUTPUT, json!({"complete": self.complete, "rows": self.logins})),
                    "mail.senders" => record(SENDERS_OUTPUT, json!({"complete": self.complete, "rows": self.senders})),
                    other => panic!("{other}"),
                };
                scope.set_step(&step.id, &read);
                continue;
            }
            let scopes = match step.items(&scope).unwrap() {
                None => vec![scope.clone()],
                Some(items) => items.into_iter().map(|(_, item)| scope.with_item(item)).collect(),
            };
            for scope in scopes {
                if !step.when.as_ref().is_none_or(|when| when.truth(&scope).unwrap()) {
                    continue;
                }
                if let Body::Changing(_) = step.body {
                    let args = step.args(&scope).unwrap();
                    changed.push(format!("{} {}", step.verb.name, args["account"].as_str().unwrap()));
                    continue;
                }
                match step.judge(&scope).unwrap() {
                    Verdict::Failed(why) => return Err(why),
                    Verdict::Found(found) => changed.extend(found.iter().map(|f| format!("{} {}", f.code, f.key))),
                    Verdict::Nothing | Verdict::Stop { .. } => {}
                }
            }
        }
        Ok(changed)
    }
}

fn removal(params: Value) -> Case {
    Case::new(include_str!("../../../playbooks/remove-account.yaml"), params)
}

#[test]
fn an_account_that_is_used_under_any_of_its_names_is_not_taken_away() {
    let login = |account: &str, ok: u64| row("rows", LOGINS_OUTPUT, json!({"account": account, "ok": ok}));
    let sender = |account: &str, user: Value| row("rows", SENDERS_OUTPUT, json!({"account": account, "user": user}));
    for used in ["info@example.jp", "info.example", "info"] {
        for named in ["info@example.jp", "INFO@example.jp", "info.example"] {
            let by_login =
                Case { logins: vec![login(used, 3)], ..removal(json!({"accounts": [named], "force": true})) };
            let by_mail = Case { senders: vec![sender(used, Value::Null)], ..removal(json!({"accounts": [named]})) };
            for case in [by_login, by_mail] {
                assert!(
                    case.walk().unwrap_err().ends_with("was used within that time; nothing was changed"),
                    "{used} {named}"
                );
            }
        }
    }
    let script = Case { senders: vec![sender("uid:1000", json!("alice"))], ..removal(json!({"accounts": ["alice"]})) };
    assert_eq!(script.walk().unwrap_err(), "alice was used within that time; nothing was changed");
    // Whoever only tried is not the account; nor is another one.
    let tried = Case { logins: vec![login("alice", 0), login("info", 3)], ..removal(json!({"accounts": ["alice"]})) };
    assert_eq!(tried.walk().unwrap(), ["mail.account.disable alice"]);
}

#[test]
fn what_is_deleted_was_switched_off_before_and_gaps_are_another_question() {
    let gaps = Case { complete: false, ..removal(json!({"accounts": ["alice"]})) };
    assert!(gaps.walk().unwrap_err().starts_with("the logs do not cover the whole time"));
    let delete = |name: &str, at_once: bool| removal(json!({"accounts": [name], "delete": true, "at_once": at_once}));
    assert_eq!(delete("old@EXAMPLE.jp", false).walk().unwrap(), ["mail.account.delete old@EXAMPLE.jp"]);
    assert!(delete("alice", false).walk().unwrap_err().starts_with("alice is not disabled"));
    assert_eq!(delete("alice", true).walk().unwrap(), ["mail.account.delete alice"]);
    let forced = Case { complete: false, ..removal(json!({"accounts": ["alice"], "delete": true, "force": true})) };
    assert!(forced.walk().unwrap_err().starts_with("alice is not disabled"), "force is about the logs alone");
}

fn rotation(params: Value) -> Case {
    Case::new(include_str!("../../../playbooks/rotate-all.yaml"), params)
}

#[test]
fn whoever_is_named_is_found_by_any_name_in_any_case_or_nothing_is_done() {
    let (alice, info) = ("mail.account.set_password alice", "mail.account.set_password info@example.jp");
    for word in ["INFO@example.jp", "info.example", "Info"] {
        assert_eq!(rotation(json!({"except": [word, "example"]})).walk().unwrap(), [alice]);
        assert_eq!(rotation(json!({"accounts": [word]})).walk().unwrap(), [info]);
    }
    // Who is switched off is spared, and who is named is not.
    let off = rotation(json!({"accounts": ["old@example.jp"]})).walk();
    assert_eq!(off.unwrap(), ["mail.account.set_password Old@example.jp"]);
    for params in [json!({"except": ["infos@example.jp"]}), json!({"accounts": ["alice", "post@example.jp"]})] {
        assert!(
            rotation(params)
                .walk()
                .unwrap_err()
                .ends_with("is not an account of this server that can log in; nothing was changed")
        );
    }
}

#[test]
fn two_names_of_one_account_get_one_password_and_owners_of_virtual_servers_none() {
    let all = [
        "OWNER_KEPT example@example.jp",
        "mail.account.set_password alice",
        "mail.account.set_password info@example.jp",
    ];
    assert_eq!(rotation(json!({})).walk().unwrap(), all);
}

#[test]
fn mail_that_the_account_has_in_the_queue_again_is_seen_in_whatever_case_it_logs_in() {
    let text = include_str!("../../../playbooks/rescue-mail.yaml");
    let playbook = load("t.yaml", text, &|_| Err("none".into())).unwrap_or_else(|p| panic!("{p}"));
    let host = Host::new(HostName::parse("mx07").unwrap(), "192.0.2.7", 22, "root");
    let mut scope = Scope::new(&playbook.bind(&BTreeMap::new()).unwrap(), &host);
    scope.set_step("who", &json!({"logins": ["info@example.jp"]}));
    scope.set_step("after", &json!({"top_logins": [{"login": "Info@Example.jp"}]}));
    let last = playbook.steps.last().unwrap();
    let (_, item) = last.items(&scope).unwrap().unwrap().remove(0);
    assert!(matches!(last.judge(&scope.with_item(item)), Ok(Verdict::Failed(_))));
}
