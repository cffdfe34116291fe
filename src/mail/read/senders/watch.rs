//! Whether logins still send: a time of waiting on the host, and the log since.

use super::records;
use crate::host::answer::{number, required};
use crate::host::ask::Support;
use crate::host::parse::ParseError;
use crate::mail::log::{Window, source};
use crate::mail::mta::{self, mta_not_yet};
use crate::model::mail::Origin;
use crate::model::schema::{Field, record};
use crate::model::{Host, Profile};
use crate::shell::{Part, PartOutput};
use serde::Serialize;
use std::time::Duration;

/// The declared output.
pub const WATCH_OUTPUT: &[Field] = Watched::FIELDS;

record! {
    /// What was seen.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct Watched {
        /// how long it was waited
        pub seconds: u64,
        /// messages that the logins handed in meanwhile
        pub messages: u64,
        /// their recipients
        pub recipients: u64,
        /// the log was read whole
        pub complete: bool,
        /// what is missing, and why
        pub incomplete: Vec<String>,
    }
}

/// A run may have begun hours ago, and the host's clock is that of its beginning.
const SLACK: Duration = Duration::from_secs(12 * 3_600);
const WAIT: &str = "watch.wait";

/// What to run.
pub fn parts(host: &Host, profile: &Profile, wait: Duration) -> Support {
    let Some(log) = mta::find(profile.mta()).and_then(|m| m.log()) else {
        return Support::NotYet(mta_not_yet(profile.mta()));
    };
    let mut waiting = Part::new(WAIT, "date +%s; sleep \"$seconds\"; date +%s; echo end")
        .value("seconds", wait.as_secs().to_string());
    waiting.timeout = wait + Duration::from_secs(60);
    let now = profile.now.saturating_add(SLACK.as_secs() as i64);
    let window = Window::new(profile, now, SLACK + wait);
    Support::Yes(vec![waiting, source::part("senders.log", host, &window, log.head())])
}

/// What the logins sent in the seconds after that in which the waiting began.
///
/// # Errors
/// When the waiting or the log has no answer.
pub fn read(profile: &Profile, logins: &[&str], outputs: &[PartOutput]) -> Result<Watched, ParseError> {
    let waited = required(outputs, WAIT, "watch")?;
    let times: Vec<i64> = waited.bytes.parse(|bytes| {
        Ok::<_, ParseError>(crate::host::answer::lines(bytes).filter_map(|(_, line)| number(line)).collect())
    })?;
    let [from, until] = times.as_slice() else {
        return Err(ParseError::new("watch", 0, waited.fault.unwrap_or_else(|| "the wait was interrupted".to_owned())));
    };
    let reading = records(profile, profile.now.saturating_add(SLACK.as_secs() as i64), outputs)?;
    let is_theirs = |login: &str| logins.iter().any(|l| l.eq_ignore_ascii_case(login));
    // Many a log knows whole seconds only: what is of the second in which the waiting began may have come before it.
    let theirs = reading.records.iter().filter(|r| r.send.at > *from);
    let theirs = theirs.filter(|r| matches!(&r.send.origin, Origin::Login(login) if is_theirs(login)));
    let (messages, recipients) = theirs.fold((0, 0), |(m, r), one| (m + 1, r + u64::from(one.send.recipients)));
    Ok(Watched {
        seconds: u64::try_from(until.saturating_sub(*from)).unwrap_or(0),
        messages,
        recipients,
        complete: reading.incomplete.is_empty(),
        incomplete: reading.incomplete,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::answer::testing::fine;
    use crate::model::profile::Found;

    #[test]
    fn only_what_came_since_and_from_them_counts() {
        let line = |time: &str, id: &str, login: &str| {
            format!(
                "2026-11-24T{time}+00:00 mx1 postfix/smtpd[1]: {id}: client=unknown[192.0.2.1], sasl_method=LOGIN, sasl_username={login}\n\
                 2026-11-24T{time}+00:00 mx1 postfix/qmgr[1]: {id}: from=<x@y.jp>, size=503, nrcpt=2 (queue active)\n"
            )
        };
        let log = format!(
            "== 1 1795490000 /var/log/mail.log\n{}{}{}{}end\n",
            line("02:00:00", "A2CDA9D291A", "info@example.jp"),
            line("02:15:00", "A2CDA9D291B", "info@example.jp"),
            line("02:20:00", "B2CDA9D291B", "INFO@example.jp"),
            line("02:20:01", "C2CDA9D291C", "other@example.jp"),
        );
        let begin = 1_795_486_500; // 02:15
        let outputs = [fine(WAIT, format!("{begin}\n{}\nend\n", begin + 600)), fine("senders.log", log)];
        let mtas = vec![Found { name: "postfix".into(), version: String::new(), active: true }];
        let profile = Profile { mtas, now: begin, ..Profile::default() };
        let seen = read(&profile, &["info@example.jp"], &outputs).unwrap();
        assert_eq!((seen.seconds, seen.messages, seen.recipients), (600, 1, 2));
        assert!(read(&profile, &[], &[fine(WAIT, "1\n")]).is_err());
    }
}
