//! The queue's changes. `postsuper` reads ids from its input, and what became of them is judged by the spool: its status
//! is 0 also for ids that are none.

use super::Postfix;
use crate::mail::mta::Control;
use crate::mail::mta::keep::{QUICK, SLOW, part};
use crate::shell::Part;

const CONTROL: &str = include_str!("control.sh");

impl Control for Postfix {
    fn hold(&self) -> Option<Part> {
        Some(part("queue.hold", CONTROL, include_str!("hold.sh"), QUICK))
    }

    fn release(&self) -> Option<Part> {
        Some(part("queue.release", CONTROL, include_str!("release.sh"), QUICK))
    }

    fn delete(&self) -> Part {
        part("queue.delete", CONTROL, include_str!("delete.sh"), SLOW)
    }

    fn restore(&self) -> Part {
        part("queue.restore", CONTROL, include_str!("restore.sh"), SLOW)
    }
}
