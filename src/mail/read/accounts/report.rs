//! What a host's accounts add up to.

use crate::mail::account::build::Found;
use crate::model::mail::{Account, AccountKind, is_address};
use crate::model::schema::{Field, Type};
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// Domains with which a Unix user's name is looked for.
const MAX_DOMAINS: usize = 100;

/// The accounts of one host.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccountsReport {
    /// Every account, by address.
    #[serde(serialize_with = "whole")]
    pub accounts: Vec<Account>,
    /// Every mail address, aliases and forwards too.
    pub addresses: Vec<String>,
    /// Every word that can log in, disabled or not.
    pub logins: Vec<String>,
    /// How many accounts there are.
    pub total: usize,
    /// Where they were read.
    pub sources: Vec<String>,
    /// Whether no account is missing; `incomplete` is empty then.
    pub complete: bool,
    /// Which accounts may be missing, and why.
    pub incomplete: Vec<String>,
    /// What is not known of the accounts that are here, and why.
    pub not_known: Vec<String>,
    /// The domains that the mail server calls its own; none when some of them are not known.
    #[serde(skip)]
    domains: Option<BTreeSet<String>>,
}

const KINDS: &[&str] = &["mailbox", "alias", "forward", "system"];

const ACCOUNT: &[Field] = &[
    Field::new("address", Type::Str, "the mail address; a Unix user's name"),
    Field::new("kind", Type::Enum(KINDS), "mailbox, alias, forward (no mailbox of its own) or system (a Unix user)"),
    Field::new(
        "source",
        Type::Str,
        "plesk, virtualmin, passwd, dovecot, virtual, virtusertable or aliases: where it was read",
    ),
    Field::new(
        "logins",
        Type::List(&Type::Str),
        "every word by which it logs in, its main name first; two entries that are one account have the same; none of \
         an alias or a forward",
    ),
    Field::new(
        "disabled",
        Type::Bool,
        "it is disabled, or its domain, or its Unix password is locked; still an account",
    ),
    Field::new(
        "owner",
        Type::Bool,
        "it owns a virtual server: its password opens more than its mail, and is not changed",
    ),
    Field::new("forwards", Type::List(&Type::Str), "where its mail goes besides or instead of its mailbox"),
    Field::new("autoresponder", Type::Bool, "it answers by itself"),
    Field::new(
        "last_login",
        Type::Time,
        "the newest login that the panel or Dovecot recorded; none means that it is not known, never that the account \
         is unused",
    ),
    Field::new(
        "last_delivery",
        Type::Time,
        "when its mailbox last changed: mail came, or a client moved some; none means that it is not known",
    ),
];

/// The declared output of the accounts report.
pub const ACCOUNTS_OUTPUT: &[Field] = &[
    Field::new("accounts", Type::List(&Type::Object(ACCOUNT)), "every account, by address"),
    Field::new("addresses", Type::List(&Type::Str), "every mail address, aliases and forwards too"),
    Field::new(
        "logins",
        Type::List(&Type::Str),
        "every word that can log in, disabled or not: addresses, Unix users, and local parts that only one mailbox has",
    ),
    Field::new("total", Type::Int, "accounts"),
    Field::new("sources", Type::List(&Type::Str), "where they were read"),
    Field::new("complete", Type::Bool, "no account is missing from this report"),
    Field::new("incomplete", Type::List(&Type::Str), "which accounts may be missing, and why"),
    Field::new(
        "not_known",
        Type::List(&Type::Str),
        "what is not known of the accounts that are here, such as who is disabled, and why",
    ),
];

impl AccountsReport {
    /// Adds up what a panel's answers gave, and works out the words by which each account logs in.
    pub fn new(found: Found) -> Self {
        let Found { mut accounts, sources, domains, incomplete, not_known } = found;
        let addresses = accounts.iter().map(|a| a.address.clone()).filter(|a| is_address(a)).collect();
        // Some servers let `info` log in for `info@example.jp`; of two such mailboxes it would mean neither, and a Unix
        // user of that name is meant before any.
        let local = |address: &str| address.rsplit_once('@').map(|(local, _)| local.to_lowercase());
        let can_log_in = |a: &Account| matches!(a.kind, AccountKind::Mailbox | AccountKind::System);
        let mut short: BTreeMap<String, usize> = BTreeMap::new();
        for account in accounts.iter().filter(|a| can_log_in(a)) {
            *short.entry(local(&account.address).unwrap_or_else(|| account.address.to_lowercase())).or_default() += 1;
        }
        let mut logins = BTreeSet::new();
        for account in accounts.iter_mut().filter(|a| can_log_in(a)) {
            if account.logins.is_empty() {
                account.logins.push(account.address.clone());
            }
            let main = account.logins.first().and_then(|main| local(main));
            account.logins.extend(main.filter(|local| short.get(local) == Some(&1)));
            logins.extend(account.logins.iter().cloned());
        }
        Self {
            addresses,
            logins: logins.into_iter().collect(),
            total: accounts.len(),
            sources: sources.into_iter().collect(),
            complete: incomplete.is_empty(),
            incomplete,
            not_known,
            domains,
            accounts,
        }
    }

    /// The account that logs in by this word.
    pub fn by_login(&self, word: &str) -> Option<&Account> {
        self.accounts.iter().find(|a| a.logins.iter().any(|login| login.eq_ignore_ascii_case(word)))
    }

    /// What stands in the list under this name: an account, or an alias.
    pub fn named(&self, address: &str) -> Option<&Account> {
        self.accounts.iter().find(|a| a.address.eq_ignore_ascii_case(address))
    }

    /// Whether an account stands in the list under this name.
    pub fn lists(&self, name: &str) -> bool {
        self.accounts.iter().any(|a| a.address == name)
    }

    /// The Unix user that an address of one of the host's domains means, unless the address leads elsewhere.
    pub fn by_user(&self, address: &str) -> Option<&Account> {
        let (local, domain) = address.rsplit_once('@')?;
        let user = self.accounts.iter().find(|a| is_user(a) && a.address.eq_ignore_ascii_case(local))?;
        let leads = self.named(address);
        let is_here = |to: &str, domain: &str| {
            let domain = domain.to_lowercase();
            let here = self.domains.as_ref().is_some_and(|own| own.contains(&domain));
            (here || domain == "localhost" || domain.starts_with("localhost.")) && self.named(to).is_none()
        };
        let to_it = |to: &String| {
            let to = to.trim_start_matches('\\');
            let bare = to.rsplit_once('@').filter(|(_, domain)| is_here(to, domain)).map_or(to, |(local, _)| local);
            user.logins.iter().any(|own| own.eq_ignore_ascii_case(bare))
        };
        let own = || {
            let domain = domain.to_lowercase();
            let of = |a: &String| a.rsplit_once('@').is_some_and(|(_, d)| d.eq_ignore_ascii_case(&domain));
            self.domains.as_ref().is_none_or(|own| own.contains(&domain)) || self.addresses.iter().any(of)
        };
        leads.map_or_else(own, |leads| leads.forwards.iter().any(to_it)).then_some(user)
    }

    /// Every word by which the account logs in; of a Unix user also with the host's domains, for some servers cut those off.
    /// Of very many domains the first ones.
    pub fn logins_of(&self, account: &Account) -> Vec<String> {
        let mut logins = account.logins.clone();
        if is_user(account) && account.logins.iter().all(|login| !login.contains('@')) {
            let of_addresses = self.addresses.iter().filter_map(|a| Some(a.rsplit_once('@')?.1.to_lowercase()));
            let domains: BTreeSet<String> = self.domains.iter().flatten().cloned().chain(of_addresses).collect();
            let words = domains.iter().map(|domain| format!("{}@{domain}", account.address));
            logins.extend(words.filter(|word| is_address(word) && self.by_user(word).is_some()).take(MAX_DOMAINS));
        }
        logins
    }
}

fn is_user(account: &Account) -> bool {
    account.kind == AccountKind::System
}

/// Every member of every account, so that a playbook may name `item.disabled` of an account that is not.
fn whole<S: Serializer>(accounts: &[Account], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Whole<'a> {
        address: &'a str,
        kind: AccountKind,
        source: &'a str,
        logins: &'a [String],
        disabled: bool,
        owner: bool,
        forwards: &'a [String],
        autoresponder: bool,
        last_login: Option<&'a str>,
        last_delivery: Option<&'a str>,
    }
    serializer.collect_seq(accounts.iter().map(|a| Whole {
        address: &a.address,
        kind: a.kind,
        source: &a.source,
        logins: &a.logins,
        disabled: a.disabled,
        owner: a.owner,
        forwards: &a.forwards,
        autoresponder: a.autoresponder,
        last_login: a.last_login.as_deref(),
        last_delivery: a.last_delivery.as_deref(),
    }))
}
