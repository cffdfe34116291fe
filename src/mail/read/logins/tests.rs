use super::*;
use crate::host::answer::testing::fine;
use crate::mail::geo::testing::{Mmdb, country};
use crate::model::HostName;

const DAY: Duration = Duration::from_secs(86_400);

fn host() -> Host {
    Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root")
}

fn profile() -> Profile {
    let found = |name: &str| crate::model::profile::Found { name: name.into(), version: String::new(), active: true };
    Profile { mtas: vec![found("postfix")], now: 1_795_500_000, ..Profile::default() }
}

/// 1_795_500_000 is 2026-11-24 06:00 UTC.
fn read_text(log: &str) -> LoginsReport {
    let text = format!("== 1 0 /var/log/mail.log\nfirst Nov 20 00:00:00 mx1 x: y\n{log}end\n");
    read(&host(), &profile(), DAY, 1_795_500_000, &[fine("logins.log", text)], &Geo::default()).unwrap()
}

fn smtp(time: &str, ip: &str, login: &str) -> String {
    format!(
        "Nov 24 {time} mx1 postfix/smtpd[1]: A{}: client=unknown[{ip}], sasl_method=LOGIN, sasl_username={login}\n",
        time.replace(':', "")
    )
}

fn failed(time: &str, ip: &str, login: &str) -> String {
    format!(
        "Nov 24 {time} mx1 postfix/smtpd[1]: warning: unknown[{ip}]: SASL LOGIN authentication failed: x, sasl_username={login}\n"
    )
}

fn imap(time: &str, ip: &str, login: &str) -> String {
    format!(
        "Nov 24 {time} mx1 dovecot: imap-login: Login: user=<{login}>, method=PLAIN, rip={ip}, lip=192.0.2.9, session=<x>\n"
    )
}

#[test]
fn logins_of_all_services_are_one_account() {
    let log = smtp("01:00:00", "192.0.2.1", "Info@example.jp") + &imap("01:30:00", "192.0.2.1", "info@example.jp");
    let report = read_text(&log);
    assert!(report.complete, "{:?}", report.incomplete);
    assert_eq!((report.ok, report.failed, report.rows.len()), (2, 0, 1));
    let row = &report.rows[0];
    assert_eq!((row.account.as_str(), row.ok, row.client_ip_count), ("info@example.jp", 2, 1));
    assert_eq!(row.by_service, BTreeMap::from([("imap".into(), 1), ("smtp".into(), 1)]));
    assert_eq!((row.first.as_deref(), row.sessions), (Some("2026-11-24T01:00:00Z"), None));
    crate::model::schema::testing::assert_same_keys(&serde_json::to_value(&report).unwrap(), LOGINS_OUTPUT);
}

#[test]
fn networks_are_counted_within_any_hour_and_any_day() {
    let log: String = (0..6).map(|n| smtp(&format!("0{n}:20:00"), &format!("10.0.{n}.7"), "a@b.jp")).collect();
    let near: String = (0..5).map(|n| smtp(&format!("05:3{n}:00"), &format!("10.9.{n}.7"), "a@b.jp")).collect();
    let row = read_text(&(log + &near)).rows.remove(0);
    assert_eq!((row.nets_hour, row.nets_day), (6, 11));
    assert_eq!(row.nets_at.as_deref(), Some("2026-11-24T05:20:00Z"));
    let same = (0..9).map(|n| smtp(&format!("05:3{n}:00"), &format!("10.9.1.{n}"), "a@b.jp")).collect::<String>();
    assert_eq!(read_text(&same).rows[0].nets_hour, 1);
}

#[test]
fn failures_and_then_a_new_address_are_a_guess() {
    let guesses: String = (0..25).map(|n| failed(&format!("02:{n:02}:00"), "203.0.113.5", "a@b.jp")).collect();
    let log = smtp("01:00:00", "192.0.2.1", "a@b.jp") + &guesses + &smtp("02:30:00", "192.0.2.1", "a@b.jp");
    // The owner's own address was seen before.
    assert_eq!(read_text(&log).rows[0].guessed, None);
    let report = read_text(&(log + &smtp("02:40:00", "198.51.100.7", "a@b.jp")));
    let guessed = report.rows[0].guessed.clone().unwrap();
    assert_eq!((guessed.failures, guessed.ip.as_str()), (25, "198.51.100.7"));
    assert_eq!((report.failed, report.failed_ips[0].count), (25, 25));
}

#[test]
fn an_old_server_names_no_account_and_the_address_has_to_do() {
    let nameless = |time: &str, ip: &str| {
        format!(
            "Nov 24 {time} mx1 postfix/smtpd[1]: warning: unknown[{ip}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6\n"
        )
    };
    let guesses: String = (0..22).map(|n| nameless(&format!("02:{n:02}:00"), "203.0.113.5")).collect();
    let other: String = (0..9).map(|n| nameless(&format!("02:{n:02}:30"), "203.0.113.6")).collect();
    let report = read_text(&(guesses + &other + &smtp("03:00:00", "203.0.113.5", "a@b.jp")));
    assert_eq!((report.unnamed, report.rows.len()), (31, 1));
    assert_eq!(report.rows[0].guessed.as_ref().unwrap().failures, 22);
}

#[test]
fn an_address_that_failed_for_others_is_told() {
    let tried: String =
        ["x@b.jp", "y@b.jp", "z@b.jp", "A@b.jp"].map(|login| failed("02:00:00", "203.0.113.5", login)).concat();
    let row = read_text(&(tried + &imap("02:10:00", "203.0.113.5", "a@b.jp"))).rows.remove(0);
    let shared = row.shared_ip.unwrap();
    assert_eq!((shared.ip.as_str(), shared.accounts), ("203.0.113.5", 3));
}

#[test]
fn open_sessions_are_counted_where_the_server_tells_them() {
    let log = format!("== 1 0 l\nfirst Nov 20 00:00:00 mx1 x: y\n{}end\n", imap("01:00:00", "192.0.2.1", "a@b.jp"));
    let with = |sessions: &str| {
        let outputs = [fine("logins.log", &log), fine("logins.sessions", sessions)];
        read(&host(), &profile(), DAY, 1_795_500_000, &outputs, &Geo::default()).unwrap().rows[0].sessions
    };
    assert_eq!(with("dovecot\na@b.jp\timap\nA@b.jp\tpop3\nx@b.jp\timap\n"), Some(2));
    assert_eq!((with("dovecot\n"), with("")), (Some(0), None));
}

#[test]
fn what_is_missing_is_said() {
    let outputs = [fine("logins.log", "== 1 0 /var/log/mail.log\nfirst Nov 24 05:00:00 mx1 x: y\n")];
    let report = read(&host(), &profile(), DAY, 1_795_500_000, &outputs, &Geo::default()).unwrap();
    assert!(!report.complete);
    assert_eq!(report.incomplete[0], "login log: the output was truncated");
    assert!(report.incomplete[1].contains("starts at 2026-11-24T05:00:00Z"), "{:?}", report.incomplete);
    assert!(read(&host(), &profile(), DAY, 0, &[], &Geo::default()).is_err());
}

#[test]
fn addresses_of_logins_are_placed_where_a_database_tells_them() {
    let file = Mmdb::new("GeoLite2-City").net("192.0.2.0/24", country("JP")).net("203.0.113.0/24", country("US"));
    let geo = Geo::default().with("c.mmdb", file.bytes()).unwrap();
    let log = smtp("05:20:00", "192.0.2.1", "a@b.jp")
        + &imap("05:30:00", "203.0.113.5", "a@b.jp")
        + &failed("05:31:00", "203.0.113.6", "a@b.jp");
    let log = format!("== 1 0 l\nfirst Nov 20 00:00:00 mx1 x: y\n{log}end\n");
    let report = read(&host(), &profile(), DAY, 1_795_500_000, &[fine("logins.log", log)], &geo).unwrap();
    let row = &report.rows[0];
    let countries = row.countries.as_ref().unwrap();
    assert_eq!((countries.hour, countries.at.as_deref()), (2, Some("2026-11-24T05:20:00Z")));
    assert_eq!(row.asns, None);
    let told: Vec<_> = row.client_ips.iter().map(|row| row.place.country.as_deref().unwrap()).collect();
    assert_eq!(told, ["JP", "US"]);
    assert_eq!(report.failed_ips[0].place.country.as_deref(), Some("US"));
    let value = serde_json::to_value(&report).unwrap();
    crate::model::schema::testing::assert_same_keys(&value, LOGINS_OUTPUT);
    assert_eq!(serde_json::from_value::<LoginsReport>(value).unwrap(), report);
}
