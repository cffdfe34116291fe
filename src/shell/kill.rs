//! Ending what a part started, over another channel: an SSH signal is not delivered to root's commands by
//! older servers, and a closed channel ends nothing.

use super::Part;
use std::time::Duration;

/// A part that ends the process tree of `root` (the pid of a BEGIN mark). With `whole`, everything in its
/// session goes too: for the end of a run.
pub fn part(root: u32, whole: bool) -> Part {
    let mut part = Part::new("kill", include_str!("kill.sh"))
        .value("root", root.to_string())
        .value("whole", if whole { "1" } else { "0" });
    part.timeout = Duration::from_secs(10);
    part
}

/// How many processes were left, or `None` when the answer is not one.
pub fn left(stdout: &[u8]) -> Option<u32> {
    std::str::from_utf8(stdout).ok()?.trim().strip_prefix("left=")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::batch::{Nonce, layout, preamble};
    use std::io::Write;
    use std::process::{Command, Stdio};

    fn run(part: &Part) -> String {
        let nonce = Nonce::new([7; 16]);
        let mut child = Command::new("/bin/sh").arg("-s").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let text = preamble(&nonce) + &layout(&nonce, 0, part).unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let out = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        out.lines().find(|l| l.starts_with("left=")).unwrap_or_default().to_owned()
    }

    #[test]
    fn a_process_its_children_and_the_deaf_ones_all_end() {
        let script = "sleep 98761 & (trap '' TERM; sleep 98762; sleep 98763) & wait";
        let mut child = Command::new("setsid").args(["/bin/sh", "-c", script]).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(run(&part(child.id(), false)), "left=0");
        child.wait().unwrap();
        let ps =
            Command::new("sh").args(["-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"]).output().unwrap();
        assert!(!String::from_utf8_lossy(&ps.stdout).contains("sleep 9876"));
    }

    #[test]
    fn what_was_reparented_goes_with_the_session() {
        let script = "(sleep 87651 &) ; sleep 87652";
        let mut child = Command::new("setsid").args(["/bin/sh", "-c", script]).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(run(&part(child.id(), true)), "left=0");
        child.wait().unwrap();
        let ps =
            Command::new("sh").args(["-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"]).output().unwrap();
        assert!(!String::from_utf8_lossy(&ps.stdout).contains("sleep 8765"));
    }

    #[test]
    fn a_process_that_is_gone_leaves_nothing() {
        assert_eq!(run(&part(4_000_000, false)), "left=0");
        assert_eq!(left(b"left=2\n"), Some(2));
        assert_eq!(left(b"nonsense"), None);
    }
}
