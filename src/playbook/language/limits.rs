//! What a playbook's limits say of the changes that were planned.

use super::settings::Limits;
use crate::model::{Change, Row};
use crate::playbook::verb::changing::Counted;
use crate::playbook::verbs;

impl Limits {
    /// Why one host's changes are more than the playbook allows.
    pub fn exceeded(&self, changes: &[Change]) -> Option<String> {
        let count = |what: Counted| {
            let counts = |c: &&Change| {
                verbs::find(&c.verb).and_then(|v| v.changing()).is_some_and(|verb| verb.counted() == Some(what))
            };
            changes.iter().filter(counts).map(|c| c.rows.len()).sum::<usize>()
        };
        let over = |name: &str, what, most: Option<usize>| {
            let n = count(what);
            most.filter(|most| n > *most).map(|most| format!("{name} is limited to {most}, but {n} are planned"))
        };
        over("messages_deleted", Counted::MessagesDeleted, self.messages_deleted)
            .or_else(|| over("accounts_changed", Counted::AccountsChanged, self.accounts_changed))
            .or_else(|| over("accounts_deleted", Counted::AccountsDeleted, self.accounts_deleted))
    }

    /// Whether a mere yes is too little for all of these, of all hosts.
    pub fn asks_for_the_number(&self, changes: &[Change]) -> bool {
        let rows = || changes.iter().flat_map(|c| &c.rows);
        let accounts = rows().filter(|r| matches!(r, Row::Account { .. })).count();
        accounts > self.count_above.unwrap_or(ACCOUNTS_BY_YES) || rows().count() - accounts > MESSAGES_BY_YES
    }
}

/// More objects than this, over all hosts, are not agreed to by a mere yes: their number has to be typed.
const MESSAGES_BY_YES: usize = 1_000;
const ACCOUNTS_BY_YES: usize = 5;
