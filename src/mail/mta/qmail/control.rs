//! The queue's changes. qmail can hold nothing back, and its queue belongs to `qmail-send`, which is stopped for them;
//! mail that comes in meanwhile waits in `todo`.

use crate::mail::mta::Control;

/// Where qmail lives. It is compiled in, and hardly anybody changes it.
pub const HOME: &str = "/var/qmail";

pub static CONTROL: Control = Control {
    before: "",
    own: include_str!("control.sh"),
    hold: None,
    release: None,
    delete: include_str!("delete.sh"),
    restore: include_str!("restore.sh"),
    values: &[("home", HOME), ("proc", "/proc"), ("init", INIT), ("patience", PATIENCE)],
};

/// Where an init script is, Plesk's too.
const INIT: &str = "/etc/init.d/qmail";
/// Seconds that deliveries under way may take to end before nothing is done. One to a host that does not answer takes
/// a minute at least.
const PATIENCE: &str = "240";

#[cfg(test)]
mod tests;
