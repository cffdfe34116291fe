//! Events -> what people and programs read. A reporter draws from events alone: it never asks the store, a
//! host or a clock for a result, so a stored run reads as it read live. Data goes to stdout, everything else
//! to stderr.

mod columns;
mod page;
pub mod text;
mod options;
pub mod digest;
mod folded;
mod document;
mod styled;
pub mod format;
mod live;
mod reporter;
mod replay;

pub use columns::columns;
pub use format::{FORMATS, Format, yaml_text};
pub use options::{Options, Progress};
pub use page::{Look, PlanOfHost, left, plan_of_host, plan_of_hosts};
pub use replay::Replay;
pub use reporter::reporter;
pub use styled::{Page, Style};
pub use text::Lang;

#[cfg(test)]
mod testing;
