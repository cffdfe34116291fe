//! How accounts are changed that the system itself knows: Unix users, and the lines of Dovecot's files of passwords.
//!
//! What is sent in an hour is not counted here, so there is no [`limit`](Control::limit).

use super::{FILES, USERS};
use crate::mail::account::script::{KEEP, LOGIN, long_part, part};
use crate::mail::panel::Control;
use crate::shell::Part;

const WHO: &str = include_str!("control/who.sh");
const UNIX: &str = include_str!("control/unix.sh");
const FILE: &str = include_str!("control/file.sh");
const UNIX_DELETE: &str = include_str!("control/unix-delete.sh");
const FILE_DELETE: &str = include_str!("control/file-delete.sh");

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

/// The scripts without their beginning, for a panel that has users of its own and the system's besides.
pub mod pieces {
    use super::*;

    pub const PASSWORD: [&str; 7] = [LOGIN, USERS, FILES, WHO, UNIX, FILE, include_str!("control/password.sh")];
    pub const DISABLE: [&str; 6] = [USERS, FILES, WHO, UNIX, FILE, include_str!("control/disable.sh")];
    pub const ENABLE: [&str; 6] = [USERS, FILES, WHO, UNIX, FILE, include_str!("control/enable.sh")];
    pub const DELETE: [&str; 9] =
        [KEEP, USERS, FILES, WHO, UNIX, UNIX_DELETE, FILE, FILE_DELETE, include_str!("control/delete.sh")];
    pub const RESTORE: [&str; 10] =
        [LOGIN, KEEP, USERS, FILES, WHO, UNIX, UNIX_DELETE, FILE, FILE_DELETE, include_str!("control/restore.sh")];
}

#[cfg(test)]
mod tests;
