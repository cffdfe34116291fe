//! Every sentence that a lower room makes is known in Japanese too.
//!
//! The sources of the rooms are read, and every string literal of two words or more is taken for a sentence for people,
//! unless it stands where no person reads it. So a new way to say something is found without being named here. A literal
//! counts as known when `report::text::sentence`, given it with its holes filled, leaves no English behind.

use fleet::report::text::{Lang, sentence};
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Rooms and files whose sentences reach people during a run or from a command. Not yet: mistakes in inventories,
/// selectors and playbooks (`inventory`, `playbook/language`, `model`), and the tables of `report` itself, which hold both languages.
const ROOMS: &[&str] =
    &["engine", "local", "ssh", "secret", "store", "host", "mail", "model", "inventory", "playbook", "cli"];

/// What a literal stands in when no person reads it, or reads it as documentation only, which is English: fields and
/// help texts of the generated pages (of verbs, thresholds, settings), words that are looked for in a host's answer.
const NO_PERSON: &[&str] = &[
    "Field::new",
    "#",
    "has",
    "find",
    "rfind",
    "contains",
    "strip_prefix",
    "strip_suffix",
    "starts_with",
    "ends_with",
    "split_once",
    "limits",
    "NAMES",
];

/// Fields of a verb's or a signal's entry that make up the generated pages.
const DOCUMENTATION: &[&str] = &["doc", "summary", "example", "reason"];

/// Literals that begin like this: help pages and files that are written for the user to edit, which are English, and words
/// of other programs.
const EXEMPT: &[(&str, &[&str])] = &[
    ("cli/args.rs", &["Examples:"]),
    ("cli/exit.rs", &[""]),
    ("inventory/schema.rs", &["| field |", "version of the format"]),
    ("playbook/language/doc.rs", &[""]),
    ("cli/settings.rs", &["# Configuration", "# Settings of this project"]),
    ("cli/commands/init.rs", &["# yaml-language-server"]),
    ("mail/mta/postfix/queue_text.rs", &["Mail queue is empty"]),
    ("ssh/reader.rs", &["not available", "not allowed", "unrecognized command", "git shell"]),
];

/// Parts of sentences that are known as wholes only, each with such a whole.
const PARTS: &[(&str, &str)] = &[
    ("password was", "1 password was handed over, and forgotten here"),
    ("passwords were", "2 passwords were handed over, and forgotten here"),
    ("X1 X1 handed over, and forgotten here", "2 passwords were handed over, and forgotten here"),
    ("X1: `reads: false`", "`copy` changes the host, and this playbook is read-only: `reads: false`"),
    ("hold back", "hold back 1 message of a@x.jp (1 recipients)"),
    ("let go on", "let go on 2 messages of a@x.jp (2 recipients)"),
    ("bring back", "bring back 2 messages (2 recipients)"),
    ("of X1 and X1 more", "delete 2 messages of a@x.jp and 2 more (9 recipients)"),
];

/// A string literal with what it stands in.
#[derive(Debug)]
struct Literal {
    text: String,
    /// Calls, macros, attributes around it, outermost first.
    inside: Vec<String>,
    /// The field or argument name right before it.
    field: String,
    line: usize,
}

/// The string literals of Rust code; comments, characters and byte strings are passed over.
fn literals(code: &str) -> Vec<Literal> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    let mut inside: Vec<String> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &code[at..];
        let raw = rest.strip_prefix('r').filter(|r| r.trim_start_matches('#').starts_with('"'));
        let before_is_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if let Some(raw) = raw.filter(|_| !before_is_word || bytes[at - 1] == b'b') {
            let marks = raw.len() - raw.trim_start_matches('#').len();
            let body = &raw[marks + 1..];
            at += 1 + marks + 1 + body.find(&format!("\"{}", "#".repeat(marks))).unwrap_or(body.len()) + 1 + marks;
        } else if rest.starts_with('\'') {
            // A character, or a lifetime.
            let mut chars = rest.char_indices().skip(1);
            let (_, first) = chars.next().unwrap_or((0, ' '));
            let end = match first {
                '\\' => rest[2..].char_indices().skip(1).find(|(_, c)| *c == '\'').map(|(end, _)| end + 3),
                _ => chars.next().filter(|(_, c)| *c == '\'').map(|(end, _)| end + 1),
            };
            at += end.unwrap_or(1);
        } else if rest.starts_with('"') {
            let mut end = 1;
            while end < rest.len() && bytes[at + end] != b'"' {
                end += if bytes[at + end] == b'\\' { 2 } else { 1 };
            }
            let before = code[..at].trim_end();
            let field = before.strip_suffix(':').map_or("", |b| last_word(b));
            if !before.ends_with('b') || before.len() < at {
                found.push(Literal {
                    text: unescaped(&rest[1..end.min(rest.len())]),
                    inside: inside.clone(),
                    field: field.to_owned(),
                    line: code[..at].matches('\n').count() + 1,
                });
            }
            at += end + 1;
        } else {
            match bytes[at] {
                b'(' | b'[' | b'{' => {
                    let name = code[..at].trim_end().trim_end_matches('!');
                    let line = code[..at].rsplit('\n').next().unwrap_or_default();
                    inside.push(match line.split_once("const ").and_then(|(_, c)| c.split_once(": ")) {
                        Some((constant, _)) if bytes[at] == b'[' && name.ends_with('&') => constant.to_owned(),
                        _ if name.ends_with('#') => "#".into(),
                        _ => last_word(name).to_owned(),
                    });
                }
                b')' | b']' | b'}' => drop(inside.pop()),
                _ => {}
            }
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

/// The path that a text ends in: `Fault::new`, `push`.
fn last_word(text: &str) -> &str {
    let start = text.rfind(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').map_or(0, |at| at + 1);
    text[start..].trim_start_matches(':')
}

/// `\n`, `\"` and a line that goes on.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut chars = after.chars();
        match chars.next() {
            Some('\n') => {
                rest = after.trim_start();
                continue;
            }
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some(c) => out.push(c),
            None => {}
        }
        rest = chars.as_str();
    }
    out + rest
}

/// With its holes filled where it is a format, each line by itself, without what joins it to others.
fn samples(literal: &Literal) -> Vec<String> {
    let formats = ["format", "format_args", "write", "error"];
    let is_format = literal.inside.last().is_some_and(|last| formats.contains(&last.as_str()));
    let joins = |c: char| c.is_whitespace() || c == ';' || c == ',';
    let text = if is_format { holes_filled(&literal.text) } else { literal.text.clone() };
    text.lines().map(|l| l.trim_start_matches(joins).trim_end_matches(joins).to_owned()).collect()
}

fn holes_filled(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        let end = tail.strip_prefix('{').and_then(|inside| inside.split_once('}')).map(|(name, _)| name);
        let end = end.filter(|name| !name.contains([' ', '{'])).map(|name| name.len() + 2);
        match end {
            _ if tail.starts_with("{{") || tail.starts_with("}}") => {
                out.push_str(&tail[..1]);
                rest = &tail[2..];
            }
            Some(end) => {
                // Values that stand side by side are one.
                if !out.ends_with("X1") {
                    out.push_str("X1");
                }
                rest = &tail[end..];
            }
            _ => {
                out.push_str(&tail[..1]);
                rest = &tail[1..];
            }
        }
    }
    out + rest
}

/// Two words or more.
fn is_sentence(line: &str) -> bool {
    let word = |w: &&str| {
        let letters = w.trim_matches(|c: char| !c.is_alphanumeric());
        letters.len() > 1 && letters.chars().all(|c| c.is_ascii_alphabetic() || c == '\'' || c == '-')
    };
    let is_shell = ["exec ", "umask ", "echo ", "date ", "IFS= ", "virtualmin "].iter().any(|s| line.starts_with(s));
    let is_command = is_shell || line.contains('$') || (line.starts_with("fleet ") && !line.contains("  "));
    !is_command && line.split(' ').filter(word).count() > 1 && line.contains(|c: char| c.is_ascii_lowercase())
}

/// Two English words in a row outside of a command.
fn is_english(text: &str) -> bool {
    let plain: String = text.split('`').step_by(2).collect();
    let words: Vec<&str> = plain.split(' ').collect();
    let english = |w: &str| w.len() > 1 && w.chars().all(|c| c.is_ascii_lowercase() || c == '\'' || c == ',');
    words.windows(2).enumerate().any(|(n, pair)| {
        let command =
            words[..=n].iter().rev().take(3).any(|w| w.ends_with("fleet") || *w == "puttygen" || *w == "virtualmin");
        english(pair[0]) && english(pair[1]) && !command
    })
}

fn is_known(text: &str) -> bool {
    let said = sentence(Lang::Ja, text);
    said != text && !is_english(&said)
}

fn is_sql(text: &str) -> bool {
    let first = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "CREATE ", "ALTER ", "PRAGMA "];
    first.iter().any(|word| text.trim_start().starts_with(word))
}

/// The sentences of a source that have no Japanese, each with its line.
fn untranslated(code: &str, exempt: &[&str]) -> Vec<(usize, String)> {
    let for_people = |l: &Literal| {
        !is_sql(&l.text)
            && !exempt.iter().any(|start| l.text.trim_start().starts_with(start))
            && !DOCUMENTATION.contains(&l.field.as_str())
            // `#[error("..")]` is what an error says.
            && (l.inside.last().is_some_and(|i| i == "error") || !l.inside.iter().any(|i| NO_PERSON.contains(&i.as_str())))
    };
    let mut out = Vec::new();
    for literal in literals(code).iter().filter(|l| for_people(l)) {
        for line in samples(literal).into_iter().filter(|l| is_sentence(l)) {
            let whole = PARTS.iter().find(|(part, _)| *part == line).map_or(line.as_str(), |(_, whole)| whole);
            if !is_known(whole) {
                out.push((literal.line, line));
            }
        }
    }
    out
}

fn sources(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        entries.for_each(|path| sources(&path, found));
    } else {
        found.push(path.to_owned());
    }
}

/// The code of a file without its tests; none of a file that is one.
fn production(path: &Path) -> Option<String> {
    let is_test = |part: &std::ffi::OsStr| {
        let part = part.to_string_lossy();
        part.trim_end_matches(".rs").split('_').any(|w| matches!(w, "test" | "tests" | "testing" | "sample"))
    };
    if path.iter().any(is_test) || path.extension().is_none_or(|e| e != "rs") {
        return None;
    }
    let text = fs::read_to_string(path).unwrap();
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    Some(text[..end].to_owned())
}

fn rooms() -> Vec<PathBuf> {
    let mut found = Vec::new();
    ROOMS.iter().for_each(|room| sources(&Path::new(ROOT).join("src").join(room), &mut found));
    found.sort();
    found
}

#[test]
fn every_sentence_of_a_lower_room_is_known_in_japanese() {
    let (mut read, mut missing) = (0, Vec::new());
    for path in rooms() {
        let Some(code) = production(&path) else { continue };
        read += literals(&code).len();
        let name = path.strip_prefix(ROOT).unwrap().display().to_string();
        let exempt = EXEMPT.iter().find(|(file, _)| name.ends_with(file)).map_or(&[][..], |(_, starts)| starts);
        missing.extend(untranslated(&code, exempt).into_iter().map(|(n, line)| format!("{name}:{n}: {line}")));
    }
    assert!(read > 3_000, "the test reads too little: {read} literals");
    assert!(
        missing.is_empty(),
        "{} sentences without Japanese (src/report/text/sentence/):\n{}",
        missing.len(),
        missing.join("\n")
    );
}

/// How scripts tell something: `failed 'why'`, `note "what"`, `fail`; and what they print after a tab.
fn told(script: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, word) in ["failed ", "fail ", "note "].iter().flat_map(|w| script.match_indices(w)) {
        let before = script[..at].chars().next_back();
        let rest = &script[at + word.len()..];
        let Some(quote) = rest.chars().next().filter(|c| matches!(c, '\'' | '"')) else { continue };
        let Some((text, _)) = rest[1..].split_once(quote) else { continue };
        if before.is_none_or(|c| !c.is_alphanumeric() && c != '_') {
            // A text with a command in it says what the command says.
            found.push(text.split("$(").next().unwrap_or_default().to_owned());
        }
    }
    for (at, tab) in script.match_indices("\\t") {
        let text = script[at + tab.len()..].split(['\\', '\'', '"', '\n']).next().unwrap_or_default();
        // Not the tab of an awk expression.
        if !text.starts_with(']') && !text.contains(['{', '(']) {
            found.push(text.replace("%s", "X1"));
        }
    }
    found
}

/// `$name` and `${name%..}` filled.
fn filled(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        out.push_str("X1");
        rest = match after.strip_prefix('{') {
            Some(braced) => braced.split_once('}').map_or("", |(_, tail)| tail),
            None => after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_'),
        };
    }
    out + rest
}

#[test]
fn every_sentence_of_a_script_is_known_in_japanese() {
    let (mut read, mut missing) = (0, Vec::new());
    for path in rooms().into_iter().filter(|p| p.extension().is_some_and(|e| e == "sh")) {
        for text in told(&fs::read_to_string(&path).unwrap()) {
            let mut line = filled(text.trim());
            read += 1;
            if line.ends_with(':') {
                line.push_str(" X1");
            }
            if is_sentence(&line) && !is_known(&line) {
                missing.push(format!("{}: {line}", path.display()));
            }
        }
    }
    assert!(read > 100, "the test reads too little: {read}");
    assert!(missing.is_empty(), "without Japanese:\n{}", missing.join("\n"));
}

#[test]
fn a_playbook_of_fleet_speaks_japanese() {
    let mut missing = Vec::new();
    let mut files = Vec::new();
    sources(&Path::new(ROOT).join("playbooks"), &mut files);
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines().map(str::trim) {
            // A finding's message is recorded; what is shown is its code's sentence.
            let of = |key: &str| line.trim_start_matches("- ").strip_prefix(key).map(|v| v.trim().trim_matches('"'));
            let inner = |key: &str| line.split_once(key).map(|(_, v)| v.trim_end_matches([' ', '}']).trim_matches('"'));
            let inline =
                if line.contains("stop: {") || line.contains("confirm: {") { inner("message: ") } else { None };
            let Some(text) = of("name: ").or(of("because: ")).or(of("summary: ")).or(inline) else { continue };
            if is_sentence(text) && !is_known(text) {
                missing.push(format!("{}: {text}", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "without Japanese:\n{}", missing.join("\n"));
}

#[test]
fn the_scanner_finds_a_new_sentence_wherever_it_is_made() {
    let code = r##"
        // "a comment is nothing"
        const NEW: &str = "a constant that says";
        fn f<'a>(c: &'a str) -> Result<(), Fault> {
            if c.contains("words of the host") || c == r#"raw text here"# || x == b"bytes of it" || c == '"' { return Ok(()) }
            notes.push(format!("{c}: this is all new,\n  and {} more \
                to be said", 1));
            let row = Row { doc: "help of a page", why: Some("it was never translated".to_owned()) };
            Err(Fault::new(Kind, "stale: the playbook has changed"))
        }
    "##;
    let found: Vec<String> = untranslated(code, &[]).into_iter().map(|(_, line)| line).collect();
    assert_eq!(
        found,
        ["a constant that says", "X1: this is all new", "and X1 more to be said", "it was never translated"]
    );
    assert_eq!(
        told("failed 'it broke' ; denote 'no' ; note \"at $box: $(why)\" ; printf 'skip\\t%s is lost\\n'"),
        ["it broke", "at $box: ", "X1 is lost"]
    );
    assert_eq!(filled("${box%/*} is $what now"), "X1 is X1 now");
}
