//! Countries and networks by files that the user gives: the flag, the settings, and what comes of them.

use crate::mmdb::{Mmdb, asn, country};
use crate::support::{Ran, World};
use serde_json::{Value, json};

const LOG: &str = include_str!("../captures/postfix-bsd.log");

/// Three networks of one account, an hour of mail.
fn log() -> String {
    let mut log = String::new();
    for n in 0..30 {
        let net = ["192.0.2", "198.51.100", "203.0.113"][n % 3];
        let (time, id) = (format!("Nov 20 10:{n:02}:00 mx1 postfix"), format!("BEAD{n:02}"));
        log.push_str(&format!(
            "{time}/smtpd[7]: {id}: client=x[{net}.9], sasl_method=LOGIN, sasl_username=info@example.jp\n\
             {time}/qmgr[9]: {id}: from=<info@example.jp>, size=900, nrcpt=1 (queue active)\n\
             {time}/qmgr[9]: {id}: removed\n"
        ));
    }
    log
}

fn countries() -> Mmdb {
    let nets = [("192.0.2.0/24", "JP"), ("198.51.100.0/24", "US"), ("203.0.113.0/24", "VN")];
    nets.into_iter().fold(Mmdb::new("GeoLite2-Country"), |file, (net, code)| file.net(net, country(code)))
}

fn asns() -> Mmdb {
    Mmdb::new("GeoLite2-ASN").shape(4, 28).net("203.0.113.0/24", asn(64_502, "Cheap \u{1b}[31mHosting"))
}

/// A folder with a log and two databases, of which that of countries was built then.
fn world(built: u64) -> World {
    let world = World::with_inventory("fleet: 1\nhosts: { mx01: { address: 127.0.0.1, port: 1 } }\n");
    world.write("mail.log", &log());
    std::fs::create_dir(world.path("geo")).unwrap();
    std::fs::write(world.path("geo/c.mmdb"), countries().built(built).bytes()).unwrap();
    std::fs::write(world.path("geo/a.mmdb"), asns().bytes()).unwrap();
    world
}

/// A day that is never old, whenever this runs.
const NEW: u64 = 4_000_000_000;

#[test]
fn places_are_told_of_a_log_at_hand_where_a_database_is_given() {
    let world = world(NEW);
    let args = ["senders", "mail.log", "--tz", "UTC", "--geoip", "geo/c.mmdb", "--geoip", "geo/a.mmdb"];
    let ran = world.fleet(&args).expect(0);
    assert!(ran.stdout.contains("COUNTRIES  NETWORKS"), "{}", ran.stdout);
    assert!(ran.stdout.contains("JP,US,VN") && ran.stdout.contains("AS64502"), "{}", ran.stdout);
    assert!(ran.stdout.contains("COUNTRY_SPREAD  info@example.jp is used from several countries: 3 within an hour"));
    assert!(ran.stdout.contains("country by GeoLite2-Country, built 2096-10-02\n"), "{}", ran.stdout);
    let document = world.fleet(&[&args[..], &["--output", "json"]].concat()).expect(0);
    assert!(!document.stdout.contains("\\u001b"), "no escape of a database comes through");
    let document = document.json();
    let row = &document["senders"]["rows"][0];
    let client = row["clients"].as_array().unwrap().iter().find(|c| c["ip"] == "203.0.113.9").unwrap();
    let expected =
        json!({"ip": "203.0.113.9", "count": 10, "country": "VN", "asn": 64502, "as_org": "Cheap \\u{1b}[31mHosting"});
    assert_eq!(client, &expected);
    assert_eq!((&row["countries"]["hour"], &row["asns"]["unknown"]), (&json!(3), &json!(2)));
    assert_eq!(document["signals"]["rows"][0]["data"]["hour_limit"], 3);
}

#[test]
fn without_a_database_nothing_is_said_of_countries() {
    let world = world(NEW);
    let page = world.fleet(&["senders", "mail.log"]).expect(0).stdout;
    let said = page.to_lowercase();
    assert!(!said.contains("countr") && !said.contains("network") && !said.contains("asn"), "{page}");
    let document = world.fleet(&["senders", "mail.log", "--output", "json"]).expect(0).json();
    let row = &document["senders"]["rows"][0];
    assert_eq!([&row["clients"], &row["countries"], &row["asns"]], [&Value::Null; 3]);
    assert_eq!(document["signals"]["geo"], json!([]));
}

#[test]
fn the_databases_stand_in_the_settings_too_and_doctor_tells_an_old_one() {
    let world = world(1_700_000_000);
    // Paths in a file are meant from where the file stands, each of them.
    world.write("geo/fleet.toml", "geoip = \"c.mmdb:a.mmdb\"\n");
    std::fs::create_dir(world.path("geo/below")).unwrap();
    let mut doctor = world.command(&["doctor"]);
    let ran: Ran = doctor.current_dir(world.path("geo/below")).output().unwrap().into();
    // There is no inventory here.
    let ran = ran.expect(2);
    let said = "warn  geoip GeoLite2-Country: tells country, built 2023-11-14, more than six months ago\n       mend: ";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    assert!(ran.stdout.contains("geoip GeoLite2-ASN: tells asn, built 2026-10-01"), "{}", ran.stdout);
    assert!(ran.stdout.contains("setting geoip: ") && ran.stdout.contains("fleet.toml:1)"), "{}", ran.stdout);
    let mut senders = world.command(&["senders", "mail.log"]);
    let ran: Ran = senders.env("FLEET_GEOIP", "geo/c.mmdb:geo/a.mmdb").output().unwrap().into();
    assert!(ran.expect(0).stdout.contains("built 2023-11-14, more than six months ago: some may have changed"));
}

#[test]
fn a_file_that_is_no_such_database_is_exit_2_with_the_way_out_and_nobody_is_contacted() {
    let world = world(NEW);
    let whole = countries().bytes();
    std::fs::write(world.path("cut.mmdb"), &whole[..whole.len() - 30]).unwrap();
    let other = Mmdb::new("GeoIP2-Anonymous-IP").net("192.0.2.0/24", country("JP"));
    std::fs::write(world.path("other.mmdb"), other.bytes()).unwrap();
    let damaged = Mmdb::new("GeoLite2-Country").net("192.0.2.0/24", vec![0x3f, 0xff, 0xff, 0xff, 0xff]);
    std::fs::write(world.path("damaged.mmdb"), damaged.bytes()).unwrap();
    world.write("notes.mmdb", "hello\n");
    for (file, said) in [
        ("cut.mmdb", "cut.mmdb: is no MaxMind database, or it is damaged: "),
        ("damaged.mmdb", "damaged.mmdb: is no MaxMind database, or it is damaged: "),
        ("notes.mmdb", "notes.mmdb: is no MaxMind database, or it is damaged: "),
        ("other.mmdb", "other.mmdb: is a database of the type `GeoIP2-Anonymous-IP`, which tells neither"),
        ("none.mmdb", "none.mmdb: cannot be read: No such file"),
        ("geo", "geo: is a folder; only regular files are read, to a bound\n  --geoip names it"),
    ] {
        for args in [&["run", "audit", "--hosts", "all"][..], &["senders", "mail.log"]] {
            let ran = world.fleet(&[args, &["--geoip", "geo/a.mmdb", "--geoip", file]].concat()).expect(2);
            assert!(ran.stderr.contains(said), "{file}: {}", ran.stderr);
            assert!(ran.stderr.contains("fleet help geoip") && ran.stdout.is_empty(), "{file}: {}", ran.stderr);
        }
        let ran = world.fleet(&["doctor", "--geoip", file]).expect(2);
        assert!(ran.stdout.contains(&format!("BAD   geoip: {said}")), "{file}: {}", ran.stdout);
    }
    assert_eq!(world.fleet(&["runs", "--output", "json"]).expect(0).json()["runs"], json!([]));
    assert!(world.fleet(&["help", "geoip"]).expect(0).stdout.contains("--geoip"));
    // What needs no places reads no database.
    world.fleet(&["exec", "--hosts", "mx01", "--geoip", "none.mmdb", "--", "true"]).expect(7);
}

#[test]
fn a_run_over_ssh_tells_places_and_the_age_of_the_database() {
    let world = world(1_700_000_000);
    let args = ["demo", "--geoip", "geo/c.mmdb", "--geoip", "geo/a.mmdb", "--output", "json"];
    let document = world.fleet(&args).expect(0).json();
    let host = crate::support::host(&document, "mx01");
    let findings = host["findings"].as_array().unwrap();
    let find = |code: &str| findings.iter().find(|f| f["code"] == code).unwrap_or_else(|| panic!("no {code}: {host}"));
    assert_eq!(
        (&find("GEO_STALE")["key"], &find("GEO_STALE")["data"]["built"]),
        (&json!("GeoLite2-Country"), &json!("2023-11-14"))
    );
    let spread = &find("COUNTRY_SPREAD")["data"];
    assert_eq!((&spread["hour"], &spread["hour_limit"]), (&json!(3), &json!(3)));
    let guessed = &find("LOGIN_GUESSED")["data"];
    assert_eq!((&guessed["country"], &guessed["asn"]), (&json!("VN"), &json!(64502)), "{guessed}");
    let plain = world.fleet(&["demo", "--output", "json"]).expect(0);
    assert!(!plain.stdout.contains("GEO_STALE") && !plain.stdout.contains("COUNTRY_SPREAD"));
}

#[test]
fn a_log_of_this_host_alone_has_no_countries_with_a_database_either() {
    let world = world(NEW);
    world.write("local.log", LOG);
    let ran = world.fleet(&["senders", "local.log", "--geoip", "geo/c.mmdb", "--output", "json"]).expect(0).json();
    let countries = &ran["senders"]["rows"][0]["countries"];
    assert_eq!(countries, &json!({"hour": 0, "at": null, "day": 0, "total": 0, "unknown": 1, "rows": []}));
}
