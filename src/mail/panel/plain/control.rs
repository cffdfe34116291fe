//! How accounts are changed that the system itself knows: Unix users, and the lines of Dovecot's files of passwords.
//!
//! What is sent in an hour is not counted here, so there is no [`limit`](Control::limit).

use super::pieces;
use crate::mail::account::script::{long_part, part};
use crate::mail::panel::Control;
use crate::shell::Part;

pub struct PlainControl;

impl Control for PlainControl {
    fn set_password(&self) -> Option<Part> {
        Some(part("account.password", &pieces::PASSWORD))
    }

    fn disable(&self) -> Option<Part> {
        Some(part("account.disable", &pieces::DISABLE))
    }

    fn enable(&self) -> Option<Part> {
        Some(part("account.enable", &pieces::ENABLE))
    }

    fn limit(&self) -> Option<Part> {
        None
    }

    fn delete(&self) -> Option<Part> {
        Some(long_part("account.delete", &pieces::DELETE))
    }

    fn restore(&self) -> Option<Part> {
        Some(long_part("account.restore", &pieces::RESTORE))
    }
}

#[cfg(test)]
mod tests;
