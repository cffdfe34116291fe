//! Queues: a mail server's letter, then the answers to the parts of its queue: the listing, and what queue files
//! (of Sendmail: the log) tell of logins.
#![no_main]

use fleet_fuzz::{mta, read_queue};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((letter, data)) = data.split_first() else { return };
    read_queue(mta(*letter), data);
});
