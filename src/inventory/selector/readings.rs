//! One level of a selector, and the two ways in which people read `,` beside `&` or `!`.

use super::expr::{Ambiguity, Expr, Kind};
use std::ops::Range;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Join {
    Or,
    And,
}

/// An atom of one level, how it is joined to the one before (the first to nothing), and whether `!` stands
/// before it.
pub(super) struct Item {
    pub join: Join,
    pub negated: Option<usize>,
    pub expr: Expr,
}

/// Whether `,` stands beside `&` or `!`.
pub(super) fn is_mixed(items: &[Item]) -> bool {
    let has = |join| items.iter().skip(1).any(|item| item.join == join);
    has(Join::Or) && (has(Join::And) || items.iter().any(|item| item.negated.is_some()))
}

/// Both readings; they differ wherever [`is_mixed`], for one is a union and the other is not.
pub(super) fn both(items: &[Item]) -> Ambiguity {
    let readings = [and_first(items), or_first(items)];
    Ambiguity { span: span(&readings), readings }
}

fn span(parts: &[Expr]) -> Range<usize> {
    let start = parts.iter().map(|part| part.span.start).min().unwrap_or(0);
    start..parts.iter().map(|part| part.span.end).max().unwrap_or(start)
}

fn join(mut parts: Vec<Expr>, kind: fn(Vec<Expr>) -> Kind) -> Expr {
    match parts.len() {
        1 => parts.remove(0),
        _ => Expr { span: span(&parts), kind: kind(parts) },
    }
}

fn not(start: usize, inner: Expr) -> Expr {
    Expr { span: start..inner.span.end, kind: Kind::Not(Box::new(inner)) }
}

/// The grammar's reading: `!`, then `&`, then `,`.
pub(super) fn and_first(items: &[Item]) -> Expr {
    let terms = items.chunk_by(|_, next| next.join == Join::And).map(|term| {
        let factor = |item: &Item| match item.negated {
            Some(start) => not(start, item.expr.clone()),
            None => item.expr.clone(),
        };
        join(term.iter().map(factor).collect(), Kind::And)
    });
    join(terms.collect(), Kind::Or)
}

/// The other reading: `,` joins first, and `!` takes away everything listed after it.
fn or_first(items: &[Item]) -> Expr {
    let lists = items.chunk_by(|_, next| next.join == Join::Or && next.negated.is_none()).map(|list| {
        let all = join(list.iter().map(|item| item.expr.clone()).collect(), Kind::Or);
        match list.first().and_then(|item| item.negated) {
            Some(start) => not(start, all),
            None => all,
        }
    });
    join(lists.collect(), Kind::And)
}
