//! How accounts are changed on Plesk: by its own utilities, judged by what they show afterwards and by a login.
//!
//! Plesk has no lock of one account that can be taken back: `-mailbox false` deletes the mailbox, `--off` is for a whole
//! domain, its interface has no such switch, and a scrambled password cannot be unscrambled. So there is no
//! [`disable`](Control::disable) here; a new password and a limit of 0 stop whoever had the old one.

use crate::mail::account::script::{KEEP, LOGIN, long_part, part};
use crate::mail::panel::Control;
use crate::shell::Part;

const TOOLS: &str = include_str!("tools.sh");
const ACCOUNT: &str = include_str!("control/account.sh");
const FOLDER: &str = include_str!("control/folder.sh");

pub struct PleskControl;

impl Control for PleskControl {
    fn set_password(&self) -> Option<Part> {
        Some(part("account.password", &[LOGIN, TOOLS, ACCOUNT, include_str!("control/password.sh")]))
    }

    fn disable(&self) -> Option<Part> {
        None
    }

    fn enable(&self) -> Option<Part> {
        None
    }

    fn limit(&self) -> Option<Part> {
        Some(part("account.limit", &[TOOLS, ACCOUNT, include_str!("control/limit.sh")]))
    }

    fn delete(&self) -> Option<Part> {
        Some(long_part("account.delete", &[KEEP, TOOLS, ACCOUNT, FOLDER, include_str!("control/delete.sh")]))
    }

    fn restore(&self) -> Option<Part> {
        let own = include_str!("control/restore.sh");
        Some(long_part("account.restore", &[LOGIN, KEEP, TOOLS, ACCOUNT, FOLDER, own]))
    }
}

#[cfg(test)]
mod tests;
