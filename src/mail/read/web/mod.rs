//! Which scripts of web sites send mail: by PHP's own log of `mail()`, and by the headers of what waits in the queue.
//!
//! Both are the host's own words and can be forged by whoever may run programs there: evidence for a person, no proof.
//! The folders that Exim logs (`cwd=`) stand in [`super::senders`].

mod report;
mod users;
mod php_log;
mod headers;
mod build;

use crate::host::answer::{answer, required};
use crate::host::ask::Support;
use crate::host::parse::ParseError;
use crate::mail::log::Window;
use crate::mail::mta;
use crate::mail::mta::mta_not_yet;
use crate::model::{Host, Profile};
use crate::shell::{Part, PartOutput};
use std::time::Duration;

pub use report::{ScriptRow, Source, WEB_OUTPUT, WebReport, WebUser};

/// Where Virtualmin keeps a file for each domain.
const VIRTUALMIN: &str = "/etc/webmin/virtual-server/domains";

/// What to run. `since` is how far back, `now` ends the window, by the host's clock.
pub fn parts(_: &Host, profile: &Profile, since: Duration, now: i64) -> Support {
    let window = Window::new(profile, now, since);
    let users = Part::new("web.users", include_str!("users.sh")).value("virtualmin", VIRTUALMIN).max_stdout(8 << 20);
    let mut parts = vec![php_log::part(profile, &window), users];
    parts.extend(mta::find(profile.mta()).and_then(|m| m.queue()).map(|queue| {
        let part = queue.headers("web.headers", include_str!("headers.sh"));
        let mut part = part.value("limit", headers::MAX_MESSAGES.to_string()).max_stdout(16 << 20);
        part.timeout = Duration::from_secs(120);
        part
    }));
    Support::Yes(parts)
}

/// The report that playbooks see.
///
/// # Errors
/// When there is no answer to the part that reads PHP's logs.
pub fn read(
    _: &Host,
    profile: &Profile,
    since: Duration,
    now: i64,
    outputs: &[PartOutput],
) -> Result<WebReport, ParseError> {
    let window = Window::new(profile, now, since);
    let php = php_log::read(&required(outputs, "web.php", "php mail log")?, profile, now);
    let users = users::read(answer(outputs, "web.users", "users").as_ref());
    let queued = match mta::find(profile.mta()).and_then(|m| m.queue()) {
        Some(_) => headers::read(answer(outputs, "web.headers", "queued mail").as_ref()),
        // A host without a mail server has no queue.
        None if profile.mta() == "none" => headers::Queued::default(),
        None => headers::Queued { incomplete: vec![mta_not_yet(profile.mta())], ..headers::Queued::default() },
    };
    Ok(build::report(php, queued, users, &window))
}

#[cfg(test)]
mod tests;
