//! Fields that several reports have.

use crate::model::schema::{Field, Type};

pub const WINDOW_FROM: Field = Field::new("window_from", Type::Time, "where the window begins");
pub const WINDOW_TO: Field = Field::new("window_to", Type::Time, "where it ends");
pub const COVERED_FROM: Field =
    Field::new("covered_from", Type::Time, "where the logs that were read begin; null when there were none");
pub const COMPLETE: Field = Field::new("complete", Type::Bool, "nothing is missing from this report");
pub const INCOMPLETE: Field = Field::new("incomplete", Type::List(&Type::Str), "what is missing, and why");
pub const LINES: Field = Field::new("lines", Type::Int, "log lines that were read");
