//! Fields that several reports have.

use crate::model::schema::{Field, Type};

/// `window_from`: the beginning of the span that was asked for.
pub const WINDOW_FROM: Field = Field::new("window_from", Type::Time, "where the window begins");
/// `window_to`: its end, which is the host's now.
pub const WINDOW_TO: Field = Field::new("window_to", Type::Time, "where it ends");
/// `covered_from`: what the logs reach back to, whatever was asked for.
pub const COVERED_FROM: Field =
    Field::new("covered_from", Type::Time, "where the logs that were read begin; null when there were none");
/// `complete`: whether `incomplete` is empty.
pub const COMPLETE: Field = Field::new("complete", Type::Bool, "nothing is missing from this report");
/// `incomplete`: sentences, sanitised.
pub const INCOMPLETE: Field = Field::new("incomplete", Type::List(&Type::Str), "what is missing, and why");
/// `lines`: of every log that was read.
pub const LINES: Field = Field::new("lines", Type::Int, "log lines that were read");
