//! Exit codes: documented constants, decided once, here. `docs/exit-codes.md` is made from [`ALL`].

use super::{Exit, HostStatus, Level, Summary};

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
/// What stands on stdout is incomplete: it could not be written, or whoever read it went away.
pub const OUTPUT: u8 = 74;
/// Both [`UNREACHABLE`] and [`FINDINGS`]: neither hides the other.
pub const UNREACHABLE_AND_FINDINGS: u8 = 10;
/// The run was to change something, and came to no step that does.
pub const UNCHANGED: u8 = 11;
/// A bug in fleet, or its own state cannot be written or is damaged.
pub const BUG: u8 = 70;
/// Interrupted by Ctrl-C; what was done is recorded.
pub const INTERRUPTED: u8 = 130;
/// Ended by SIGTERM or SIGHUP; what was done is recorded.
pub const TERMINATED: u8 = 143;

/// Every code with the word of its reason, its meaning and whether a host was contacted; the order in which they are tried.
pub const ALL: &[(u8, &str, &str, &str)] = &[
    (BUG, "internal", "a bug in fleet, or its own state cannot be written or is damaged", "maybe"),
    (INTERRUPTED, "interrupted", "interrupted by Ctrl-C; results so far are recorded", "yes"),
    (TERMINATED, "terminated", "ended by SIGTERM or SIGHUP; results so far are recorded", "yes"),
    (UNKNOWN, "unknown-change", "a change was sent and its fate is not known", "yes"),
    (
        OUTPUT,
        "output",
        "standard output could not be written in full: a full disk, a reader that went away, such as `head`. The run itself went \
         to its end and is recorded; `fleet show` prints the report again",
        "maybe",
    ),
    (FAILED, "failed", "a step failed or timed out on at least one host", "yes"),
    (STOPPED, "stopped", "a limit stopped the run early; some hosts were not started", "yes"),
    (
        UNREACHABLE_AND_FINDINGS,
        "unreachable, findings",
        "no step failed; at least one host could not be reached, and there are findings at or above `--fail-on`: 7 and 8 together",
        "yes",
    ),
    (UNREACHABLE, "unreachable", "no step failed, but at least one host could not be reached", "yes"),
    (REFUSED, "refused", "refused: a lock, a missing approval, a limit, a stale plan", "nothing was changed"),
    (FINDINGS, "findings", "all ran; there are findings at or above `--fail-on` (default: high)", "yes"),
    (
        UNCHANGED,
        "unchanged",
        "a playbook that changes hosts came to no step that does: it stopped before, because no account was identified, \
         or no condition held. Where everything is already as it is to be, that is 0",
        "nothing was changed",
    ),
    (NOTHING, "no-hosts", "the selector matched nothing, or not what `--expect` said", "no"),
    (INVALID, "invalid", "the command line, inventory, playbook or plan is not valid", "no"),
    (OK, "", "every selected host is well", "yes"),
];

/// What makes a run not well, beside what happens on its hosts.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// The least level of a finding that does.
    pub fail_on: Option<Level>,
    /// It is to change something, so that to have come to no such step does.
    pub changes: bool,
    /// What a walk before it came to: one that planned what this one applies.
    pub before: Exit,
}

impl Exit {
    /// Of all these codes.
    fn new(mut codes: Vec<u8>) -> Self {
        codes.sort_by_key(|code| place(*code));
        codes.dedup();
        let word = |code: &u8| ALL.iter().find(|(c, ..)| c == code).map(|(_, word, ..)| (*word).to_owned());
        let reasons = codes.iter().filter_map(word).collect();
        Self { code: codes.into_iter().reduce(worse).unwrap_or(OK), reasons }
    }

    /// The code of each reason.
    fn codes(&self) -> impl Iterator<Item = u8> {
        self.reasons.iter().filter_map(|word| ALL.iter().find(|(_, w, ..)| w == word).map(|(code, ..)| *code))
    }
}

/// The exit code of what a signal ended.
pub fn of_signal(number: u8) -> u8 {
    if number == 2 { INTERRUPTED } else { TERMINATED }
}

/// What a run came to.
pub fn of(summary: &Summary, terms: &Terms) -> Exit {
    let any = |statuses: &[HostStatus]| statuses.iter().any(|s| summary.count(*s) > 0);
    let found = |least: Level| {
        let levels = summary.findings.iter().filter(|(_, n)| **n > 0);
        levels.filter_map(|(word, _)| Level::parse(word)).any(|level| level >= least)
    };
    let failed = summary.failed_steps > 0 || any(&[HostStatus::Failed, HostStatus::TimedOut]);
    let stopped = summary.stopped.is_some() || any(&[HostStatus::NotStarted, HostStatus::Cancelled]);
    let facts = [
        (summary.internal > 0).then_some(BUG),
        summary.interrupted_by.map(of_signal),
        (summary.unknown_changes > 0 || any(&[HostStatus::Unknown])).then_some(UNKNOWN),
        (!summary.dropped.is_empty()).then_some(OUTPUT),
        failed.then_some(FAILED),
        stopped.then_some(STOPPED),
        any(&[HostStatus::Unreachable]).then_some(UNREACHABLE),
        any(&[HostStatus::Refused]).then_some(REFUSED),
        terms.fail_on.is_some_and(found).then_some(FINDINGS),
        (terms.changes && summary.unchanged).then_some(UNCHANGED),
    ];
    Exit::new(facts.into_iter().flatten().chain(terms.before.codes()).collect())
}

/// The exit code of what was only read, by its worst finding.
pub fn of_worst(worst: Option<Level>, fail_on: Option<Level>) -> u8 {
    if fail_on.is_some_and(|least| worst >= Some(least)) { FINDINGS } else { OK }
}

fn place(code: u8) -> usize {
    ALL.iter().position(|(c, ..)| *c == code).unwrap_or(0)
}

/// The code of two together: the one that is tried first, or the one that stands for both.
pub fn worse(a: u8, b: u8) -> u8 {
    match (a, b) {
        (UNREACHABLE, FINDINGS) | (FINDINGS, UNREACHABLE) => UNREACHABLE_AND_FINDINGS,
        _ if place(a) <= place(b) => a,
        _ => b,
    }
}

const MORE: &str = "
More than one line may apply. `--output json` (and `yaml`; in `ndjson` the last event) tells all of them, the worst first:

    \"summary\": { ..., \"exit\": { \"code\": 10, \"reasons\": [\"unreachable\", \"findings\"] } }

A job that runs every night and acts on findings acts on 8 and 10; one that watches whether hosts can be reached, on 7 and 10.
`--fail-on LEVEL` is the least level of a finding that counts (`info`, `warn`, `high`, `critical`), `never` that none does.
Where a playbook that changes hosts is planned and then applied, what the plan came to (a host that could not be reached,
a finding) counts too.

74 stands above what a run came to, because whoever reads the report reads only a part of it; the run's own code is told on
standard error, and `fleet show RUN --output json` has it under `summary.exit`.

After 11 the report says why nothing was changed on each host. Where no account was identified, name it with
`-p accounts=..`, or look at what the host sends with `fleet run audit`. A playbook that stops with
`outcome: no-action` means to change nothing, and ends with 0. `fleet resume` of a run that left nothing to do ends with 0.
";

/// `docs/exit-codes.md`.
pub fn document() -> String {
    let mut text = String::from(
        "# Exit codes\n\nDecided once, from a run's summary: the first line that applies, from the top.\n\n\
         | code | reason | meaning | hosts contacted? |\n|---|---|---|---|\n",
    );
    for (code, word, meaning, contacted) in ALL {
        text.push_str(&format!("| {code} | {word} | {meaning} | {contacted} |\n"));
    }
    text.push_str(MORE);
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

    fn add(summary: &mut Summary, status: &str) {
        summary.hosts.insert(status.into(), 1);
    }

    fn find(summary: &mut Summary, level: &str) {
        summary.findings.insert(level.into(), 1);
    }

    fn high() -> Terms {
        Terms { fail_on: Some(Level::High), ..Terms::default() }
    }

    #[test]
    fn the_worst_thing_decides_and_all_of_them_are_named() {
        let mut all = summary(|_| ());
        let mut reasons = Vec::new();
        type Change = fn(&mut Summary);
        let worse: [(Change, u8, &str); 10] = [
            (|s| s.unchanged = true, UNCHANGED, "unchanged"),
            (|s| find(s, "critical"), FINDINGS, "findings"),
            (|s| add(s, "refused"), REFUSED, "refused"),
            (|s| add(s, "unreachable"), UNREACHABLE_AND_FINDINGS, "unreachable"),
            (|s| s.stopped = Some("max_fail".into()), STOPPED, "stopped"),
            (|s| s.failed_steps = 1, FAILED, "failed"),
            (|s| s.dropped = vec!["no space".into()], OUTPUT, "output"),
            (|s| s.unknown_changes = 1, UNKNOWN, "unknown-change"),
            (|s| s.interrupted_by = Some(15), TERMINATED, "terminated"),
            (|s| s.internal = 1, BUG, "internal"),
        ];
        assert_eq!(of(&all, &high()), Exit::default());
        for (change, code, word) in worse {
            change(&mut all);
            reasons.insert(0, word.to_owned());
            let exit = of(&all, &Terms { changes: true, ..high() });
            assert_eq!(exit, Exit { code, reasons: reasons.clone() });
        }
        assert_eq!(of(&summary(|s| s.interrupted_by = Some(2)), &high()).code, INTERRUPTED);
    }

    #[test]
    fn findings_and_a_host_that_cannot_be_reached_do_not_hide_each_other() {
        let exit = |change: fn(&mut Summary)| of(&summary(change), &high());
        assert_eq!(exit(|s| find(s, "high")).code, FINDINGS);
        assert_eq!(exit(|s| find(s, "warn")).code, OK);
        assert_eq!(exit(|s| add(s, "unreachable")).code, UNREACHABLE);
        let both = exit(|s| (add(s, "unreachable"), find(s, "critical")).1);
        assert_eq!(both.code, UNREACHABLE_AND_FINDINGS);
        assert_eq!(both.reasons, ["unreachable", "findings"]);
        let never = of(&summary(|s| (add(s, "unreachable"), find(s, "critical")).1), &Terms::default());
        assert_eq!(never.code, UNREACHABLE);
    }

    #[test]
    fn what_the_plan_came_to_counts_where_it_is_applied() {
        let before = of(&summary(|s| add(s, "unreachable")), &high());
        let applied = of(&summary(|s| find(s, "high")), &Terms { before, ..high() });
        assert_eq!((applied.code, applied.reasons), (10, vec!["unreachable".to_owned(), "findings".to_owned()]));
    }

    #[test]
    fn to_have_changed_nothing_is_well_where_nothing_was_to_be_changed() {
        let nothing = summary(|s| s.unchanged = true);
        assert_eq!(of(&nothing, &high()).code, OK);
        assert_eq!(of(&nothing, &Terms { changes: true, ..high() }).code, UNCHANGED);
    }

    #[test]
    fn of_two_walks_the_worse_one_counts() {
        assert_eq!((worse(OK, UNREACHABLE), worse(FINDINGS, FAILED), worse(UNKNOWN, BUG)), (UNREACHABLE, FAILED, BUG));
        assert_eq!(worse(FINDINGS, UNREACHABLE), UNREACHABLE_AND_FINDINGS);
        assert_eq!(worse(FINDINGS, UNREACHABLE_AND_FINDINGS), UNREACHABLE_AND_FINDINGS);
    }

    #[test]
    fn a_host_that_was_not_started_is_never_success() {
        assert_eq!(of(&summary(|s| add(s, "not-started")), &Terms::default()).code, STOPPED);
        assert_eq!(of(&summary(|s| add(s, "timed-out")), &Terms::default()).code, FAILED);
    }
}
