//! Scripts that send: a mail server's letter, then PHP's mail log, the users of web sites, headers of queued messages.
#![no_main]

use fleet::mail::read::web;
use fleet_fuzz::{NOW, host, mta, outputs, profile, sound};
use std::time::Duration;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((letter, data)) = data.split_first() else { return };
    let outputs = outputs(data, &["web.php", "web.users", "web.headers"]);
    let since = Duration::from_secs(30 * 86_400);
    sound(data, &web::read(&host(), &profile(mta(*letter), "plain"), since, NOW, &outputs).unwrap());
});
