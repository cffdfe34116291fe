//! "Did you mean": the known names that are closest to a mistyped one.

/// At most three of `known`, nearest first, that a slip of the fingers could have turned into `typed`.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let limit = (typed.chars().count() / 3).clamp(1, 3);
    let mut scored: Vec<(usize, &str)> = known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(typed, name), name))
        .filter(|(distance, name)| *distance <= limit || (typed.len() >= 3 && name.starts_with(typed)))
        .collect();
    scored.sort_unstable();
    scored.dedup();
    scored.into_iter().map(|(_, name)| name).take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_a_stranger_finds_nothing() {
        assert_eq!(nearest("plsk", ["plesk", "webmin"]), ["plesk"]);
        assert_eq!(nearest("totl", ["total", "oldest"]), ["total"]);
        assert!(nearest("zebra", ["plesk", "webmin"]).is_empty());
    }
}
