//! One file for each command: its arguments, its help and its function.

pub mod apply;
pub mod check;
pub mod completion;
pub mod demo;
pub mod doctor;
pub mod exec;
pub mod help;
pub mod hosts;
pub mod init;
pub mod locks;
pub mod plan;
pub mod resume;
pub mod run;
pub mod runs;
pub mod schema;
pub mod secret;
pub mod senders;
pub mod show;
pub mod trust;
pub mod undo;
pub mod unlock;
pub mod verbs;
