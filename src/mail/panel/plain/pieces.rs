//! The scripts without their beginning, for this panel and for one that has users of its own and the system's besides.

use crate::mail::account::script::{KEEP, LOGIN};

pub const FILES: &str = include_str!("files.sh");

pub const USERS: &str = include_str!("users.sh");

const WHO: &str = include_str!("control/who.sh");
const UNIX: &str = include_str!("control/unix.sh");
const FILE: &str = include_str!("control/file.sh");
const UNIX_DELETE: &str = include_str!("control/unix-delete.sh");
const FILE_DELETE: &str = include_str!("control/file-delete.sh");

pub const PASSWORD: [&str; 7] = [LOGIN, USERS, FILES, WHO, UNIX, FILE, include_str!("control/password.sh")];
pub const DISABLE: [&str; 6] = [USERS, FILES, WHO, UNIX, FILE, include_str!("control/disable.sh")];
pub const ENABLE: [&str; 6] = [USERS, FILES, WHO, UNIX, FILE, include_str!("control/enable.sh")];
pub const DELETE: [&str; 9] =
    [KEEP, USERS, FILES, WHO, UNIX, UNIX_DELETE, FILE, FILE_DELETE, include_str!("control/delete.sh")];
pub const RESTORE: [&str; 10] =
    [LOGIN, KEEP, USERS, FILES, WHO, UNIX, UNIX_DELETE, FILE, FILE_DELETE, include_str!("control/restore.sh")];
