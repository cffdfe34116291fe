//! Changing hosts: plan, show, ask, apply. One way for `run`, `plan`, `apply`, `resume` and `undo`.

pub mod agree;
mod approve;
mod plan;
pub mod left;
pub mod apply;
mod wish;

pub use wish::{Wish, run};
