//! How much at once, how long, and when to stop: what was typed, over the settings, over the playbook.

use super::args::PaceArgs;
use super::error::CliError;
use super::output::remark;
use super::runtime::descriptors;
use super::settings::Settings;
use crate::engine::Timeouts;
use crate::model::duration;
use crate::playbook::{Amount, MaxFail, Playbook};
use std::time::Duration;

const PARALLEL: usize = 64;
/// Hosts that connect, or have connected and wait: twice as many as work, within these bounds. With fewer, some dead
/// hosts would hold up the others; with more, hosts would wait long with an open connection.
const CONNECTING: std::ops::RangeInclusive<usize> = 8..=128;
/// For the record, the terminal, name look-ups, keys and jump hosts.
const SPARE_DESCRIPTORS: usize = 64;
const HOST_TIMEOUT: Duration = Duration::from_secs(600);

/// How a run goes over its hosts.
pub struct Pace {
    pub parallel: usize,
    pub connecting: usize,
    pub timeouts: Timeouts,
    pub max_fail: Option<usize>,
}

/// Decides it; a number or a duration that makes no sense is told.
pub fn pace(
    settings: &Settings,
    args: &PaceArgs,
    playbook: &Playbook,
    hosts: usize,
    default_timeout: Duration,
) -> Result<Pace, CliError> {
    let settled =
        match settings.get("parallel") {
            None => None,
            Some(s) => Some(s.value.parse().ok().filter(|n| *n > 0).ok_or_else(|| {
                CliError::invalid(format!("{}: `parallel` must be an integer of at least 1", s.origin))
            })?),
        };
    let step =
        given_duration("--timeout", args.timeout.as_deref())?.or(playbook.timeouts.step).unwrap_or(default_timeout);
    let host = given_duration("--host-timeout", args.host_timeout.as_deref())?.or(playbook.timeouts.host);
    let max_fail = match args.max_fail.as_deref() {
        Some(text) => Some(MaxFail::parse(text).ok_or_else(|| CliError::invalid("--max-fail must be none, N or N%"))?),
        None => playbook.rollout.max_fail,
    };
    if args.parallel == Some(0) {
        return Err(CliError::invalid("--parallel must be at least 1"));
    }
    let wanted = args.parallel.or(settled).or(playbook.rollout.parallel).unwrap_or(PARALLEL);
    // A working host takes a descriptor, and one more where a second channel has to be opened anew; one that
    // connects takes one.
    let free = descriptors().saturating_sub(SPARE_DESCRIPTORS);
    let parallel = wanted.min((free / 3).max(1));
    let connecting = (2 * parallel).clamp(*CONNECTING.start(), *CONNECTING.end());
    let connecting = connecting.min(free.saturating_sub(2 * parallel)).max(1);
    if parallel < wanted && parallel < hosts {
        remark(&format!(
            "note: {parallel} hosts in parallel instead of {wanted}, because of the limit on open files (ulimit -n)"
        ));
    }
    let host = host.unwrap_or(HOST_TIMEOUT.max(step.saturating_mul(2)));
    Ok(Pace {
        parallel,
        connecting,
        timeouts: Timeouts { step, host },
        max_fail: match max_fail {
            None | Some(MaxFail::None) => None,
            Some(MaxFail::At(amount)) => Some(amount.of(hosts)),
        },
    })
}

/// How many hosts go at a time, one wave after the other; the last size repeats.
pub fn waves(canary: Option<usize>, batches: &[Amount], hosts: usize) -> Vec<usize> {
    let sizes = batches.iter().map(|amount| amount.of(hosts).max(1));
    let mut waves: Vec<usize> = canary.filter(|n| *n > 0).into_iter().chain(sizes).collect();
    match (waves.last().copied(), batches.is_empty()) {
        // After the canary, everyone.
        (Some(_), true) => waves.push(hosts.max(1)),
        (Some(last), false) => {
            let planned: usize = waves.iter().sum();
            waves.extend(std::iter::repeat_n(last, hosts.saturating_sub(planned).div_ceil(last)));
        }
        (None, _) => {}
    }
    waves
}

/// A duration from the command line or the settings.
pub fn given_duration(flag: &str, text: Option<&str>) -> Result<Option<Duration>, CliError> {
    let Some(text) = text else { return Ok(None) };
    match duration::parse(text).filter(|d| !d.is_zero()) {
        Some(duration) => Ok(Some(duration)),
        None => Err(CliError::invalid(format!("{flag} must be a duration such as 90s, 5m or 24h"))),
    }
}
