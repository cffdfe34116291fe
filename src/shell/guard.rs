//! A change's traces on the host: that it began, by which process, and how it ended. With them a lost connection can be
//! settled, and no change is done twice.
//!
//! The folder of the op (`/var/lib/fleet/OP`, 0700) holds one folder for each act, `0`, `1`, .., and in it `begun`, which
//! is the guard: it is made as a link to a file that is whole already, which works once, so nobody sees an act that has
//! begun and does not say by whom. That file's name is a process's, and the number may come again: it is never written to
//! twice, or the guard would say something else. Who settles the op makes the next act's `begun` himself: what is still on its way then
//! comes too late. A host that is hostile can forge all of it, as it can forge any answer.

use super::{Ended, Part, PartOutput};
use crate::model::Op;

/// What an act left on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trace {
    /// Its process still runs.
    Running,
    /// It began and was ended before its end.
    Broken,
    /// It ended with this status.
    Done(i32),
}

/// Text that shells of all ages agree on: the boot, and the start time of a process in the boot's ticks.
const TOOLS: &str = "fleet_boot() { cat /proc/sys/kernel/random/boot_id 2>/dev/null; }\n\
     fleet_start() { sed 's/.*) //' \"/proc/$1/stat\" 2>/dev/null | cut -d' ' -f20; }\n";

/// Makes fleet's folder, or looks whether the one that is there is root's alone: root would follow a link that somebody
/// put in its place, and write into a folder that is another's. `ls` follows no link, and prints mode and owner first.
macro_rules! folder {
    () => {
        "mkdir -p /var/lib/fleet 2>/dev/null; set -- $(LC_ALL=C ls -ldn /var/lib/fleet 2>/dev/null); \
         case \"$1 $3\" in d????-??-?*\" $(id -u)\") ;; *) false ;; esac"
    };
}

const FOLDER: &str = concat!("fleet_folder() { ", folder!(), "; }\n");

/// Opens the lock in the session's own shell. A redirection that fails would end that shell, so it is tried first.
const LOCK: &str = concat!(
    "[ \"$(id -u)\" = 0 ] && ( ",
    folder!(),
    " && : >>/var/lib/fleet/lock ) 2>/dev/null && exec 9>>/var/lib/fleet/lock"
);

/// The status of [`ready`] when another run holds the host's lock.
pub const LOCKED: i32 = 75;

/// Takes the host's lock for this session and makes the op's folder. Ends with 75 when another run holds the lock, and
/// says who; with 77 without root, with 73 when the folder cannot be made or is not root's alone.
///
/// The session's shell has the lock file open on descriptor 9, so the lock stays until that shell has ended, however it
/// ends. What an act starts does not inherit it.
pub fn ready(op: &Op, who: &str) -> Part {
    let script = format!("{TOOLS}{FOLDER}{}", include_str!("ready.sh"));
    let part = Part::new("change.ready", script).value("op", op.as_str()).value("who", who);
    Part { session: LOCK, ..part }
}

/// The act `n` of the op, done once at most: a second try ends with 75 and does nothing. What it keeps is in `dir`.
pub fn guarded(op: &Op, n: usize, dir: &str, part: Part) -> Part {
    let script = format!(
        "{TOOLS}fleet_act=/var/lib/fleet/{op}/{n}\n\
         mkdir -p \"$fleet_act\" \"{dir}\" && rm -f \"$fleet_act/by.$$\" && \
         printf '%s %s %s\\n' \"$(fleet_boot)\" $$ \"$(fleet_start $$)\" >\"$fleet_act/by.$$\" || exit 74\n\
         ln \"$fleet_act/by.$$\" \"$fleet_act/begun\" || {{ echo 'this change was begun before' >&2; exit 75; }}\n\
         (\n{script}\n) 9>&-\n\
         fleet_rc=$?\n\
         echo $fleet_rc >\"$fleet_act/new\" && mv \"$fleet_act/new\" \"$fleet_act/done\"\n\
         exit $fleet_rc\n",
        script = part.script.trim_end_matches('\n'),
    );
    Part { script: script.into(), ..part }
}

/// Reads the traces of an op's acts, and sees to it that no further act of it begins:
/// `act<TAB>N<TAB>running|broken|done<TAB>STATUS`.
pub fn traces(op: &Op) -> Part {
    Part::new("change.traces", format!("{TOOLS}{FOLDER}{}", include_str!("traces.sh"))).value("op", op.as_str())
}

/// The traces, by act; none when the host did not answer.
pub fn read_traces(outputs: &[PartOutput]) -> Option<Vec<Trace>> {
    let output = outputs.iter().find(|o| o.name == "change.traces" && o.ended == Ended::Status(0))?;
    let mut traces = Vec::new();
    let mut ended = false;
    for line in output.stdout.for_human(64 << 10).lines() {
        match line.split('\t').collect::<Vec<_>>().as_slice() {
            ["end"] => ended = true,
            ["act", n, what, rest @ ..] if n.parse() == Ok(traces.len()) => traces.push(match (*what, rest) {
                ("running", _) => Trace::Running,
                ("done", [status, ..]) => Trace::Done(status.parse().ok()?),
                ("broken", _) => Trace::Broken,
                _ => return None,
            }),
            _ => return None,
        }
    }
    ended.then_some(traces)
}

#[cfg(test)]
mod tests;
