//! A host without a panel: Unix users, Dovecot's users, the mail server's tables.
//!
//! Panels that keep their accounts there too read them from here.

pub mod pieces;
mod control;

pub use control::PlainControl;

use super::{Accounts, Control, Panel};
use crate::host::answer::{lines, required};
use crate::host::parse::ParseError;
use crate::host::parse::text;
use crate::mail::account::build::{Builder, Detail, Found};
use crate::mail::account::details;
use crate::model::mail::AccountKind;
use crate::model::{Host, Profile};
use crate::shell::{Part, PartOutput};

const WHAT: &str = "accounts";

pub struct Plain;

impl Panel for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    /// It is what a host is when no panel was found.
    fn detect(&self) -> &'static str {
        ""
    }

    fn accounts(&self) -> Option<&'static dyn Accounts> {
        Some(&Plain)
    }

    fn control(&self) -> Option<&'static dyn Control> {
        Some(&PlainControl)
    }
}

impl Accounts for Plain {
    fn parts(&self, _: &Host, profile: &Profile) -> Vec<Part> {
        let scripts =
            [pieces::USERS, pieces::FILES, include_str!("accounts.sh"), details::LOGINS, include_str!("homes.sh")];
        vec![Part::new("accounts.plain", scripts.concat()).value("mta", profile.mta()).max_stdout(16 << 20)]
    }

    fn read(&self, _: &Profile, outputs: &[PartOutput]) -> Result<Found, ParseError> {
        let mut builder = Builder::new("passwd");
        read(outputs, &mut builder)?;
        Ok(builder.finish())
    }
}

/// Reads the answer of [`Plain`]'s part. What a panel has said of an address before stays as it is.
///
/// # Errors
/// When there is none.
pub fn read(outputs: &[PartOutput], builder: &mut Builder) -> Result<(), ParseError> {
    let answer = required(outputs, "accounts.plain", WHAT)?;
    let panel = builder.clone();
    let mut ended = false;
    answer.bytes.parse(|bytes| {
        builder.knows_domains();
        for (_, line) in lines(bytes) {
            match line.split(|&b| b == b'\t').collect::<Vec<_>>().as_slice() {
                [b"user", name] => {
                    builder.source("passwd");
                    builder.add(name, login_kind(name));
                }
                [b"dovecot", name] => {
                    builder.source("dovecot");
                    builder.add(name, login_kind(name));
                }
                [b"virtual" | b"alias" | b"virtuser", address, ..]
                    if address.contains(&b'@') && panel.knows(address) => {}
                [b"virtual", address] => {
                    builder.source("virtual");
                    builder.add(address, AccountKind::Mailbox);
                }
                [b"alias", address, target] => {
                    builder.source(if address.contains(&b'@') { "virtual" } else { "aliases" });
                    builder.forward(address, AccountKind::Alias, target);
                }
                [b"virtuser", address, target] => {
                    builder.source("virtusertable");
                    builder.forward(address, AccountKind::Alias, target);
                }
                [b"domain", name] => builder.domain(name),
                [b"note", what] => builder.lack(&text(what)),
                [b"unknown", what] => builder.not_known(&text(what)),
                [b"off", name] => builder.about(name, &Detail::Off),
                [b"end"] => {
                    ended = true;
                    break;
                }
                _ => builder.refuse(),
            }
        }
        Ok::<(), ParseError>(())
    })?;
    builder.end(&answer, ended, WHAT);
    if ended {
        details::read(&answer, "home directories", builder);
    }
    Ok(())
}

/// What a name that logs in stands for: some hosts name their Unix users by the whole address.
pub fn login_kind(name: &[u8]) -> AccountKind {
    if name.contains(&b'@') { AccountKind::Mailbox } else { AccountKind::System }
}

#[cfg(test)]
mod tests;
