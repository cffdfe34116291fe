//! Queue ids.

/// Whether this is a queue id as Postfix makes them, and so nothing that a command could misread: `ALL`,
/// `NOQUEUE` and paths are none.
///
/// Short ids are five hexadecimal digits of microseconds and the inode number. Long ids (since 2.9) are at
/// least ten digits and consonants of time, a `z`, and the inode in the same alphabet. Source: Postfix,
/// `src/global/mail_queue.h`.
pub fn is_queue_id(text: &[u8]) -> bool {
    is_short(text) || is_long(text)
}

fn is_short(text: &[u8]) -> bool {
    (6..=24).contains(&text.len()) && text.iter().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'))
}

fn is_long(text: &[u8]) -> bool {
    let consonant = |b: &u8| b.is_ascii_alphabetic() && !b"AEIOUaeiou".contains(b);
    let good = text.len() <= 40 && text.iter().all(|b| b.is_ascii_digit() || consonant(b));
    // The time itself has no `z`, so the first one is the separator.
    good && text.iter().position(|&b| b == b'z').is_some_and(|z| z >= 10 && z + 1 < text.len())
}

#[cfg(test)]
mod tests {
    use super::is_queue_id;

    #[test]
    fn only_what_postfix_makes_is_a_queue_id() {
        for good in ["A2CDA9D291A", "02C569D2921", "DEADBEEF00", "4jYQwX63t0z1Vc5c", "3Pt2mN2VXxznjll"] {
            assert!(is_queue_id(good.as_bytes()), "{good}");
        }
        let megabyte = "A".repeat(1 << 20);
        for bad in [
            "",
            "ALL",
            "all",
            "NOQUEUE",
            "../..",
            "-",
            "-r",
            "a2cda9d291a",
            "warning",
            "A2CDA9D291A ",
            "A2CDA9D291A\n",
            "A2CDA;rm",
            "*",
            "statistics",
            "4jYQwXz1",
            "4jYQwX63t0z",
            &megabyte,
        ] {
            assert!(!is_queue_id(bad.as_bytes()), "{}", &bad[..bad.len().min(20)]);
        }
    }
}
