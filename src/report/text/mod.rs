//! Every sentence a person reads, in English and Japanese.
//!
//! Each table has both columns side by side, so that a sentence without its translation does not compile.
//! The keys of JSON and YAML, codes, verbs and fault kinds are English in every language.

mod lang;
mod words;
mod label;
mod fault;
mod fill;
mod fate;
mod finding;
mod sentence;

pub use fate::{account, ended, watched};
pub use fault::explain;
pub use fill::{count, fill, value};
pub use finding::finding;
pub use label::Label;
pub use lang::{Lang, comma, duration, hosts};
pub use sentence::sentence;
pub use words::{level, outcome, status};
