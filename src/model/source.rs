//! A text and where it came from.

/// A file's name and its text; also an executable and what it printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub name: String,
    pub text: String,
}
