//! The selector language: which hosts a person means.
//!
//! ```text
//! selector = expr                               empty is an error; `all` must be written
//! expr   = term { ("," | "or") term }           union
//! term   = factor { ("&" | "and") factor }
//! factor = ["!" | "not"] atom                   `a!b` reads `a & !b`
//! atom   = "(" expr ")" | key ":" value | name
//! name   = host, glob or range: mx07  web*.example.jp  mx[01-20]  dc[1-2]-mx[1-9/2]  @group
//! ```
//!
//! Where `,` stands beside `&` or `!` at one level, people disagree on what it means: that is an error with
//! both readings and how many hosts each has. Parsing needs no inventory; the counts do, so [`parse`] keeps
//! such a selector and [`super::Inventory::select`] refuses it.

mod trouble;
mod expr;
mod readings;
mod parse;
mod eval;

pub(super) use eval::{ALSO, Evaluated, Evaluator};
pub use expr::Selector;
pub use parse::parse;
pub(super) use trouble::{Trouble, count};

#[cfg(test)]
mod tests;
