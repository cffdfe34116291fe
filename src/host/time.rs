//! A host's time: its zone, its clock, and the times that its tools print.
//!
//! Everything leaves here as seconds since 1970. A time without a year is the latest one that is not in the
//! future: mail tools print no year, and logs are read after they were written.

use crate::model::Profile;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

/// How far ahead of the clock a time may lie before it belongs to the year before: clocks differ.
const AHEAD: i64 = 86_400;
/// Seconds that a line may lie before the line that it follows: programs write at the same time.
const BACK: i64 = 120;

/// What turns a host's local time into seconds since 1970.
#[derive(Clone, Debug)]
pub struct Clock {
    zone: TimeZone,
    /// Now, or the time at which what is read was last written.
    now: i64,
    /// The year of `now` and a day, on the host.
    year: i16,
    /// The time that was read last: in the hour that comes twice when clocks are put back, times go on from there.
    last: i64,
}

impl Clock {
    /// The host's zone by its name, so that daylight saving is right; else the offset that it has today.
    pub fn new(profile: &Profile, now: i64) -> Self {
        let fixed = || Offset::from_seconds(profile.utc_offset).map_or(TimeZone::UTC, TimeZone::fixed);
        Self::of(zone_named(&profile.zone).unwrap_or_else(fixed), now)
    }

    fn of(zone: TimeZone, now: i64) -> Self {
        let ahead = Timestamp::from_second(now.saturating_add(AHEAD)).unwrap_or(Timestamp::MAX);
        Self { year: zone.to_datetime(ahead).year(), zone, now, last: i64::MIN }
    }

    /// The same zone with an earlier end, such as the last change of a rotated log.
    pub fn until(&self, at: i64) -> Self {
        Self::of(self.zone.clone(), at.min(self.now))
    }

    /// Tells that this is the time of the line that stands before the next one.
    pub fn pass(&mut self, at: i64) {
        self.last = at;
    }

    /// The same clock for times that come in no order.
    #[must_use]
    pub fn unordered(&self) -> Self {
        Self { last: i64::MIN, ..self.clone() }
    }

    /// The date at that time, on the host.
    pub fn date(&self, at: i64) -> Option<Date> {
        Some(self.zone.to_datetime(Timestamp::from_second(at).ok()?).date())
    }

    /// The days from one time to another, each with its month's English name; none when a time has no date.
    pub fn days(&self, from: i64, to: i64) -> impl Iterator<Item = (Date, &'static str)> + use<> {
        let month = |date: Date| usize::try_from(date.month() - 1).ok().and_then(|m| MONTHS.get(m)).copied();
        let last = self.date(to);
        let days = std::iter::successors(self.date(from), |date| date.tomorrow().ok());
        days.take_while(move |date| last.is_some_and(|last| *date <= last))
            .map(move |date| (date, month(date).unwrap_or_default()))
    }

    fn at(&self, local: DateTime) -> Option<i64> {
        let local = self.zone.to_ambiguous_timestamp(local);
        let first = local.compatible().ok()?.as_second();
        let again = first < self.last.saturating_sub(BACK) && matches!(local.offset(), AmbiguousOffset::Fold { .. });
        if again { Some(local.later().ok()?.as_second()) } else { Some(first) }
    }

    /// A time in any form that begins a line of a log. Returns what follows it.
    pub fn parse_any<'a>(&self, text: &'a [u8]) -> Option<(i64, &'a [u8])> {
        match text.first()? {
            b'0'..=b'9' => self.parse_iso(text).or_else(|| self.parse_local(text)),
            _ => self.parse_bsd(text),
        }
    }

    /// `Nov  4 01:57:35`, of the latest year that fits. Returns what follows it.
    pub fn parse_bsd<'a>(&self, text: &'a [u8]) -> Option<(i64, &'a [u8])> {
        let (head, rest) = text.split_at_checked(15)?;
        let &[m1, m2, m3, b' ', d1, d2, b' ', ..] = head else { return None };
        let month = month([m1, m2, m3])?;
        let day = if d1 == b' ' { digits(&[d2])? } else { digits(&[d1, d2])? };
        let time = clock_time(head.get(7..15)?)?;
        // Eight years reach over a 29 February in a century that has none.
        (self.year.saturating_sub(8)..=self.year).rev().find_map(|year| {
            let date = Date::new(year, month, i8::try_from(day).ok()?).ok()?;
            let at = self.at(date.to_datetime(time))?;
            (at <= self.now.saturating_add(AHEAD)).then_some((at, rest))
        })
    }

    /// RFC 3339 as rsyslog writes it, and journald's `short-iso` forms, whose zone has no colon. Returns
    /// what follows it.
    pub fn parse_iso<'a>(&self, text: &'a [u8]) -> Option<(i64, &'a [u8])> {
        let (local, rest) = civil(text, b'T')?;
        let (offset, rest) = zone(rest)?;
        Some((Offset::from_seconds(offset).ok()?.to_timestamp(local).ok()?.as_second(), rest))
    }

    /// `2026-11-24 01:57:35`, as Exim writes its own log: local time, or with a blank and the zone when
    /// `log_timezone` is set. Returns what follows it.
    pub fn parse_local<'a>(&self, text: &'a [u8]) -> Option<(i64, &'a [u8])> {
        let (local, rest) = civil(text, b' ')?;
        match rest.strip_prefix(b" ").and_then(zone) {
            Some((offset, rest)) => {
                Some((Offset::from_seconds(offset).ok()?.to_timestamp(local).ok()?.as_second(), rest))
            }
            None => Some((self.at(local)?, rest)),
        }
    }
}

/// `2026-11-24T01:57:35`, with fractions of a second that are dropped. Returns what follows it.
fn civil(text: &[u8], between: u8) -> Option<(DateTime, &[u8])> {
    let (head, rest) = text.split_at_checked(19)?;
    let number = |range: std::ops::Range<usize>| head.get(range).and_then(digits);
    if (head.get(4), head.get(7), head.get(10)) != (Some(&b'-'), Some(&b'-'), Some(&between)) {
        return None;
    }
    let year = i16::try_from(number(0..4)?).ok()?;
    let date = Date::new(year, i8::try_from(number(5..7)?).ok()?, i8::try_from(number(8..10)?).ok()?).ok()?;
    let rest = match rest.strip_prefix(b".").or(rest.strip_prefix(b",")) {
        Some(rest) => rest.get(rest.iter().take_while(|b| b.is_ascii_digit()).count()..)?,
        None => rest,
    };
    Some((date.to_datetime(clock_time(head.get(11..19)?)?), rest))
}

/// `Z`, `+09:00` or `+0900`, in seconds. Returns what follows it.
fn zone(text: &[u8]) -> Option<(i32, &[u8])> {
    match text {
        [b'Z', rest @ ..] => Some((0, rest)),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2, rest @ ..] | [sign @ (b'+' | b'-'), h1, h2, m1, m2, rest @ ..] => {
            let seconds = digits(&[*h1, *h2])? * 3_600 + digits(&[*m1, *m2])? * 60;
            Some((if *sign == b'-' { -seconds } else { seconds }, rest))
        }
        _ => None,
    }
}

/// Seconds since 1970 as RFC 3339 in UTC.
pub fn rfc3339(at: i64) -> Option<String> {
    Some(Timestamp::from_second(at).ok()?.to_string())
}

/// `at` less a span, not below 1970.
pub fn before(at: i64, span: std::time::Duration) -> i64 {
    let span = SignedDuration::try_from(span).map_or(i64::MAX, |s| s.as_secs());
    at.saturating_sub(span).max(0)
}

/// `+0900` as seconds.
pub fn parse_offset(text: &str) -> Option<i32> {
    let &[sign @ (b'+' | b'-'), h1, h2, m1, m2] = text.as_bytes() else { return None };
    let seconds = digits(&[h1, h2])? * 3_600 + digits(&[m1, m2])? * 60;
    let seconds = if sign == b'-' { -seconds } else { seconds };
    Offset::from_seconds(seconds).ok().map(|_| seconds)
}

/// The zone of that name, by the database that is built in: the same on every controller, also on one that has none.
pub fn zone_named(name: &str) -> Option<TimeZone> {
    is_zone_name(name).then(|| TimeZoneDatabase::bundled().get(name).ok()).flatten()
}

/// A name of the zone database and nothing that could be a path out of it.
pub fn is_zone_name(text: &str) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'+' | b'-');
    !text.is_empty() && text.len() <= 64 && text.bytes().all(good) && !text.starts_with('/')
}

/// The month that syslog, `date` and `ls` write in the C locale.
pub const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn month(name: [u8; 3]) -> Option<i8> {
    let index = MONTHS.iter().position(|m| m.as_bytes() == name)?;
    i8::try_from(index + 1).ok()
}

/// `HH:MM:SS`; a leap second is the second before it.
fn clock_time(text: &[u8]) -> Option<Time> {
    let &[h1, h2, b':', m1, m2, b':', s1, s2] = text else { return None };
    let part = |a, b| i8::try_from(digits(&[a, b])?).ok();
    let second = match part(s1, s2)? {
        60 => 59,
        second => second,
    };
    Time::new(part(h1, h2)?, part(m1, m2)?, second, 0).ok()
}

fn digits(text: &[u8]) -> Option<i32> {
    text.iter().try_fold(0i32, |n, b| b.is_ascii_digit().then(|| n * 10 + i32::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn clock(zone: &str, offset: i32, now: &str) -> Clock {
        let profile = Profile { zone: zone.into(), utc_offset: offset, ..Profile::default() };
        Clock::new(&profile, now.parse::<Timestamp>().unwrap().as_second())
    }

    fn bsd(clock: &Clock, text: &str) -> Option<String> {
        rfc3339(clock.parse_bsd(text.as_bytes())?.0)
    }

    #[test]
    fn a_time_without_a_year_is_the_latest_that_is_not_in_the_future() {
        let c = clock("", 0, "2027-01-02T00:00:00Z");
        assert_eq!(bsd(&c, "Jan  1 00:00:00 mx1").unwrap(), "2027-01-01T00:00:00Z");
        assert_eq!(bsd(&c, "Dec 31 23:59:59 mx1").unwrap(), "2026-12-31T23:59:59Z");
        assert_eq!(bsd(&c, "Jan  2 20:00:00 mx1").unwrap(), "2027-01-02T20:00:00Z", "a clock that runs ahead");
        assert_eq!(bsd(&c, "Jan  4 00:00:00 mx1").unwrap(), "2026-01-04T00:00:00Z");
        assert_eq!(bsd(&c, "Feb 29 12:00:00 mx1").unwrap(), "2024-02-29T12:00:00Z");
        assert_eq!(bsd(&clock("", 0, "2103-05-01T00:00:00Z"), "Feb 29 12:00:00 x").unwrap(), "2096-02-29T12:00:00Z");
        let rotated = c.until("2026-06-01T00:00:00Z".parse::<Timestamp>().unwrap().as_second());
        assert_eq!(bsd(&rotated, "Nov 24 01:57:35 mx1").unwrap(), "2025-11-24T01:57:35Z");
    }

    #[test]
    fn daylight_saving_is_that_of_the_day_not_of_today() {
        let berlin = clock("Europe/Berlin", 3_600, "2026-11-24T00:00:00Z");
        assert_eq!(bsd(&berlin, "Jul  1 12:00:00 mx1").unwrap(), "2026-07-01T10:00:00Z");
        assert_eq!(bsd(&berlin, "Nov 20 12:00:00 mx1").unwrap(), "2026-11-20T11:00:00Z");
        let fixed = clock("../../etc/passwd", 32_400, "2026-11-24T00:00:00Z");
        assert_eq!(bsd(&fixed, "Nov 20 12:00:00 mx1").unwrap(), "2026-11-20T03:00:00Z");
    }

    #[test]
    fn of_an_hour_that_comes_twice_the_line_before_tells_which() {
        let mut berlin = clock("Europe/Berlin", 3_600, "2026-11-24T00:00:00Z");
        let mut read = |text: &str| {
            let at = berlin.parse_bsd(text.as_bytes()).unwrap().0;
            berlin.pass(at);
            rfc3339(at).unwrap()
        };
        assert_eq!(read("Oct 25 02:10:00 mx1"), "2026-10-25T00:10:00Z");
        assert_eq!(read("Oct 25 02:50:00 mx1"), "2026-10-25T00:50:00Z");
        assert_eq!(read("Oct 25 02:49:58 mx1"), "2026-10-25T00:49:58Z", "two programs that write at once");
        assert_eq!(read("Oct 25 02:05:00 mx1"), "2026-10-25T01:05:00Z");
        assert_eq!(read("Oct 25 02:55:00 mx1"), "2026-10-25T01:55:00Z");
        assert_eq!(read("Oct 25 03:00:00 mx1"), "2026-10-25T02:00:00Z");
        assert_eq!(read("Oct 24 03:00:00 mx1"), "2026-10-24T01:00:00Z", "no other hour has a choice");
        // An hour that there is not.
        assert_eq!(read("Mar 29 02:30:00 mx1"), "2026-03-29T01:30:00Z");
    }

    #[test]
    fn iso_times_are_read_with_and_without_a_colon_in_the_zone() {
        let c = clock("", 0, "2026-11-24T03:00:00Z");
        let read = |text: &str| c.parse_iso(text.as_bytes()).map(|(at, rest)| (rfc3339(at).unwrap(), rest.len()));
        assert_eq!(read("2026-11-24T01:57:35.466203+00:00 mx1"), Some(("2026-11-24T01:57:35Z".into(), 4)));
        assert_eq!(read("2026-11-24T11:20:33+0900 mx1"), Some(("2026-11-24T02:20:33Z".into(), 4)));
        assert_eq!(read("2026-11-24T02:20:33.759567+0000"), Some(("2026-11-24T02:20:33Z".into(), 0)));
        assert_eq!(read("2016-12-31T23:59:60Z"), Some(("2016-12-31T23:59:59Z".into(), 0)));
        let exim = |text: &str| c.parse_any(text.as_bytes()).map(|(at, rest)| (rfc3339(at).unwrap(), rest.len()));
        assert_eq!(exim("2026-11-24 02:12:48 1xVg1Y"), Some(("2026-11-24T02:12:48Z".into(), 7)));
        assert_eq!(exim("2026-11-24 02:12:48.123 +0000 1xVg1Y"), Some(("2026-11-24T02:12:48Z".into(), 7)));
        for bad in ["2026-11-24 01:57:35Z", "2026-02-30T00:00:00Z", "2026-11-24T25:00:00Z", "2026-11-24T01:57:35", ""] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_clock_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60), now in any::<i64>()) {
            let c = Clock::of(TimeZone::UTC, now);
            let _ = (c.parse_bsd(&bytes), c.parse_any(&bytes), c.date(now), rfc3339(now));
            let _ = parse_offset(&String::from_utf8_lossy(&bytes));
        }
    }
}
