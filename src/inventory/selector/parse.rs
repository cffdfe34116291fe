//! Text to expression: a recursive descent, one function for each rule of the grammar.

use super::expr::{Ambiguity, Atom, Expr, IpRange, Key, Kind, Selector, Test};
use super::readings::{self, Item, Join};
use super::trouble::Trouble;
use crate::inventory::address::is_bracketed;
use crate::inventory::context::ResultSet;
use crate::inventory::pattern::Pattern;
use crate::inventory::range::Bad;
use crate::model::Problem;
use crate::model::near::nearest;
use crate::model::untrusted::clean_line;
use regex::RegexBuilder;
use std::cmp::Ordering;
use std::ops::Range;

/// Reads a selector as typed after `--hosts`. The problem shows the text with a mark under the wrong part.
///
/// # Errors
/// When it does not follow the grammar, or is longer or deeper than a selector may be. One that can be read in two ways is
/// refused when it is evaluated, where the counts of hosts are known.
pub fn parse(text: &str) -> Result<Selector, Problem> {
    Selector::read(text).map_err(|trouble| trouble.problem("--hosts", text))
}

impl Selector {
    pub(in crate::inventory) fn read(text: &str) -> Result<Self, Trouble> {
        Parser::new(text).whole()
    }
}

/// The keys of the grammar.
pub(super) const KEYS: &[&str] =
    &["tag", "group", "host", "customer", "panel", "mta", "os", "var", "ip", "re", "file", "last", "run"];

/// Bytes of a selector.
const MAX_TEXT: usize = 1 << 20;
/// Parentheses inside each other.
const MAX_DEPTH: usize = 64;
/// Bytes of a compiled regular expression.
const MAX_REGEX: usize = 1 << 20;

type Parsed<T> = Result<T, Trouble>;

pub(super) struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    ambiguity: Option<Ambiguity>,
}

impl<'t> Parser<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0, depth: 0, ambiguity: None }
    }

    pub fn whole(mut self) -> Parsed<Selector> {
        if self.text.trim().is_empty() {
            return Err(Trouble::invalid(0..self.text.len(), "the selector is empty", "write `all` for every host"));
        }
        if self.text.len() > MAX_TEXT {
            let label = "longer than 1 MiB; put the names into a file: file:PATH";
            return Err(Trouble::invalid(0..0, "the selector is too long", label));
        }
        let root = self.level()?;
        if self.at < self.text.len() {
            return Err(self.wrong("`)` without `(`", ""));
        }
        Ok(Selector { text: self.text.to_owned(), root, ambiguity: self.ambiguity })
    }

    /// `expr`: everything up to the end or the closing parenthesis.
    fn level(&mut self) -> Parsed<Expr> {
        let mut items = vec![self.factor(Join::Or, "a selector is missing here")?];
        loop {
            self.skip_space();
            let join = match self.rest().chars().next() {
                None | Some(')') => break,
                // `a!b` is `a & !b`; the factor reads the `!`.
                Some('!') => Join::And,
                Some(_) if self.take("&&") || self.take("&") || self.take_word("and") => Join::And,
                Some(_) if self.take(",") || self.take_word("or") => Join::Or,
                Some('|') => return Err(self.wrong("this operator is not known", "`,` or `or` is the union")),
                Some(_) => {
                    let label = "write `,` for both, `&` for what is in both";
                    return Err(self.wrong("an operator is missing here", label));
                }
            };
            items.push(self.factor(join, "something is missing after the operator")?);
        }
        Ok(self.combine(items))
    }

    fn factor(&mut self, join: Join, missing: &str) -> Parsed<Item> {
        self.skip_space();
        let start = self.at;
        let negated = (self.take("!") || self.take_word("not")).then_some(start);
        self.skip_space();
        Ok(Item { join, negated, expr: self.atom(missing)? })
    }

    /// One level as the grammar reads it. When people could read it otherwise, the first such level is kept.
    fn combine(&mut self, items: Vec<Item>) -> Expr {
        if self.ambiguity.is_none() && readings::is_mixed(&items) {
            self.ambiguity = Some(readings::both(&items));
        }
        readings::and_first(&items)
    }

    fn atom(&mut self, missing: &str) -> Parsed<Expr> {
        let start = self.at;
        match self.rest().chars().next() {
            None | Some(')' | ',' | '&' | '!') => return Err(self.wrong(missing, "a name, `key:value` or `(`")),
            Some('(') => {
                if self.depth == MAX_DEPTH {
                    return Err(self.wrong("too many parentheses inside each other", ""));
                }
                self.at += 1;
                self.depth += 1;
                let inner = self.level()?;
                self.depth -= 1;
                if !self.take(")") {
                    return Err(Trouble::invalid(start..start + 1, "`(` without `)`", ""));
                }
                return Ok(Expr { span: start..self.at, kind: inner.kind });
            }
            Some(_) => {}
        }
        for word in ["and", "or", "not"] {
            if self.word_is(word) {
                return Err(Trouble::invalid(start..start + word.len(), missing, "unexpected operator"));
            }
        }
        let word = self.bare(&['['], &[']']);
        if is_bracketed(word) || (word.contains(':') && IpRange::parse(word).is_some()) {
            let label = format!("write ip:{}", clean_line(word, 60));
            return Err(Trouble::invalid(start..start + word.len(), "an address is not a name", label));
        }
        let kind = if self.take("@") {
            Kind::Atom(Atom::Has(Key::Group, self.value("@")?.0))
        } else {
            let rest = self.rest();
            let word = rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.'));
            match word.map(|end| rest.split_at(end)) {
                Some((key, after)) if after.starts_with(':') && !key.is_empty() => {
                    self.at += key.len() + 1;
                    Kind::Atom(self.keyed(key, start)?)
                }
                _ => self.name(start)?,
            }
        };
        Ok(Expr { span: start..self.at, kind })
    }

    fn name(&mut self, start: usize) -> Parsed<Kind> {
        let text = self.bare(&['['], &[']']);
        self.at += text.len();
        if text == "all" {
            return Ok(Kind::All);
        }
        self.names(text, start).map(Kind::Atom)
    }

    fn names(&self, text: &str, start: usize) -> Parsed<Atom> {
        if !text.is_empty() && text.bytes().all(|b| b == b'*') {
            let label = "write `all` for every host";
            return Err(Trouble::invalid(start..start + text.len(), "`*` alone is not accepted", label));
        }
        Pattern::parse(text).map(Atom::Names).map_err(|Bad { span, message }| {
            let title = if text.contains(['[', ']']) { "invalid range" } else { "not a valid host name" };
            Trouble::invalid(start + span.start..start + span.end, title, message)
        })
    }

    fn keyed(&mut self, key: &str, start: usize) -> Parsed<Atom> {
        let has = |key| move |(value, _): (String, Range<usize>)| Atom::Has(key, value);
        match key {
            "tag" => self.value(key).map(has(Key::Tag)),
            "group" => self.value(key).map(has(Key::Group)),
            "customer" => self.value(key).map(has(Key::Customer)),
            "panel" => self.value(key).map(has(Key::Panel)),
            "mta" => self.value(key).map(has(Key::Mta)),
            "os" => self.value(key).map(has(Key::Os)),
            "file" => self.value(key).map(|(path, _)| Atom::File(path)),
            "host" => self.value(key).and_then(|(text, span)| self.names(&text, span.start)),
            "var" => self.variable(start),
            "re" => self.regex(),
            "ip" => {
                let (text, span) = self.value(key)?;
                let wrong =
                    || Trouble::invalid(span, "this is not an address", "such as 10.0.0.1, 10.0.0.0/8, 2001:db8::/32");
                IpRange::parse(&text).map(Atom::Ip).ok_or_else(wrong)
            }
            "last" => {
                let (kind, span) = self.value(key)?;
                ResultSet::last(&kind).map(Atom::Result).ok_or_else(|| unknown_result(&kind, span))
            }
            "run" => {
                let (text, span) = self.value(key)?;
                let Some((id, kind)) = text.rsplit_once('/').filter(|(id, _)| !id.is_empty()) else {
                    return Err(Trouble::invalid(
                        span,
                        "the kind of result is missing",
                        "such as run:2026-11-24.3/failed",
                    ));
                };
                ResultSet::of_run(id, kind).map(Atom::Result).ok_or_else(|| unknown_result(kind, span))
            }
            _ => {
                let label = match nearest(key, KEYS.iter().copied()).as_slice() {
                    [] => format!("Known: {}. `:` is not a union; that is `,`", KEYS.join(", ")),
                    near => format!("Near: {}", near.join(", ")),
                };
                Err(Trouble::invalid(
                    start..start + key.len(),
                    format!("there is no key `{}`", clean_line(key, 40)),
                    label,
                ))
            }
        }
    }

    /// A quoted value, or everything up to a blank or an operator; brackets hold operators together.
    fn value(&mut self, key: &str) -> Parsed<(String, Range<usize>)> {
        if let Some(quoted) = self.quoted()? {
            return Ok(quoted);
        }
        let text = self.bare(&['['], &[']']);
        if text.is_empty() {
            return Err(
                self.wrong(&format!("`{key}` needs a value"), "quote a value that contains spaces or operators")
            );
        }
        let span = self.at..self.at + text.len();
        self.at = span.end;
        Ok((text.to_owned(), span))
    }

    fn quoted(&mut self) -> Parsed<Option<(String, Range<usize>)>> {
        let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '"' | '\'')) else { return Ok(None) };
        let start = self.at;
        let inside = self.rest().get(1..).unwrap_or_default();
        match inside.split_once(quote) {
            Some(("", _)) => Err(Trouble::invalid(start..start + 2, "the value is empty", "")),
            Some((text, _)) => {
                self.at += text.len() + 2;
                Ok(Some((text.to_owned(), start + 1..start + 1 + text.len())))
            }
            None => Err(Trouble::invalid(start..self.text.len(), "the closing quote is missing", "")),
        }
    }

    fn regex(&mut self) -> Parsed<Atom> {
        let (text, span) = match self.quoted()? {
            Some(quoted) => quoted,
            None => {
                let text = self.bare(&['(', '[', '{'], &[')', ']', '}']);
                let span = self.at..self.at + text.len();
                self.at = span.end;
                (text.to_owned(), span)
            }
        };
        if text.is_empty() {
            return Err(self.wrong("`re` needs a value", "a regular expression for names"));
        }
        let built = RegexBuilder::new(&text).size_limit(MAX_REGEX).build();
        built.map(Atom::Regex).map_err(|error| {
            // The last line of the library's message is the reason; those before draw the text again.
            let message = error.to_string();
            let reason = message.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            Trouble::invalid(span, "invalid regular expression", clean_line(&reason, 200))
        })
    }

    fn variable(&mut self, start: usize) -> Parsed<Atom> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(self.wrong("`var` needs a name", "var:NAME, var:NAME=VALUE, var:NAME>5"));
        }
        self.at += end;
        let operators = ["!=", ">=", "<=", "==", "=", ">", "<"];
        let Some(operator) = operators.into_iter().find(|operator| self.take(operator)) else {
            let stops = |c: char| c.is_whitespace() || is_operator(c);
            return match self.rest().chars().next() {
                Some(c) if !stops(c) => {
                    Err(self.wrong("this is not understood", "=, !=, <, <=, > or >= follow a name"))
                }
                _ => Ok(Atom::Var(name, Test::True)),
            };
        };
        let (value, span) = self.value(self.text.get(start..self.at).unwrap_or_default())?;
        let order = |ordering, equal| match value.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Test::Order(ordering, equal, number)),
            _ => Err(Trouble::invalid(span.clone(), "this is not a number", format!("`{operator}` compares numbers"))),
        };
        let test = match operator {
            "!=" => Test::IsNot(value),
            ">" => order(Ordering::Greater, false)?,
            ">=" => order(Ordering::Greater, true)?,
            "<" => order(Ordering::Less, false)?,
            "<=" => order(Ordering::Less, true)?,
            _ => Test::Is(value),
        };
        Ok(Atom::Var(name, test))
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn take(&mut self, what: &str) -> bool {
        let there = self.rest().starts_with(what);
        self.at += if there { what.len() } else { 0 };
        there
    }

    fn take_word(&mut self, word: &str) -> bool {
        self.word_is(word) && self.take(word)
    }

    /// Whether the next word is this operator and not the beginning of a name.
    fn word_is(&self, word: &str) -> bool {
        let after = self.rest().strip_prefix(word).map(|rest| rest.chars().next());
        after.is_some_and(|next| next.is_none_or(|c| c.is_whitespace() || is_operator(c)))
    }

    /// The text up to a blank or an operator outside brackets. A backslash protects the character after it
    /// where parentheses are brackets, which is in regular expressions.
    fn bare(&self, open: &[char], close: &[char]) -> &'t str {
        let escapes = open.contains(&'(');
        let (mut depth, mut escaped) = (0usize, false);
        let end = self.rest().find(|c: char| {
            let stop = depth == 0 && !escaped && (c.is_whitespace() || (is_operator(c) && !open.contains(&c)));
            if escaped {
                escaped = false;
            } else if escapes && c == '\\' {
                escaped = true;
            } else if open.contains(&c) {
                depth += 1;
            } else if close.contains(&c) {
                depth = depth.saturating_sub(1);
            }
            stop
        });
        end.and_then(|end| self.rest().get(..end)).unwrap_or(self.rest())
    }

    /// A complaint about what stands here: one word, or the end.
    fn wrong(&self, title: &str, label: &str) -> Trouble {
        let word = self.bare(&[], &[]);
        let len = if word.is_empty() { self.rest().chars().next().map_or(0, char::len_utf8) } else { word.len() };
        Trouble::invalid(self.at..self.at + len, title, label)
    }
}

fn is_operator(c: char) -> bool {
    matches!(c, ',' | '&' | '!' | '(' | ')')
}

fn unknown_result(kind: &str, span: Range<usize>) -> Trouble {
    let label = match nearest(kind, ResultSet::kinds()).as_slice() {
        [] => format!("Known: {}", ResultSet::kinds().collect::<Vec<_>>().join(", ")),
        near => format!("Near: {}", near.join(", ")),
    };
    Trouble::invalid(span, "there is no such kind of result", label)
}
