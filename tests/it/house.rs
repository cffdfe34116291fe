//! The house itself: which room may use which, who may name which crate, and that no file is forgotten.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Rooms that know no clock, no chance, no file and no network.
const PURE: &[&str] = &["model", "inventory", "shell", "mail", "playbook"];

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

/// The part of a file that is not test code, with comments and string literals taken out.
fn production(path: &Path) -> String {
    let is_test = |part: &std::ffi::OsStr| {
        part.to_string_lossy()
            .trim_end_matches(".rs")
            .split('_')
            .any(|w| matches!(w, "test" | "tests" | "testing" | "sample"))
    };
    if path.iter().any(is_test) {
        return String::new();
    }
    let text = fs::read_to_string(path).unwrap();
    let tests = regex::Regex::new(r"#\[cfg\(test\)\]\n(pub(\(\w+\))? )?mod \w+ \{").unwrap();
    let text = tests.split(&text).next().unwrap();
    let strings = regex::Regex::new(r#""(?:[^"\\]|\\.)*""#).unwrap();
    let without: String =
        text.lines().filter(|l| !l.trim_start().starts_with("//")).map(|l| format!("{l}\n")).collect();
    strings.replace_all(&without, "\"\"").into_owned()
}

fn names(code: &str, word: &str) -> bool {
    let pattern = format!(r"(^|[^\w:.]){}(::|;|\b)", regex::escape(word));
    regex::Regex::new(&pattern).unwrap().is_match(code)
}

#[test]
fn a_room_uses_only_rooms_above_it() {
    let rooms = rooms();
    let floor: BTreeMap<&str, usize> = rooms.iter().enumerate().map(|(n, r)| (r.as_str(), n)).collect();
    let direct = regex::Regex::new(r"crate::(\w+)").unwrap();
    let grouped = regex::Regex::new(r"(?s)crate::\{(.*?)\};").unwrap();
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

#[test]
fn a_crate_is_named_only_in_its_rooms() {
    let mut wrong = Vec::new();
    for file in files() {
        for (name, allowed) in CRATES {
            if names(&file.code, name) && !allowed.contains(&file.room.as_str()) {
                wrong.push(format!("{} names {name}", file.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_rooms_know_no_clock_no_chance_and_no_machine() {
    let mut wrong = Vec::new();
    for file in files().iter().filter(|f| PURE.contains(&f.room.as_str())) {
        wrong.extend(
            IMPURE.iter().filter(|w| names(&file.code, w)).map(|w| format!("{} names {w}", file.path.display())),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_test_of_the_house_sees_what_it_looks_for() {
    assert!(names("use tokio::time;", "tokio") && names("let t = Instant::now();", "Instant::now"));
    assert!(!names("let tokio_like = 1;", "tokio") && !names("self.rand()", "rand"));
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
