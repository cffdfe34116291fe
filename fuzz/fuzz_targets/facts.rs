//! What a host says of itself, and all that follows from it: its OS's maintenance, its clock, the scripts for it.
#![no_main]

use fleet::mail::log::Window;
use fleet::host::os_support::{Policy, Table};
use fleet::mail::read::queue::{self, QueueArgs};
use fleet::host::time::{Clock, rfc3339};
use fleet::host::ask::Support;
use fleet::mail::read::{accounts, logins, senders};
use fleet::mail::detect;
use fleet_fuzz::{host, laid_out, output, safe_text, sound, split};
use std::time::Duration;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let pieces = split(data);
    let (facts, times) = (pieces[0], pieces.get(1).copied().unwrap_or_default());
    let profile = match detect::read(&[output("host.facts", facts)]) {
        Ok(profile) => profile,
        Err(fault) => {
            safe_text(&fault.to_string());
            return;
        }
    };
    sound(data, &profile);
    for (policy, day) in [(Policy::Vendor, "2026-11-24"), (Policy::Extended, "2030-02-28")] {
        sound(data, &Table::builtin().judge_os(&profile.os, day.parse().unwrap(), policy));
    }
    let since = Duration::from_secs(3 * 86_400);
    assert!(Window::new(&profile, profile.now, since).days.len() <= 16);
    let host = host();
    let asked = [
        senders::parts(&host, &profile, since, profile.now),
        logins::parts(&host, &profile, since, profile.now),
        queue::parts(&host, &profile, &QueueArgs::default()),
        accounts::parts(&host, &profile),
    ];
    for support in asked {
        match support {
            Support::Yes(parts) => laid_out(&parts),
            Support::NotYet(why) => _ = safe_text(&why),
        }
    }
    let clock = Clock::new(&profile, profile.now);
    for line in times.split(|&b| b == b'\n') {
        if let Some((at, rest)) = clock.parse_any(line) {
            assert!(rest.len() < line.len() && rfc3339(at).is_some());
        }
    }
});
