//! Times as the demo's tools print them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The wall clock of a host that is `offset` seconds east of UTC; 1970 for a time that no clock shows.
fn wall(at: i64, offset: i32) -> DateTime {
    let offset = Offset::from_seconds(offset).unwrap_or(Offset::UTC);
    offset.to_datetime(Timestamp::from_second(at).unwrap_or_default())
}

/// `Nov  4 01:57:35`
pub fn bsd(at: i64, offset: i32) -> String {
    let t = wall(at, offset);
    let month = MONTHS.get(t.month() as usize - 1).copied().unwrap_or_default();
    format!("{month} {:>2} {:02}:{:02}:{:02}", t.day(), t.hour(), t.minute(), t.second())
}

/// `Wed, 4 Nov 2026 01:57:35 +0000`
pub fn rfc2822(at: i64) -> String {
    jiff::fmt::rfc2822::to_string(&Timestamp::from_second(at).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC))
        .unwrap_or_default()
}

/// `Wed Nov  4 01:57:35`
pub fn weekday_bsd(at: i64, offset: i32) -> String {
    let day = wall(at, offset).weekday().to_monday_zero_offset();
    format!("{} {}", DAYS.get(day as usize).copied().unwrap_or_default(), bsd(at, offset))
}

/// `2026-11-04T01:57:35.000000+09:00`
pub fn rfc3339(at: i64, offset: i32) -> String {
    let t = wall(at, offset);
    let date = format!("{:04}-{:02}-{:02}", t.year(), t.month(), t.day());
    let zone = format!("{:+03}:{:02}", offset / 3_600, offset / 60 % 60);
    format!("{date}T{:02}:{:02}:{:02}.000000{zone}", t.hour(), t.minute(), t.second())
}

pub fn year(at: i64, offset: i32) -> i16 {
    wall(at, offset).year()
}

/// `01:57:35`
pub fn time(at: i64, offset: i32) -> String {
    let t = wall(at, offset);
    format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_printed_as_syslog_and_rsyslog_do() {
        assert_eq!(bsd(1_793_725_055, 0), "Nov  3 16:57:35");
        assert_eq!(weekday_bsd(1_793_725_055, 32_400), "Wed Nov  4 01:57:35");
        assert_eq!(rfc3339(1_793_725_055, 32_400), "2026-11-04T01:57:35.000000+09:00");
        assert_eq!(rfc3339(0, 0), "1970-01-01T00:00:00.000000+00:00");
    }
}
