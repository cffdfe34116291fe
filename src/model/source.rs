//! A text and where it came from.

/// A file's name and its text; also an executable and what it printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path as it was given; what problems are reported under.
    pub name: String,
    /// The whole of it, as UTF-8.
    pub text: String,
}
