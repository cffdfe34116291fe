//! A program of this machine that prints something, within a deadline and bounds.

use super::read::size;
use crate::model::duration::human;
use crate::model::untrusted::clean;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// Bytes of standard error that are kept.
const MAX_STDERR: u64 = 64 << 10;
/// Characters of it that people are shown.
const SHOWN: usize = 2_000;
/// Between two looks whether it has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// How a program ended, and what it printed.
#[derive(Debug)]
pub struct Printed {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    /// For people: sanitised, and not more than a screen.
    pub stderr: String,
}

/// What one of the two streams came to.
enum Stream {
    Out(Vec<u8>),
    /// More came than is read.
    TooMuch,
    Err(Vec<u8>),
}

/// Runs a program without input, in a process group of its own, which is ended with everything in it when the deadline
/// passes or more than `max` bytes come. The error is a sentence.
pub fn run(program: &Path, arguments: &[&str], max: u64, within: Duration) -> Result<Printed, String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(|e| format!("cannot be run: {e}"))?;
    let until = Instant::now() + within;
    let result = listen(&mut child, max, until, within);
    if result.is_err() {
        end(&mut child);
    }
    result
}

fn listen(child: &mut Child, max: u64, until: Instant, within: Duration) -> Result<Printed, String> {
    let (streams, heard) = channel();
    // They end with the program's streams, or with fleet: somebody may hold a stream open for ever.
    if let Some(out) = child.stdout.take() {
        read(out, streams.clone(), max, |bytes, more| if more { Stream::TooMuch } else { Stream::Out(bytes) });
    }
    if let Some(err) = child.stderr.take() {
        read(err, streams.clone(), MAX_STDERR, |bytes, _| Stream::Err(bytes));
    }
    drop(streams);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let late = || format!("the program did not end within {}", human(within));
    loop {
        match heard.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Stream::Out(bytes)) => stdout = bytes,
            Ok(Stream::Err(bytes)) => stderr = bytes,
            Ok(Stream::TooMuch) => {
                return Err(format!("the program printed more than {}, the most that is read of it", size(max)));
            }
            Err(RecvTimeoutError::Timeout) => return Err(late()),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                let stderr = clean(String::from_utf8_lossy(&stderr).trim(), SHOWN);
                return Ok(Printed { status, stdout, stderr });
            }
            Ok(None) if Instant::now() < until => std::thread::sleep(PAUSE),
            Ok(None) => return Err(late()),
            Err(e) => return Err(format!("cannot be waited for: {e}")),
        }
    }
}

/// Reads a stream on a thread of its own: what is over the bound is thrown away, after that is told.
fn read(
    mut from: impl Read + Send + 'static,
    to: Sender<Stream>,
    max: u64,
    what: impl Fn(Vec<u8>, bool) -> Stream + Send + 'static,
) {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = (&mut from).take(max).read_to_end(&mut bytes);
        let mut byte = [0];
        let more = from.read(&mut byte).is_ok_and(|n| n > 0);
        let _ = to.send(what(bytes, more));
        if more {
            let _ = std::io::copy(&mut from, &mut std::io::sink());
        }
    });
}

fn end(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, max: u64, within: Duration) -> Result<Printed, String> {
        run(Path::new("/bin/sh"), &["-c", script], max, within)
    }

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn what_it_prints_comes_back_and_its_words_for_people_are_harmless() {
        let printed = sh("cat; echo out; printf 'warn\\033]0;x\\007\\n' >&2; exit 3", 4, LONG).unwrap();
        assert_eq!((printed.status.code(), printed.stdout.as_slice()), (Some(3), &b"out\n"[..]));
        assert_eq!(printed.stderr, "warn\\u{1b}]0;x\\u{7}");
    }

    #[test]
    fn a_program_without_end_is_ended_with_its_children() {
        let short = Duration::from_millis(300);
        for (script, why) in [
            ("yes", "printed more than 1 MiB"),
            ("yes >&2", "did not end within 300ms"),
            ("sleep 81.4", "did not end within 300ms"),
            ("sleep 81.4 & echo fine", "did not end within 300ms"),
            ("exec >&- 2>&-; sleep 81.4", "did not end within 300ms"),
        ] {
            let began = Instant::now();
            let within = if script == "yes" { LONG } else { short };
            let error = sh(script, 1 << 20, within).unwrap_err();
            assert!(error.contains(why) && began.elapsed() < Duration::from_secs(10), "{script}: {error}");
        }
        let lines = Command::new("sh").args(["-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"]).output();
        let lines = String::from_utf8_lossy(&lines.unwrap().stdout).into_owned();
        assert!(!lines.contains("sleep 81.4 "), "{lines}");
        assert!(run(Path::new("/no/such"), &[], 1, LONG).unwrap_err().contains("cannot be run"));
    }
}
