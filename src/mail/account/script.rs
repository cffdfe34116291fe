//! What the ways of changing an account share: pieces of their scripts, and the parts made of them.
//!
//! A script is put together of such pieces, its own last. What every one of them begins with refuses a name that could
//! hurt, and knows how to answer.

use crate::shell::Part;
use std::time::Duration;

/// The answer, and what every script refuses.
const ANSWER: &str = include_str!("script/answer.sh");
/// How Dovecot is asked, and its cache emptied.
pub const DOVECOT: &str = include_str!("script/dovecot.sh");
/// Whether Dovecot takes the new password.
pub const LOGIN: &str = include_str!("script/login.sh");
/// Mail into an archive that is read back and compared, and out of it again.
pub const KEEP: &str = include_str!("script/keep.sh");

/// A part that changes an account in a moment.
pub fn part(name: &str, pieces: &[&str]) -> Part {
    Part::new(name, [&[ANSWER, DOVECOT], pieces].concat().concat())
}

/// A part that reads or writes a whole mailbox.
pub fn long_part(name: &str, pieces: &[&str]) -> Part {
    Part { timeout: Duration::from_secs(2 * 3600), ..part(name, pieces) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_first_try_kept_is_not_lost_by_a_second() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).display().to_string();
        std::fs::create_dir(path("kept")).unwrap();
        std::fs::create_dir_all(path("base/box/new")).unwrap();
        for (name, text) in [("base/box/new/1", "one"), ("base/box/new/2", "two")] {
            std::fs::write(path(name), text).unwrap();
        }
        // The first try was ended in the middle of the removal, and something came since.
        let tries = "said=$(keep \"$base\" ./box)\nrm box/new/1 2>/dev/null || rm \"$base/box/new/1\"\n\
                     echo three >\"$base/box/new/3\"\nsaid=$said$(keep \"$base\" ./box; keep_late \"$base\" ./box)\n\
                     rm -rf \"$base/box\"\nsaid=$said$(unkeep \"$base\")\necho \"said:$said\"\nls \"$base/box/new\"\n";
        let part = long_part("try", &[KEEP, tries]).value("account", "info");
        let part = part.value("dir", path("kept")).value("base", path("base"));
        let output = crate::host::answer::testing::run(&part, dir.path());
        assert_eq!(output.stdout.for_human(999), "said:\n1\n2\n3\n", "{}", output.stderr.for_human(999));
    }
}

#[cfg(test)]
pub(crate) mod testing;
