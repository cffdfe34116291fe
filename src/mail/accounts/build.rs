//! Collects accounts from a panel's several answers, one account for each address.

use crate::mail::output::Answer;
use crate::mail::text;
use crate::model::mail::{Account, AccountKind, is_address, is_local_part};
use std::collections::{BTreeMap, BTreeSet};

/// Accounts that are kept; past it the report says that it is not complete.
const MAX_ACCOUNTS: usize = 200_000;
/// Targets of one address that are kept.
const MAX_FORWARDS: usize = 1_000;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    pub accounts: Vec<Account>,
    pub sources: BTreeSet<String>,
    pub incomplete: Vec<String>,
}

/// Collects accounts of one source at a time. Mail names are compared without regard to case.
#[derive(Debug, Default)]
pub struct Builder {
    source: &'static str,
    accounts: BTreeMap<String, Account>,
    sources: BTreeSet<String>,
    refused: usize,
    dropped: bool,
    incomplete: Vec<String>,
}

impl Builder {
    pub fn new(source: &'static str) -> Self {
        let mut builder = Self::default();
        builder.source(source);
        builder
    }

    /// What the end of an answer tells: a fault of its part, or that the script's last line is missing.
    pub fn end(&mut self, answer: &Answer<'_>, ended: bool, what: &str) {
        match &answer.fault {
            Some(fault) => self.lack(fault),
            None if !ended => self.lack(&format!("{what}: the answer was cut off")),
            None => {}
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
        let target = text(target);
        if let Some(account) = self.entry(address, kind)
            && account.forwards.len() < MAX_FORWARDS
            && !account.forwards.contains(&target)
        {
            account.forwards.push(target);
        }
    }

    /// Counts a row that is no account.
    pub fn refuse(&mut self) {
        self.refused += 1;
    }

    /// Says what is missing.
    pub fn lack(&mut self, reason: &str) {
        let reason = text(reason.as_bytes());
        if !self.incomplete.contains(&reason) {
            self.incomplete.push(reason);
        }
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
        let key = address.to_lowercase();
        if self.accounts.len() >= MAX_ACCOUNTS && !self.accounts.contains_key(&key) {
            self.dropped = true;
            return None;
        }
        let source = self.source;
        let new = || Account { address, kind, source: source.to_owned(), disabled: false, forwards: Vec::new() };
        let account = self.accounts.entry(key).or_insert_with(new);
        // A panel's list calls everything a mail name; its database knows which ones only forward.
        if account.kind == AccountKind::Mailbox && kind == AccountKind::Forward {
            account.kind = kind;
        }
        Some(account)
    }

    pub fn finish(mut self) -> Found {
        if self.refused > 0 {
            self.lack(&format!("{} rows are no mail address and were left out", self.refused));
        }
        if self.dropped {
            self.lack(&format!("more than {MAX_ACCOUNTS} accounts: the rest was left out"));
        }
        Found { accounts: self.accounts.into_values().collect(), sources: self.sources, incomplete: self.incomplete }
    }
}
