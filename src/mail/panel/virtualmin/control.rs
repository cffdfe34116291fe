//! How accounts are changed on Virtualmin: its own users by its own commands, judged by what it lists and by a login; the
//! system's others as on a host without a panel.
//!
//! It counts nothing of what is sent in an hour, so there is no [`limit`](Control::limit).

use crate::mail::account::script::{long_part, part};
use crate::mail::panel::Control;
use crate::mail::panel::plain::pieces;
use crate::shell::Part;

const TOOLS: &str = include_str!("tools.sh");
const ACCOUNT: &str = include_str!("control/account.sh");

pub struct VirtualminControl;

impl Control for VirtualminControl {
    fn set_password(&self) -> Option<Part> {
        Some(part("account.password", &before(include_str!("control/password.sh"), &pieces::PASSWORD)))
    }

    fn disable(&self) -> Option<Part> {
        Some(part("account.disable", &before(include_str!("control/disable.sh"), &pieces::DISABLE)))
    }

    fn enable(&self) -> Option<Part> {
        Some(part("account.enable", &before(include_str!("control/enable.sh"), &pieces::ENABLE)))
    }

    fn limit(&self) -> Option<Part> {
        None
    }

    fn delete(&self) -> Option<Part> {
        Some(long_part("account.delete", &before(include_str!("control/delete.sh"), &pieces::DELETE)))
    }

    fn restore(&self) -> Option<Part> {
        Some(long_part("account.restore", &before(include_str!("control/restore.sh"), &pieces::RESTORE)))
    }
}

/// Virtualmin's way, which ends when the account is one of its own, before the system's.
fn before(own: &'static str, system: &[&'static str]) -> Vec<&'static str> {
    let (last, words) = system.split_last().unwrap_or((&"", &[]));
    [words, &[TOOLS, ACCOUNT, own, last]].concat()
}

#[cfg(test)]
mod tests;
