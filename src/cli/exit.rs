//! Exit codes: documented constants, decided once, here. `docs/exit-codes.md` is made from [`ALL`].

use crate::model::{HostStatus, Level, Summary};

/// Everything is well.
pub const OK: u8 = 0;
/// The input was not valid; no host was contacted.
pub const INVALID: u8 = 2;
/// The selector matched nothing, or not what `--expect` said; no host was contacted.
pub const NOTHING: u8 = 3;
/// Refused: a lock, a missing approval, a limit, a stale plan.
pub const REFUSED: u8 = 4;
/// A limit stopped the run early; some hosts were not started.
pub const STOPPED: u8 = 5;
/// A step failed on at least one host.
pub const FAILED: u8 = 6;
/// No step failed, but a host could not be reached.
pub const UNREACHABLE: u8 = 7;
/// All ran; there are findings at or above `--fail-on`.
pub const FINDINGS: u8 = 8;
/// A change was sent and its fate is not known.
pub const UNKNOWN: u8 = 9;
/// A bug in fleet, or its own state cannot be written.
pub const BUG: u8 = 70;
/// Interrupted by Ctrl-C; what was done is recorded.
pub const INTERRUPTED: u8 = 130;
/// Ended by SIGTERM or SIGHUP; what was done is recorded.
pub const TERMINATED: u8 = 143;

/// Every code with its meaning and whether a host was contacted; the order in which they are tried.
pub const ALL: &[(u8, &str, &str)] = &[
    (BUG, "a bug in fleet, or its own state cannot be written", "maybe"),
    (INTERRUPTED, "interrupted by Ctrl-C; results so far are recorded", "yes"),
    (TERMINATED, "ended by SIGTERM or SIGHUP; results so far are recorded", "yes"),
    (UNKNOWN, "a change was sent and its fate is not known", "yes"),
    (FAILED, "a step failed or timed out on at least one host", "yes"),
    (STOPPED, "a limit stopped the run early; some hosts were not started", "yes"),
    (UNREACHABLE, "no step failed, but at least one host could not be reached", "yes"),
    (
        REFUSED,
        "refused: a lock, a missing approval or signature, a limit, a stale or used plan, what somebody else changed since",
        "nothing of it was changed",
    ),
    (FINDINGS, "all ran; there are findings at or above `--fail-on` (default: high)", "yes"),
    (NOTHING, "the selector matched nothing, or not what `--expect` said", "no"),
    (INVALID, "the command line, inventory, playbook or plan is not valid", "no"),
    (OK, "every selected host is well", "yes"),
];

/// The exit code of what a signal ended.
pub fn of_signal(number: u8) -> u8 {
    if number == 2 { INTERRUPTED } else { TERMINATED }
}

/// The exit code of a run. `fail_on`: the least level of a finding that makes the run not well.
pub fn of(summary: &Summary, fail_on: Option<Level>) -> u8 {
    let any = |statuses: &[HostStatus]| statuses.iter().any(|s| summary.count(*s) > 0);
    let found = |least: Level| {
        let levels = summary.findings.iter().filter(|(_, n)| **n > 0);
        levels.filter_map(|(word, _)| Level::parse(word)).any(|level| level >= least)
    };
    match summary {
        s if s.internal > 0 => BUG,
        Summary { interrupted_by: Some(by), .. } => of_signal(*by),
        s if s.unknown_changes > 0 || any(&[HostStatus::Unknown]) => UNKNOWN,
        s if s.failed_steps > 0 || any(&[HostStatus::Failed, HostStatus::TimedOut]) => FAILED,
        s if s.stopped.is_some() || any(&[HostStatus::NotStarted, HostStatus::Cancelled]) => STOPPED,
        _ if any(&[HostStatus::Unreachable]) => UNREACHABLE,
        _ if any(&[HostStatus::Refused]) => REFUSED,
        _ if fail_on.is_some_and(found) => FINDINGS,
        _ => OK,
    }
}

/// The exit code of what was only read, by its worst finding.
pub fn of_worst(worst: Option<Level>, fail_on: Option<Level>) -> u8 {
    if fail_on.is_some_and(|least| worst >= Some(least)) { FINDINGS } else { OK }
}

/// The worse of two codes: the one that is tried first.
pub fn worse(a: u8, b: u8) -> u8 {
    let place = |code: u8| ALL.iter().position(|(c, ..)| *c == code).unwrap_or(0);
    if place(a) <= place(b) { a } else { b }
}

/// `docs/exit-codes.md`.
pub fn document() -> String {
    let mut text = String::from(
        "# Exit codes\n\nDecided once, from a run's summary: the first line that applies, from the top.\n\n\
         | code | meaning | hosts contacted? |\n|---|---|---|\n",
    );
    for (code, meaning, contacted) in ALL {
        text.push_str(&format!("| {code} | {meaning} | {contacted} |\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(change: impl FnOnce(&mut Summary)) -> Summary {
        let mut summary = Summary::default();
        summary.hosts.insert("ok".into(), 3);
        change(&mut summary);
        summary
    }

    #[test]
    fn the_worst_thing_decides() {
        let code = |change: fn(&mut Summary)| of(&summary(change), Some(Level::High));
        assert_eq!(code(|_| ()), OK);
        let add = |s: &mut Summary, word: &str| s.hosts.insert(word.into(), 1);
        assert_eq!(
            code(|s| {
                s.findings.insert("high".into(), 1);
            }),
            FINDINGS
        );
        assert_eq!(
            code(|s| {
                s.findings.insert("warn".into(), 1);
            }),
            OK
        );
        let mut all = summary(|s| {
            s.findings.insert("critical".into(), 1);
        });
        add(&mut all, "unreachable");
        assert_eq!(of(&all, Some(Level::High)), UNREACHABLE);
        all.stopped = Some("max_fail".into());
        assert_eq!(of(&all, None), STOPPED);
        all.failed_steps = 1;
        assert_eq!(of(&all, None), FAILED);
        all.unknown_changes = 1;
        assert_eq!(of(&all, None), UNKNOWN);
        all.interrupted_by = Some(15);
        assert_eq!(of(&all, None), TERMINATED);
        all.interrupted_by = Some(2);
        assert_eq!(of(&all, None), INTERRUPTED);
        all.internal = 1;
        assert_eq!(of(&all, None), BUG);
    }

    #[test]
    fn of_two_walks_the_worse_one_counts() {
        assert_eq!((worse(OK, UNREACHABLE), worse(FINDINGS, FAILED), worse(UNKNOWN, BUG)), (UNREACHABLE, FAILED, BUG));
    }

    #[test]
    fn a_host_that_was_not_started_is_never_success() {
        assert_eq!(
            of(
                &summary(|s| {
                    s.hosts.insert("not-started".into(), 1);
                }),
                None
            ),
            STOPPED
        );
        assert_eq!(
            of(
                &summary(|s| {
                    s.hosts.insert("timed-out".into(), 1);
                }),
                None
            ),
            FAILED
        );
    }
}
