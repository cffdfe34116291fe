//! Which accounts send the abuse: those that were named, else those that several signals speak of; and whether the host
//! knows them at all. A sender that is no account is an intrusion, and nothing is cleaned up then.

use crate::mail::read::accounts::AccountsReport;
use crate::model::schema::{Field, Type};
use serde::Serialize;

const VERDICTS: &[&str] = &["account", "no-account", "none"];

/// The declared output.
pub const IDENTIFIED_OUTPUT: &[Field] = &[
    Field::new(
        "verdict",
        Type::Enum(VERDICTS),
        "account: all of them are accounts of the host; no-account: one of them is not; none: no account is suspected",
    ),
    Field::new("accounts", Type::List(&Type::Str), "the accounts, as the host's own list names them"),
    Field::new("logins", Type::List(&Type::Str), "all login names of these accounts"),
    Field::new("unknown_senders", Type::List(&Type::Str), "senders that are not accounts of the host"),
];

/// Who it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Identified {
    /// `account`: all of them are accounts of the host; `no-account`: one is none; `none`: nobody was named.
    pub verdict: &'static str,
    /// The accounts, as the host's own list names them.
    pub accounts: Vec<String>,
    /// Every word by which these accounts log in.
    pub logins: Vec<String>,
    /// Names that are no account of the host.
    pub unknown_senders: Vec<String>,
}

/// Finds each name among the words by which the accounts log in; an address of the host's domains besides by its local part,
/// where that is a Unix user and the address leads nowhere else. An account with two names is told once, by the one that was
/// named first.
pub fn identify<'a>(names: impl IntoIterator<Item = &'a str>, report: &AccountsReport) -> Identified {
    let mut found =
        Identified { verdict: "none", accounts: Vec::new(), logins: Vec::new(), unknown_senders: Vec::new() };
    let add = |list: &mut Vec<String>, word: &str| {
        if !list.iter().any(|w| w.eq_ignore_ascii_case(word)) {
            list.push(word.to_owned());
        }
    };
    for name in names {
        match report.by_login(name).or_else(|| report.by_user(name)) {
            Some(account) => {
                if !found.logins.iter().any(|word| word == account.main_name()) {
                    let listed = account.logins.iter().find(|own| own.eq_ignore_ascii_case(name) && report.lists(own));
                    add(&mut found.accounts, listed.map_or(account.main_name(), |own| own));
                }
                report.logins_of(account).iter().for_each(|word| add(&mut found.logins, word));
                add(&mut found.logins, name);
            }
            None => add(&mut found.unknown_senders, name),
        }
    }
    found.verdict = match (found.unknown_senders.is_empty(), found.accounts.is_empty()) {
        (false, _) => "no-account",
        (true, false) => "account",
        (true, true) => "none",
    };
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::account::build::Builder;
    use crate::model::mail::AccountKind;

    fn report() -> AccountsReport {
        let mut builder = Builder::new("plesk");
        for address in ["info@example.jp", "sales@example.jp", "sales@example.net"] {
            builder.add(address.as_bytes(), AccountKind::Mailbox);
        }
        builder.add(b"post@example.jp", AccountKind::Alias);
        builder.add(b"tanaka", AccountKind::System);
        AccountsReport::new(builder.finish())
    }

    #[test]
    fn a_short_login_is_its_only_mailbox_and_an_ambiguous_one_is_a_stranger() {
        let who = identify(["INFO", "info@example.jp"], &report());
        assert_eq!((who.verdict, &who.accounts[..]), ("account", &["info@example.jp".to_owned()][..]));
        assert_eq!(who.logins, ["info@example.jp", "info"]);
        let who = identify(["sales"], &report());
        assert_eq!((who.verdict, &who.unknown_senders[..]), ("no-account", &["sales".to_owned()][..]));
        assert_eq!(identify(["tanaka@example.jp"], &report()).accounts, ["tanaka"]);
    }

    #[test]
    fn an_account_is_told_once_with_all_its_words() {
        let mut builder = Builder::new("virtualmin");
        builder.add(b"info@example.jp", AccountKind::Mailbox);
        builder.add(b"info.example", AccountKind::System);
        builder.same(b"info@example.jp", b"info.example");
        let report = AccountsReport::new(builder.finish());
        for (names, account) in [
            (["info.example", "INFO@example.jp"], "info.example"),
            (["INFO@example.jp", "info.example"], "info@example.jp"),
            (["INFO", "info.example"], "info@example.jp"),
        ] {
            let who = identify(names, &report);
            assert_eq!(
                (who.accounts, who.logins.join(" ")),
                (vec![account.to_owned()], "info@example.jp info.example info".into())
            );
        }
    }

    #[test]
    fn an_address_is_a_unix_user_s_in_the_host_s_domains_and_where_it_leads_nowhere_else() {
        let report = |domains: &[&str]| {
            let mut builder = Builder::new("passwd");
            builder.knows_domains();
            domains.iter().for_each(|domain| builder.domain(domain.as_bytes()));
            builder.add(b"tanaka", AccountKind::System);
            builder.add(b"info@example.jp", AccountKind::Mailbox);
            builder.forward(b"tanaka@example.net", AccountKind::Alias, b"info@example.jp");
            builder.forward(b"tanaka@example.org", AccountKind::Alias, b"\\tanaka");
            builder.forward(b"tanaka@example.com", AccountKind::Alias, b"tanaka@localhost");
            AccountsReport::new(builder.finish())
        };
        let known = report(&["MX1.example.jp"]);
        for (name, account) in [
            ("tanaka@example.jp", Some("tanaka")),
            ("Tanaka@mx1.example.jp", Some("tanaka")),
            ("tanaka@example.org", Some("tanaka")),
            ("tanaka@example.com", Some("tanaka")),
            ("tanaka@example.net", None),
            ("tanaka@victim.example", None),
        ] {
            assert_eq!(identify([name], &known).accounts.first().map(String::as_str), account, "{name}");
        }
        let logins = identify(["tanaka"], &known).logins;
        assert_eq!(
            logins,
            ["tanaka", "tanaka@example.com", "tanaka@example.jp", "tanaka@example.org", "tanaka@mx1.example.jp"]
        );
        // Where not all domains are known, it may be one of them.
        assert_eq!(identify(["tanaka@victim.example"], &report(&["mx1.example.jp", "*"])).accounts, ["tanaka"]);
    }

    #[test]
    fn whoever_cannot_log_in_is_no_account_and_nobody_is_nobody() {
        assert_eq!(identify(["post@example.jp"], &report()).verdict, "no-account");
        assert_eq!(identify(["uid:33"], &report()).unknown_senders, ["uid:33"]);
        assert_eq!(identify([], &report()).verdict, "none");
    }
}
