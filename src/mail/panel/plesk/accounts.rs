//! The accounts that Plesk knows: its own list, and its database for aliases and forwards.
//!
//! The mailbox directory is `/var/qmail/mailnames` under every mail server, and is not looked at.

use crate::mail::ParseError;
use crate::mail::accounts::{Builder, Found};
use crate::mail::output::{Answer, answer, lines};
use crate::mail::panel::Accounts;
use crate::mail::text;
use crate::model::Host;
use crate::model::mail::AccountKind;
use crate::shell::{Part, PartOutput};
use std::collections::BTreeSet;

const WHAT: &str = "plesk accounts";
const SOURCE: &str = "plesk";

pub struct PleskAccounts;

impl Accounts for PleskAccounts {
    fn parts(&self, _: &Host) -> Vec<Part> {
        vec![
            Part::new("accounts.plesk.list", include_str!("list.sh")).max_stdout(16 << 20),
            Part::new("accounts.plesk.db", include_str!("db.sh")).max_stdout(16 << 20),
        ]
    }

    fn read(&self, outputs: &[PartOutput]) -> Result<Found, ParseError> {
        let list = answer(outputs, "accounts.plesk.list", WHAT);
        let list = list.ok_or_else(|| ParseError::new(WHAT, 0, "there is no answer"))?;
        let mut builder = Builder::new(SOURCE);
        read_list(&list, &mut builder)?;
        match answer(outputs, "accounts.plesk.db", "plesk database") {
            Some(db) => read_db(&db, &mut builder)?,
            None => builder.lack("plesk database: there is no answer"),
        }
        Ok(builder.finish())
    }
}

/// `mailname<TAB>info@example.jp`, `alias<TAB>..`, then `end=RC`.
fn read_list(answer: &Answer, builder: &mut Builder) -> Result<(), ParseError> {
    let mut end = None;
    answer.bytes.parse(|bytes| {
        for (_, line) in lines(bytes) {
            if let Some(status) = line.strip_prefix(b"end=") {
                end = Some(text(status));
                continue;
            }
            match line.split(|&b| b == b'\t').collect::<Vec<_>>().as_slice() {
                [b"alias", address] => builder.add(address, AccountKind::Alias),
                [_, address] => builder.add(address, AccountKind::Mailbox),
                _ => builder.refuse(),
            }
        }
        Ok::<(), ParseError>(())
    })?;
    match (&answer.fault, end.as_deref()) {
        (Some(fault), _) => builder.lack(fault),
        (None, Some("0")) => {}
        (None, Some(_)) if !answer.stderr.is_empty() => builder.lack(&format!("{WHAT}: {}", answer.stderr)),
        (None, Some(status)) => builder.lack(&format!("{WHAT}: the utility ended with status {status}")),
        (None, None) => builder.lack("plesk accounts: the answer was cut off"),
    }
    Ok(())
}

/// `mail<TAB>ADDRESS<TAB>POSTBOX<TAB>REDIRECT`, `alias<TAB>ALIAS<TAB>ADDRESS`, `forward<TAB>ADDRESS<TAB>TO`,
/// `failed<TAB>WHICH`, then `end`.
fn read_db(answer: &Answer, builder: &mut Builder) -> Result<(), ParseError> {
    let mut ended = false;
    answer.bytes.parse(|bytes| {
        // Obsidian forwards by a group, and says nothing of a redirect.
        let mut boxless = BTreeSet::new();
        for (_, line) in lines(bytes) {
            match line.split(|&b| b == b'\t').collect::<Vec<_>>().as_slice() {
                [b"mail", address, b"false", b"true"] => builder.add(address, AccountKind::Forward),
                [b"mail", address, postbox, ..] => {
                    if *postbox == b"false" {
                        boxless.insert(*address);
                    }
                    builder.add(address, AccountKind::Mailbox);
                }
                [b"alias", alias, target] => builder.forward(alias, AccountKind::Alias, target),
                // Older versions keep several addresses in one column.
                [b"forward" | b"group", address, to] => {
                    let separator = |b: &u8| matches!(b, b',' | b';' | b' ');
                    let kind = if boxless.contains(address) { AccountKind::Forward } else { AccountKind::Mailbox };
                    to.split(separator).filter(|t| !t.is_empty()).for_each(|to| builder.forward(address, kind, to));
                }
                [b"failed", which] => builder.lack(&format!("plesk database: the query for {} failed", text(which))),
                [b"end"] => ended = true,
                _ => builder.refuse(),
            }
        }
        Ok::<(), ParseError>(())
    })?;
    builder.end(answer, ended, "plesk database");
    Ok(())
}

#[cfg(test)]
mod tests;
