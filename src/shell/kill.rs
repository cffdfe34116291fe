//! Ending what a part started, over another channel: an SSH signal is not delivered to root's commands by
//! older servers, and a closed channel ends nothing.

use super::{Part, Process};
use std::time::Duration;

/// A part that ends the process tree of `root` (the process of a BEGIN mark), and touches nothing when that is gone. With
/// `whole`, everything in its session goes too: for the end of a run.
pub fn part(root: Process, whole: bool) -> Part {
    let mut part = Part::new("kill", include_str!("kill.sh"))
        .value("root", root.pid.to_string())
        .value("start", root.start.to_string())
        .value("session", root.session.to_string())
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
    use std::process::{Child, Command, Stdio};

    fn run(part: &Part) -> String {
        let nonce = Nonce::new([7; 16]);
        let mut child = Command::new("/bin/sh").arg("-s").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let text = preamble(&nonce) + &layout(&nonce, 0, part).unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let out = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        out.lines().find(|l| l.starts_with("left=")).unwrap_or_default().to_owned()
    }

    /// A session of its own that runs `script`, and how the host tells it.
    fn begun(script: &str) -> (Child, Process) {
        let mut command = Command::new("setsid");
        let child = command.args(["/bin/sh", "-c", script]).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(300));
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        let process =
            Process { pid: child.id(), start: fields[19].parse().unwrap(), session: fields[3].parse().unwrap() };
        (child, process)
    }

    fn is_running(command: &str) -> bool {
        let ps =
            Command::new("sh").args(["-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"]).output().unwrap();
        String::from_utf8_lossy(&ps.stdout).contains(command)
    }

    #[test]
    fn a_process_its_children_and_the_deaf_ones_all_end() {
        let (mut child, process) = begun("sleep 98761 & (trap '' TERM; sleep 98762; sleep 98763) & wait");
        assert_eq!(run(&part(process, false)), "left=0");
        child.wait().unwrap();
        assert!(!is_running("sleep 9876"));
    }

    #[test]
    fn what_was_reparented_goes_with_the_session() {
        let (mut child, process) = begun("(sleep 87651 &) ; sleep 87652");
        assert_eq!(run(&part(process, true)), "left=0");
        child.wait().unwrap();
        assert!(!is_running("sleep 8765"));
    }

    #[test]
    fn a_process_that_got_the_number_later_is_left_alone_and_so_is_its_session() {
        let (mut child, process) = begun("(sleep 76541 &) ; sleep 76542");
        let earlier = Process { start: process.start - 1, ..process };
        let elsewhere = Process { session: process.session + 1, ..process };
        for (gone, left) in [(earlier, "left=0"), (elsewhere, "left=0"), (Process { start: 0, ..process }, "left=1")] {
            for whole in [false, true] {
                assert_eq!(run(&part(gone, whole)), left);
                assert!(is_running("sleep 76541") && is_running("sleep 76542"), "{gone:?}");
            }
        }
        run(&part(process, true));
        child.wait().unwrap();
    }

    #[test]
    fn a_process_that_is_gone_leaves_nothing() {
        assert_eq!(run(&part(Process { pid: 4_000_000, start: 7, session: 4_000_000 }, false)), "left=0");
        assert_eq!(left(b"left=2\n"), Some(2));
        assert_eq!(left(b"nonsense"), None);
    }
}
