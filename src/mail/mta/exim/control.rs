//! The queue's changes: a held message is a frozen one.

use super::Exim;
use crate::mail::change::{KEEP, ROWS, part};
use crate::mail::mta::Control;
use crate::shell::Part;

/// What stands before each script.
const HEAD: &[&str] = &[include_str!("folder.sh"), ROWS, KEEP, include_str!("control.sh")];

fn script(name: &str, script: &str) -> Part {
    part(name, &[&HEAD.concat(), script])
}

impl Control for Exim {
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
