//! Message ids.

/// Whether this is a message id as Exim makes them, and so nothing that a command could misread: six characters
/// of time, six of the process, two of the fraction of a second; since 4.97 six, eleven and four. Source: Exim's
/// specification, "Message identification".
pub fn is_id(text: &[u8]) -> bool {
    let dashes = match text.len() {
        16 => [6, 13],
        23 => [6, 18],
        _ => return false,
    };
    text.iter().enumerate().all(|(at, b)| if dashes.contains(&at) { *b == b'-' } else { b.is_ascii_alphanumeric() })
}

#[cfg(test)]
mod tests {
    use super::is_id;

    #[test]
    fn only_what_exim_makes_is_an_id() {
        for good in ["1xVg1Y-00000z-39", "1woYPl-0000000B09r-3Wiu"] {
            assert!(is_id(good.as_bytes()), "{good}");
        }
        let megabyte = "A".repeat(1 << 20);
        for bad in [
            "",
            "-Mrm",
            "1xVg1Y",
            "1xVg1Y-00000z",
            "1xVg1Y-00000z-3",
            "1xVg1Y-00000z-39-H",
            "1xVg1Y-00000z-39\n",
            " 1xVg1Y-00000z-39",
            "1xVg1Y-0000-z-39",
            "1woYPl-0000000B09r-39",
            "1xVg1Y-00000z-3Wiu",
            "../../-00000z-39",
            "1xVg1Y-00000z-3;",
            "Exim",
            &megabyte,
        ] {
            assert!(!is_id(bad.as_bytes()), "{}", &bad[..bad.len().min(20)]);
        }
    }
}
