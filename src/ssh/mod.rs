//! SSH: from a host of the inventory to an authenticated connection, and a shell on it that runs parts.
//!
//! It owns connecting, host keys, authentication, jump hosts, sudo and the life of a remote shell. It decides
//! nothing about work: it runs the parts that it is given and says how each ended. The SSH library stands
//! here alone.
//!
//! Whatever a server sends is hostile: every phase has a deadline, every stream a bound, and everything that a
//! server asks of a client is refused.

mod settings;
pub mod known_hosts;
mod hostkey;
mod algorithms;
mod handler;
mod wire;
mod dial;
mod handshake;
mod keys;
mod auth;
mod budget;
mod link;
mod reader;
mod sudo;
mod answers;
mod exchange;
mod shell;
mod ending;
mod connection;
mod client;

pub use answers::Progress;
pub use client::{Client, Scanned};
pub use connection::Connection;
pub use settings::{Deadlines, Secrets, Settings};
pub use shell::Shell;

#[cfg(test)]
mod tests;
