//! Host names as people write many at once: a name, a glob or a range. Group memberships and selectors share
//! this.

use super::range::{self, Bad};
use crate::model::HostName;
use std::collections::HashMap;

/// All host names, in inventory order, and where each stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    list: Vec<HostName>,
    at: HashMap<String, usize>,
}

impl Names {
    /// Adds a name; `Err` with the place of the same name that was there before.
    pub fn add(&mut self, name: HostName) -> Result<(), usize> {
        if let Some(&before) = self.at.get(name.as_str()) {
            return Err(before);
        }
        self.at.insert(name.as_str().to_owned(), self.list.len());
        self.list.push(name);
        Ok(())
    }

    pub fn find(&self, name: &str) -> Option<usize> {
        self.at.get(name).copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        self.list.iter().map(HostName::as_str)
    }
}

/// A name, a glob with `*` and `?`, or a range of either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    words: Vec<String>,
    glob: bool,
}

/// What a pattern means in one inventory.
pub(super) struct Found<'p> {
    pub hosts: Vec<usize>,
    /// Names that no host has; the glob itself when no host is like it.
    pub missing: Vec<&'p str>,
}

impl Pattern {
    pub fn parse(text: &str) -> Result<Self, Bad> {
        let words = range::expand(text)?;
        let glob = text.contains(['*', '?']);
        let plain = |word: &String| HostName::parse(&word.replace(['*', '?'], "x")).is_some();
        if !words.iter().all(plain) {
            let message = "a name has letters, digits, `.`, `_` and `-`, and does not begin with `-` or `.`";
            return Err(Bad { span: 0..text.len(), message: message.into() });
        }
        Ok(Self { words, glob })
    }

    /// How many names or globs it stands for.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    pub fn is_glob(&self) -> bool {
        self.glob
    }

    pub fn find(&self, names: &Names) -> Found<'_> {
        let mut found = Found { hosts: Vec::new(), missing: Vec::new() };
        for word in &self.words {
            if self.glob {
                let before = found.hosts.len();
                found.hosts.extend(names.iter().enumerate().filter(|(_, name)| like(word, name)).map(|(i, _)| i));
                if found.hosts.len() == before {
                    found.missing.push(word);
                }
            } else {
                match names.find(word) {
                    Some(i) => found.hosts.push(i),
                    None => found.missing.push(word),
                }
            }
        }
        found
    }
}

/// Whether a name is like a glob: `*` is any text, `?` is one character. Linear but for the last `*`.
fn like(glob: &str, name: &str) -> bool {
    let (glob, name) = (glob.as_bytes(), name.as_bytes());
    let (mut g, mut n) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while let Some(c) = name.get(n) {
        match glob.get(g) {
            Some(b'*') => {
                retry = Some((g + 1, n));
                g += 1;
            }
            Some(w) if w == c || *w == b'?' => {
                g += 1;
                n += 1;
            }
            _ => match retry {
                Some((after, from)) => {
                    retry = Some((after, from + 1));
                    g = after;
                    n = from + 1;
                }
                None => return false,
            },
        }
    }
    glob.iter().skip(g).all(|w| *w == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn globs_match_whole_names() {
        for (glob, name, yes) in [
            ("web*.jp", "web1.example.jp", true),
            ("web*.jp", "web1.example.com", false),
            ("mx?", "mx7", true),
            ("mx?", "mx", false),
            ("mx?", "mx07", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b", "xbxa", false),
            ("mx", "mx7", false),
        ] {
            assert_eq!(like(glob, name), yes, "{glob} {name}");
        }
    }

    #[test]
    fn names_that_no_host_has_are_told() {
        let mut names = Names::default();
        for name in ["mx01", "mx02", "web1"] {
            names.add(HostName::parse(name).unwrap()).unwrap();
        }
        let pattern = Pattern::parse("mx[01-04]").unwrap();
        let found = pattern.find(&names);
        assert_eq!((found.hosts, found.missing), (vec![0, 1], vec!["mx03", "mx04"]));
        assert_eq!(Pattern::parse("db*").unwrap().find(&names).missing, ["db*"]);
        assert!(Pattern::parse("a b").is_err());
        assert_eq!(names.add(HostName::parse("web1").unwrap()), Err(2));
    }

    proptest! {
        #[test]
        fn a_name_is_like_itself_with_a_star_anywhere(name in "[a-c0-9]{1,12}", at in 0usize..12) {
            let at = at.min(name.len());
            let glob = format!("{}*{}", &name[..at], &name[at..]);
            prop_assert!(like(&glob, &name));
        }
    }
}
