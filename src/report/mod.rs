//! Events -> what people and programs read. A reporter draws from events alone: it never asks the store, a
//! host or a clock for a result, so a stored run reads as it read live. Data goes to stdout, everything else
//! to stderr.

mod columns;
mod styled;
pub mod text;
mod options;
mod digest;
mod folded;
mod document;
mod page;
pub mod format;
mod live;
mod reporter;
mod replay;

pub use columns::columns;
pub use format::{FORMATS, Format, yaml_text};
pub use options::{Options, Progress};
pub use page::{Look, plan_of_host};
pub use replay::Replay;
pub use reporter::reporter;
pub use text::Lang;

#[cfg(test)]
mod testing;
