//! Every signal, out of their table, with the function that judges it.

use super::entries::signals;
use super::facts::{Facts, Need};
use super::report::Signal;
use super::{clients, names, places, queue, together, volume};
use crate::model::Level;

/// One kind of signal.
pub struct Kind {
    /// Its letter in the table of signals.
    pub letter: char,
    /// The finding's code.
    pub code: &'static str,
    /// The levels that it can have.
    pub levels: &'static [Level],
    /// What it sees, in a few words.
    pub doc: &'static str,
    /// What it sees, for its page.
    pub sees: &'static str,
    /// Where its numbers come from, where that is known.
    pub origin: Option<&'static str>,
    /// The names of its thresholds.
    pub thresholds: &'static [&'static str],
    /// What its finding says in English: a template of the finding's values.
    pub en: &'static str,
    /// The same in Japanese.
    pub ja: &'static str,
    /// What must have been read, besides the senders.
    pub needs: &'static [Need],
    /// Judges all accounts of a host.
    pub judge: fn(&Facts<'_>) -> Vec<Signal>,
}

macro_rules! option {
    () => {
        None
    };
    ($value:literal) => {
        Some($value)
    };
}

macro_rules! all {
    ($($code:ident $letter:literal [$($level:ident),*] needs [$($need:ident),*] by $file:ident::$judge:ident {
        doc: $doc:literal,
        sees: $sees:literal,
        $(origin: $origin:literal,)?
        en: $en:literal,
        ja: $ja:literal,
        $(shares: [$($shared:ident),*],)?
        $(thresholds: { $($name:ident: $kind:ident = $default:literal, $what:literal;)* })?
    })*) => {
        /// Every signal.
        pub static ALL: &[Kind] = &[$(Kind {
            letter: $letter,
            code: stringify!($code),
            levels: &[$(Level::$level),*],
            doc: $doc,
            sees: $sees,
            origin: option!($($origin)?),
            thresholds: &[$($(stringify!($shared),)*)? $($(stringify!($name),)*)?],
            en: $en,
            ja: $ja,
            needs: &[$(Need::$need),*],
            judge: $file::$judge,
        },)*];
    };
}

signals!(all);

/// The signal of that code.
pub fn find(code: &str) -> Option<&'static Kind> {
    ALL.iter().find(|kind| kind.code == code)
}
