//! The queue's changes. qmail can hold nothing back, and its queue belongs to `qmail-send`, which is stopped for them;
//! mail that comes in meanwhile waits in `todo`.

use super::{HOME, Qmail};
use crate::mail::mta::Control;
use crate::mail::mta::keep::{SLOW, part};
use crate::shell::Part;

/// Where an init script is, Plesk's too.
const INIT: &str = "/etc/init.d/qmail";
/// Seconds that deliveries under way may take to end before nothing is done. One to a host that does not answer takes
/// a minute at least.
const PATIENCE: u32 = 240;

fn change(name: &str, verb: &str) -> Part {
    part(name, include_str!("control.sh"), verb, SLOW)
        .value("home", HOME)
        .value("proc", "/proc")
        .value("init", INIT)
        .value("patience", PATIENCE.to_string())
}

impl Control for Qmail {
    fn hold(&self) -> Option<Part> {
        None
    }

    fn release(&self) -> Option<Part> {
        None
    }

    fn delete(&self) -> Part {
        change("queue.delete", include_str!("delete.sh"))
    }

    fn restore(&self) -> Part {
        change("queue.restore", include_str!("restore.sh"))
    }
}
