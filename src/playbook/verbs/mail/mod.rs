//! What mail logs, programs and accounts say, and what is judged by it.

pub mod senders;
pub mod senders_identify;
pub mod logins;
pub mod web_senders;
pub mod signals;
pub mod watch;
pub mod case_collect;
