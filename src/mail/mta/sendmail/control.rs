//! The queue's changes: a held message is a quarantined one, with a queue file `hf` instead of `qf`.

use crate::mail::mta::Control;

/// Where configurations are.
pub const ETC: &str = "/etc/mail /etc";

pub static CONTROL: Control = Control {
    before: concat!(include_str!("folders.sh"), include_str!("command.sh")),
    own: include_str!("control.sh"),
    hold: Some(include_str!("hold.sh")),
    release: Some(include_str!("release.sh")),
    delete: include_str!("delete.sh"),
    restore: include_str!("restore.sh"),
    values: &[("etc", ETC)],
};

#[cfg(test)]
mod tests;
