//! How many of something, in English.

/// `1 object`, `2 objects`. The noun is given in the plural.
pub fn counted(n: usize, plural: &str) -> String {
    if n == 1 { format!("1 {}", singular(plural)) } else { format!("{n} {plural}") }
}

/// One of those that a regular plural names.
pub fn singular(plural: &str) -> String {
    match (plural.strip_suffix("ies"), plural.strip_suffix("sses"), plural.strip_suffix('s')) {
        (Some(stem), ..) => format!("{stem}y"),
        (None, Some(stem), _) => format!("{stem}ss"),
        (None, None, stem) => stem.unwrap_or(plural).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_singular() {
        assert_eq!([0, 1, 2].map(|n| counted(n, "objects")), ["0 objects", "1 object", "2 objects"]);
        assert_eq!(["countries", "addresses", "messages"].map(singular), ["country", "address", "message"]);
    }
}
