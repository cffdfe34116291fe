//! Logins: a mail server's letter, then lines of it, of Dovecot and of Courier, and the open sessions.
#![no_main]

use fleet::mail::geo::Geo;
use fleet::mail::read::logins;
use fleet_fuzz::{NOW, host, mta, outputs, profile, sound};
use std::time::Duration;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((letter, data)) = data.split_first() else { return };
    let outputs = outputs(data, &["logins.log", "logins.sessions"]);
    let since = Duration::from_secs(30 * 86_400);
    sound(data, &logins::read(&host(), &profile(mta(*letter), "plain"), since, NOW, &outputs, &Geo::default()).unwrap());
});
