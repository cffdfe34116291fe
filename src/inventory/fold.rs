//! Many names as few words: `mx[01-09,11-20],web[101-119]`. What it prints is a selector for the same hosts.

use super::range::MAX_DIGITS;
use crate::model::HostName;
use std::collections::HashMap;

#[derive(Clone)]
enum Piece {
    Text(String),
    /// As written, zero padding included.
    Numbers(Vec<String>),
}

/// Folds names that differ in their numbers only, in as many dimensions as they have. Padding is kept; the
/// first name of a group decides where the group stands; a name alone stays as it is.
pub fn fold(names: &[HostName]) -> String {
    let mut items: Vec<Vec<Piece>> = names.iter().map(|name| split(name.as_str())).collect();
    let most = items.iter().map(Vec::len).max().unwrap_or(0);
    for axis in (0..most).rev() {
        items = merge_along(axis, items);
    }
    items.iter().map(|pieces| pieces.iter().map(show).collect::<String>()).collect::<Vec<_>>().join(",")
}

/// Digits and what stands between them, in turn. Digits too many for a number are text.
fn split(name: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for chunk in name.as_bytes().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
        let text = String::from_utf8_lossy(chunk).into_owned();
        let number = chunk.first().is_some_and(u8::is_ascii_digit) && chunk.len() <= MAX_DIGITS;
        pieces.push(if number { Piece::Numbers(vec![text]) } else { Piece::Text(text) });
    }
    pieces
}

/// Joins the items that are equal in everything but the numbers at `axis`. That is exact: a set of names
/// with one free number is the product of what is equal and the union of what is not.
fn merge_along(axis: usize, items: Vec<Vec<Piece>>) -> Vec<Vec<Piece>> {
    let mut merged: Vec<Vec<Piece>> = Vec::with_capacity(items.len());
    let mut places: HashMap<String, usize> = HashMap::new();
    for item in items {
        let Some(Piece::Numbers(numbers)) = item.get(axis) else {
            merged.push(item);
            continue;
        };
        let same = |(i, piece)| if i == axis { "[]".to_owned() } else { show(piece) };
        let key: String = item.iter().enumerate().map(same).collect();
        let known = places.get(&key).and_then(|at| merged.get_mut(*at)).and_then(|pieces| pieces.get_mut(axis));
        match known {
            Some(Piece::Numbers(all)) => all.extend_from_slice(numbers),
            _ => {
                places.insert(key, merged.len());
                merged.push(item);
            }
        }
    }
    for item in &mut merged {
        if let Some(Piece::Numbers(numbers)) = item.get_mut(axis) {
            numbers.sort_unstable_by_key(|text| (value(text), text.len()));
            numbers.dedup();
        }
    }
    merged
}

fn value(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}

fn show(piece: &Piece) -> String {
    let numbers = match piece {
        Piece::Text(text) => return text.clone(),
        Piece::Numbers(numbers) => numbers,
    };
    if let [one] = numbers.as_slice() {
        return one.clone();
    }
    let runs = numbers.chunk_by(|a, b| *b == following(a)).map(|run| match run {
        [first, .., last] => format!("{first}-{last}"),
        _ => run.concat(),
    });
    format!("[{}]", runs.collect::<Vec<_>>().join(","))
}

/// The next number in the same spelling: `09` is followed by `10`, `9` by `10`, `99` by `100`.
fn following(text: &str) -> String {
    let width = if text.starts_with('0') { text.len() } else { 0 };
    format!("{:0width$}", value(text) + 1)
}

#[cfg(test)]
mod tests {
    use super::super::range::expand;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn folded(text: &str) -> String {
        fold(&text.split(' ').map(|n| HostName::parse(n).unwrap()).collect::<Vec<_>>())
    }

    #[test]
    fn names_fold_to_ranges() {
        assert_eq!(folded("mx01 mx02 mx03 web7 mx05"), "mx[01-03,05],web7");
        assert_eq!(folded("mx08 mx09 mx10 mx11"), "mx[08-11]");
        assert_eq!(folded("mx9 mx10 mx09"), "mx[9,09-10]");
        assert_eq!(folded("dc1-mx1 dc1-mx2 dc2-mx1 dc2-mx2 dc3-mx1"), "dc[1-2]-mx[1-2],dc3-mx1");
        assert_eq!(folded("mail.example.jp"), "mail.example.jp");
        assert_eq!(fold(&[]), "");
    }

    proptest! {
        #[test]
        fn folding_and_expanding_gives_the_same_hosts(
            names in proptest::collection::vec("[ab]{0,1}[0-2]{0,3}[.-]?x?[0-9]{1,2}", 0..60)
        ) {
            let names: Vec<HostName> = names.iter().filter_map(|n| HostName::parse(n)).collect();
            let text = fold(&names);
            // `,` splits only outside brackets.
            let mut words = vec![String::new()];
            let mut inside = false;
            for c in text.chars() {
                match c {
                    ',' if !inside => words.push(String::new()),
                    _ => {
                        inside = if c == '[' { true } else { inside && c != ']' };
                        words.last_mut().unwrap().push(c);
                    }
                }
            }
            let back: BTreeSet<String> = words.iter().filter(|w| !w.is_empty()).flat_map(|w| expand(w).unwrap()).collect();
            let given: BTreeSet<String> = names.iter().map(|n| n.to_string()).collect();
            prop_assert_eq!(back, given);
        }
    }
}
