//! A MaxMind database, and where addresses are by it.
#![no_main]

use fleet::mail::geo::Geo;
use fleet_fuzz::{safe_lines, sound};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    match Geo::default().with("x.mmdb", data.to_vec()) {
        Err(problem) => safe_lines(&problem.to_string()),
        Ok(geo) => {
            for ip in ["192.0.2.1", "10.0.0.1", "255.255.255.255", "2001:db8::1", "::ffff:192.0.2.1", "no address"] {
                sound(data, &geo.place(ip));
            }
            sound(data, &geo.sources("2026-11-24".parse().unwrap()));
        }
    }
});
