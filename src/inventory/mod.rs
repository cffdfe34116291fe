//! Which hosts there are, what is known of each, and which of them a person means.
//!
//! Owns the inventory format, the four levels of values (defaults < group < host < command line), ranges and
//! the selector language. Reads texts, never files: the caller reads files, runs executables and brings what
//! selectors need from earlier runs.

mod address;
pub mod range;
pub mod schema;
pub mod fold;
mod pattern;
mod layer;
mod unknown;
mod check;
mod ansible;
mod load;
mod groups;
mod jump;
mod overrides;
mod merged;
mod resolve;
mod read;
mod origin;
mod context;
pub mod selector;
mod select;
mod duplicates;

pub use ansible::{is_list as is_ansible_list, translate as translate_ansible};
pub use context::{Context, Needs, ResultSet, SelectError};
pub use duplicates::duplicates;
pub use layer::{Level, Origin};
pub use merged::Inventory;
pub use overrides::Overrides;
pub use select::{Expect, Selection};

#[cfg(test)]
mod tests;
