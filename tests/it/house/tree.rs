//! The tree of modules as the sources tell it: which file declares which, in which order, and which uses which.

use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

/// A module's path below the crate, such as `["mail", "mta", "exim"]`.
pub type Name = Vec<String>;

/// `mail::mta::exim`, for people.
pub fn shown(name: &[String]) -> String {
    name.join("::")
}

#[derive(Debug, Default)]
pub struct Module {
    /// Its modules in the order in which it lists them, tests aside.
    pub floors: Vec<String>,
    /// What it re-exports: a signpost to where it is defined.
    signposts: BTreeMap<String, Name>,
    paths: BTreeSet<Name>,
    /// It lists its own members, and may name them while they use its trait.
    pub registry: bool,
    /// What it holds besides docs, the list of its modules and signposts.
    pub more: String,
}

#[derive(Debug, Default)]
pub struct Tree(pub BTreeMap<Name, Module>);

static USE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^\s*(pub(?:\([\w: ]+\))? )?use ([^;]+);").unwrap());
static MOD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^(?:pub(?:\([\w: ]+\))? )?mod (\w+);\n?").unwrap());
static TEST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"#\[cfg\(test\)\]\n(?:#\[.*\]\n)?(?:pub(?:\([\w: ]+\))? )?(?:mod|use) [^;{]+;\n?").unwrap()
});
static PATH: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?:^|[^\w:.])(\w+(?:::\w+)+)").unwrap());
static REGISTRY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"static (ALL|FORMATS)\b|derive\([^)]*Subcommand").unwrap());

/// `a::{b, c::{self, d as e}}` as `a::b`, `a::c`, `a::c::d`.
fn leaves(text: &str) -> Vec<String> {
    let text = text.trim();
    let Some((prefix, rest)) = text.split_once('{') else {
        let path = text.split(" as ").next().unwrap().trim();
        return vec![path.strip_suffix("::self").unwrap_or(path).to_owned()];
    };
    let inner = rest.strip_suffix('}').unwrap_or(rest);
    let (mut parts, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inner[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[from..]);
    let parts = parts.into_iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| leaves(&format!("{}{}", prefix.trim(), part.trim()))).collect()
}

/// A written path below the crate; none of another crate's.
fn absolute(written: &str, module: &[String], floors: &[String]) -> Option<Name> {
    let words: Vec<String> = written.split("::").map(|word| word.trim().to_owned()).collect();
    let up = words.iter().take_while(|word| *word == "super").count();
    match words.first()?.as_str() {
        "crate" => Some(words[1..].to_vec()),
        "self" => Some([module, &words[1..]].concat()),
        "super" => Some([&module[..module.len().checked_sub(up)?], &words[up..]].concat()),
        first if floors.iter().any(|floor| floor == first) => Some([module, &words].concat()),
        _ => None,
    }
}

impl Module {
    fn of(name: &[String], code: &str) -> Self {
        let code = TEST.replace_all(code, "").into_owned();
        let floors: Vec<String> = MOD.captures_iter(&code).map(|c| c[1].to_owned()).collect();
        let body = MOD.replace_all(&USE.replace_all(&code, ""), "").into_owned();
        let words: BTreeSet<&str> = body.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let mut module = Self { registry: REGISTRY.is_match(&body), ..Self::default() };
        for used in USE.captures_iter(&code) {
            for leaf in leaves(&used[2]) {
                let Some(path) = absolute(&leaf, name, &floors) else { continue };
                let last = path.last().cloned().unwrap_or_default();
                let in_body = words.contains(last.as_str());
                if used.get(1).is_some() {
                    module.signposts.insert(last, path.clone());
                }
                if used.get(1).is_none() || in_body {
                    module.paths.insert(path);
                }
            }
        }
        let written = PATH.captures_iter(&body).filter_map(|c| absolute(&c[1], name, &floors));
        module.paths.extend(written);
        let own_uses = USE.captures_iter(&code).filter(|c| c.get(1).is_none());
        module.more = own_uses.map(|c| c[0].trim().to_owned()).chain([body.trim().to_owned()]).collect();
        Self { floors, ..module }
    }
}

impl Tree {
    /// From files by their path below `src`, without tests, comments and strings.
    pub fn of<'a>(files: impl IntoIterator<Item = (&'a Path, &'a str)>) -> Self {
        let name = |path: &Path| -> Name {
            let words = path.with_extension("");
            let words: Vec<String> = words.iter().map(|w| w.to_str().unwrap().to_owned()).collect();
            if words.last().is_some_and(|w| w == "mod") { words[..words.len() - 1].to_vec() } else { words }
        };
        let named = files.into_iter().map(|(path, code)| (name(path), code));
        Self(named.map(|(name, code)| (name.clone(), Module::of(&name, code))).collect())
    }

    /// The file that defines what stands at that path, over signposts.
    fn defined(&self, path: &[String], depth: usize) -> Option<Name> {
        let at = (1..=path.len()).rev().find(|n| self.0.contains_key(&path[..*n]))?;
        let (module, rest) = path.split_at(at);
        match rest.first().and_then(|word| self.0[module].signposts.get(word)) {
            Some(there) if depth < 8 && *there != path[..=at] => self.defined(&[there, &rest[1..]].concat(), depth + 1),
            _ => Some(module.to_vec()),
        }
    }

    /// Which file uses which.
    pub fn uses(&self) -> BTreeSet<(Name, Name)> {
        let of = |(from, module): (&Name, &Module)| {
            let used = module.paths.iter().filter_map(|path| self.defined(path, 0)).filter(|to| to != from);
            used.map(|to| (from.clone(), to)).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of).collect()
    }

    /// Uses of a floor that stands below in the list of the module that holds both.
    pub fn upward(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (from, to) in self.uses() {
            let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
            let (Some(own), Some(other), true) = (from.get(common), to.get(common), common > 0) else { continue };
            let floors = &self.0[&from[..common]].floors;
            let place = |word: &String| floors.iter().position(|floor| floor == word);
            if place(other) > place(own) {
                wrong.push(format!("{} uses {}, which stands below it in the list", shown(&from), shown(&to)));
            }
        }
        wrong
    }

    /// Files that use each other in a circle; a registry's list of its own members is not followed.
    pub fn circles(&self) -> Vec<String> {
        let mut uses: BTreeMap<&Name, Vec<&Name>> = BTreeMap::new();
        let all = self.uses();
        for (from, to) in all.iter().filter(|(from, to)| !(self.0[from].registry && to.starts_with(from))) {
            uses.entry(from).or_default().push(to);
        }
        let reached = |from: &Name| {
            let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
            while let Some(next) = open.pop() {
                open.extend(uses.get(next).into_iter().flatten().filter(|to| seen.insert((**to).clone())));
            }
            seen
        };
        let reach: BTreeMap<&Name, BTreeSet<Name>> = self.0.keys().map(|name| (name, reached(name))).collect();
        let mut circles = BTreeSet::new();
        for name in self.0.keys().filter(|name| reach[name].contains(*name)) {
            let circle: Vec<String> =
                reach[name].iter().filter(|other| reach[other].contains(name)).map(|other| shown(other)).collect();
            circles.insert(circle.join(", "));
        }
        circles.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        Tree::of(files.iter().map(|(path, code)| (Path::new(*path), *code)))
    }

    #[test]
    fn an_upward_arrow_between_two_floors_is_told_with_both_names() {
        let list = ("mail/mod.rs", "pub mod log;\npub mod mta;\n");
        let good = tree(&[list, ("mail/log.rs", ""), ("mail/mta.rs", "use super::log::Line;\n")]);
        assert_eq!(good.upward(), Vec::<String>::new());
        for written in ["use super::mta::Mta;\n", "fn f() { crate::mail::mta::find() }\n", "use crate::mail::{mta};\n"]
        {
            let bad = tree(&[list, ("mail/log.rs", written), ("mail/mta.rs", "")]);
            assert_eq!(bad.upward(), ["mail::log uses mail::mta, which stands below it in the list"], "{written}");
        }
    }

    #[test]
    fn a_signpost_leads_to_the_file_that_defines() {
        let list = ("mail/mod.rs", "pub mod log;\npub mod mta;\npub use mta::Mta;\n");
        let bad = tree(&[list, ("mail/log.rs", "use super::Mta;\n"), ("mail/mta.rs", "pub struct Mta;\n")]);
        assert_eq!(bad.upward(), ["mail::log uses mail::mta, which stands below it in the list"]);
    }

    #[test]
    fn a_circle_is_told_and_a_registry_is_none() {
        let member = ("mta/exim.rs", "use super::Mta;\n");
        let list = "mod exim;\npub trait Mta {}\npub static ALL: &[&dyn Mta] = &[&exim::Exim];\n";
        assert_eq!(tree(&[("mta/mod.rs", list), member]).circles(), Vec::<String>::new());
        let found = list.replace("static ALL", "static THE_OTHERS");
        assert_eq!(tree(&[("mta/mod.rs", &found), member]).circles(), ["mta, mta::exim"]);
    }
}
