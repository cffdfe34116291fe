//! Whether something can be asked of a host at all.

use crate::shell::Part;

/// Whether something can be asked of a host.
#[derive(Clone, Debug, PartialEq)]
pub enum Support {
    /// What to run for it.
    Yes(Vec<Part>),
    /// Why not: `mail server exim is not yet supported`.
    NotYet(String),
}
