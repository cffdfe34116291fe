//! A host without a panel: Unix users, Dovecot's users, Postfix's tables.

use super::{Accounts, Panel};
use crate::mail::ParseError;
use crate::mail::accounts::{Builder, Found};
use crate::mail::output::{answer, lines};
use crate::mail::text;
use crate::model::Host;
use crate::model::mail::AccountKind;
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
}

impl Accounts for Plain {
    fn parts(&self, _: &Host) -> Vec<Part> {
        vec![Part::new("accounts.plain", include_str!("accounts.sh")).max_stdout(16 << 20)]
    }

    fn read(&self, outputs: &[PartOutput]) -> Result<Found, ParseError> {
        let answer = answer(outputs, "accounts.plain", WHAT);
        let answer = answer.ok_or_else(|| ParseError::new(WHAT, 0, "there is no answer"))?;
        let mut builder = Builder::new("passwd");
        let mut ended = false;
        answer.bytes.parse(|bytes| {
            for (_, line) in lines(bytes) {
                match line.split(|&b| b == b'\t').collect::<Vec<_>>().as_slice() {
                    [b"user", name] => {
                        builder.source("passwd");
                        builder.add(name, AccountKind::System);
                    }
                    [b"dovecot", name] => {
                        builder.source("dovecot");
                        let kind = if name.contains(&b'@') { AccountKind::Mailbox } else { AccountKind::System };
                        builder.add(name, kind);
                    }
                    [b"virtual", address] => {
                        builder.source("virtual");
                        builder.add(address, AccountKind::Mailbox);
                    }
                    [b"alias", address, target] => {
                        builder.source(if address.contains(&b'@') { "virtual" } else { "aliases" });
                        builder.forward(address, AccountKind::Alias, target);
                    }
                    [b"note", what] => builder.lack(&text(what)),
                    [b"end"] => ended = true,
                    _ => builder.refuse(),
                }
            }
            Ok::<(), ParseError>(())
        })?;
        builder.end(&answer, ended, "accounts");
        Ok(builder.finish())
    }
}

#[cfg(test)]
mod tests;
