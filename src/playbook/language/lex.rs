//! Just enough reading of an expression's text to say where something stands in it: words, dotted paths,
//! filters, tests, and the `{{ }}` of a template. What an expression means is the template engine's business.

/// One token and the byte offset where it starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Token<'a> {
    pub at: usize,
    pub kind: Kind<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind<'a> {
    Word(&'a str),
    /// A number or a text in quotes.
    Literal,
    Sign(char),
}

pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let kind = match c {
            c if c.is_whitespace() => continue,
            '"' | '\'' => {
                while let Some((_, inner)) = chars.next() {
                    match inner {
                        '\\' => drop(chars.next()),
                        inner if inner == c => break,
                        _ => {}
                    }
                }
                Kind::Literal
            }
            c if c == '_' || c.is_alphanumeric() => {
                let mut end = at + c.len_utf8();
                while let Some((i, w)) = chars.next_if(|(_, w)| *w == '_' || w.is_alphanumeric()) {
                    end = i + w.len_utf8();
                }
                match c.is_numeric() {
                    true => Kind::Literal,
                    false => Kind::Word(text.get(at..end).unwrap_or_default()),
                }
            }
            c => Kind::Sign(c),
        };
        out.push(Token { at, kind });
    }
    out
}

/// A dotted path such as `steps.queue.total`, where it starts, and whether what follows asks if it exists
/// (`is defined`, `is undefined`, `| default(..)`).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Path {
    pub at: usize,
    pub text: String,
    pub guarded: bool,
}

/// Every dotted path of an expression, in order.
pub(crate) fn paths(tokens: &[Token<'_>]) -> Vec<Path> {
    let mut out: Vec<Path> = Vec::new();
    let mut i = 0;
    while let Some(token) = tokens.get(i) {
        let before = i.checked_sub(1).and_then(|b| tokens.get(b)).map(|t| t.kind);
        i += 1;
        let Kind::Word(word) = token.kind else { continue };
        if before == Some(Kind::Sign('.')) {
            continue;
        }
        let mut path = word.to_owned();
        while let (Some(Kind::Sign('.')), Some(Kind::Word(next))) = (kind(tokens, i), kind(tokens, i + 1)) {
            path.push('.');
            path.push_str(next);
            i += 2;
        }
        let guarded = match (kind(tokens, i), kind(tokens, i + 1), kind(tokens, i + 2)) {
            (Some(Kind::Word("is")), Some(Kind::Word("not")), Some(Kind::Word(test)))
            | (Some(Kind::Word("is")), Some(Kind::Word(test)), _) => matches!(test, "defined" | "undefined"),
            (Some(Kind::Sign('|')), Some(Kind::Word(filter)), _) => matches!(filter, "default" | "d"),
            _ => false,
        };
        out.push(Path { at: token.at, text: path, guarded });
    }
    out
}

fn kind<'a>(tokens: &[Token<'a>], i: usize) -> Option<Kind<'a>> {
    tokens.get(i).map(|t| t.kind)
}

/// Filters that give the elements of a list on as they are.
pub(crate) fn keeps(filter: &str) -> bool {
    matches!(filter, "selectattr" | "rejectattr" | "sort" | "unique" | "reverse" | "list")
}

/// What filters ask of the elements of a list, as in `steps.x.rows | selectattr("ok") | map(attribute="account")`: the
/// list's path, the attribute, and where that starts.
pub(crate) fn attributes<'a>(text: &'a str, tokens: &[Token<'a>]) -> Vec<(String, &'a str, usize)> {
    let quoted = |i: usize| {
        let at = tokens.get(i).filter(|t| t.kind == Kind::Literal)?.at;
        let inner = text.get(at + 1..)?;
        let end = inner.find(text.get(at..)?.chars().next().filter(|c| matches!(c, '"' | '\''))?)?;
        Some((inner.get(..end)?, at + 1))
    };
    let mut out = Vec::new();
    for path in paths(tokens) {
        let Some(first) = tokens.iter().position(|t| t.at == path.at) else { continue };
        if first.checked_sub(1).and_then(|before| kind(tokens, before)) == Some(Kind::Sign('|')) {
            continue;
        }
        let mut i = first + 2 * path.text.split('.').count() - 1;
        while let (Some(Kind::Sign('|')), Some(Kind::Word(filter))) = (kind(tokens, i), kind(tokens, i + 1)) {
            let mut depth = 0_usize;
            let signs = tokens.iter().skip(i + 2).take_while(|t| {
                depth += usize::from(t.kind == Kind::Sign('('));
                let inside = depth > 0;
                depth -= usize::from(t.kind == Kind::Sign(')') && inside);
                inside
            });
            let end = i + 2 + signs.count();
            let named = (i + 3..end).find(|&n| kind(tokens, n) == Some(Kind::Word("attribute"))).map(|n| n + 2);
            let at = if filter.ends_with("attr") { Some(i + 3) } else { named };
            out.extend(at.filter(|&at| at < end).and_then(quoted).map(|(name, at)| (path.text.clone(), name, at)));
            if !keeps(filter) {
                break;
            }
            i = end;
        }
    }
    out
}

/// The names after `|`, with their offsets.
pub(crate) fn filters<'a>(tokens: &[Token<'a>]) -> Vec<(usize, &'a str)> {
    let pair = |w: &[Token<'a>]| match w {
        [Token { kind: Kind::Sign('|'), .. }, Token { at, kind: Kind::Word(name) }] => Some((*at, *name)),
        _ => None,
    };
    tokens.windows(2).filter_map(pair).collect()
}

/// The names after `is` or `is not`, with their offsets.
pub(crate) fn tests<'a>(tokens: &[Token<'a>]) -> Vec<(usize, &'a str)> {
    let mut out = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        let is_attribute = i.checked_sub(1).and_then(|b| kind(tokens, b)) == Some(Kind::Sign('.'));
        if token.kind != Kind::Word("is") || is_attribute {
            continue;
        }
        let next = if kind(tokens, i + 1) == Some(Kind::Word("not")) { i + 2 } else { i + 1 };
        if let Some(Token { at, kind: Kind::Word(name) }) = tokens.get(next) {
            out.push((*at, *name));
        }
    }
    out
}

/// A piece of a text that may hold `{{ }}`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    /// The inside of `{{ }}` and its byte offset.
    Code(usize, &'a str),
}

/// Takes a text apart at its `{{ }}`. The error is the offset of a `{{` that never ends.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, usize> {
    let mut out = Vec::new();
    let mut rest = 0;
    while let Some(open) = text.get(rest..).and_then(|t| t.find("{{")).map(|i| i + rest) {
        let start = open + 2;
        let Some(end) = text.get(start..).and_then(end_of_code).map(|i| i + start) else { return Err(open) };
        if let Some(before) = text.get(rest..open).filter(|t| !t.is_empty()) {
            out.push(Piece::Text(before));
        }
        out.push(Piece::Code(start, text.get(start..end).unwrap_or_default()));
        rest = end + 2;
    }
    if let Some(last) = text.get(rest..).filter(|t| !t.is_empty()) {
        out.push(Piece::Text(last));
    }
    Ok(out)
}

/// Where the `}}` stands that closes the code, not looking into quotes and inner braces.
fn end_of_code(code: &str) -> Option<usize> {
    let mut depth = 0u32;
    let tokens = tokens(code);
    for (i, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Sign('{') => depth += 1,
            Kind::Sign('}') if depth > 0 => depth -= 1,
            Kind::Sign('}') => {
                let next = tokens.get(i + 1)?;
                return (next.kind == Kind::Sign('}') && next.at == token.at + 1).then_some(token.at);
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_are_found_outside_quotes_with_their_offsets() {
        let text = r#"steps.queue.total > 3 and "host.x" ~ item . a and host.vars.z is not defined"#;
        let found: Vec<_> = paths(&tokens(text)).into_iter().map(|p| (p.at, p.text, p.guarded)).collect();
        let get = |name: &str| found.iter().find(|(_, t, _)| t == name);
        assert_eq!(get("steps.queue.total"), Some(&(0, "steps.queue.total".to_owned(), false)));
        assert_eq!(get("item.a"), Some(&(37, "item.a".to_owned(), false)));
        assert!(get("host.vars.z").is_some_and(|p| p.2));
        assert!(get("host.x").is_none());
    }

    #[test]
    fn filters_and_tests_are_told_from_attributes() {
        let found = tokens("a.is | length is not defined or b is odd");
        assert_eq!(filters(&found), [(7, "length")]);
        assert_eq!(super::tests(&found), [(21, "defined"), (37, "odd")]);
    }

    #[test]
    fn what_filters_ask_of_elements_is_found_until_they_are_others() {
        let text = r#"a not in (x.rows | selectattr("ok") | sort(attribute='n') | map(attribute="b") | map(attribute="c") | list) and y | list | rejectattr("z", "eq", (1)) | map("lower")"#;
        let found: Vec<_> = attributes(text, &tokens(text))
            .into_iter()
            .map(|(path, name, at)| (path, name, text.get(at..at + 1).unwrap()))
            .collect();
        let expected = [("x.rows", "ok"), ("x.rows", "n"), ("x.rows", "b"), ("y", "z")];
        assert_eq!(found, expected.map(|(path, name)| (path.to_owned(), name, &name[..1])));
    }

    #[test]
    fn a_template_ends_at_its_own_braces() {
        assert_eq!(pieces("plain"), Ok(vec![Piece::Text("plain")]));
        assert_eq!(
            pieces("a {{ x }}b{{ {'k': '}}'}}}"),
            Ok(vec![Piece::Text("a "), Piece::Code(4, " x "), Piece::Text("b"), Piece::Code(12, " {'k': '}}'}")])
        );
        assert_eq!(pieces("a {{ x"), Err(2));
        assert_eq!(pieces("{{ '}}"), Err(0));
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart_without_panic(text in ".*") {
            let found = tokens(&text);
            let _ = (paths(&found), filters(&found), super::tests(&found), pieces(&text), attributes(&text, &found));
        }
    }
}
