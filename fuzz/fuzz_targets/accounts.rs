//! Accounts: a panel's letter, then the answers to its parts.
#![no_main]

use fleet::mail::read::accounts;
use fleet_fuzz::{host, outputs, profile, sound_accounts};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((letter, data)) = data.split_first() else { return };
    let (panel, parts): (&str, &[&str]) = match letter {
        b'p' => ("plesk", &["accounts.plesk.list", "accounts.plesk.db"]),
        b'v' => ("virtualmin", &["accounts.virtualmin.users", "accounts.virtualmin.aliases", "accounts.plain"]),
        b'w' => ("webmin", &["accounts.plain"]),
        _ => ("plain", &["accounts.plain"]),
    };
    if let Ok(report) = accounts::read(&host(), &profile("postfix", panel), &outputs(data, parts)) {
        sound_accounts(data, &report);
    }
});
