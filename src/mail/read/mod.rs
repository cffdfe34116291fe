//! What is read of a mail host: the reports that playbooks see.

pub mod fields;
pub mod accounts;
pub mod logins;
pub mod queue;
pub mod senders;
pub mod web;
pub mod sessions;
