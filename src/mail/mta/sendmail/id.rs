//! Queue ids.

/// Whether this is a queue id as Sendmail makes them since 8.10, and so nothing that a command could misread:
/// eight characters of time and sequence in base 60, and the process in at least five digits.
/// Source: Sendmail, `assign_queueid` in `queue.c`.
pub fn is_queue_id(text: &[u8]) -> bool {
    let Some((time, process)) = text.split_at_checked(8) else { return false };
    let base_60 = |b: &u8| matches!(b, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'x');
    time.iter().all(base_60) && (5..=10).contains(&process.len()) && process.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::is_queue_id;

    #[test]
    fn only_what_sendmail_makes_is_a_queue_id() {
        for good in ["6AO2DSR3000084", "i3QB49mW030871", "mAO2tx04010773", "p1AAAAAA4194304", "g5KxxxxX12345"] {
            assert!(is_queue_id(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            "NOQUEUE",
            "6AO2DSR3",
            "6AO2DSR3000084 ",
            "6AO2DSR300008x",
            "6AO2DSRz000084",
            "../../..00000",
            "-AO2DSR3000084",
            "6AO2DSR300000000084",
            "A2CDA9D291A",
            "*",
        ] {
            assert!(!is_queue_id(bad.as_bytes()), "{bad}");
        }
    }
}
