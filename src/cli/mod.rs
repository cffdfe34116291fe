//! What was typed -> what is meant -> one file for each command. The only room that reads arguments, the
//! environment and the terminal, and that decides exit codes.

pub mod exit;
mod error;
mod args;
mod settings;
mod output;
mod load;
mod unpack;
mod runtime;
mod signals;
mod hosts;
mod pace;
mod start;
mod planfile;
mod signature;
mod replay;
mod change;
mod commands;
mod app;

pub use app::main;
pub use settings::document as configuration;
