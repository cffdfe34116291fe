//! The queue's changes. `postsuper` reads ids from its input, and what became of them is judged by the spool: its status
//! is 0 also for ids that are none.

use crate::mail::mta::Control;

pub static CONTROL: Control = Control {
    before: "",
    own: include_str!("control.sh"),
    hold: Some(include_str!("hold.sh")),
    release: Some(include_str!("release.sh")),
    delete: include_str!("delete.sh"),
    restore: include_str!("restore.sh"),
    values: &[],
};

#[cfg(test)]
mod tests;
