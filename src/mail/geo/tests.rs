use super::testing::{BUILT, Mmdb, asn, country, map, text, uint};
use super::*;
use crate::model::schema::testing::assert_same_keys;
use jiff::civil::date;
use proptest::prelude::*;

fn countries() -> Mmdb {
    Mmdb::new("GeoLite2-Country")
        .net("192.0.2.0/24", country("JP"))
        .net("198.51.100.0/25", country("US"))
        .net("2001:db8::/32", country("VN"))
        .net("203.0.113.0/24", country("XX1"))
        .net("100.64.0.0/10", map(&[("registered_country", map(&[("iso_code", text("FR"))]))]))
}

fn asns() -> Mmdb {
    Mmdb::new("GeoLite2-ASN")
        .net("192.0.2.0/24", asn(64_500, "Example Net"))
        .net("198.51.100.0/24", asn(64_501, "Evil\u{1b}]0;x\u{7} \u{202e}Corp"))
        .net("203.0.113.0/24", asn(64_502, &"x".repeat(200)))
}

fn geo(databases: &[Mmdb]) -> Geo {
    databases.iter().fold(Geo::default(), |geo, db| geo.with("x.mmdb", db.bytes()).unwrap())
}

fn refused(bytes: Vec<u8>) -> String {
    Geo::default().with("x.mmdb", bytes).unwrap_err().to_string()
}

#[test]
fn an_address_is_where_the_databases_say_and_nowhere_else() {
    for shape in [(6, 24), (6, 28), (6, 32)] {
        let geo = geo(&[countries().shape(shape.0, shape.1), asns().shape(shape.0, shape.1)]);
        let place = |ip| (geo.place(ip).country, geo.place(ip).asn);
        assert_eq!(place("192.0.2.7"), (Some("JP".into()), Some(64_500)), "{shape:?}");
        assert_eq!(place("::ffff:192.0.2.7"), place("192.0.2.7"));
        assert_eq!(place("198.51.100.127"), (Some("US".into()), Some(64_501)));
        assert_eq!(place("198.51.100.128"), (None, Some(64_501)));
        assert_eq!(place("2001:db8:1::1"), (Some("VN".into()), None));
        // Where a network is registered is not where its clients are; and three letters are no country.
        for nowhere in ["100.64.0.1", "127.0.0.1", "10.0.0.1", "2001:db9::1", "unknown", ""] {
            assert_eq!(geo.place(nowhere), Place::default(), "{nowhere}");
        }
        assert_eq!(place("203.0.113.1"), (None, Some(64_502)));
    }
    assert_eq!(geo(&[]).place("192.0.2.7"), Place::default());
}

#[test]
fn an_owners_name_is_safe_to_print_and_bounded() {
    let geo = geo(&[asns()]);
    assert_eq!(geo.place("198.51.100.1").as_org.unwrap(), "Evil\\u{1b}]0;x\\u{7} \\u{202e}Corp");
    assert_eq!(geo.place("203.0.113.1").as_org.unwrap().chars().count(), 101);
}

#[test]
fn a_database_of_ipv4_knows_no_ipv6_and_of_two_the_first_tells() {
    let small = Mmdb::new("DBIP-Country-Lite").shape(4, 28).net("192.0.2.0/25", country("KR"));
    let geo = geo(&[small, countries()]);
    let place = |ip| geo.place(ip).country;
    assert_eq!((place("192.0.2.1"), place("192.0.2.200")), (Some("KR".into()), Some("JP".into())));
    assert_eq!(place("2001:db8::1"), Some("VN".into()));
}

#[test]
fn an_enterprise_database_tells_both() {
    let record = map(&[
        ("country", map(&[("iso_code", text("JP"))])),
        ("traits", map(&[("autonomous_system_number", uint(6, 64_500))])),
    ]);
    let geo = geo(&[Mmdb::new("GeoIP2-Enterprise").net("192.0.2.0/24", record)]);
    assert!(geo.tells_countries() && geo.tells_networks());
    let expected = Place { country: Some("JP".into()), asn: Some(64_500), as_org: None };
    assert_eq!(geo.place("192.0.2.1"), expected);
}

#[test]
fn a_database_of_something_else_is_refused_by_name() {
    let said = refused(Mmdb::new("GeoIP2-Anonymous-IP").net("192.0.2.0/24", country("JP")).bytes());
    insta::assert_snapshot!(said, @r"
    x.mmdb: is a database of type `GeoIP2-Anonymous-IP`, which has neither countries nor networks
      countries come from databases of type Country, City or Enterprise, networks from ASN, ISP or Enterprise (`fleet help geoip`)
    ");
    let empty = refused(Mmdb::new("GeoLite2-City").net("192.0.2.0/24", map(&[])).bytes());
    assert!(
        empty.starts_with("x.mmdb: has the type `GeoLite2-City`, but none of its records has `country`"),
        "{empty}"
    );
    let escape = refused(Mmdb::new("\u{1b}[2J").net("192.0.2.0/24", country("JP")).bytes());
    assert!(!escape.contains('\u{1b}'), "{escape}");
}

#[test]
fn what_is_no_database_or_only_a_part_of_one_is_told_with_the_way_out() {
    let whole = countries().bytes();
    for length in 0..whole.len() {
        let said = refused(whole[..length].to_vec());
        assert!(said.starts_with("x.mmdb: is not a MaxMind database, or is corrupt: "), "{length}: {said}");
        assert!(said.contains("download it again (`fleet help geoip`)"), "{length}: {said}");
    }
    let pointer = |at: u32| vec![1 << 5 | 3 << 3, (at >> 24) as u8, (at >> 16) as u8, (at >> 8) as u8, at as u8];
    let with = |record: Vec<u8>| refused(Mmdb::new("GeoLite2-Country").net("192.0.2.0/24", record).bytes());
    // A record that points out of the file, one that points at itself, and one of another kind.
    for record in [pointer(9_999_999), pointer(0), map(&[("country", text("JP"))])] {
        assert!(with(record).contains("or is corrupt"));
    }
    let unbuilt = countries().built(u64::MAX).bytes();
    assert!(refused(unbuilt).contains("or is corrupt"));
}

#[test]
fn a_tree_whose_parts_are_linked_again_and_again_is_walked_once() {
    // Each node leads to the next by both ways: as many paths as addresses.
    let mut file = Mmdb::new("GeoLite2-Country").net("8000::/128", country("JP")).bytes();
    for node in 1..128 {
        let at = node * 6;
        let next: [u8; 3] = match file[at..at + 3] == [0, 0, 128] {
            true => file[at + 3..at + 6].try_into().unwrap(),
            false => file[at..at + 3].try_into().unwrap(),
        };
        file[at..at + 3].copy_from_slice(&next);
        file[at + 3..at + 6].copy_from_slice(&next);
    }
    let geo = Geo::default().with("x.mmdb", file).unwrap();
    assert_eq!(geo.place("ffff::1").country.unwrap(), "JP");
}

#[test]
fn a_database_is_old_after_six_months() {
    assert_eq!(BUILT, 1_790_812_800);
    let geo = geo(&[countries(), asns()]);
    let old = |day| geo.sources(day).iter().map(|s| s.stale).collect::<Vec<_>>();
    assert_eq!((old(date(2027, 4, 1)), old(date(2027, 4, 2))), (vec![false, false], vec![true, true]));
    let sources = geo.sources(date(2026, 11, 24));
    assert_eq!(sources[1].kind, "GeoLite2-ASN");
    assert_eq!((sources[1].built.as_str(), sources[1].tells.as_slice()), ("2026-10-01", &["asn"][..]));
    assert_same_keys(&serde_json::to_value(&sources[0]).unwrap(), SOURCE);
}

#[test]
fn countries_and_networks_within_an_hour_and_a_day_are_counted() {
    let geo = geo(&[countries(), asns()]);
    let seen = [
        (0, "192.0.2.1", 3),
        (1_800, "198.51.100.1", 1),
        (3_599, "10.0.0.1", 1),
        (3_600, "2001:db8::1", 1),
        (90_000, "192.0.2.9", 2),
    ];
    let (countries, asns) = spreads(&geo, &seen);
    let countries = countries.unwrap();
    assert_eq!((countries.hour, countries.day, countries.total, countries.unknown), (2, 3, 3, 1));
    assert_eq!(countries.at.as_deref(), Some("1970-01-01T00:00:00Z"));
    let rows: Vec<_> = countries.rows.iter().map(|row| (row.country.as_str(), row.count)).collect();
    assert_eq!(rows, [("JP", 5), ("US", 1), ("VN", 1)]);
    let asns = asns.unwrap();
    assert_eq!((asns.hour, asns.total, asns.unknown), (2, 2, 2));
    assert_eq!((asns.rows[0].asn, asns.rows[0].as_org.as_deref()), (64_500, Some("Example Net")));
    assert_same_keys(&serde_json::to_value(&countries).unwrap(), COUNTRIES);
    assert_same_keys(&serde_json::to_value(&asns).unwrap(), ASNS);
    // Half of the databases, half of the answer; none, none.
    let (countries, none) = spreads(&super::tests::geo(&[self::countries()]), &seen);
    assert!(countries.is_some() && none.is_none());
    assert_eq!(spreads(&Geo::default(), &seen), (None, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), ip: u32) {
        let mut file = countries().shape(6, 28).bytes();
        // Far more bytes lie in the tree than behind it, where damage tells more.
        let tail = file.len() - 400;
        for (n, (at, byte)) in flips.iter().enumerate() {
            let at = if n % 2 == 0 { at.index(file.len()) } else { tail + at.index(400) };
            file[at] = *byte;
        }
        if let Ok(geo) = Geo::default().with("x.mmdb", file) {
            geo.place(&std::net::Ipv4Addr::from(ip).to_string());
            geo.place("192.0.2.1");
            geo.place("2001:db8::1");
            geo.sources(date(2026, 11, 24));
        }
    }
}
