//! Message numbers.

/// Whether this is a message number, and so nothing that a command could misread: the inode of its file in
/// digits, without leading zeros.
pub fn is_message_number(text: &[u8]) -> bool {
    (1..=20).contains(&text.len()) && text.first() != Some(&b'0') && text.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::is_message_number;

    #[test]
    fn only_digits_are_a_message_number() {
        for good in ["10504133", "7", "18446744073709551615"] {
            assert!(is_message_number(good.as_bytes()), "{good}");
        }
        for bad in ["", "0", "007", "10504133 ", "#10504133", "-1", "1e3", "../1", "*", "184467440737095516150"] {
            assert!(!is_message_number(bad.as_bytes()), "{bad}");
        }
    }
}
