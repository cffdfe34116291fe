use super::*;
use crate::mail::geo::{Geo, IpRow, Place};
use crate::mail::read::logins::{Guessed, LoginsReport, LoginsRow, SharedIp};
use crate::mail::read::queue::QueueReport;
use crate::mail::read::senders::{BlockedRow, Sender, SendersReport, Single};
use crate::model::host::Exemption;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

mod page;
mod places;

const NEWS: &str = "news@example.jp";

/// A sender of which nothing is known but its name: one message to one recipient.
fn sender(account: &str, given: Value) -> Sender {
    let mut all = json!({
        "account": account, "kind": "login", "user": null, "messages": 1, "recipients": 1, "peak_per_hour": 1,
        "peak_recipients_per_hour": 1, "peak_at": null, "sent": 1, "delivered": 0, "deferred": 0, "bounced": 0,
        "unknown_rcpt": 0.0, "bounce_rate": 0.0, "client_ips": [], "client_ip_count": 0, "senders": [], "sender_count": 1,
        "forged": 0, "first": null, "last": null, "hours": [], "rcpt_median": 1, "rcpt_max": 1, "nets_hour": 0,
        "nets_day": 0, "blocked": [], "singles": [], "scripts": [], "samples": [],
    });
    all.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

fn senders(rows: Vec<Sender>) -> SendersReport {
    SendersReport {
        window_from: None,
        window_to: None,
        covered_from: None,
        complete: true,
        incomplete: Vec::new(),
        lines: 0,
        messages: 0,
        recipients: 0,
        relayed: 0,
        rows,
        by_sender: Vec::new(),
    }
}

fn logins(account: &str, change: impl FnOnce(&mut LoginsRow)) -> LoginsReport {
    let mut row = LoginsRow {
        account: account.into(),
        ok: 1,
        failed: 0,
        by_service: BTreeMap::new(),
        failed_by_service: BTreeMap::new(),
        client_ips: Vec::new(),
        client_ip_count: 0,
        nets_hour: 0,
        nets_day: 0,
        nets_at: None,
        countries: None,
        asns: None,
        first: None,
        last: None,
        guessed: None,
        shared_ip: None,
        sessions: None,
    };
    change(&mut row);
    LoginsReport {
        window_from: None,
        window_to: None,
        covered_from: None,
        complete: true,
        incomplete: Vec::new(),
        lines: 0,
        ok: 1,
        failed: 0,
        unnamed: 0,
        rows: vec![row],
        failed_ips: Vec::new(),
    }
}

fn queue(given: Value) -> QueueReport {
    let mut all = json!({
        "total": 0, "by_queue": {}, "bytes": 0, "recipients": 0, "oldest": null, "oldest_age": null, "top_logins": [],
        "top_senders": [], "top_recipient_domains": [], "reasons": [], "no_login": 0, "login_unread": 0, "refused": 0,
        "complete": true, "incomplete": [],
    });
    all.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

/// A host on which everything was read and nothing is wrong.
struct Case {
    senders: SendersReport,
    logins: Option<LoginsReport>,
    queue: Option<QueueReport>,
    names: Option<Names>,
    baseline: Baseline,
    exemptions: Vec<Exemption>,
    reported: Vec<String>,
    geo: Geo,
}

impl Case {
    fn new(rows: Vec<Sender>) -> Self {
        let addresses = ["info@example.jp", "sales@example.jp", "shop@example.jp", NEWS].map(str::to_owned).to_vec();
        let names = Names { logins: addresses.clone(), addresses, total: 4, complete: true };
        Self {
            senders: senders(rows),
            logins: Some(logins(NEWS, |_| {})),
            queue: Some(queue(json!({}))),
            names: Some(names),
            baseline: Baseline::default(),
            exemptions: Vec::new(),
            reported: Vec::new(),
            geo: Geo::default(),
        }
    }

    fn report(&self) -> SignalsReport {
        judge(&Facts {
            senders: &self.senders,
            logins: self.logins.as_ref(),
            queue: self.queue.as_ref(),
            names: self.names.as_ref(),
            baseline: &self.baseline,
            exemptions: &self.exemptions,
            reported: &self.reported,
            today: jiff::civil::date(2026, 11, 24),
            limits: &Limits::default(),
            geo: &self.geo,
        })
    }

    fn told(&self) -> Vec<String> {
        self.report().rows.iter().map(|s| format!("{} {} {}", s.level, s.code, s.account)).collect()
    }

    /// A case that fires says exactly this; and nothing once the inventory expects it of the newsletter.
    #[track_caller]
    fn fires(mut self, expected: &str) {
        assert_eq!(self.told(), [expected]);
        let about = expected.rsplit(' ').next().unwrap().to_owned();
        self.exemptions.push(exemption(&about, &[], "2026-11-24"));
        let report = self.report();
        assert_eq!((report.rows.len(), report.exempted.len()), (0, 1), "{report:?}");
        assert_eq!(report.exempted[0].owner, "Sato");
    }

    #[track_caller]
    fn says_nothing(self) {
        assert_eq!(self.told(), [""; 0]);
    }
}

fn exemption(account: &str, signals: &[&str], until: &str) -> Exemption {
    Exemption {
        account: account.into(),
        signals: signals.iter().map(|s| (*s).to_owned()).collect(),
        owner: "Sato".into(),
        until: until.parse().unwrap(),
        reason: Some("newsletter".into()),
    }
}

fn one(given: Value) -> Case {
    Case::new(vec![sender(NEWS, given)])
}

#[test]
fn a_hundred_messages_an_hour_are_suspicious_and_three_hundred_too_many() {
    one(json!({"peak_per_hour": 99, "peak_recipients_per_hour": 199})).says_nothing();
    one(json!({"peak_per_hour": 100})).fires("warn SENDER_HOT news@example.jp");
    one(json!({"peak_recipients_per_hour": 200})).fires("warn SENDER_HOT news@example.jp");
    one(json!({"peak_per_hour": 299, "peak_recipients_per_hour": 499})).fires("warn SENDER_HOT news@example.jp");
    one(json!({"peak_per_hour": 300})).fires("high SENDER_HOT news@example.jp");
    one(json!({"peak_recipients_per_hour": 500})).fires("high SENDER_HOT news@example.jp");
}

#[test]
fn ten_times_what_is_usual_is_suspicious() {
    let usual = |peak: u64, now: u64| {
        let mut case = one(json!({"peak_per_hour": now}));
        case.baseline.accounts.insert(NEWS.into(), Usual { peak: Some(peak), ..Usual::default() });
        case
    };
    usual(3, 30).fires("warn SENDER_HOT news@example.jp");
    usual(3, 29).says_nothing();
    usual(4, 39).says_nothing();
    usual(0, 30).fires("warn SENDER_HOT news@example.jp");
    one(json!({"peak_per_hour": 40})).says_nothing();
}

#[test]
fn many_recipients_of_each_message_or_of_one_are_suspicious() {
    one(json!({"rcpt_median": 19, "rcpt_max": 49})).says_nothing();
    one(json!({"rcpt_median": 20})).fires("warn RCPT_MANY news@example.jp");
    one(json!({"rcpt_max": 50})).fires("warn RCPT_MANY news@example.jp");
}

#[test]
fn an_account_is_not_in_five_networks_within_an_hour() {
    one(json!({"nets_hour": 4, "nets_day": 9})).says_nothing();
    one(json!({"nets_hour": 5})).fires("warn CLIENT_SPREAD news@example.jp");
    one(json!({"nets_day": 10})).fires("warn CLIENT_SPREAD news@example.jp");
    let mut imap = one(json!({}));
    imap.logins = Some(logins(NEWS, |row| row.nets_hour = 5));
    imap.fires("warn CLIENT_SPREAD news@example.jp");
}

#[test]
fn networks_that_an_account_never_used_are_suspicious() {
    let ips = |new: usize| {
        let mut case = one(json!({}));
        let ip = |n: usize| IpRow {
            ip: if n < new { format!("198.51.{n}.1") } else { format!("192.0.{n}.1") },
            count: 1,
            place: Place::default(),
        };
        case.logins = Some(logins(NEWS, |row| row.client_ips = (0..6).map(ip).collect()));
        let nets = (0..6).map(|n| format!("192.0.{n}.0")).collect();
        case.baseline.accounts.insert(NEWS.into(), Usual { nets, ..Usual::default() });
        case
    };
    ips(4).says_nothing();
    ips(5).fires("warn CLIENT_SPREAD news@example.jp");
}

#[test]
fn a_fifth_of_refused_recipients_is_too_much() {
    one(json!({"bounced": 24, "sent": 10})).says_nothing();
    one(json!({"bounced": 25, "sent": 101})).says_nothing();
    one(json!({"bounced": 25, "sent": 100})).fires("high BOUNCE_RATE news@example.jp");
}

#[test]
fn servers_that_refuse_spam_are_listed() {
    let blocked = |messages: usize| {
        let row = |remote: &str, messages| BlockedRow { remote: remote.into(), messages, text: "550 spam".into() };
        let mut case = one(json!({}));
        case.senders.rows[0].blocked = vec![row("mx.a.example", messages - 1), row("mx.b.example", 1)];
        case
    };
    blocked(9).says_nothing();
    let report = blocked(10).report();
    assert_eq!(report.rows[0].data["by_server"][0]["remote"], "mx.a.example");
    blocked(10).fires("warn MAIL_BLOCKED news@example.jp");
}

#[test]
fn twenty_failures_and_then_a_new_address_are_a_guess() {
    let guessed = |failures| {
        let mut case = one(json!({}));
        case.logins = Some(logins(NEWS, |row| {
            row.guessed = Some(Guessed { failures, ip: "203.0.113.5".into(), at: None });
        }));
        case
    };
    guessed(19).says_nothing();
    guessed(20).fires("high LOGIN_GUESSED news@example.jp");
    let shared = |accounts| {
        let mut case = one(json!({}));
        case.logins = Some(logins(NEWS, |row| {
            row.shared_ip = Some(SharedIp { ip: "203.0.113.5".into(), accounts, at: None });
        }));
        case
    };
    shared(2).says_nothing();
    shared(3).fires("high LOGIN_SHARED_IP news@example.jp");
}

#[test]
fn a_login_may_use_the_hosts_own_names_but_not_others() {
    let under = |names: &[&str]| {
        let rows: Vec<Value> = names.iter().map(|s| json!({"sender": s, "messages": 1, "recipients": 1})).collect();
        one(json!({"forged": names.len(), "senders": rows}))
    };
    under(&["info@example.jp", "SALES@example.jp", "shop@example.jp"]).says_nothing();
    under(&["a@example.jp", "b@example.jp"]).says_nothing();
    under(&["a@example.jp", "b@example.jp", "c@example.jp"]).fires("high SENDER_FORGED news@example.jp");
    under(&["ceo@bank.example"]).fires("high SENDER_FORGED news@example.jp");
    under(&["", "news@example.jp"]).says_nothing();
}

#[test]
fn half_of_a_large_queue_is_too_much_for_one() {
    let login = |messages: usize, total: usize| {
        let mut case = one(json!({}));
        let row = json!({"login": NEWS, "messages": messages, "recipients": messages, "senders": 1, "clients": 1, "oldest_age": 1});
        case.queue = Some(queue(json!({"total": total, "top_logins": [row]})));
        case
    };
    login(99, 99).says_nothing();
    login(100, 201).says_nothing();
    login(100, 200).fires("high QUEUE_LOGIN news@example.jp");
    let sender = |sender: &str, messages: usize, total: usize| {
        let mut case = one(json!({}));
        let row = json!({"sender": sender, "messages": messages, "recipients": messages});
        case.queue = Some(queue(json!({"total": total, "top_senders": [row]})));
        case
    };
    sender(NEWS, 100, 201).says_nothing();
    sender(NEWS, 100, 200).fires("warn QUEUE_LOGIN news@example.jp");
    sender("", 100, 201).says_nothing();
    assert_eq!(sender("", 100, 200).told(), ["warn QUEUE_BACKSCATTER "]);
}

#[test]
fn programs_that_send_much_or_as_nobody_are_told() {
    let script = |account: &str, given: Value| {
        let mut all =
            json!({"kind": "script", "senders": [{"sender": "www@example.jp", "messages": 9, "recipients": 9}]});
        all.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
        let mut case = Case::new(vec![sender(account, all)]);
        case.names.as_mut().unwrap().addresses.push("www@example.jp".into());
        case
    };
    script("uid:33", json!({"peak_per_hour": 49})).says_nothing();
    script("uid:33", json!({"peak_per_hour": 50})).fires("warn SCRIPT_HOT uid:33");
    script("user:shop", json!({"peak_per_hour": 50})).fires("warn SCRIPT_HOT user:shop");
    script("uid:10001", json!({"peak_per_hour": 50})).fires("warn SCRIPT_HOT uid:10001");
    script("uid:0", json!({"peak_per_hour": 99})).says_nothing();
    script("uid:110", json!({"peak_per_hour": 99})).says_nothing();
    let nobody = json!([{"sender": "", "messages": 5, "recipients": 5}]);
    let sent = json!({"messages": 5, "sent": 0, "delivered": 5, "senders": nobody});
    script("uid:33", sent.clone()).fires("warn SCRIPT_HOT uid:33");
    script("uid:0", sent).says_nothing();
    script("uid:33", json!({"messages": 4, "sent": 0, "senders": nobody})).says_nothing();
}

#[test]
fn a_sender_that_is_no_account_is_an_intrusion_and_never_exempt() {
    let stranger = sender("ghost@example.jp", json!({}));
    let mut case = Case::new(vec![stranger]);
    assert_eq!(case.told(), ["critical SENDER_UNKNOWN ghost@example.jp"]);
    case.exemptions.push(exemption("ghost@example.jp", &[], "2030-01-01"));
    assert_eq!(case.told(), ["critical SENDER_UNKNOWN ghost@example.jp"]);
    let foreign = json!([{"sender": "x@other.example", "messages": 5, "recipients": 5}]);
    let script = |messages| sender("uid:33", json!({"kind": "script", "messages": messages, "senders": foreign}));
    Case::new(vec![script(4)]).says_nothing();
    assert_eq!(Case::new(vec![script(5)]).told(), ["critical SENDER_UNKNOWN uid:33"]);
}

#[test]
fn one_small_message_to_a_free_mailbox_from_a_new_address_is_a_test() {
    let single = |size, recipient: &str, known| {
        let mut case = one(json!({"messages": 9}));
        let single = Single { at: None, ip: "203.0.113.9".into(), recipient: recipient.into(), size, known };
        case.senders.rows[0].singles = vec![single];
        case
    };
    single(2_048, "thief@GMAIL.com", true).fires("info TEST_MESSAGE news@example.jp");
    single(2_049, "thief@gmail.com", true).says_nothing();
    single(500, "friend@company.example", true).says_nothing();
    // The account's first message ever seen may come from its owner.
    single(500, "thief@gmail.com", false).says_nothing();
}

#[test]
fn three_accounts_of_one_domain_that_rise_together_are_a_leak() {
    let rise = |n: usize| {
        let names = ["info@example.jp", "sales@example.jp", "shop@example.jp"];
        Case::new(names[..n].iter().map(|name| sender(name, json!({"peak_per_hour": 120}))).collect())
    };
    assert!(!rise(2).told().iter().any(|s| s.contains("DOMAIN_RISE")));
    assert_eq!(rise(3).told()[3], "high DOMAIN_RISE example.jp");
    let mut case = rise(3);
    case.exemptions.push(exemption("EXAMPLE.jp", &["DOMAIN_RISE"], "2026-12-31"));
    assert_eq!(case.told().len(), 3);
}

#[test]
fn several_signals_of_one_account_make_it_suspected_and_a_complaint_confirms_it() {
    let mut case = one(json!({"peak_per_hour": 120, "rcpt_max": 60}));
    let report = case.report();
    assert!(report.rows.iter().all(|s| s.confidence == Confidence::Suspected));
    assert_eq!(
        report.accounts,
        [AccountRow { account: NEWS.into(), confidence: Confidence::Suspected, signals: vec!["A".into(), "B".into()] }]
    );
    let alone = one(json!({"peak_per_hour": 120})).report();
    assert_eq!(alone.rows[0].confidence, Confidence::Watch);
    // Two signals of one letter are one sign.
    let mut twice = one(json!({"bounced": 50, "sent": 10}));
    twice.senders.rows[0].blocked = vec![BlockedRow { remote: "mx".into(), messages: 20, text: "spam".into() }];
    assert!(twice.report().rows.iter().all(|s| s.confidence == Confidence::Watch));
    case.reported.push("News@Example.jp".into());
    case.exemptions.push(exemption(NEWS, &[], "2030-01-01"));
    assert!(case.report().rows.iter().all(|s| s.confidence == Confidence::Confirmed));
}

#[test]
fn an_exemption_ends_and_covers_only_what_it_names() {
    let mut case = one(json!({"peak_per_hour": 120, "rcpt_max": 60}));
    case.exemptions = vec![exemption(NEWS, &["RCPT_MANY"], "2026-11-24"), exemption(NEWS, &[], "2026-11-23")];
    let report = case.report();
    assert_eq!((report.rows.len(), report.rows[0].code, report.exempted.len()), (1, "SENDER_HOT", 1));
    assert_eq!(report.exemption_notes, ["the exemption of news@example.jp expired on 2026-11-23 (owner: Sato)"]);
    case.exemptions = vec![exemption(NEWS, &["SENDER_HOTT"], "2027-01-01")];
    assert_eq!(
        case.report().exemption_notes,
        ["the exemption of news@example.jp names SENDER_HOTT, which is not a signal"]
    );
}

#[test]
fn what_was_not_read_is_not_judged_and_said() {
    let mut case = Case::new(vec![sender("ghost@example.jp", json!({}))]);
    (case.logins, case.queue) = (None, None);
    case.names.as_mut().unwrap().complete = false;
    let report = case.report();
    assert!(report.rows.is_empty());
    assert_eq!(
        report.not_judged,
        [
            "LOGIN_GUESSED: the logins were not read",
            "LOGIN_SHARED_IP: the logins were not read",
            "SENDER_FORGED: the accounts were not fully read",
            "QUEUE_LOGIN: the queue was not read",
            "QUEUE_BACKSCATTER: the queue was not read",
            "SENDER_UNKNOWN: the accounts were not fully read",
        ]
    );
}

#[test]
fn every_signal_is_in_the_table_with_its_letter() {
    let letters: BTreeSet<char> = ALL.iter().map(|kind| kind.letter).collect();
    let letters: Vec<char> = letters.into_iter().collect();
    let expected: Vec<char> = ('A'..).take(letters.len()).collect();
    assert_eq!(letters, expected, "letters without a gap");
}
