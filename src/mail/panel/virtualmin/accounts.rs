//! The accounts that Virtualmin knows, then those that the system knows besides.
//!
//! A mail user is two names, both of which log in: the address and the Unix user.

mod last_login;

use crate::host::answer::{Answer, answer, lines, required};
use crate::host::parse::ParseError;
use crate::host::parse::text;
use crate::host::time::Clock;
use crate::mail::account::build::{Builder, Detail, Found};
use crate::mail::panel::Accounts;
use crate::mail::panel::plain::{self, Plain};
use crate::model::mail::AccountKind;
use crate::model::{Host, Profile};
use crate::shell::{Part, PartOutput};

const WHAT: &str = "virtualmin users";
const ALIASES: &str = "virtualmin aliases";
const SOURCE: &str = "virtualmin";
const TOOLS: &str = include_str!("tools.sh");

pub struct VirtualminAccounts;

impl Accounts for VirtualminAccounts {
    fn parts(&self, host: &Host, profile: &Profile) -> Vec<Part> {
        let part = |name: &str, script: &str| Part::new(name, [TOOLS, script].concat()).max_stdout(16 << 20);
        let own = [
            part("accounts.virtualmin.users", include_str!("users.sh")),
            part("accounts.virtualmin.aliases", include_str!("aliases.sh")),
        ];
        own.into_iter().chain(Plain.parts(host, profile)).collect()
    }

    fn read(&self, profile: &Profile, outputs: &[PartOutput]) -> Result<Found, ParseError> {
        let users = required(outputs, "accounts.virtualmin.users", WHAT)?;
        let mut builder = Builder::new(SOURCE);
        let twins = read_users(&users, &Clock::new(profile, profile.now), &mut builder)?;
        match answer(outputs, "accounts.virtualmin.aliases", ALIASES) {
            Some(aliases) => read_aliases(&aliases, &mut builder)?,
            None => builder.lack("virtualmin aliases: no response"),
        }
        match plain::read(outputs, &mut builder) {
            Ok(()) => twins.iter().for_each(|(address, unix)| builder.same(address, unix)),
            Err(error) => builder.lack(&error.to_string()),
        }
        Ok(builder.finish())
    }
}

/// Two names of one user: the address and the Unix user.
type Twins = Vec<(Vec<u8>, Vec<u8>)>;

/// One user, as far as its lines were read.
#[derive(Default)]
struct User<'a> {
    unix: &'a [u8],
    address: &'a [u8],
    extra: Vec<&'a [u8]>,
    details: Vec<Detail<'a>>,
}

impl User<'_> {
    /// Adds the user; gives the two names of one who has both.
    fn add(self, builder: &mut Builder) -> Option<(Vec<u8>, Vec<u8>)> {
        if !self.address.is_empty() {
            builder.add(self.address, AccountKind::Mailbox);
        }
        if !self.unix.is_empty() {
            builder.add(self.unix, plain::login_kind(self.unix));
        }
        let main = if self.address.is_empty() { self.unix } else { self.address };
        self.extra.iter().for_each(|extra| builder.forward(extra, AccountKind::Alias, main));
        self.details.iter().for_each(|detail| builder.about(main, detail));
        (main != self.unix).then(|| (main.to_vec(), self.unix.to_vec()))
    }
}

/// `user` before each user, `KEY<TAB>VALUE` of it, `reason<TAB>TEXT`, `end<TAB>RC`. Gives the pairs of names that
/// mean one user.
fn read_users(answer: &Answer<'_>, clock: &Clock, builder: &mut Builder) -> Result<Twins, ParseError> {
    let mut twins = Twins::new();
    let mut end = End::default();
    answer.bytes.parse(|bytes| {
        let mut user = User::default();
        for (_, line) in lines(bytes) {
            let (key, value) = match line.iter().position(|&b| b == b'\t') {
                Some(at) => (line.get(..at).unwrap_or_default(), line.get(at + 1..).unwrap_or_default()),
                None => (line, &b""[..]),
            };
            match key {
                b"user" => twins.extend(std::mem::take(&mut user).add(builder)),
                b"Unix username" => user.unix = value,
                b"Email address" => user.address = value,
                b"Extra addresses" => user.extra = value.split(|&b| b == b' ').filter(|e| !e.is_empty()).collect(),
                b"Disabled" if value == b"Yes" => user.details.push(Detail::Off),
                b"User type" if value == b"Server owner" => user.details.push(Detail::Owner),
                b"Autoreply" => user.details.push(Detail::Autoresponder),
                // With a backslash it is the user's own mailbox.
                b"Forward mail to" if !value.starts_with(b"\\") => user.details.push(Detail::Forward(value)),
                b"Last logins" => user.details.extend(last_login::newest(value, clock).map(Detail::Login)),
                b"Disabled" | b"User type" | b"Forward mail to" => {}
                _ if end.read(key, value) => {}
                _ => builder.refuse(),
            }
        }
        twins.extend(user.add(builder));
        Ok::<(), ParseError>(())
    })?;
    end.judge(answer, WHAT, builder);
    twins.iter().for_each(|(address, unix)| builder.same(address, unix));
    Ok(twins)
}

/// `alias<TAB>ADDRESS<TAB>TARGET`, `autoreply<TAB>ADDRESS`, `reason<TAB>TEXT`, `end<TAB>RC`.
fn read_aliases(answer: &Answer<'_>, builder: &mut Builder) -> Result<(), ParseError> {
    let users = builder.clone();
    let mut end = End::default();
    answer.bytes.parse(|bytes| {
        for (_, line) in lines(bytes) {
            match line.split(|&b| b == b'\t').collect::<Vec<_>>().as_slice() {
                // How a user's own address leads to the Unix user.
                [b"alias", address, _] if users.knows(address) => {}
                [b"alias", address, target] => builder.forward(address, AccountKind::Alias, target),
                [b"autoreply", address] => {
                    builder.add(address, AccountKind::Alias);
                    builder.about(address, &Detail::Autoresponder);
                }
                [key, value] if end.read(key, value) => {}
                _ => builder.refuse(),
            }
        }
        Ok::<(), ParseError>(())
    })?;
    end.judge(answer, ALIASES, builder);
    Ok(())
}

/// How a listing ended: its status, and the first line of its answer when that is the reason.
#[derive(Default)]
struct End {
    status: Option<String>,
    reason: Option<String>,
}

impl End {
    fn read(&mut self, key: &[u8], value: &[u8]) -> bool {
        match key {
            b"end" => self.status = Some(text(value)),
            b"reason" => self.reason = Some(text(value)).filter(|reason| !reason.is_empty()),
            _ => return false,
        }
        true
    }

    fn judge(self, answer: &Answer<'_>, what: &str, builder: &mut Builder) {
        match (&answer.fault, self.status.as_deref(), self.reason) {
            (Some(fault), _, _) => builder.lack(fault),
            (None, Some("0"), _) => {}
            (None, Some(_), Some(reason)) => builder.lack(&format!("{what}: {reason}")),
            (None, Some(_), None) if !answer.stderr.is_empty() => builder.lack(&format!("{what}: {}", answer.stderr)),
            (None, Some(status), None) => builder.lack(&format!("{what}: exited with status {status}")),
            (None, None, _) => builder.lack(&format!("{what}: the output was truncated")),
        }
    }
}

#[cfg(test)]
mod tests;
