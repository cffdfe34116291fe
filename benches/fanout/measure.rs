//! What a child process cost.

use crate::Done;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Processor time is told in ticks of 1/100 s, whatever the kernel's own clock.
const TICK: f64 = 10.0;

/// Times in milliseconds.
pub struct Cost {
    /// Of the process and of all its descendants that it waited for.
    pub cpu: f64,
    pub wall: f64,
}

/// Runs a command to its end. A status other than 0 is an error.
pub fn cost(command: &mut Command, folder: &Path) -> Done<Cost> {
    let before = children()?;
    let began = Instant::now();
    let status = spawn(command, folder)?.wait()?;
    let wall = began.elapsed().as_secs_f64() * 1e3;
    let cpu = children()? - before;
    check(command, folder, status)?;
    Ok(Cost { cpu, wall })
}

/// The largest resident sizes of a command, in KiB.
#[derive(Default)]
pub struct Memory {
    pub total: f64,
    /// Without the pages of files, which are the program's own.
    pub anonymous: f64,
}

/// What a command takes at most, looked at until it ends.
pub fn peak(command: &mut Command, folder: &Path) -> Done<Memory> {
    let mut child = spawn(command, folder)?;
    let path = format!("/proc/{}/status", child.id());
    let mut peak = Memory::default();
    loop {
        // A process that has ended has no size.
        let status = fs::read_to_string(&path).unwrap_or_default();
        let size = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
        };
        peak = Memory { total: peak.total.max(size("VmHWM:")), anonymous: peak.anonymous.max(size("RssAnon:")) };
        if let Some(status) = child.try_wait()? {
            check(command, folder, status)?;
            return Ok(peak);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn spawn(command: &mut Command, folder: &Path) -> Done<Child> {
    let (out, err) = (File::create(folder.join("stdout"))?, File::create(folder.join("stderr"))?);
    Ok(command.stdin(Stdio::null()).stdout(out).stderr(err).spawn()?)
}

fn check(command: &Command, folder: &Path, status: ExitStatus) -> Done<()> {
    if status.success() {
        return Ok(());
    }
    let mut told = fs::read_to_string(folder.join("stderr"))?;
    // What failed stands in the report.
    let report = fs::read_to_string(folder.join("stdout"))?;
    report.lines().filter(|line| line.contains("\"text\"")).take(3).for_each(|line| told.push_str(line));
    Err(format!("{command:?} ended with {status}\n{told}").into())
}

/// Processor time of all children that were waited for.
fn children() -> Done<f64> {
    waited("/proc/self/stat")
}

/// The same of other processes.
pub fn children_of(ids: impl IntoIterator<Item = u32>) -> Done<f64> {
    ids.into_iter().map(|id| waited(&format!("/proc/{id}/stat"))).sum()
}

fn waited(path: &str) -> Done<f64> {
    let stat = fs::read_to_string(path)?;
    // The name stands in parentheses and may hold blanks; the state after it is the third field.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let field = |n: usize| -> Done<f64> { Ok(fields.get(n - 3).ok_or("the file is short")?.parse()?) };
    Ok((field(16)? + field(17)?) * TICK)
}
