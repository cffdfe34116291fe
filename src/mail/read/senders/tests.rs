use super::*;
use crate::host::answer::testing::fine;
use crate::mail::geo::testing::{Mmdb, asn, country};
use crate::mail::log::LogRecord;
use crate::model::HostName;
use crate::model::mail::{Origin, SendRecord};
use crate::model::profile::Found;

const LOG: &str = include_str!("../../../../tests/captures/postfix-rfc3339.log");
const DAY: Duration = Duration::from_secs(86_400);
const NOW: i64 = 1_795_485_600; // 2026-11-24T02:00:00Z

fn host() -> Host {
    Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root")
}

fn profile(mta: &str) -> Profile {
    let found = Found { name: mta.into(), version: String::new(), active: true };
    Profile { now: NOW, mtas: vec![found], ..Profile::default() }
}

fn senders(log: &str, since: u64) -> SendersReport {
    let since = Duration::from_secs(since);
    let outputs = [fine("senders.log", log), fine("senders.users", "0\troot\n33\twww-data\n")];
    read(&host(), &profile("postfix"), since, NOW, &outputs, &Geo::default()).unwrap()
}

#[test]
fn a_log_is_added_up_by_account() {
    let report = senders(&format!("== 9 0 /var/log/mail.log\nfirst 2026-11-23T00:00:00Z x\n{LOG}end\n"), 86_400);
    insta::assert_snapshot!(serde_json::to_string_pretty(&report.rows[0]).unwrap(), @r#"
    {
      "account": "info@example.jp",
      "kind": "login",
      "user": null,
      "messages": 4,
      "recipients": 6,
      "peak_per_hour": 4,
      "peak_recipients_per_hour": 6,
      "peak_at": "2026-11-24T01:57:35Z",
      "sent": 1,
      "delivered": 0,
      "deferred": 4,
      "bounced": 1,
      "unknown_rcpt": 0.0,
      "bounce_rate": 0.16666666666666666,
      "client_ips": [
        "127.0.0.1"
      ],
      "client_ip_count": 1,
      "clients": null,
      "countries": null,
      "asns": null,
      "senders": [
        {
          "sender": "info@example.jp",
          "messages": 3,
          "recipients": 3
        },
        {
          "sender": "ceo@forged.example.org",
          "messages": 1,
          "recipients": 3
        }
      ],
      "sender_count": 2,
      "forged": 1,
      "first": "2026-11-24T01:57:35Z",
      "last": "2026-11-24T01:57:47Z",
      "hours": [
        {
          "hour": "2026-11-24T01:00:00Z",
          "messages": 4,
          "recipients": 6
        }
      ],
      "rcpt_median": 1,
      "rcpt_max": 3,
      "nets_hour": 0,
      "nets_day": 0,
      "blocked": [],
      "singles": [],
      "scripts": [],
      "samples": [
        {
          "at": "2026-11-24T01:57:35Z",
          "id": "70D1C9D291A",
          "ip": "127.0.0.1",
          "sender": "info@example.jp",
          "recipients": 1
        },
        {
          "at": "2026-11-24T01:57:35Z",
          "id": "A2CDA9D291A",
          "ip": "127.0.0.1",
          "sender": "ceo@forged.example.org",
          "recipients": 3
        },
        {
          "at": "2026-11-24T01:57:35Z",
          "id": "D14029D291C",
          "ip": "127.0.0.1",
          "sender": "info@example.jp",
          "recipients": 1
        },
        {
          "at": "2026-11-24T01:57:47Z",
          "id": "4739A9D2109",
          "ip": "127.0.0.1",
          "sender": "info@example.jp",
          "recipients": 1
        }
      ]
    }
    "#);
    let rows: Vec<_> = report.rows.iter().map(|r| (r.account.as_str(), r.user.as_deref(), r.messages)).collect();
    assert_eq!(
        rows,
        [
            ("info@example.jp", None, 4),
            ("uid:0", Some("root"), 3),
            ("sales@example.jp", None, 1),
            ("uid:33", Some("www-data"), 1),
        ]
    );
    assert!(report.complete, "{:?}", report.incomplete);
    assert_eq!((report.messages, report.recipients, report.relayed), (9, 11, 0));
    crate::model::schema::testing::assert_same_keys(&serde_json::to_value(&report).unwrap(), SENDERS_OUTPUT);
}

#[test]
fn only_the_window_counts_and_its_gaps_are_said() {
    let report = senders(&format!("{LOG}end\n"), 140);
    assert_eq!(report.messages, 1, "only the last of them is in the window");
    assert_eq!(report.incomplete, Vec::<String>::new());
    let late = senders(&format!("{LOG}end\n"), 86_400);
    assert_eq!(late.incomplete, ["mail log: it starts at 2026-11-24T01:57:26Z, after the beginning of the window"]);
    let cut = senders("", 60).incomplete;
    assert_eq!(cut, ["mail log: the output was truncated", "mail log: it has no readable line"]);
    assert!(read(&host(), &profile("postfix"), DAY, NOW, &[], &Geo::default()).is_err());
}

#[test]
fn a_mail_server_that_is_not_supported_says_so() {
    let not_yet = |mta| parts(&host(), &profile(mta), DAY, NOW);
    assert_eq!(not_yet("other"), Support::NotYet("mail server other is not yet supported".into()));
    assert_eq!(parts(&host(), &Profile::default(), DAY, NOW), Support::NotYet("no mail server found".into()));
    assert!(matches!(not_yet("postfix"), Support::Yes(parts) if parts.len() == 2));
}

fn record(at: i64, login: &str, sender: &str, recipients: u32) -> LogRecord {
    let send = SendRecord {
        at,
        id: format!("A{at}"),
        origin: Origin::Login(login.into()),
        sender: sender.into(),
        recipients,
        size: 1,
        client_ip: Some(format!("192.0.2.{}", at % 30)),
        message_id: None,
        sent: 0,
        deferred: 0,
        bounced: recipients,
    };
    LogRecord { send, delivered: 0, unknown: recipients / 2, script: None, recipient: None, blocked: Vec::new() }
}

fn rows(records: Vec<LogRecord>) -> Vec<Sender> {
    let reading = LogReading { records, ..LogReading::default() };
    let window = Window { from: 0, now: NOW, days: Vec::new() };
    report(&reading, &window, &BTreeMap::new(), &Geo::default()).rows
}

#[test]
fn the_peak_is_of_any_sixty_minutes_not_of_an_hour_of_the_clock() {
    let at = [0, 1_800, 3_000, 5_399, 5_400, 9_000];
    let records = at.iter().map(|&at| record(at, "a@b.jp", "a@b.jp", if at == 9_000 { 50 } else { 1 })).collect();
    let row = &rows(records)[0];
    assert_eq!((row.peak_per_hour, row.peak_at.as_deref()), (3, Some("1970-01-01T00:00:00Z")));
    assert_eq!(row.peak_recipients_per_hour, 50);
    assert_eq!(row.hours.iter().map(|h| h.messages).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!((row.bounce_rate, row.unknown_rcpt), (1.0, 25.0 / 55.0));
}

#[test]
fn a_login_in_capitals_is_the_same_account_and_lists_are_bounded() {
    let records = (0..60).map(|n| record(n, if n % 2 == 0 { "Info@b.jp" } else { "info@b.jp" }, &format!("s{n}@x"), 1));
    let rows = rows(records.collect());
    assert_eq!((rows.len(), rows[0].messages, rows[0].forged), (1, 60, 60));
    assert_eq!((rows[0].client_ip_count, rows[0].client_ips.len()), (30, 20));
    assert_eq!((rows[0].sender_count, rows[0].senders.len()), (60, 20));
}

#[test]
fn a_sender_is_forged_when_it_is_not_the_login() {
    let forged = |login: &str, sender: &str| rows(vec![record(1, login, sender, 1)])[0].forged;
    assert_eq!(forged("info@b.jp", "INFO@b.jp"), 0);
    assert_eq!(forged("info", "info@b.jp"), 0);
    assert_eq!(forged("info@b.jp", ""), 0);
    assert_eq!(forged("info@b.jp", "info@c.jp"), 1);
    assert_eq!(forged("info", "ceo@b.jp"), 1);
}

#[test]
fn a_user_that_the_log_names_is_the_same_as_his_uid() {
    let by = |origin| {
        let mut record = record(1, "", "x@b.jp", 1);
        record.send.origin = origin;
        record
    };
    let records = vec![by(Origin::Uid(33)), by(Origin::User("www-data".into())), by(Origin::User("gone".into()))];
    let reading = LogReading { records, ..LogReading::default() };
    let window = Window { from: 0, now: NOW, days: Vec::new() };
    let rows = report(&reading, &window, &BTreeMap::from([(33, "www-data".to_owned())]), &Geo::default()).rows;
    let told: Vec<_> = rows.iter().map(|r| (r.account.as_str(), r.user.as_deref(), r.kind, r.messages)).collect();
    let script = SenderKind::Script;
    assert_eq!(told, [("uid:33", Some("www-data"), script, 2), ("user:gone", Some("gone"), script, 1)]);
}

#[test]
fn where_clients_are_is_told_when_the_user_gives_a_database_and_only_then() {
    let geo = Geo::default().with("c.mmdb", Mmdb::new("GeoLite2-Country").net("192.0.2.0/28", country("JP")).bytes());
    let geo = geo.unwrap().with("a.mmdb", Mmdb::new("GeoLite2-ASN").net("192.0.2.0/27", asn(64_500, "Net")).bytes());
    let records = [3, 3, 20].map(|at| record(at, "a@b.jp", "a@b.jp", 1)).to_vec();
    let reading = LogReading { records, ..LogReading::default() };
    let window = Window { from: 0, now: NOW, days: Vec::new() };
    let report = report(&reading, &window, &BTreeMap::new(), &geo.unwrap());
    let row = &report.rows[0];
    let clients = row.clients.as_ref().unwrap();
    let told: Vec<_> = clients.iter().map(|c| (c.ip.as_str(), c.count, c.place.country.as_deref())).collect();
    assert_eq!(told, [("192.0.2.3", 2, Some("JP")), ("192.0.2.20", 1, None)]);
    assert_eq!((clients[1].place.asn, clients[1].place.as_org.as_deref()), (Some(64_500), Some("Net")));
    let countries = row.countries.as_ref().unwrap();
    assert_eq!((countries.hour, countries.total, countries.unknown, countries.rows[0].count), (1, 1, 1, 2));
    assert_eq!(row.asns.as_ref().unwrap().rows[0].count, 3);
    let value = serde_json::to_value(&report).unwrap();
    crate::model::schema::testing::assert_same_keys(&value, SENDERS_OUTPUT);
    // What a step gives is what mail.signals reads.
    assert_eq!(serde_json::from_value::<SendersReport>(value).unwrap(), report);
    let without = &rows(vec![record(3, "a@b.jp", "a@b.jp", 1)])[0];
    assert_eq!((&without.clients, &without.countries, &without.asns), (&None, &None, &None));
}
