//! English sentences of lower rooms in the reader's language.
//!
//! What a host, a verb or a command has to say is made in English where it happens, is recorded so, and is read by
//! machines. It becomes Japanese here, when it is shown: a table for each room holds templates, English and Japanese side
//! by side, with the same holes `{0}` to `{9}`. A text that no template knows stays as it is.
//!
//! The text may quote a hostile host. It is only ever compared with templates: the work is bounded by its length, and
//! what stands in a hole is kept, unless it is a sentence itself.

mod cli;
mod engine;
mod inventory;
mod language;
mod local;
mod mail;
mod playbook;
mod playbooks;
mod scripts;
mod secret;
mod ssh;

use super::Lang;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Sentences by room: English, Japanese.
const TABLES: &[&[(&str, &str)]] = &[
    engine::SENTENCES,
    local::SENTENCES,
    ssh::SENTENCES,
    secret::SENTENCES,
    mail::SENTENCES,
    scripts::SENTENCES,
    playbook::SENTENCES,
    language::SENTENCES,
    inventory::SENTENCES,
    playbooks::SENTENCES,
    cli::SENTENCES,
];

/// A line that is longer is no sentence of ours, bytes.
const LINE_MAX: usize = 2_000;
/// How deep sentences stand in each other's holes.
const DEPTH: usize = 5;
/// How many places of a text are tried as the end of a name before a sentence (`mail queue: ..`).
const NAMES: usize = 6;
/// A template that fits only loosely says at least so much itself, bytes.
const LOOSE_MIN: usize = 12;
/// More sentences in one line are left as they are.
const JOINED: usize = 24;

/// `text` in `lang`, line by line; unknown text as it is.
pub fn sentence(lang: Lang, text: &str) -> Cow<'_, str> {
    if lang == Lang::En {
        return Cow::Borrowed(text);
    }
    let mut lines = String::with_capacity(text.len());
    let mut known = false;
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        let said = if body.len() > LINE_MAX { None } else { japanese(body, DEPTH) };
        known |= said.is_some();
        let (before, after) = line.split_once(body).unwrap_or((line, ""));
        lines.extend([before, said.as_deref().unwrap_or(body), after]);
    }
    if known { Cow::Owned(lines) } else { Cow::Borrowed(text) }
}

/// A whole sentence; or sentences joined by `; `; or one after a name and `: `, or before a label in parentheses.
fn japanese(text: &str, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let fits = fit(text);
    if let Some(fit) = fits.as_ref().filter(|fit| !fit.is_loose()) {
        return Some(fit.fill(depth));
    }
    let parts = || joined(text, depth).or_else(|| named(text, depth)).or_else(|| labelled(text, depth));
    parts().or_else(|| Some(fits.filter(|fit| fit.literal >= LOOSE_MIN)?.fill(depth)))
}

/// A template that a text is a sentence of.
struct Fit<'t> {
    literal: usize,
    ja: &'static str,
    values: Vec<(u8, &'t str)>,
    begins_with_hole: bool,
}

impl Fit<'_> {
    /// A hole took in what may be a name or a sentence of its own: more than a word at the beginning, or what is joined
    /// on behind, unless it stands at the end in Japanese too.
    fn is_loose(&self) -> bool {
        let first = self.values.first().map_or("", |(_, value)| value);
        let last = self.values.last().map(|(n, _)| *n);
        let at_the_end = pieces(self.ja).last().and_then(|p| if let Piece::Hole(n) = p { Some(n) } else { None });
        let joined = |(n, value): &(u8, &str)| value.contains("; ") && (Some(*n) != last || last != at_the_end);
        (self.begins_with_hole && (first.contains(' ') || first.ends_with(':'))) || self.values.iter().any(joined)
    }

    fn fill(&self, depth: usize) -> String {
        let mut out = String::new();
        for piece in pieces(self.ja) {
            match piece {
                Piece::Words(words) => out.push_str(words),
                Piece::Hole(n) => {
                    let value = self.values.iter().find(|(hole, _)| *hole == n).map_or("", |(_, value)| value);
                    out.push_str(japanese(value, depth).as_deref().unwrap_or(value));
                }
            }
        }
        out
    }
}

/// A row of the tables, with what makes it quick to reject.
struct Template {
    /// The words before its first hole and after its last one.
    begin: &'static str,
    end: &'static str,
    /// How many bytes it says itself.
    literal: usize,
    en: &'static str,
    ja: &'static str,
}

static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let template = |(en, ja): &(&'static str, &'static str)| Template {
        begin: en.split('{').next().unwrap_or_default(),
        end: en.rsplit('}').next().unwrap_or_default(),
        literal: pieces(en).map(|p| if let Piece::Words(words) = p { words.len() } else { 0 }).sum(),
        en,
        ja,
    };
    TABLES.iter().copied().flatten().map(template).collect()
});

/// The template that fits best: not loosely, and saying most of the text itself.
fn fit(text: &str) -> Option<Fit<'_>> {
    let may = |t: &&Template| text.len() >= t.literal && text.starts_with(t.begin) && text.ends_with(t.end);
    let fits = TEMPLATES.iter().filter(may).filter_map(|t| {
        let values = holes(t.en, text)?;
        Some(Fit { literal: t.literal, ja: t.ja, values, begins_with_hole: t.begin.is_empty() })
    });
    fits.max_by_key(|fit| (!fit.is_loose(), fit.literal))
}

/// Sentences that were joined by `; `, of which some hold one themselves.
fn joined(text: &str, depth: usize) -> Option<String> {
    let parts: Vec<&str> = text.split("; ").take(JOINED + 1).collect();
    if !(2..=JOINED).contains(&parts.len()) {
        return None;
    }
    let mut out: Vec<Cow<'_, str>> = Vec::new();
    let mut known = false;
    let mut rest = parts.as_slice();
    while let [first, tail @ ..] = rest {
        let pair = tail.first().and_then(|second| whole(&format!("{first}; {second}"), depth));
        rest = if pair.is_some() { tail.get(1..).unwrap_or_default() } else { tail };
        let said = pair.or_else(|| japanese(first, depth));
        known |= said.is_some();
        out.push(said.map_or(Cow::Borrowed(*first), Cow::Owned));
    }
    known.then(|| out.join("; "))
}

/// One sentence, or one after a name, in which `; ` is a part of the sentence.
fn whole(text: &str, depth: usize) -> Option<String> {
    strict(text, depth).or_else(|| after_name(text, depth))
}

/// `mail queue: the listing has no last line`, `mx07: locked`.
fn after_name(text: &str, depth: usize) -> Option<String> {
    text.match_indices(": ").take(NAMES).find_map(|(at, colon)| {
        let (name, rest) = (text.get(..at)?, text.get(at + colon.len()..)?);
        let rest = strict(rest, depth)?;
        Some(format!("{}: {rest}", japanese(name, depth).as_deref().unwrap_or(name)))
    })
}

/// A sentence after a name; or the name alone, when it is ours and what follows is the host's.
fn named(text: &str, depth: usize) -> Option<String> {
    after_name(text, depth).or_else(|| {
        let (name, rest) = text.split_once(": ")?;
        Some(format!("{}: {rest}", strict(name, depth)?))
    })
}

/// By a template that fits well.
fn strict(text: &str, depth: usize) -> Option<String> {
    fit(text).filter(|fit| !fit.is_loose()).map(|fit| fit.fill(depth))
}

fn labelled(text: &str, depth: usize) -> Option<String> {
    let (title, label) = text.strip_suffix(')')?.rsplit_once(" (")?;
    Some(format!("{} ({label})", strict(title, depth)?))
}

enum Piece<'a> {
    Words(&'a str),
    Hole(u8),
}

/// A template taken apart; a brace that holds no digit is a word's.
fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        let hole = |at: usize| match rest.as_bytes().get(at..at + 3) {
            Some([b'{', digit @ b'0'..=b'9', b'}']) => Some(digit - b'0'),
            _ => None,
        };
        if let Some(n) = hole(0) {
            rest = rest.get(3..)?;
            return Some(Piece::Hole(n));
        }
        let end = rest.match_indices('{').map(|(at, _)| at).find(|at| hole(*at).is_some()).unwrap_or(rest.len());
        let (words, tail) = rest.split_at_checked(end)?;
        rest = tail;
        (!words.is_empty()).then_some(Piece::Words(words))
    })
}

/// What stands in the holes of `template`, when the text is one of its sentences. A hole is as short as it can be, and
/// never empty; the last one takes what is left.
fn holes<'t>(template: &str, text: &'t str) -> Option<Vec<(u8, &'t str)>> {
    let mut values = Vec::new();
    let mut rest = text;
    let mut open = None;
    let mut pieces = pieces(template).peekable();
    while let Some(piece) = pieces.next() {
        match (piece, open) {
            (Piece::Hole(n), _) => open = Some(n),
            (Piece::Words(words), None) => rest = rest.strip_prefix(words)?,
            (Piece::Words(words), Some(n)) => {
                let first = rest.chars().next()?.len_utf8();
                let at = match pieces.peek() {
                    Some(_) => first + rest.get(first..)?.find(words)?,
                    None => rest.strip_suffix(words)?.len(),
                };
                let (value, tail) = rest.split_at_checked(at)?;
                if value.is_empty() {
                    return None;
                }
                values.push((n, value));
                rest = tail.strip_prefix(words)?;
                open = None;
            }
        }
    }
    match open {
        Some(n) if !rest.is_empty() => values.push((n, rest)),
        None if rest.is_empty() => {}
        _ => return None,
    }
    Some(values)
}

#[cfg(test)]
mod tests;
