//! Changes of accounts: what is asked before, done one after the other, and read afterwards.
//!
//! A new password alone stops nobody who is logged in: what the account has open is cut after it. Whether the new one is
//! taken is tried; an account is switched off when the panel's own list says so.

use crate::host::act::{Act, Evidence, ScriptReport, report};
use crate::host::ask::Support;
use crate::mail::panel::{self, Control};
use crate::mail::read::accounts::{AccountsReport, parts, read};
use crate::mail::read::sessions;
use crate::model::mail::{AccountKind, is_address, is_local_part};
use crate::model::untrusted::clean_line;
use crate::model::{Host, Profile, RowEnd, RowResult, Secret};
use crate::shell::guard::Trace;
use crate::shell::{Part, PartOutput};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What is done to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    SetPassword,
    Disable,
    Enable,
    Limit,
    Delete,
    Restore,
    /// What it has open is cut, and nothing else.
    Cut,
}

impl Operation {
    /// Whether sessions are cut after it.
    fn cuts(self) -> bool {
        matches!(self, Self::SetPassword | Self::Disable | Self::Delete | Self::Cut)
    }

    fn part(self, control: &dyn Control) -> Option<Part> {
        match self {
            Self::SetPassword => control.set_password(),
            Self::Disable => control.disable(),
            Self::Enable => control.enable(),
            Self::Limit => control.limit(),
            Self::Delete => control.delete(),
            Self::Restore => control.restore(),
            Self::Cut => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::SetPassword => "set passwords",
            Self::Disable => "switch an account off",
            Self::Enable => "switch an account on",
            Self::Limit => "limit what an account sends",
            Self::Delete => "delete an account",
            Self::Restore => "bring an account back",
            Self::Cut => "cut sessions",
        }
    }
}

/// A name that may go near a command: an address, or a Unix user.
///
/// # Errors
/// Any other; the sentence does not quote it raw.
pub fn name(text: &str) -> Result<String, String> {
    match is_address(text) || is_local_part(text) {
        true => Ok(text.to_owned()),
        false => Err(format!("`{}` is neither an address nor a user that fleet touches", clean_line(text, 80))),
    }
}

/// The part for the operation; why there is none, in words.
fn part(profile: &Profile, operation: Operation) -> Result<Option<Part>, String> {
    if operation == Operation::Cut {
        return Ok(None);
    }
    let panel = clean_line(profile.panel(), 40);
    let control = panel::find(profile.panel()).and_then(|p| p.control());
    let control = control.ok_or_else(|| format!("accounts of {panel} are not changed by this version"))?;
    operation
        .part(control)
        .map(Some)
        .ok_or_else(|| format!("{panel} has no way to {} that can be relied on", operation.words()))
}

/// What to ask before the operation is planned.
pub fn query(host: &Host, profile: &Profile, operation: Operation) -> Support {
    match part(profile, operation) {
        Ok(_) => parts(host, profile),
        Err(why) => Support::NotYet(why),
    }
}

/// What is true of the account now; the error is why nothing can be planned for it.
///
/// # Errors
/// When the accounts could not be read, there is no such account, or one that is no mailbox.
pub fn was(
    host: &Host,
    profile: &Profile,
    operation: Operation,
    account: &str,
    outputs: &[PartOutput],
) -> Result<Value, String> {
    let report = read(host, profile, outputs).map_err(|e| e.to_string())?;
    // The script refuses to bring back over an account; an alias may have stood beside it all the time.
    let found = report.named(account).filter(|a| operation != Operation::Restore || a.kind != AccountKind::Alias);
    match (operation, found) {
        (Operation::Restore, Some(_)) => Err(format!("{account} is there; nothing is brought back over it")),
        (Operation::Restore, None) => Ok(json!({ "exists": false })),
        (_, None) if report.complete => Err(format!("there is no account {account} on this host")),
        (_, None) => {
            let why = report.incomplete.join("; ");
            Err(format!("no account {account} was found, and some may be missing: {}", clean_line(&why, 200)))
        }
        (_, Some(a))
            if !matches!(a.kind, AccountKind::Mailbox | AccountKind::System) && operation != Operation::Delete =>
        {
            Err(format!("{account} has no mailbox and no password"))
        }
        (_, Some(a)) if a.owner && operation != Operation::Cut => {
            Err(format!("{account} is the owner of a virtual server, whose password opens more than its mail"))
        }
        (_, Some(a)) => {
            let logins = report.logins_of(a);
            Ok(json!({ "kind": a.kind, "disabled": a.disabled, "source": a.source, "logins": logins }))
        }
    }
}

/// What one operation is done with.
#[derive(Clone, Copy, Debug)]
pub struct AccountChange<'a> {
    pub host: &'a Host,
    pub profile: &'a Profile,
    pub operation: Operation,
    pub account: &'a str,
    /// What [`was`] told when it was planned.
    pub was: &'a Value,
    /// Messages an hour, for [`Operation::Limit`].
    pub limit: &'a str,
    pub secret: Option<&'a Secret>,
    /// The folder on the host that is kept.
    pub dir: &'a str,
    /// An earlier run had begun with it.
    pub again: bool,
}

impl AccountChange<'_> {
    /// Every word by which the account logs in; its name as it was given comes first.
    fn logins(&self) -> Vec<&str> {
        let mut logins = vec![self.account];
        let words = self.was.get("logins").and_then(Value::as_array);
        for word in words.into_iter().flatten().filter_map(Value::as_str).filter(|word| name(word).is_ok()) {
            if !logins.iter().any(|login| login.eq_ignore_ascii_case(word)) {
                logins.push(word);
            }
        }
        logins
    }

    /// Whether it was switched off when the change was planned.
    fn off(&self) -> bool {
        self.was.get("disabled") == Some(&Value::Bool(true))
    }

    /// The next act, after the outputs of those before it: the operation, a look at what is open, the cut.
    ///
    /// # Errors
    /// When what came back cannot be read, or the panel cannot do it.
    pub fn next(&self, done: &[Vec<PartOutput>]) -> Result<Act, String> {
        let mut operation = part(self.profile, self.operation)?;
        let mut first = 0;
        if let (true, Operation::SetPassword, Some(secret)) = (self.again, self.operation, self.secret) {
            // One that was set and proves to be accepted is not set again; what is open is cut all the same.
            let Some(probed) = done.first() else {
                return Ok(Act::Read(vec![sessions::probe(&self.logins(), secret.clone())]));
            };
            first = 1;
            if sessions::read_probe(probed).is_ok_and(|probe| probe.accepted == Some(true)) {
                operation = None;
            }
        }
        let deeds = first + usize::from(operation.is_some());
        if let (Some(part), true) = (operation, done.len() == first) {
            let values = part.value("account", self.account).value("dir", self.dir).value("limit", self.limit);
            let values = values.value("off", if self.off() { "yes" } else { "" });
            return Ok(Act::Write(Part { secret: self.secret.cloned(), ..values }));
        }
        let said = self.said(done)?;
        let failed = said.rows.iter().any(|r| r.end == RowEnd::Failed);
        match done.len().saturating_sub(deeds) {
            // Whoever is cut before the password is another one logs in again at once.
            _ if !self.operation.cuts() || (failed && self.operation != Operation::Cut) => Ok(Act::Done(said)),
            0 => Ok(Act::Read(sessions::look(self.host, self.profile, self.profile.now))),
            1 => {
                let open = sessions::read(self.profile, self.profile.now, done.last().map_or(&[][..], Vec::as_slice));
                let open = open.map_err(|e| e.to_string())?.of(&self.logins());
                let ips: Vec<IpAddr> = open.smtp_ips.into_iter().collect();
                Ok(Act::Write(sessions::cut(self.account, &self.logins(), &ips)))
            }
            _ => Ok(Act::Done(said)),
        }
    }

    /// What the operation's script said, with what the cut said.
    fn said(&self, done: &[Vec<PartOutput>]) -> Result<ScriptReport, String> {
        let keys = BTreeSet::from([self.account]);
        let mut all = ScriptReport::default();
        for output in done.iter().flatten().filter(|o| o.name.starts_with("account.") || o.name == "sessions.cut") {
            if output.name.starts_with("account.")
                && part(self.profile, self.operation)?.is_none_or(|p| p.name != output.name)
            {
                continue;
            }
            let said = report(std::slice::from_ref(output), &output.name, &keys).map_err(|e| e.to_string())?;
            let cut = output.name == "sessions.cut";
            let rows = said.rows.into_iter().map(|mut row| {
                if cut && row.end == RowEnd::Failed {
                    row.why = Some(format!("sessions: {}", row.why.as_deref().unwrap_or("not all were cut")));
                }
                row
            });
            all.rows.extend(rows);
            all.notes.extend(said.notes);
            all.fault = all.fault.or(said.fault);
        }
        Ok(all)
    }

    /// What to read afterwards.
    pub fn look(&self) -> Support {
        match (self.operation, self.secret) {
            (Operation::SetPassword, Some(secret)) => {
                let mut parts = sessions::look(self.host, self.profile, self.profile.now);
                parts.push(sessions::probe(&self.logins(), secret.clone()));
                Support::Yes(parts)
            }
            (Operation::Cut, _) => Support::Yes(sessions::look(self.host, self.profile, self.profile.now)),
            _ => parts(self.host, self.profile),
        }
    }

    /// What became of the account; none when that cannot be told.
    ///
    /// # Errors
    /// When what was read is no answer.
    pub fn judge(&self, evidence: Evidence<'_>, outputs: &[PartOutput]) -> Result<Option<RowResult>, String> {
        let report = evidence.report();
        let key = self.account.to_owned();
        let of = |end, why: Option<String>| Some(RowResult { key: key.clone(), end, why });
        // What the script itself calls failed is so: it looked too, and at more.
        let failed = report.and_then(|c| c.rows.iter().find(|r| r.end == RowEnd::Failed)).map(|r| r.why.clone());
        if let Some(why) = failed {
            return Ok(of(RowEnd::Failed, why));
        }
        if self.was_set_over(evidence, outputs)? {
            let why = "its password was set since by somebody else; that one is left alone".to_owned();
            return Ok(of(RowEnd::Overtaken, Some(why)));
        }
        if let Some(why) = self.broken_off(evidence) {
            return Ok(of(RowEnd::Failed, Some(why.to_owned())));
        }
        let gone = report.is_some_and(|c| c.rows.iter().any(|r| r.end == RowEnd::Gone));
        if gone && matches!(self.operation, Operation::SetPassword | Operation::Limit | Operation::Cut) {
            return Ok(of(RowEnd::Failed, Some("it was not found, and nothing was done".to_owned())));
        }
        let claimed = report.is_some_and(|c| c.rows.iter().any(|r| r.end != RowEnd::Failed));
        let untold = "whether it was set cannot be told".to_owned();
        match self.operation {
            Operation::SetPassword => {
                let probe = sessions::read_probe(outputs).map_err(|e| e.to_string())?;
                // Whoever is switched off is refused whatever the password is.
                let off = self.off() && probe.accepted != Some(true);
                Ok(match probe.accepted {
                    _ if off && claimed => of(RowEnd::Changed, Some("not proved: it is switched off".to_owned())),
                    _ if off && report.is_none() => of(RowEnd::Failed, Some(untold)),
                    Some(true) => of(RowEnd::Changed, None),
                    Some(false) => of(RowEnd::Failed, Some(format!("the new password is refused ({})", probe.how))),
                    // The panel says that it is set, and nothing here can try it.
                    None if claimed => of(RowEnd::Changed, Some(format!("not proved: {}", probe.how))),
                    // It can be set once more, for it is the same.
                    None if report.is_none() => of(RowEnd::Failed, Some(untold)),
                    None => None,
                })
            }
            Operation::Cut => {
                let open = self.open(outputs)?;
                let why = (open > 0).then(|| format!("{open} sessions are open, old or new ones"));
                Ok(of(if open > 0 && !claimed { RowEnd::Failed } else { RowEnd::Changed }, why))
            }
            // No panel tells the limit of one account.
            Operation::Limit if report.is_none() => Ok(of(RowEnd::Failed, Some(untold))),
            Operation::Limit => Ok(if claimed { of(RowEnd::Changed, None) } else { None }),
            Operation::Disable | Operation::Enable | Operation::Delete | Operation::Restore => {
                let report = read(self.host, self.profile, outputs).map_err(|e| e.to_string())?;
                Ok(self.listed(&report, claimed).map(|(end, why)| RowResult { key, end, why }))
            }
        }
    }

    /// Whether a password that was set, as the host's traces say, is another one now.
    fn was_set_over(&self, evidence: Evidence<'_>, outputs: &[PartOutput]) -> Result<bool, String> {
        let (Operation::SetPassword, false, Evidence::Traces([Trace::Done(_), ..])) =
            (self.operation, self.off(), evidence)
        else {
            return Ok(false);
        };
        Ok(sessions::read_probe(outputs).map_err(|e| e.to_string())?.accepted == Some(false))
    }

    /// Why the operation cannot have been done whole, whatever is seen afterwards: an account is in the list before its mail is
    /// back, and out of it before anybody was cut.
    fn broken_off(&self, evidence: Evidence<'_>) -> Option<&'static str> {
        let done = match (evidence, self.operation) {
            (_, Operation::Enable | Operation::Limit | Operation::Cut) => true,
            (Evidence::Report(report), _) => !report.rows.is_empty(),
            (Evidence::Traces(traces), Operation::Restore) => traces.last() == Some(&Trace::Done(0)),
            // The operation, and the cut.
            (Evidence::Traces(traces), _) => traces.get(1) == Some(&Trace::Done(0)),
        };
        match self.operation {
            _ if done => None,
            Operation::Restore => Some("it was broken off before all of it was back"),
            _ => Some("it was broken off before all that it has open was cut"),
        }
    }

    /// How many sessions it has open.
    fn open(&self, outputs: &[PartOutput]) -> Result<usize, String> {
        let open = sessions::read(self.profile, self.profile.now, outputs).map_err(|e| e.to_string())?;
        Ok(open.of(&self.logins()).count())
    }

    /// By the list of accounts.
    fn listed(&self, report: &AccountsReport, claimed: bool) -> Option<(RowEnd, Option<String>)> {
        let failed = |why: &str| Some((RowEnd::Failed, Some(why.to_owned())));
        // An alias of its name, which stood behind it, is not the account.
        let was_alias = self.was.get("kind") == Some(&json!(AccountKind::Alias));
        let found = report.named(self.account).filter(|a| was_alias || a.kind != AccountKind::Alias);
        match (self.operation, found) {
            (Operation::Disable, Some(a)) if a.disabled => Some((RowEnd::Changed, None)),
            (Operation::Enable, Some(a)) if !a.disabled => Some((RowEnd::Changed, None)),
            (Operation::Disable | Operation::Enable, Some(_)) if claimed && !report.not_known.is_empty() => {
                Some((RowEnd::Changed, Some("not proved: the list does not tell who is switched off".to_owned())))
            }
            (Operation::Disable, Some(_)) => failed("it is still switched on"),
            (Operation::Enable, Some(_)) => failed("it is still switched off"),
            (Operation::Restore, Some(_)) => Some((RowEnd::Restored, None)),
            (Operation::Delete, Some(_)) => failed("it is still there"),
            // A list that may lack accounts says nothing about one that it lacks.
            (_, None) if !report.complete => None,
            (Operation::Delete, None) => Some((RowEnd::Deleted, None)),
            (Operation::Restore, None) => failed("it is not there"),
            (_, None) => Some((RowEnd::Gone, None)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
