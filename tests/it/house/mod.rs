//! The house itself: which room and which floor may use which, who may name which crate, and that no file is forgotten.

mod tree;

use regex::Regex;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tree::{Tree, shown};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Rooms that know no clock, no chance, no file and no network.
const PURE: &[&str] = &["model", "inventory", "shell", "host", "mail", "playbook"];

/// What a pure room may not name.
const IMPURE: &[&str] = &[
    "tokio",
    "std::fs",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "std::process",
    "std::env",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "TimeZone::system",
    "TimeZone::get",
    "rand",
];

/// Crates that belong to rooms.
const CRATES: &[(&str, &[&str])] = &[
    ("ring", &["secret"]),
    ("russh", &["ssh", "demo"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("indicatif", &["report"]),
    ("rusqlite", &["store"]),
    ("rusqlite_migration", &["store"]),
    ("keyring_core", &["secret"]),
    ("linux_keyutils_keyring_store", &["secret"]),
    ("minijinja", &["playbook"]),
    ("serde_saphyr", &["model", "report"]),
    ("toml", &["cli"]),
    ("maxminddb", &["mail"]),
];

struct File {
    path: PathBuf,
    room: String,
    /// Without tests, comments and text in quotes.
    code: String,
}

fn rooms() -> Vec<String> {
    let lib = fs::read_to_string(format!("{ROOT}/src/lib.rs")).unwrap();
    lib.lines().filter_map(|l| Some(l.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned())).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => walk(&path, found),
            false if path.extension().is_some_and(|e| e == "rs") => found.push(path),
            false => {}
        }
    }
}

fn files() -> Vec<File> {
    let src = PathBuf::from(ROOT).join("src");
    let mut paths = Vec::new();
    walk(&src, &mut paths);
    let room_of = |path: &Path| path.strip_prefix(&src).unwrap().iter().next().unwrap().to_str().unwrap().to_owned();
    paths
        .into_iter()
        .filter(|p| p.parent() != Some(&src))
        .map(|path| File { room: room_of(&path), code: production(&path), path })
        .collect()
}

static TESTS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"#\[cfg\(test\)\]\n(pub(\(\w+\))? )?mod \w+ \{").unwrap());
static STRINGS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#""(?:[^"\\]|\\.)*""#).unwrap());

/// The part of a file that is not test code, with comments and string literals taken out.
fn production(path: &Path) -> String {
    let is_test =
        |part: &std::ffi::OsStr| matches!(part.to_str(), Some("tests" | "tests.rs" | "testing" | "testing.rs"));
    if path.iter().any(is_test) {
        return String::new();
    }
    let text = fs::read_to_string(path).unwrap();
    let text = TESTS.split(&text).next().unwrap();
    let without: String =
        text.lines().filter(|l| !l.trim_start().starts_with("//")).map(|l| format!("{l}\n")).collect();
    STRINGS.replace_all(&without, "\"\"").into_owned()
}

/// Finds where code names a crate or a path.
fn naming(word: &str) -> Regex {
    Regex::new(&format!(r"(^|[^\w:.]){}(::|;|\b)", regex::escape(word))).unwrap()
}

#[test]
fn a_room_uses_only_rooms_above_it() {
    let rooms = rooms();
    let floor: BTreeMap<&str, usize> = rooms.iter().enumerate().map(|(n, r)| (r.as_str(), n)).collect();
    let direct = Regex::new(r"crate::(\w+)").unwrap();
    let grouped = Regex::new(r"(?s)crate::\{(.*?)\};").unwrap();
    let mut wrong = Vec::new();
    let mut arrows = 0;
    for file in files() {
        let own = floor.get(file.room.as_str()).unwrap_or_else(|| panic!("{} is not in lib.rs", file.room));
        let singles = direct.captures_iter(&file.code).map(|c| c[1].to_owned());
        let groups = grouped
            .captures_iter(&file.code)
            .flat_map(|c| c[1].split(',').map(|p| p.trim().split("::").next().unwrap().to_owned()).collect::<Vec<_>>());
        for target in singles.chain(groups).filter(|t| floor.contains_key(t.as_str())) {
            arrows += 1;
            if floor[target.as_str()] > *own {
                wrong.push(format!("{} uses crate::{target}", file.path.display()));
            }
        }
    }
    assert!(arrows > 100, "the test reads too little: {arrows} arrows");
    assert!(wrong.is_empty(), "wrong arrows:\n{}", wrong.join("\n"));
}

fn tree(files: &[File]) -> Tree {
    let src = PathBuf::from(ROOT).join("src");
    Tree::of(files.iter().filter(|f| !f.code.is_empty()).map(|f| (f.path.strip_prefix(&src).unwrap(), &*f.code)))
}

#[test]
fn a_floor_uses_only_floors_above_it_in_the_list() {
    let tree = tree(&files());
    let uses = tree.uses().len();
    assert!(uses > 500, "the test reads too little: {uses} uses");
    let wrong = tree.upward();
    assert!(wrong.is_empty(), "{} wrong arrows:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let circles = tree(&files()).circles();
    assert!(circles.is_empty(), "{} circles:\n{}", circles.len(), circles.join("\n"));
}

#[test]
fn a_room_of_more_than_ten_files_lists_its_floors_and_nothing_else() {
    let files = files();
    let tree = tree(&files);
    let mut wrong = Vec::new();
    for room in rooms() {
        let count = files.iter().filter(|f| f.room == room && !f.code.is_empty()).count();
        let list = &tree.0[&vec![room.clone()]];
        if count > 10 && !list.more.is_empty() {
            let begins: String = list.more.chars().take(80).collect();
            wrong.push(format!("{} has {count} files and more than a list: {begins:?}", shown(&[room])));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_crate_is_named_only_in_its_rooms() {
    let mut wrong = Vec::new();
    let files = files();
    for (name, allowed) in CRATES {
        let naming = naming(name);
        let elsewhere = files.iter().filter(|f| !allowed.contains(&f.room.as_str()) && naming.is_match(&f.code));
        wrong.extend(elsewhere.map(|file| format!("{} names {name}", file.path.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_rooms_know_no_clock_no_chance_and_no_machine() {
    let mut wrong = Vec::new();
    let files = files();
    for word in IMPURE {
        let naming = naming(word);
        let found = files.iter().filter(|f| PURE.contains(&f.room.as_str()) && naming.is_match(&f.code));
        wrong.extend(found.map(|file| format!("{} names {word}", file.path.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_test_of_the_house_sees_what_it_looks_for() {
    let finds = |word: &str, code: &str| naming(word).is_match(code);
    assert!(finds("tokio", "use tokio::time;") && finds("Instant::now", "let t = Instant::now();"));
    assert!(!finds("tokio", "let tokio_like = 1;") && !finds("rand", "self.rand()"));
}

#[test]
fn tests_stand_in_files_of_one_name() {
    let mut paths = Vec::new();
    walk(&PathBuf::from(ROOT).join("src"), &mut paths);
    let stem = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let odd = |stem: &str| ["_test", "_tests", "_testing"].iter().any(|end| stem.ends_with(end)) || stem == "test";
    let wrong: Vec<_> = paths.iter().filter(|path| odd(&stem(path))).collect();
    assert!(wrong.is_empty(), "tests stand in tests.rs or tests/, fakes in testing.rs or testing/: {wrong:?}");
}

#[test]
fn no_file_is_forgotten() {
    let src = PathBuf::from(ROOT).join("src");
    let mut paths = Vec::new();
    walk(&src, &mut paths);
    for path in paths {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        if matches!(stem, "lib" | "main") && path.parent() == Some(&src) {
            continue;
        }
        let (name, folder) = match stem {
            "mod" => (
                path.parent().unwrap().file_name().unwrap().to_str().unwrap(),
                path.parent().unwrap().parent().unwrap(),
            ),
            other => (other, path.parent().unwrap()),
        };
        let parents = [folder.join("mod.rs"), folder.join("lib.rs"), folder.with_extension("rs")];
        let declared = parents
            .iter()
            .filter_map(|p| fs::read_to_string(p).ok())
            .any(|text| text.lines().any(|l| l.trim_end().ends_with(&format!("mod {name};"))));
        assert!(declared, "{} is in no module", path.display());
    }
}

#[test]
fn generated_pages_are_as_the_tables_say() {
    for (page, text) in
        [("exit-codes.md", fleet::cli::exit::document()), ("configuration.md", fleet::cli::configuration())]
    {
        let path = format!("{ROOT}/docs/{page}");
        if std::env::var_os("FLEET_BLESS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap_or_default(), text, "{path}: run the tests with FLEET_BLESS=1");
    }
}

#[test]
fn every_path_that_a_page_names_exists() {
    let mut pages = vec![format!("{ROOT}/README.md"), format!("{ROOT}/CONTRIBUTING.md")];
    for folder in ["docs", "docs/design"] {
        let entries = fs::read_dir(format!("{ROOT}/{folder}")).unwrap().map(|entry| entry.unwrap().path());
        pages.extend(
            entries.filter(|path| path.extension().is_some_and(|e| e == "md")).map(|p| p.display().to_string()),
        );
    }
    let is_ours = |span: &str| {
        let plain = span.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-./".contains(c));
        let of_us = ["src/", "tests/", "docs/", "fuzz/", "playbooks/"].iter().any(|folder| span.starts_with(folder));
        plain && (of_us || (span.contains('/') && span.ends_with(".rs")))
    };
    let mut seen = 0;
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let folder = Path::new(&page).parent().unwrap();
        let named = text.split('`').skip(1).step_by(2).filter(|span| is_ours(span)).map(|span| (span, Path::new(ROOT)));
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let links = links.filter(|link| !link.contains("://")).map(|link| (link, folder));
        for (path, base) in named.chain(links) {
            let there = [base.join(path), base.join("src").join(path)].iter().any(|p| p.exists());
            // What runs write and git does not keep.
            let made = ["fuzz/corpus", "fuzz/logs", "fuzz/artifacts"].contains(&path);
            assert!(there || made, "{page} names {path}, which does not exist");
            seen += 1;
        }
    }
    assert!(seen > 40, "only {seen} paths were found in the pages");
}
