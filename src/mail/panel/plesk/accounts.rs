//! The accounts that Plesk knows: its own list, its database for aliases and forwards, and what its tools and
//! its mailboxes tell about them.
//!
//! The list and the database say who there is; where what follows the list fails, nobody is missing.

use crate::host::answer::{Answer, answer, lines, required};
use crate::host::parse::ParseError;
use crate::host::parse::text;
use crate::mail::account::build::{Builder, Detail, Found};
use crate::mail::account::details;
use crate::mail::panel::Accounts;
use crate::model::mail::AccountKind;
use crate::model::{Host, Profile};
use crate::shell::{Part, PartOutput};
use std::collections::BTreeSet;

const WHAT: &str = "plesk accounts";
const SOURCE: &str = "plesk";
const TOOLS: &str = include_str!("tools.sh");

pub struct PleskAccounts;

impl Accounts for PleskAccounts {
    fn parts(&self, _: &Host, _: &Profile) -> Vec<Part> {
        let part = |name: &str, scripts: &[&str]| Part::new(name, scripts.concat()).max_stdout(16 << 20);
        vec![
            part("accounts.plesk.list", &[TOOLS, include_str!("list.sh"), details::LOGINS, include_str!("state.sh")]),
            part("accounts.plesk.db", &[TOOLS, include_str!("db.sh")]),
        ]
    }

    fn read(&self, _: &Profile, outputs: &[PartOutput]) -> Result<Found, ParseError> {
        let list = required(outputs, "accounts.plesk.list", WHAT)?;
        let mut builder = Builder::new(SOURCE);
        let ended = read_list(&list, &mut builder)?;
        match answer(outputs, "accounts.plesk.db", "plesk database") {
            Some(db) => read_db(&db, &mut builder)?,
            None => builder.lack("plesk database: no response"),
        }
        if ended {
            details::read(&list, "plesk mailboxes", &mut builder);
        }
        Ok(builder.finish())
    }
}

/// `mailname<TAB>info@example.jp`, `alias<TAB>..`, then `end=RC`. Tells whether that came.
fn read_list(answer: &Answer, builder: &mut Builder) -> Result<bool, ParseError> {
    let mut end = None;
    answer.bytes.parse(|bytes| {
        for (_, line) in lines(bytes) {
            if let Some(status) = line.strip_prefix(b"end=") {
                end = Some(text(status));
                break;
            }
            match line.split(|&b| b == b'\t').collect::<Vec<_>>().as_slice() {
                [b"alias", address] => builder.add(address, AccountKind::Alias),
                [b"mailname", address] => builder.add(address, AccountKind::Mailbox),
                _ => builder.refuse(),
            }
        }
        Ok::<(), ParseError>(())
    })?;
    match end.as_deref() {
        Some("0") => {}
        Some(_) if !answer.stderr.is_empty() => builder.lack(&format!("{WHAT}: {}", answer.stderr)),
        Some(status) => builder.lack(&format!("{WHAT}: the utility exited with status {status}")),
        None => builder.end(answer, false, WHAT),
    }
    Ok(end.is_some())
}

/// `mail<TAB>ADDRESS<TAB>POSTBOX<TAB>REDIRECT`, `alias<TAB>ALIAS<TAB>ADDRESS`, `forward<TAB>ADDRESS<TAB>TO`,
/// `autoreply<TAB>ADDRESS<TAB>..`, `off<TAB>ADDRESS<TAB>STATUS`, `failed<TAB>WHICH`, then `end`.
fn read_db(answer: &Answer, builder: &mut Builder) -> Result<(), ParseError> {
    let mut ended = false;
    answer.bytes.parse(|bytes| {
        // Obsidian forwards by a group, and says nothing of a redirect.
        let (mut boxless, mut forwarding) = (BTreeSet::new(), BTreeSet::new());
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
                    forwarding.insert(*address);
                }
                [b"autoreply", address, _] => builder.about(address, &Detail::Autoresponder),
                [b"off", address, _] => builder.about(address, &Detail::Off),
                [b"failed", which @ (b"mail" | b"alias")] => builder.lack(&failed(which)),
                [b"failed", which] => builder.not_known(&failed(which)),
                [b"end"] => ended = true,
                _ => builder.refuse(),
            }
        }
        // A name without a mailbox whose mail goes nowhere was switched off.
        boxless.difference(&forwarding).for_each(|address| builder.about(address, &Detail::Off));
        Ok::<(), ParseError>(())
    })?;
    builder.end(answer, ended, "plesk database");
    Ok(())
}

fn failed(which: &[u8]) -> String {
    format!("plesk database: the query for {} failed", text(which))
}

#[cfg(test)]
mod tests;
