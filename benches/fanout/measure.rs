//! What a child process cost.

use crate::Result;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Seconds.
pub struct Cost {
    pub cpu: f64,
    pub wall: f64,
}

impl Cost {
    pub fn median(costs: &[Self]) -> Self {
        Self {
            cpu: median(costs.iter().map(|c| c.cpu).collect()),
            wall: median(costs.iter().map(|c| c.wall).collect()),
        }
    }
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// User and system time of all children that were waited for, in seconds; the kernel counts in 10 ms.
fn children() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |n: usize| fields.get(n).and_then(|t| t.parse::<f64>().ok()).ok_or("no such field in /proc/self/stat");
    Ok((ticks(13)? + ticks(14)?) / 100.0)
}

/// Runs it to its end, which must be a good one.
pub fn timed(command: &mut Command) -> Result<Cost> {
    let (before, began) = (children()?, Instant::now());
    let output = command.stdin(Stdio::null()).output()?;
    let cost = Cost { wall: began.elapsed().as_secs_f64(), cpu: children()? - before };
    match output.status.success() {
        true => Ok(cost),
        false => Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)).into()),
    }
}

/// The most memory that it held, in KiB.
pub fn peak_memory(command: &mut Command) -> Result<f64> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let path = format!("/proc/{}/status", child.id());
    let mut peak: f64 = 0.0;
    loop {
        let status = std::fs::read_to_string(&path).unwrap_or_default();
        let high =
            status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok());
        peak = peak.max(high.unwrap_or(0.0));
        match child.try_wait()? {
            None => std::thread::sleep(Duration::from_millis(5)),
            Some(status) if status.success() => return Ok(peak),
            Some(status) => return Err(format!("{command:?}: {status}").into()),
        }
    }
}

/// One figure beside its goal; a ratio of at most 1 reaches it.
pub fn line(what: &str, measured: f64, goal: f64, unit: &str) {
    println!(
        "{what:<58} {:>10} {:>10} {:>7.2}",
        format!("{measured:.3}{unit}"),
        format!("{goal}{unit}"),
        measured / goal
    );
}
