//! Collects accounts from a panel's several answers, one account for each address.

use crate::host::answer::Answer;
use crate::host::parse::text;
use crate::host::time;
use crate::model::mail::{Account, AccountKind, is_address, is_local_part};
use std::collections::{BTreeMap, BTreeSet};

/// Accounts that are kept; past it the report says that it is not complete.
const MAX_ACCOUNTS: usize = 200_000;
/// Reasons of one list that are kept.
const MAX_REASONS: usize = 100;
/// Targets of one address that are kept.
const MAX_FORWARDS: usize = 1_000;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The accounts, by address without regard to case.
    pub accounts: Vec<Account>,
    /// Every source that was read, whether it had accounts or not.
    pub sources: BTreeSet<String>,
    /// The domains that the mail server calls its own, in lower case; none when some of them are not known.
    pub domains: Option<BTreeSet<String>>,
    /// Why accounts may be missing.
    pub incomplete: Vec<String>,
    /// What is not known of the accounts that were found, and why.
    pub not_known: Vec<String>,
}

/// Collects accounts of one source at a time. Mail names are compared without regard to case.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    source: &'static str,
    accounts: BTreeMap<String, Account>,
    sources: BTreeSet<String>,
    domains: Option<BTreeSet<String>>,
    refused: usize,
    dropped: bool,
    incomplete: Vec<String>,
    not_known: Vec<String>,
}

impl Builder {
    /// Collects from this source first.
    pub fn new(source: &'static str) -> Self {
        let mut builder = Self::default();
        builder.source(source);
        builder
    }

    /// What it means for a list whether its last line came: all of it came before, or there is a reason.
    pub fn end(&mut self, answer: &Answer<'_>, ended: bool, what: &str) {
        match &answer.fault {
            _ if ended => {}
            Some(fault) => self.lack(fault),
            None => self.lack(&format!("{what}: the output was truncated")),
        }
    }

    /// Names where what follows was read.
    pub fn source(&mut self, source: &'static str) {
        self.source = source;
        self.sources.insert(source.to_owned());
    }

    /// Adds an address, or makes a known one what this source says that it is; an alias or a forward is
    /// less than a mailbox of the same name.
    pub fn add(&mut self, address: &[u8], kind: AccountKind) {
        self.entry(address, kind);
    }

    /// Adds an address and where its mail goes.
    pub fn forward(&mut self, address: &[u8], kind: AccountKind, target: &[u8]) {
        if let Some(account) = self.entry(address, kind) {
            send(account, target);
        }
    }

    /// What a source tells about an account that another one told of; nothing when none did.
    pub fn about(&mut self, address: &[u8], detail: &Detail<'_>) {
        let Some(account) = self.accounts.get_mut(&key(address)) else { return };
        match *detail {
            Detail::Off => account.disabled = true,
            Detail::Owner => account.owner = true,
            Detail::Autoresponder => account.autoresponder = true,
            Detail::Forward(target) => send(account, target),
            Detail::Login(at) => newest(&mut account.last_login, time::rfc3339(at)),
            Detail::Delivery(at) => newest(&mut account.last_delivery, time::rfc3339(at)),
        }
    }

    /// Two names of one account, its main one first: what is known of either holds for both.
    pub fn same(&mut self, one: &[u8], other: &[u8]) {
        let (one, other) = (key(one), key(other));
        let (Some(a), Some(b)) = (self.accounts.get(&one).cloned(), self.accounts.get(&other).cloned()) else { return };
        let logins = vec![a.address.clone(), b.address.clone()];
        for (name, from) in [(one, b), (other, a)] {
            if let Some(to) = self.accounts.get_mut(&name) {
                to.logins.clone_from(&logins);
                to.disabled |= from.disabled;
                to.owner |= from.owner;
                to.autoresponder |= from.autoresponder;
                newest(&mut to.last_login, from.last_login);
                newest(&mut to.last_delivery, from.last_delivery);
            }
        }
    }

    /// What follows tells every domain of the mail server.
    pub fn knows_domains(&mut self) {
        self.domains = Some(BTreeSet::new());
    }

    /// Adds a domain of the mail server; `*` for those that cannot be read.
    pub fn domain(&mut self, name: &[u8]) {
        match &mut self.domains {
            _ if name == b"*" => self.domains = None,
            Some(domains) => {
                domains.insert(key(name));
            }
            None => {}
        }
    }

    /// Whether any source told of it.
    pub fn knows(&self, address: &[u8]) -> bool {
        self.accounts.contains_key(&key(address))
    }

    /// Counts a row that is no account.
    pub fn refuse(&mut self) {
        self.refused += 1;
    }

    /// Says why accounts may be missing.
    pub fn lack(&mut self, reason: &str) {
        note(&mut self.incomplete, reason);
    }

    /// Says what is not known of the accounts that were found.
    pub fn not_known(&mut self, reason: &str) {
        note(&mut self.not_known, reason);
    }

    fn entry(&mut self, address: &[u8], kind: AccountKind) -> Option<&mut Account> {
        let address = String::from_utf8_lossy(address).trim().to_owned();
        let good = match kind {
            AccountKind::System => is_local_part(&address),
            // A whole domain (catch-all) may stand where an address does.
            _ => is_address(&address) || address.strip_prefix('@').is_some_and(crate::model::mail::is_domain),
        };
        let good = good || (kind == AccountKind::Alias && is_local_part(&address));
        if !good {
            self.refused += 1;
            return None;
        }
        let key = key(address.as_bytes());
        if self.accounts.len() >= MAX_ACCOUNTS && !self.accounts.contains_key(&key) {
            self.dropped = true;
            return None;
        }
        let source = self.source;
        let new = || Account {
            address,
            kind,
            source: source.to_owned(),
            logins: Vec::new(),
            disabled: false,
            owner: false,
            forwards: Vec::new(),
            autoresponder: false,
            last_login: None,
            last_delivery: None,
        };
        let account = self.accounts.entry(key).or_insert_with(new);
        // A panel's list calls everything a mail name; its database knows which ones only forward.
        if account.kind == AccountKind::Mailbox && kind == AccountKind::Forward {
            account.kind = kind;
        }
        Some(account)
    }

    /// What was collected, with what was refused and left out among the reasons.
    pub fn finish(mut self) -> Found {
        if self.refused > 0 {
            self.lack(&format!("{} rows are not mail addresses and were skipped", self.refused));
        }
        if self.dropped {
            self.lack(&format!("more than {MAX_ACCOUNTS} accounts: the rest were skipped"));
        }
        Found {
            accounts: self.accounts.into_values().collect(),
            sources: self.sources,
            domains: self.domains,
            incomplete: self.incomplete,
            not_known: self.not_known,
        }
    }
}

/// One thing that a source tells about an account. Times are seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub enum Detail<'a> {
    /// It cannot log in.
    Off,
    /// It owns a virtual server.
    Owner,
    /// It answers by itself.
    Autoresponder,
    /// Its mail goes to this address too, or only there.
    Forward(&'a [u8]),
    /// It logged in then.
    Login(i64),
    /// Its mailbox changed then.
    Delivery(i64),
}

/// What two spellings of one name have in common.
fn key(address: &[u8]) -> String {
    String::from_utf8_lossy(address).trim().to_lowercase()
}

fn send(account: &mut Account, target: &[u8]) {
    let target = text(target);
    if account.forwards.len() < MAX_FORWARDS && !account.forwards.contains(&target) {
        account.forwards.push(target);
    }
}

/// Keeps the later one: times in UTC of one form stand in the order of their text.
fn newest(time: &mut Option<String>, other: Option<String>) {
    *time = time.take().max(other);
}

fn note(list: &mut Vec<String>, reason: &str) {
    let reason = text(reason.as_bytes());
    if list.len() < MAX_REASONS && !list.contains(&reason) {
        list.push(reason);
    }
}
