//! The language: text to checked steps, expressions, parameters.

pub mod settings;
pub mod limits;
pub mod lex;
pub mod coerce;
pub mod grammar;
pub mod params;
pub mod scope;
pub mod expr;
pub mod arguments;
pub mod param;
pub mod check;
pub mod template;
pub mod step;
pub mod playbook;
pub mod bind;
pub mod literal;
pub mod load;
mod load_step;
pub mod doc;
