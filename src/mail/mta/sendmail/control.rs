//! The queue's changes: a held message is a quarantined one, with a queue file `hf` instead of `qf`.

use super::{ETC, Sendmail};
use crate::mail::change::{KEEP, ROWS, part};
use crate::mail::mta::Control;
use crate::shell::Part;

/// What stands before each script.
const HEAD: &[&str] = &[include_str!("folders.sh"), include_str!("command.sh"), ROWS, KEEP, include_str!("control.sh")];

fn script(name: &str, script: &str) -> Part {
    part(name, &[&HEAD.concat(), script]).value("etc", ETC)
}

impl Control for Sendmail {
    fn hold(&self) -> Option<Part> {
        Some(script("queue.hold", include_str!("hold.sh")))
    }

    fn release(&self) -> Option<Part> {
        Some(script("queue.release", include_str!("release.sh")))
    }

    fn delete(&self) -> Part {
        script("queue.delete", include_str!("delete.sh"))
    }

    fn restore(&self) -> Part {
        script("queue.restore", include_str!("restore.sh"))
    }
}
