//! The way from a batch's outputs to a parser, and to the words for what is missing.

use super::parse::ParseError;
use crate::model::HostBytes;
use crate::shell::{Ended, PartOutput};

/// What came back of the named part, and why it is not whole.
pub struct Answer<'a> {
    /// Its standard output, as far as it was kept.
    pub bytes: &'a HostBytes,
    /// The last line that the script wrote to standard error, sanitised; empty when there was none.
    pub stderr: String,
    /// Nothing when it ended by itself with status 0 and nothing was cut off.
    pub fault: Option<String>,
}

/// Finds a part's output; `what` names it in the fault, as in `mail log: timed out`.
pub fn answer<'a>(outputs: &'a [PartOutput], name: &str, what: &str) -> Option<Answer<'a>> {
    let output = outputs.iter().find(|o| o.name == name)?;
    let stderr = output.stderr.for_human(4_000);
    let stderr = stderr.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    let stderr = crate::model::untrusted::clean_line(stderr, 200);
    let fault = match output.ended {
        Ended::Status(0) if output.truncated => {
            Some(format!("{what}: output exceeded {} bytes; the rest was not read", output.stdout.len()))
        }
        Ended::Status(0) => None,
        Ended::Status(status) if stderr.is_empty() => Some(format!("{what}: exited with status {status}")),
        Ended::Status(_) => Some(format!("{what}: {stderr}")),
        Ended::TimedOut => Some(format!("{what}: timed out after {} s", output.elapsed.as_secs())),
        Ended::Cancelled => Some(format!("{what}: cancelled")),
        Ended::Lost => Some(format!("{what}: the connection was lost")),
        Ended::NotStarted => Some(format!("{what}: did not start")),
    };
    Some(Answer { bytes: &output.stdout, stderr, fault })
}

/// The output of a part without which there is nothing to read.
///
/// # Errors
/// When the batch has no such part.
pub fn required<'a>(outputs: &'a [PartOutput], name: &str, what: &str) -> Result<Answer<'a>, ParseError> {
    answer(outputs, name, what).ok_or_else(|| ParseError::new(what, 0, "no response"))
}

impl Answer<'_> {
    /// What a missing last line means: nothing more than the fault, where there is one.
    pub fn cut_off(&self, ended: bool, what: &str) -> Option<String> {
        (!ended && self.fault.is_none()).then(|| format!("{what}: the output was truncated"))
    }
}

/// A whole number and nothing else: no sign, no blank.
pub fn number<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
}

/// The lines of a host's answer without their line feeds, numbered from 1; a last line without a line feed
/// is a line too.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let whole = (!bytes.is_empty()).then(|| bytes.split(|&b| b == b'\n'));
    whole.into_iter().flatten().enumerate().map(|(n, line)| (n + 1, line.strip_suffix(b"\r").unwrap_or(line)))
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use std::io::{Seek, Write};
    use std::time::Duration;

    /// An output as it comes back when all went well.
    pub fn fine(name: &str, stdout: impl AsRef<[u8]>) -> PartOutput {
        PartOutput {
            name: name.into(),
            ended: Ended::Status(0),
            stdout: HostBytes::new(stdout.as_ref().to_vec()),
            stderr: HostBytes::default(),
            truncated: false,
            elapsed: Duration::from_secs(1),
        }
    }

    /// Runs a part's script the way a host would: its lines as standard input, values and the secret as variables, tools
    /// in `path` first.
    pub fn run(part: &crate::shell::Part, path: &std::path::Path) -> PartOutput {
        let system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let mut command = std::process::Command::new("/bin/sh");
        command.env_clear().env("LC_ALL", "C").env("PATH", format!("{}:{system}", path.display()));
        let mut head: String =
            part.values.iter().map(|(k, v)| format!("{k}='{}'\n", v.replace('\'', r"'\''"))).collect();
        let secret = part.secret.as_ref().map(|secret| secret.expose().to_owned());
        if secret.is_some() {
            head.push_str("IFS= read -r fleet_secret\n");
        }
        command.arg("-c").arg(format!("{head}{}", part.script)).arg("sh").args(&part.args);
        let mut input = tempfile::tempfile().unwrap();
        secret.iter().chain(&part.input).for_each(|line| writeln!(input, "{line}").unwrap());
        input.rewind().unwrap();
        let done = command.stdin(input).output().unwrap();
        PartOutput {
            name: part.name.clone(),
            ended: Ended::Status(done.status.code().unwrap_or(-1)),
            stdout: HostBytes::new(done.stdout),
            stderr: HostBytes::new(done.stderr),
            truncated: false,
            elapsed: Duration::ZERO,
        }
    }

    /// Runs an awk program over that text the way a script would. Returns what it printed and its exit status.
    pub fn awk(program: &str, days: &str, text: &[u8]) -> (Vec<u8>, Option<i32>) {
        use std::process::{Command, Stdio};
        let mut awk = Command::new("awk");
        awk.env("LC_ALL", "C").arg("-v").arg(format!("days={days}")).arg(program);
        let mut awk = awk.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = awk.stdin.take().unwrap();
        let done = std::thread::scope(|scope| {
            // It may end before it has read all.
            scope.spawn(move || _ = std::io::Write::write_all(&mut input, text));
            awk.wait_with_output().unwrap()
        });
        (done.stdout, done.status.code())
    }

    /// Puts an executable stand-in for a tool into a folder.
    pub fn tool(dir: &std::path::Path, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = dir.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[cfg(test)]
mod tests {
    use super::testing::fine;
    use super::*;

    #[test]
    fn a_part_that_did_not_end_well_says_why() {
        let mut output = fine("q", "x");
        assert_eq!(answer(&[output.clone()], "q", "mail queue").unwrap().fault, None);
        output.ended = Ended::Status(69);
        output.stderr = HostBytes::new(b"noise\npostqueue: \x1b[31mfatal\n\n".to_vec());
        let fault = answer(&[output.clone()], "q", "mail queue").unwrap().fault;
        assert_eq!(fault.unwrap(), "mail queue: postqueue: \\u{1b}[31mfatal");
        output.ended = Ended::Lost;
        assert_eq!(answer(&[output], "q", "mail queue").unwrap().fault.unwrap(), "mail queue: the connection was lost");
        assert!(answer(&[], "q", "mail queue").is_none());
    }

    #[test]
    fn lines_end_with_or_without_a_line_feed() {
        let read = |b: &'static [u8]| lines(b).map(|(n, l)| (n, l.len())).collect::<Vec<_>>();
        assert_eq!(read(b""), []);
        assert_eq!(read(b"a\r\n\nbc"), [(1, 1), (2, 0), (3, 2)]);
        assert_eq!(read(b"\n"), []);
    }
}
