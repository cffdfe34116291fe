//! `playbooks/audit.yaml` on made-up readings: what it finds, and above all what it does not.

use super::*;
use crate::host::os_support::{OS_OUTPUT, PANEL_OUTPUT};
use crate::mail::read::accounts::ACCOUNTS_OUTPUT;
use crate::mail::read::logins::LOGINS_OUTPUT;
use crate::mail::read::queue::QUEUE_OUTPUT;
use crate::mail::read::senders::SENDERS_OUTPUT;
use crate::mail::read::web::WEB_OUTPUT;
use crate::model::profile::Found;
use crate::model::schema::testing::{record, row};
use crate::playbook::verb::{Body, Ctx, Failure, Reading, Refusal};
use serde_json::json;

fn audit() -> Playbook {
    let text = include_str!("../../../../playbooks/audit.yaml");
    playbook::load("audit.yaml", text, &|_| Err("none".into())).unwrap_or_else(|problems| panic!("{problems}"))
}

fn sender(given: Value) -> Value {
    row("rows", SENDERS_OUTPUT, given)
}

/// A reading that asks nothing and gives this; none: it failed.
struct MadeUp(Option<Value>);

impl Reading for MadeUp {
    fn parts(&self, _: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        Ok(Vec::new())
    }

    fn read(&self, _: &Ctx<'_>, _: &[PartOutput]) -> Result<Value, Failure> {
        self.0.clone().ok_or_else(|| "it could not be read".into())
    }
}

/// What the host is like; a reading that is absent failed.
struct Case {
    queue: Option<Value>,
    senders: Option<Value>,
    accounts: Option<Value>,
    web: Value,
    os: Value,
    mtas: &'static [&'static str],
    panels: &'static [(&'static str, &'static str)],
    /// Instead of what the table says of `panels`.
    panel: Option<Value>,
}

impl Case {
    /// A quiet host on which everything was read.
    fn quiet() -> Self {
        let accounts = json!({
            "complete": true, "total": 2,
            "addresses": ["Info@example.jp", "sales@example.jp"],
            "logins": ["Info@example.jp", "sales@example.jp", "taro"],
        });
        Self {
            queue: Some(record(QUEUE_OUTPUT, json!({"complete": true}))),
            senders: Some(record(SENDERS_OUTPUT, json!({"complete": true}))),
            accounts: Some(record(ACCOUNTS_OUTPUT, accounts)),
            web: record(WEB_OUTPUT, json!({"complete": true})),
            os: record(OS_OUTPUT, json!({"known": true, "name": "Debian 12"})),
            mtas: &["postfix"],
            panels: &[],
            panel: None,
        }
    }

    fn with_senders(rows: &[Value]) -> Self {
        Self { senders: Some(record(SENDERS_OUTPUT, json!({"complete": true, "rows": rows}))), ..Self::quiet() }
    }

    /// What the engine finds when the host's answers are these readings.
    fn findings(self) -> Vec<Finding> {
        let mut playbook = audit();
        let logins = Some(record(LOGINS_OUTPUT, json!({"complete": true})));
        let mut readings = BTreeMap::from([
            ("queue", self.queue),
            ("senders", self.senders),
            ("logins", logins),
            ("accounts", self.accounts),
            ("web", Some(self.web)),
            ("os", Some(self.os)),
        ]);
        readings.extend(self.panel.map(|panel| ("panel", Some(panel))));
        for step in &mut playbook.steps {
            if let Some(reading) = readings.remove(step.id.as_str()) {
                step.body = Body::Reading(Box::leak(Box::new(MadeUp(reading))));
            }
        }
        let found = |name: &&str| Found { name: (*name).to_owned(), version: String::new(), active: true };
        let panel = |&(name, version): &(&str, &str)| Found { version: version.to_owned(), ..found(&name) };
        let panels = self.panels.iter().map(panel).collect();
        let mut flow = of(Arc::new(playbook));
        flow.profiled(Profile { mtas: self.mtas.iter().map(found).collect(), panels, ..Profile::default() });
        let mut said = Vec::new();
        assert!(flow.next(&mut said).is_empty(), "a step asks a host that does not exist");
        let finding = |said| if let Said::Found { finding, .. } = said { Some(finding) } else { None };
        said.into_iter().filter_map(finding).collect()
    }

    fn codes(self) -> Vec<String> {
        self.findings().into_iter().map(|f| format!("{} {} {}", f.level, f.code, f.key).trim().to_owned()).collect()
    }
}

#[test]
fn a_quiet_host_has_no_findings() {
    assert_eq!(Case::quiet().codes(), [""; 0]);
    let usual = [
        sender(json!({"account": "info@example.jp", "messages": 9, "sent": 9, "peak_per_hour": 4,
            "senders": [{"sender": "info@example.jp", "messages": 9, "recipients": 9}]})),
        // An alias of the same host, written in another case.
        sender(json!({"account": "sales@example.jp", "messages": 3, "forged": 1,
            "senders": [{"sender": "INFO@example.jp", "messages": 1, "recipients": 1}]})),
        sender(json!({"account": "taro", "messages": 3})),
        // Cron's reports to root, and a web form now and then.
        sender(json!({"account": "uid:0", "kind": "script", "user": "root", "messages": 24, "sent": 24,
            "senders": [{"sender": "root@mx07", "messages": 24, "recipients": 24}]})),
        sender(json!({"account": "uid:33", "kind": "script", "user": "www-data", "messages": 4, "sent": 4,
            "senders": [{"sender": "www-data@mx07", "messages": 4, "recipients": 4}]})),
    ];
    assert_eq!(Case::with_senders(&usual).codes(), [""; 0]);
}

fn abuse() -> [Value; 3] {
    [
        sender(json!({"account": "info@example.jp", "messages": 1840, "recipients": 1840, "peak_per_hour": 920,
            "bounced": 700, "bounce_rate": 0.38, "forged": 1840, "client_ips": ["192.0.2.1"],
            "senders": [{"sender": "x@forged.example.org", "messages": 1840, "recipients": 1840}]})),
        sender(json!({"account": "ghost@example.jp", "messages": 2, "recipients": 2})),
        sender(json!({"account": "uid:33", "kind": "script", "user": "www-data", "messages": 6, "deferred": 6,
            "senders": [{"sender": "www-data@mx07", "messages": 6, "recipients": 6}]})),
    ]
}

#[test]
fn abuse_is_found_with_its_numbers_and_a_stable_key() {
    let case = Case::with_senders(&abuse());
    let findings = case.findings();
    let hot = findings.iter().find(|f| f.code == "SENDER_HOT").unwrap();
    assert_eq!(hot.message, "info@example.jp sent 920 messages to 0 recipients within an hour");
    assert_eq!((&hot.data["peak_per_hour"], &hot.data["limit"]), (&json!(920), &json!(300)));
    assert_eq!((&hot.data["confidence"], hot.level), (&json!("suspected"), crate::model::Level::High));
    insta::assert_snapshot!(Case::with_senders(&abuse()).codes().join("\n"), @r"
    high SENDER_HOT info@example.jp
    high BOUNCE_RATE info@example.jp
    high SENDER_FORGED info@example.jp
    critical SENDER_UNKNOWN ghost@example.jp
    critical SENDER_UNKNOWN uid:33
    ");
}

#[test]
fn a_list_of_accounts_that_failed_or_has_gaps_accuses_nobody() {
    let failed = Case { accounts: None, ..Case::with_senders(&abuse()) };
    let told = ["high SENDER_HOT info@example.jp", "high BOUNCE_RATE info@example.jp", "info DATA_INCOMPLETE signals"];
    assert_eq!(failed.codes(), told);
    let gaps = record(ACCOUNTS_OUTPUT, json!({"complete": false, "incomplete": ["plesk: timed out after 60 s"]}));
    let gaps = Case { accounts: Some(gaps), ..Case::with_senders(&abuse()) };
    assert_eq!(gaps.codes(), [told.as_slice(), &["info DATA_INCOMPLETE accounts"]].concat());
}

#[test]
fn the_queue_the_system_and_two_mail_servers_are_judged() {
    let login = row("top_logins", QUEUE_OUTPUT, json!({"login": "info@example.jp", "messages": 700}));
    let queue = json!({"total": 900, "oldest": "2026-11-20T00:00:00Z", "oldest_age": 400_000, "top_logins": [login],
        "incomplete": ["mail queue: cut off"]});
    let os = json!({"known": true, "name": "CentOS Linux 7 (Core)", "eol": true, "vendor_end": "2024-06-30",
        "surcharge_jpy_per_hour": 15_000, "source": "a table", "checked": "2026-08-22"});
    let case = || Case {
        queue: Some(record(QUEUE_OUTPUT, queue.clone())),
        os: record(OS_OUTPUT, os.clone()),
        mtas: &["postfix", "exim"],
        ..Case::quiet()
    };
    insta::assert_snapshot!(case().codes().join("\n"), @r"
    warn TWO_MTAS
    warn OS_EOL
    warn QUEUE_LARGE
    info QUEUE_OLD
    high QUEUE_LOGIN info@example.jp
    info DATA_INCOMPLETE queue
    ");
    let findings = case().findings();
    let eol = findings.iter().find(|f| f.code == "OS_EOL").unwrap();
    insta::assert_snapshot!(json!(eol.data), @r#"{"os":"CentOS Linux 7 (Core)","policy":"vendor","vendor_end":"2024-06-30","extended_end":null,"surcharge_jpy_per_hour":15000,"excluding_tax":true,"source":"a table","checked":"2026-08-22"}"#);
    insta::assert_snapshot!(findings[0].message, @"more than one mail server is running: postfix, exim");
}

#[test]
fn a_script_that_sends_much_is_named_by_its_file() {
    let script = |script: &str, source: &str, peak: u64| {
        let given = json!({"script": script, "source": source, "messages": 60, "peak_per_hour": peak});
        row("rows", WEB_OUTPUT, given)
    };
    let rows = [
        script("/var/www/vhosts/example.jp/httpdocs/x.php", "php-log", 50),
        script("33:contact.php", "header", 49),
        // Signal H speaks of users.
        script("uid:33", "uid", 900),
    ];
    let web = record(WEB_OUTPUT, json!({"rows": rows, "incomplete": ["php mail log: timed out after 60 s"]}));
    insta::assert_snapshot!(Case { web, ..Case::quiet() }.codes().join("\n"), @r"
    warn WEB_SCRIPT_HOT /var/www/vhosts/example.jp/httpdocs/x.php
    info DATA_INCOMPLETE web
    ");
}

#[test]
fn a_panel_past_its_support_is_a_finding_apart_from_the_system() {
    let case = |panels| Case { panels, ..Case::quiet() };
    assert_eq!(case(&[("plesk", "18.0.99")]).codes(), [""; 0], "newer than the table");
    assert_eq!(case(&[("webmin", "2.101")]).codes(), [""; 0]);
    let findings = case(&[("plesk", "17.8.11")]).findings();
    assert_eq!(findings.iter().map(|f| f.code.as_str()).collect::<Vec<_>>(), ["PANEL_EOL"]);
    insta::assert_snapshot!(json!(findings[0].data), @r#"{"panel":"plesk","version":"17.8.11","end":"2021-04-20","source":"endoflife.date commit a70eca3, 2026-08-22","checked":"2026-08-22"}"#);
    insta::assert_snapshot!(findings[0].message, @"plesk 17.8.11 is past its end of support");
    let old = case(&[("plesk", "12.5.30")]).findings();
    assert_eq!((old[0].code.as_str(), &old[0].data["end"]), ("PANEL_EOL", &Value::Null));
}

#[test]
fn dates_that_nobody_checked_for_half_a_year_are_told_for_the_system_and_the_panel() {
    let os = json!({"known": true, "name": "CloudLinux 8.9", "table_stale": true, "source": "from memory"});
    let stale = Case { os: record(OS_OUTPUT, os), ..Case::quiet() };
    let findings = stale.findings();
    assert_eq!((findings[0].code.as_str(), findings[0].key.as_str()), ("TABLE_STALE", "os"));
    insta::assert_snapshot!(findings[0].message, @"the support dates of CloudLinux 8.9 have not been checked for six months");
    assert_eq!(findings.len(), 1);
    let panel = record(PANEL_OUTPUT, json!({"name": "plesk", "version": "18.0.99", "table_stale": true}));
    let findings = Case { panel: Some(panel), ..Case::quiet() }.codes();
    assert_eq!(findings, ["info TABLE_STALE panel"]);
}

#[test]
fn ten_thousand_senders_against_five_thousand_accounts_are_judged_within_the_work_that_is_allowed() {
    let rows: Vec<Value> =
        (0..10_000).map(|n| sender(json!({"account": format!("u{}@example.jp", n % 5_000), "messages": 1}))).collect();
    let logins: Vec<String> = (0..5_000).map(|n| format!("u{n}@example.jp")).collect();
    let accounts = record(ACCOUNTS_OUTPUT, json!({"complete": true, "logins": logins, "addresses": logins}));
    let case = Case { accounts: Some(accounts), ..Case::with_senders(&rows) };
    assert_eq!(case.codes(), [""; 0]);
}
