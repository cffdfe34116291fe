//! The queue's changes: a held message is a frozen one.

use crate::mail::mta::Control;

pub static CONTROL: Control = Control {
    before: include_str!("folder.sh"),
    own: include_str!("control.sh"),
    hold: Some(include_str!("hold.sh")),
    release: Some(include_str!("release.sh")),
    delete: include_str!("delete.sh"),
    restore: include_str!("restore.sh"),
    values: &[],
};

#[cfg(test)]
mod tests;
