//! One host's walk through a playbook, without a host: what to ask next, what an answer means, what is found.
//!
//! Pure and synchronous, so that every rule of the walk is tested without a network. Reading steps that do
//! not wait for each other's results are asked for together; judging steps are done as soon as what they
//! read is there; a deciding step (`stop`, `assert`) is a border that nothing behind it may cross early.
//!
//! A playbook that changes is walked in stages, which `confirm` divides. Each is walked twice: first all is read and the
//! changes are written down; then, where that was approved, they are done, in order. See `stage` and
//! `docs/design/changes.md`.

mod end;
mod states;
mod facts;
mod ask;
mod plan;
mod stage;
mod walk;
mod changes;

pub use changes::Turn;
pub use end::{ChangeEnd, Request, Said};
pub use stage::Purpose;
pub use walk::Flow;

#[cfg(test)]
mod tests;
