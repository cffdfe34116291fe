//! Evidence: the logs and the queue as they are before anything is changed, kept on the host with checksums.

use crate::host::act::{Act, ScriptReport, report};
use crate::host::ask::Support;
use crate::mail::log::Window;
use crate::mail::mta::{self, mta_not_yet};
use crate::model::{Host, Profile, RowEnd, RowResult};
use crate::shell::{Part, PartOutput};
use std::collections::BTreeSet;
use std::time::Duration;

/// The one object of it.
pub const KEY: &str = "evidence";
const NAME: &str = "evidence.collect";

/// What to ask before: nothing. Why it cannot be done.
pub fn query(profile: &Profile) -> Support {
    match mta::find(profile.mta()).and_then(|m| m.log()) {
        Some(_) => Support::Yes(Vec::new()),
        None => Support::NotYet(mta_not_yet(profile.mta())),
    }
}

/// The next act, after the outputs of those before it. `since`: how far back logs are kept.
///
/// # Errors
/// When the mail server is not supported, or its answer is none.
pub fn next(
    host: &Host,
    profile: &Profile,
    since: Duration,
    dir: &str,
    done: &[Vec<PartOutput>],
) -> Result<Act, String> {
    if let Some(outputs) = done.first() {
        return report(outputs, NAME, &BTreeSet::from([KEY])).map(Act::Done).map_err(|e| e.to_string());
    }
    let log = mta::find(profile.mta()).and_then(|m| m.log()).ok_or_else(|| mta_not_yet(profile.mta()))?;
    let window = Window::new(profile, profile.now, since);
    let days = window.now.saturating_sub(window.from) / 86_400 + 2;
    let mut part = Part::new(NAME, format!("{}\n{}", log.head(), include_str!("collect.sh")))
        .value("dir", dir)
        .value("mdays", days.to_string());
    part.args.extend(host.paths.get("mail_log").cloned());
    Ok(Act::Write(part))
}

/// What became of it: the script reads its copy back itself. What is not known is taken anew: a second copy harms nobody.
pub fn judge(report: Option<&ScriptReport>) -> RowResult {
    let said = report.and_then(|c| c.rows.first()).cloned();
    let why = report.and_then(|c| c.fault.clone()).unwrap_or_else(|| "it was not reported to exist".to_owned());
    said.unwrap_or(RowResult::new(KEY, RowEnd::Failed, Some(why)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::answer::testing::{run, tool};
    use crate::model::HostName;
    use crate::model::profile::Found;

    fn collected(log: &str) -> (tempfile::TempDir, ScriptReport) {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).display().to_string();
        std::fs::write(path("mail.log"), log).unwrap();
        std::fs::write(path("mail.log.1"), "older\n").unwrap();
        tool(dir.path(), "postqueue", "echo 'Mail queue is empty'");
        let mtas = vec![Found { name: "postfix".into(), version: String::new(), active: true }];
        let profile = Profile { mtas, now: 1_795_490_000, ..Profile::default() };
        let mut host = Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root");
        host.paths.insert("mail_log".into(), path("mail.log"));
        let Act::Write(part) = next(&host, &profile, Duration::from_secs(86_400), &path("keep"), &[]).unwrap() else {
            panic!("it does not write")
        };
        let done = vec![vec![run(&part, dir.path())]];
        let Act::Done(report) = next(&host, &profile, Duration::ZERO, "", &done).unwrap() else { panic!("not done") };
        (dir, report)
    }

    #[test]
    fn logs_and_queue_are_kept_with_checksums_that_hold() {
        let (dir, report) = collected("a line\n");
        let row = judge(Some(&report));
        assert_eq!((row.end, report.fault), (RowEnd::Changed, None), "{row:?}");
        let kept = dir.path().join("keep/evidence");
        let list = std::fs::read_to_string(kept.join("list")).unwrap();
        assert_eq!(list.lines().filter(|l| l.contains("/log/")).count(), 2, "{list}");
        assert_eq!(std::fs::read_to_string(kept.join("queue")).unwrap(), "Mail queue is empty\n");
        let again = std::process::Command::new("sha256sum").arg("-c").arg("list").current_dir(&kept).output().unwrap();
        assert!(again.status.success());
    }

    #[test]
    fn what_is_not_told_is_taken_again() {
        assert_eq!(judge(None).end, RowEnd::Failed);
    }
}
