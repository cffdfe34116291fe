//! What a script tells about accounts after it listed them: who is switched off, who answers by itself, when
//! someone logged in and when mail came.
//!
//! Nobody is missing where this fails or takes too long, for the list stands before it: it is said under
//! `not_known` and not under `incomplete`.

use super::build::{Builder, Detail};
use crate::host::answer::{Answer, lines};
use crate::host::parse::ParseError;
use crate::host::parse::text;
use crate::model::counted::counted;

/// The script piece that prints the last logins of Dovecot, and defines `unknown`.
pub const LOGINS: &str = include_str!("logins.sh");

/// Later than the year 5000 in seconds: such a time has milliseconds or less for its unit.
const SECONDS: i64 = 100_000_000_000;

/// Reads what follows the list's own last line, which begins with `end`. The rows are `off<TAB>NAME`,
/// `autoreply<TAB>NAME`, `forward<TAB>NAME<TAB>TARGET`, `login<TAB>NAME<TAB>TIME`, `delivery<TAB>NAME<TAB>TIME`,
/// `unknown<TAB>REASON` and at last `done`.
pub fn read(answer: &Answer<'_>, what: &str, builder: &mut Builder) {
    let (mut done, mut odd) = (false, 0_usize);
    let _ = answer.bytes.parse(|bytes| {
        let rows = lines(bytes).map(|(_, line)| line).skip_while(|line| !line.starts_with(b"end"));
        for line in rows.skip(1) {
            match line.split(|&b| b == b'\t').collect::<Vec<_>>().as_slice() {
                [b"unknown", reason] => builder.not_known(&text(reason)),
                [b"done"] => done = true,
                [kind, name, value @ ..] => match detail(kind, value) {
                    Some(detail) => builder.about(name, &detail),
                    None => odd += 1,
                },
                _ => odd += 1,
            }
        }
        Ok::<(), ParseError>(())
    });
    if odd > 0 {
        builder.not_known(&format!("{what}: {} could not be read", counted(odd, "lines")));
    }
    let cut_off = answer.cut_off(done, what);
    answer.fault.iter().chain(&cut_off).for_each(|why| builder.not_known(why));
}

/// What a row says about the account that it names; none for a row that no script prints.
fn detail<'a>(kind: &[u8], value: &[&'a [u8]]) -> Option<Detail<'a>> {
    match (kind, value) {
        (b"off", []) => Some(Detail::Off),
        (b"autoreply", []) => Some(Detail::Autoresponder),
        (b"forward", [target]) => Some(Detail::Forward(target)),
        (b"login", [at]) => seconds(at).map(Detail::Login),
        (b"delivery", [at]) => seconds(at).map(Detail::Delivery),
        _ => None,
    }
}

/// A time as `find` and Dovecot print it: with a fraction, or in milli-, micro- or nanoseconds.
fn seconds(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let mut at: i64 = whole.parse().ok().filter(|&at| at >= 0)?;
    while at >= SECONDS {
        at /= 1_000;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::answer::answer;
    use crate::host::answer::testing::{fine, run, tool};
    use crate::model::mail::{Account, AccountKind};
    use crate::shell::Part;
    use proptest::prelude::*;

    fn told(rows: &str) -> (Account, Vec<String>) {
        let mut builder = Builder::new("plesk");
        builder.add(b"info@example.jp", AccountKind::Mailbox);
        let rows = format!("off\tinfo@example.jp\tno detail stands before the end\nend\n{rows}");
        read(&answer(&[fine("list", rows)], "list", "list").unwrap(), "mailboxes", &mut builder);
        let found = builder.finish();
        assert!(found.incomplete.is_empty() && found.accounts.len() == 1, "{found:?}");
        (found.accounts[0].clone(), found.not_known)
    }

    #[test]
    fn the_newest_time_of_a_known_account_is_kept() {
        let (account, not_known) = told(
            "delivery\tInfo@Example.jp\t1795487362.1234567890\ndelivery\tinfo@example.jp\t1795487361\n\
             login\tinfo@example.jp\t1795487000\nlogin\tinfo@example.jp\t1795487300123\nlogin\tnobody@example.jp\t5\n\
             off\tinfo@example.jp\nautoreply\tinfo@example.jp\nforward\tinfo@example.jp\ta@outside.example\ndone\n",
        );
        assert_eq!(account.last_delivery.as_deref(), Some("2026-11-24T02:29:22Z"));
        assert_eq!(account.last_login.as_deref(), Some("2026-11-24T02:28:20Z"));
        assert!(account.disabled && account.autoresponder && account.forwards == ["a@outside.example"]);
        assert_eq!(not_known, [""; 0]);
    }

    #[test]
    fn what_cannot_be_read_is_said_and_guessed_from_nothing() {
        let (account, not_known) =
            told("login\tinfo@example.jp\t-5\nlogin\tinfo@example.jp\tnever\nunknown\tx\nsecret\n");
        assert_eq!((account.last_login, account.disabled), (None, false));
        assert_eq!(not_known, ["x", "mailboxes: 3 lines could not be read", "mailboxes: the output was truncated"]);
        let mut output = fine("list", "end\noff\tinfo@example.jp\n");
        output.ended = crate::shell::Ended::TimedOut;
        let mut builder = Builder::new("plesk");
        read(&answer(&[output], "list", "list").unwrap(), "mailboxes", &mut builder);
        assert_eq!(builder.finish().not_known, ["list: timed out after 1 s"]);
    }

    fn logins(config: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let dict = dir.path().join("last-login");
        let text = "shared/last-login/info@example.jp\n1795487362\nshared/last-login/imap/sales@example.jp\n1795487000\n\
                    shared/quota/info@example.jp\n99\nshared/last-login/odd\nS3cret\n";
        std::fs::write(&dict, text).unwrap();
        tool(
            dir.path(),
            "doveconf",
            &format!("echo '  last_login_dict = {config}'").replace("DICT", dict.to_str().unwrap()),
        );
        let output = run(&Part::new("logins", LOGINS), dir.path());
        assert_eq!(output.stderr.for_human(999), "");
        output.stdout.for_human(9_999).to_string()
    }

    #[test]
    fn dovecot_s_last_logins_are_read_where_they_stand_in_one_file() {
        assert_eq!(logins("file:DICT"), "login\tinfo@example.jp\t1795487362\nlogin\tsales@example.jp\t1795487000\n");
        assert_eq!(logins("file:%h/last-login"), "unknown\tlast logins in file:%h/last-login are not read\n");
        assert_eq!(logins("redis:password=S3cret:host=::1"), "unknown\tlast logins in redis are not read\n");
        assert_eq!(logins("file:/nonexistent"), "unknown\tlast logins: /nonexistent cannot be read\n");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let outputs = [fine("list", [b"end\n", bytes.as_slice()].concat())];
            read(&answer(&outputs, "list", "list").unwrap(), "mailboxes", &mut Builder::new("plesk"));
        }
    }
}
