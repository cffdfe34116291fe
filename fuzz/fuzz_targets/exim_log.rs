//! Exim's log, with the headers of the script that gathers it, to every report that is made of it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fleet_fuzz::read_log("exim", data));
