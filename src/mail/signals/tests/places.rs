use super::*;
use crate::mail::geo::testing::{Mmdb, asn, country};
use crate::mail::geo::{AsnRow, CountryRow, Spread};

fn countries(hour: usize, day: usize) -> Option<Spread<CountryRow>> {
    let rows = vec![CountryRow { country: "JP".into(), count: 9 }];
    Some(Spread { hour, at: None, day, total: day, unknown: 0, rows })
}

fn asns(hour: usize, day: usize) -> Option<Spread<AsnRow>> {
    let rows = vec![AsnRow { asn: 64_500, as_org: Some("Example Net".into()), count: 9 }];
    Some(Spread { hour, at: None, day, total: day, unknown: 0, rows })
}

#[test]
fn an_account_is_not_in_three_countries_within_an_hour() {
    let by_mail = |hour, day| {
        let mut case = one(json!({}));
        case.senders.rows[0].countries = countries(hour, day);
        case
    };
    by_mail(2, 4).says_nothing();
    by_mail(3, 3).fires("warn COUNTRY_SPREAD news@example.jp");
    by_mail(2, 5).fires("warn COUNTRY_SPREAD news@example.jp");
    // Logins count too, of an account that sends nothing as well.
    let by_login = |hour| {
        let mut case = one(json!({}));
        case.logins = Some(logins("info@example.jp", |row| row.countries = countries(hour, 3)));
        case
    };
    by_login(2).says_nothing();
    by_login(3).fires("warn COUNTRY_SPREAD info@example.jp");
    let mut both = by_mail(1, 1);
    both.logins = Some(logins(NEWS, |row| row.countries = countries(3, 4)));
    let data = both.report().rows.remove(0).data;
    let from = json!([{"country": "JP", "count": 9}]);
    assert_eq!(
        (&data["hour"], &data["hour_limit"], &data["day"], &data["from"]),
        (&json!(3), &json!(3), &json!(4), &from)
    );
}

#[test]
fn an_account_does_not_have_four_providers_within_an_hour() {
    let with = |hour, day| {
        let mut case = one(json!({}));
        case.senders.rows[0].asns = asns(hour, day);
        case
    };
    with(3, 7).says_nothing();
    with(4, 4).fires("warn ASN_SPREAD news@example.jp");
    with(3, 8).fires("warn ASN_SPREAD news@example.jp");
}

/// A database of two networks in Japan and one in Vietnam.
fn places() -> Geo {
    let file = Mmdb::new("GeoLite2-Country")
        .net("192.0.2.0/24", country("JP"))
        .net("198.51.100.0/24", country("JP"))
        .net("203.0.113.0/24", country("VN"));
    let owners = Mmdb::new("GeoLite2-ASN").net("203.0.113.0/24", asn(64_502, "Cheap Hosting"));
    Geo::default().with("c.mmdb", file.bytes()).unwrap().with("a.mmdb", owners.bytes()).unwrap()
}

#[test]
fn mail_from_a_country_that_the_account_never_sent_from_is_suspicious() {
    let from = |country: &str, messages: u64, days: Option<u64>| {
        let mut case = one(json!({"messages": 40}));
        case.geo = places();
        let row = |country: &str, count| CountryRow { country: country.into(), count };
        let rows = vec![row("JP", 30), row(country, messages)];
        case.senders.rows[0].countries = Some(Spread { rows, ..countries(2, 2).unwrap() });
        let nets = ["192.0.2.0", "10.0.0.0"].map(str::to_owned).into();
        case.baseline.accounts.insert(NEWS.into(), Usual { peak: days, nets, ..Usual::default() });
        case
    };
    from("VN", 4, Some(3)).says_nothing();
    from("VN", 5, Some(3)).fires("warn COUNTRY_NEW news@example.jp");
    from("JP", 50, Some(3)).says_nothing();
    // Too few days are known of it, or no network of those days is in the database.
    from("VN", 50, None).says_nothing();
    let mut nowhere = from("VN", 50, Some(3));
    nowhere.baseline.accounts.get_mut(NEWS).unwrap().nets = ["10.0.0.0".to_owned()].into();
    nowhere.says_nothing();
    let mut without = from("VN", 50, Some(3));
    without.senders.rows[0].countries = None;
    without.says_nothing();
    let report = from("VN", 9, Some(3)).report();
    let data = &report.rows[0].data;
    assert_eq!((&data["messages"], &data["limit"]), (&json!(9), &json!(5)));
    assert_eq!((&data["countries"], &data["usual_countries"]), (&json!(["VN"]), &json!(["JP"])));
    assert_eq!(report.geo.iter().map(|s| s.kind.as_str()).collect::<Vec<_>>(), ["GeoLite2-Country", "GeoLite2-ASN"]);
}

#[test]
fn an_address_that_a_signal_names_is_told_with_its_country_and_owner_if_known() {
    let guess = |ip: &str, geo: Geo| {
        let mut case = one(json!({}));
        case.geo = geo;
        case.logins = Some(logins(NEWS, |row| row.guessed = Some(Guessed { failures: 20, ip: ip.into(), at: None })));
        Value::Object(case.report().rows.remove(0).data)
    };
    let data = guess("203.0.113.5", places());
    assert_eq!(
        (&data["country"], &data["asn"], &data["as_org"]),
        (&json!("VN"), &json!(64_502), &json!("Cheap Hosting"))
    );
    let data = guess("192.0.2.5", places());
    assert_eq!((&data["country"], data.get("asn")), (&json!("JP"), None));
    assert_eq!(guess("203.0.113.5", Geo::default()).get("country"), None);
}
