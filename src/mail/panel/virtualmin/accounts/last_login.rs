//! The last logins that Virtualmin prints: `imap 2026/11/23 09:12, smtp 24/Nov/2026 01:57`.
//!
//! Their form is Webmin's setting. The two forms that cannot be mistaken for another are read, in the host's own
//! time; of any other nothing is known.

use crate::host::time::{Clock, MONTHS};

/// Seconds since 1970 of the newest.
pub fn newest(text: &[u8], clock: &Clock) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    text.split(", ").filter_map(|one| login(one, clock)).max()
}

/// `SERVICE DATE TIME`.
fn login(text: &str, clock: &Clock) -> Option<i64> {
    let mut words = text.split(' ').filter(|word| !word.is_empty());
    let (Some(_), Some(date), Some(time), None) = (words.next(), words.next(), words.next(), words.next()) else {
        return None;
    };
    let [one, two, three] = date.split(['/', '-']).collect::<Vec<_>>().try_into().ok()?;
    let (year, month, day) = match one.len() {
        4 => (one, number(two)?, number(three)?),
        _ => (three, MONTHS.iter().position(|month| *month == two)? + 1, number(one)?),
    };
    let seconds = if time.matches(':').count() == 1 { ":00" } else { "" };
    let local = format!("{year}-{month:02}-{day:02} {time}{seconds}");
    clock.parse_local(local.as_bytes()).filter(|(_, rest)| rest.is_empty()).map(|(at, _)| at)
}

/// A day or a month.
fn number(text: &str) -> Option<usize> {
    text.parse().ok().filter(|_| text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::time::rfc3339;
    use crate::model::Profile;
    use proptest::prelude::*;

    fn clock() -> Clock {
        Clock::new(&Profile { zone: "Asia/Tokyo".into(), ..Profile::default() }, 1_795_487_362)
    }

    fn read(text: &str) -> Option<String> {
        newest(text.as_bytes(), &clock()).and_then(rfc3339)
    }

    #[test]
    fn the_newest_login_is_read_in_the_host_s_time() {
        let both = "imap 2026/11/23 09:12, smtp 2026/11/24 01:57";
        assert_eq!(read(both).as_deref(), Some("2026-11-23T16:57:00Z"));
        assert_eq!(read("imap 23/Nov/2026 09:12").as_deref(), Some("2026-11-23T00:12:00Z"));
        assert_eq!(read("pop3 2026-11-23 09:12:07").as_deref(), Some("2026-11-23T00:12:07Z"));
        assert_eq!(read("pop3 3/Nov/2026 09:12").as_deref(), Some("2026-11-03T00:12:00Z"));
        assert_eq!(read("imap 05/06/2026 09:12, smtp 2026/11/24 01:57"), read(both), "the readable one is kept");
    }

    #[test]
    fn a_form_that_could_mean_two_dates_is_not_known() {
        for odd in [
            "",
            "imap",
            "Never",
            "imap 05/06/2026 09:12",
            "imap 23/11月/2026 09:12",
            "imap 2026/11/23 09:12 AM",
            "imap 2026/13/23 09:12",
            "imap 2026/11/23 25:12",
            "imap 2026/11/23",
            "2026/11/23 09:12",
            "imap 2026/+1/23 09:12",
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = newest(&bytes, &clock());
        }
    }
}
