//! Which accounts send the abuse: those that were named, else those that several signals speak of; and whether the host
//! knows them at all. A sender that is no account is an intrusion, and nothing is tidied up then.

use crate::mail::read::accounts::AccountsReport;
use crate::model::mail::AccountKind;
use crate::model::near::nearest;
use crate::model::schema::{Field, Type};
use crate::model::untrusted::clean_line;
use serde::Serialize;

const VERDICTS: &[&str] = &["account", "no-account", "none"];

/// The declared output.
pub const IDENTIFIED_OUTPUT: &[Field] = &[
    Field::new(
        "verdict",
        Type::Enum(VERDICTS),
        "account: all of them are accounts of the host; no-account: one is none; none: nobody is suspected",
    ),
    Field::new("accounts", Type::List(&Type::Str), "the accounts, as the host's own list names them"),
    Field::new("logins", Type::List(&Type::Str), "every word by which these accounts log in"),
    Field::new("strangers", Type::List(&Type::Str), "senders that are no account of the host"),
];

/// Who it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Identified {
    pub verdict: &'static str,
    pub accounts: Vec<String>,
    pub logins: Vec<String>,
    pub strangers: Vec<String>,
}

/// Finds each name among the words by which the accounts log in; an address of the host's domains besides by its local part,
/// where that is a Unix user and the address leads nowhere else. An account with two names is told once, by the one that was
/// named first.
pub fn identify<'a>(names: impl IntoIterator<Item = &'a str>, report: &AccountsReport) -> Identified {
    let mut found = Identified { verdict: "none", accounts: Vec::new(), logins: Vec::new(), strangers: Vec::new() };
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
            None => add(&mut found.strangers, name),
        }
    }
    found.verdict = match (found.strangers.is_empty(), found.accounts.is_empty()) {
        (false, _) => "no-account",
        (true, false) => "account",
        (true, true) => "none",
    };
    found
}

/// Why a name that a person typed means nobody: no account has it, and neither what was seen of the log and the queue nor
/// anything else tells of it. A name that was seen is no typing error, whoever it is.
pub fn mistyped(name: &str, seen: &[String], report: &AccountsReport) -> Option<String> {
    if seen.iter().any(|word| word.eq_ignore_ascii_case(name)) {
        return None;
    }
    let name = clean_line(name, 80);
    if let Some(alias) = report.named(&name).filter(|a| matches!(a.kind, AccountKind::Alias | AccountKind::Forward)) {
        let to = alias.forwards.iter().map(|to| clean_line(to, 80)).collect::<Vec<_>>().join(", ");
        return Some(match to.is_empty() {
            true => format!("{name} is an alias, which nobody logs in as; name the account"),
            false => format!("{name} is an alias for {to}, which nobody logs in as; name the account"),
        });
    }
    let near = nearest(&name, report.logins.iter().chain(&report.addresses).chain(seen).map(String::as_str));
    let near = near.join(", ");
    Some(match near.is_empty() {
        true => format!("there is no account {name} on this host, and neither its mail log nor its queue names it"),
        false => format!(
            "there is no account {name} on this host, and neither its mail log nor its queue names it; did you mean {near}?"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::account::build::Builder;

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
        assert_eq!((who.verdict, &who.strangers[..]), ("no-account", &["sales".to_owned()][..]));
        assert_eq!(identify(["tanaka@example.jp"], &report()).accounts, ["tanaka"]);
    }

    #[test]
    fn a_name_that_nobody_knows_is_a_typing_error_with_the_nearest_names_and_one_that_was_seen_is_none() {
        let said = |name: &str, seen: &[&str]| {
            mistyped(name, &seen.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>(), &report())
        };
        let text = said("inof@example.jp", &["sales@example.net"]).unwrap();
        assert!(text.starts_with("there is no account inof@example.jp on this host"), "{text}");
        assert!(text.ends_with("did you mean info@example.jp?"), "{text}");
        assert_eq!(said("inof@example.jp", &["INOF@example.jp"]), None, "it sends, and nobody knows it");
        assert!(!said("zzz.zzz.zzz", &[]).unwrap().contains("did you mean"));
        assert!(said("post@example.jp", &[]).unwrap().contains("is an alias"));
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
        assert_eq!(identify(["uid:33"], &report()).strangers, ["uid:33"]);
        assert_eq!(identify([], &report()).verdict, "none");
    }
}
