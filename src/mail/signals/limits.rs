//! The thresholds of the signals, out of their table.

use super::entries::signals;
use crate::model::schema::{Field, Type};
use serde::Deserialize;

macro_rules! kind {
    (Percent) => {
        f64
    };
    ($kind:ty) => {
        $kind
    };
}

macro_rules! default {
    (Percent $hundredths:literal) => {
        f64::from($hundredths) / 100.0
    };
    ($kind:ident $value:literal) => {
        $value
    };
}

macro_rules! field {
    ($name:ident, Percent, $default:literal, $letter:literal, $doc:literal) => {
        Field::new(stringify!($name), Type::Percent, concat!($letter, ": ", $doc, "; ", $default, "% when absent"))
            .or(concat!($default, "%"))
    };
    ($name:ident, $kind:ident, $default:literal, $letter:literal, $doc:literal) => {
        Field::new(stringify!($name), Type::Int, concat!($letter, ": ", $doc, "; ", $default, " when absent"))
            .or(stringify!($default))
    };
}

macro_rules! limits {
    ($($code:ident $letter:literal [$($level:ident),*] needs [$($need:ident),*] by $file:ident::$judge:ident {
        doc: $what:literal,
        sees: $sees:literal,
        $(origin: $origin:literal,)?
        en: $en:literal,
        ja: $ja:literal,
        $(shares: [$($shared:ident),*],)?
        $(thresholds: { $($name:ident: $kind:ident = $default:literal, $doc:literal;)* })?
    })*) => {
        /// The thresholds. All are arguments of the verb; a playbook offers them as parameters.
        #[derive(Clone, Debug, PartialEq, Deserialize)]
        #[serde(default)]
        pub struct Limits {
            $($($(#[doc = $doc] pub $name: kind!($kind),)*)?)*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($($($name: default!($kind $default),)*)?)* }
            }
        }

        /// The codes of all signals.
        pub const CODES: &[&str] = &[$(stringify!($code)),*];

        /// The thresholds as arguments.
        pub const LIMITS: &[Field] = &[$($($(field!($name, $kind, $default, $letter, $doc),)*)?)*];
    };
}

signals!(limits);
