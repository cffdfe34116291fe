//! `mail.account.*` and `mail.sessions.cut`: what is done to one account. They differ in their operation.

use crate::host::act::{Act, Evidence};
use crate::mail::change::account as change;
use crate::mail::change::account::{AccountChange, Operation};
use crate::model::schema::{Field, Type};
use crate::model::{Change, Op, Row, RowEnd, RowResult};
use crate::playbook::verb::changing::{Changing, Counted, Draft, Inverse, OP, kept_by_op};
use crate::playbook::verb::{Body, Ctx, Failure, Refusal, Verb, parts_of};
use crate::shell::{Part, PartOutput};
use serde_json::{Value, json};

pub(crate) const ACCOUNT: Field =
    Field::new("account", Type::Str, "its address, or the name of a Unix user, as `mail.accounts` lists it").required();

pub(crate) static SET_PASSWORD: Verb = Verb {
    name: "mail.account.set_password",
    summary: "Set a new password and cut sessions",
    doc: "Makes a password of 24 characters of all four classes, seals it in the store, sets it, empties what the mail server remembers of the old one, ends the account's sessions, cuts its connections for handing mail in, and tries whether the new password is taken. The password is in no report; `fleet secret reveal RUN` hands it over once. It cannot be undone: the old password is not known.",
    args: &[ACCOUNT],
    example: "- id: rotate\n  mail.account.set_password: { account: info@example.jp }\n",
    ..Verb::of(Body::Changing(&AccountVerb(Operation::SetPassword)))
};

pub(crate) static DISABLE: Verb = Verb {
    name: "mail.account.disable",
    summary: "Switch an account off",
    doc: "Switches an account off, so that it can neither log in nor send, and cuts what it has open; its mail stays. Not every panel has a way that can be relied on; where there is none, the plan says so.",
    args: &[ACCOUNT],
    example: "- mail.account.disable: { account: info@example.jp }\n",
    ..Verb::of(Body::Changing(&AccountVerb(Operation::Disable)))
};

pub(crate) static ENABLE: Verb = Verb {
    name: "mail.account.enable",
    summary: "Switch an account on",
    doc: "Takes back what a `mail.account.disable` did, by what the host kept under its op. `fleet undo` writes such a step.",
    args: &[ACCOUNT, OP],
    example: "- mail.account.enable: { account: info@example.jp, op: 00000000000000000000000000000000 }\n",
    ..Verb::of(Body::Changing(&AccountVerb(Operation::Enable)))
};

pub(crate) static LIMIT: Verb = Verb {
    name: "mail.account.limit",
    summary: "Limit what an account may send",
    doc: "Limits how many messages an hour an account may send, where the panel can. No panel tells the limit of one account, so it is not proved, and undo sets the panel's default.",
    args: &[
        ACCOUNT,
        Field::new(
            "per_hour",
            Type::Either(&Type::Int, &Type::Enum(&["default"])),
            "messages; 0: none; default: what is usual on the host",
        )
        .required(),
    ],
    example: "- mail.account.limit: { account: info@example.jp, per_hour: 0 }\n",
    ..Verb::of(Body::Changing(&AccountVerb(Operation::Limit)))
};

pub(crate) static DELETE: Verb = Verb {
    name: "mail.account.delete",
    summary: "Delete an account, keeping a copy",
    doc: "Keeps a copy of the account's settings and mail on the host, reads it back and compares, then deletes the account and cuts what it has open. Everything that the mail server knows of it goes; undo makes it again from the copy, with a new password.",
    args: &[ACCOUNT],
    example: "- mail.account.delete: { account: old@example.jp }\n",
    ..Verb::of(Body::Changing(&AccountVerb(Operation::Delete)))
};

pub(crate) static RESTORE: Verb = Verb {
    name: "mail.account.restore",
    summary: "Make a deleted account again",
    doc: "Makes an account again from the copy that a `mail.account.delete` kept under its op, with its mail and a new password. `fleet undo` writes such a step.",
    args: &[ACCOUNT, OP],
    example: "- mail.account.restore: { account: old@example.jp, op: 00000000000000000000000000000000 }\n",
    ..Verb::of(Body::Changing(&AccountVerb(Operation::Restore)))
};

pub(crate) static SESSIONS_CUT: Verb = Verb {
    name: "mail.sessions.cut",
    summary: "Cut what an account has open",
    doc: "Empties what the mail server remembers of the account's password, ends the sessions of its mailbox, and cuts the connections over which it hands mail in. Without a new password it is back at once.",
    args: &[ACCOUNT],
    example: "- mail.sessions.cut: { account: info@example.jp }\n",
    ..Verb::of(Body::Changing(&AccountVerb(Operation::Cut)))
};

/// A verb of an account.
pub(crate) struct AccountVerb(pub Operation);

fn account(ctx: &Ctx<'_>) -> Result<String, String> {
    change::name(ctx.args.get("account").and_then(Value::as_str).unwrap_or_default())
}

/// Messages an hour: a number, or `default`.
fn limit(ctx: &Ctx<'_>) -> Result<String, String> {
    match ctx.args.get("per_hour") {
        None => Ok(String::new()),
        Some(Value::Number(n)) if n.is_u64() => Ok(n.to_string()),
        Some(Value::String(word)) if word == "default" => Ok(word.clone()),
        Some(_) => Err("`per_hour` is a number of messages, or default".to_owned()),
    }
}

impl AccountVerb {
    /// Does something with what the operation is done with.
    fn with<T>(
        &self,
        ctx: &Ctx<'_>,
        change: Option<&Change>,
        dir: &str,
        what: impl FnOnce(AccountChange<'_>) -> T,
    ) -> Result<T, String> {
        let (account, limit) = (account(ctx)?, limit(ctx)?);
        let dir = kept_by_op(ctx.args)?.unwrap_or_else(|| dir.to_owned());
        let was = change.and_then(|change| {
            change.rows.iter().find_map(|row| match row {
                Row::Account { was, .. } => Some(was),
                _ => None,
            })
        });
        let was = was.unwrap_or(&Value::Null);
        let Ctx { host, profile, secret, again, .. } = *ctx;
        Ok(what(AccountChange {
            host,
            profile,
            operation: self.0,
            account: &account,
            was,
            limit: &limit,
            secret,
            dir: &dir,
            again,
        }))
    }
}

impl Changing for AccountVerb {
    fn query(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        self.with(ctx, None, "", |_| ()).map_err(Refusal::Invalid)?;
        parts_of(change::query(ctx.host, ctx.profile, self.0))
    }

    fn plan(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Draft, Failure> {
        let account = account(ctx)?;
        let was = change::was(ctx.host, ctx.profile, self.0, &account, outputs)?;
        let disabled = was.get("disabled").and_then(Value::as_bool);
        let done = matches!((self.0, disabled), (Operation::Disable, Some(true)) | (Operation::Enable, Some(false)));
        let (title, undo) = match self.0 {
            Operation::SetPassword => (format!("set a new password for {account} and cut what it has open"), None),
            Operation::Disable => {
                (format!("switch {account} off and cut what it has open"), Some("switch it on again"))
            }
            Operation::Enable => (format!("switch {account} on"), None),
            Operation::Limit => {
                (format!("let {account} send {} messages an hour at most", limit(ctx)?), Some("the panel's default"))
            }
            Operation::Delete => {
                (format!("delete {account} with its mail"), Some("make it again from the copy that the host keeps"))
            }
            Operation::Restore => {
                (format!("make {account} again, with its mail and a new password"), Some("delete it again"))
            }
            Operation::Cut => (format!("cut what {account} has open"), None),
        };
        Ok(Draft {
            title,
            rows: if done { Vec::new() } else { vec![Row::Account { address: account, was }] },
            undo: undo.map(str::to_owned),
            irreversible: matches!(self.0, Operation::SetPassword | Operation::Delete),
            incomplete: Vec::new(),
        })
    }

    fn next(&self, ctx: &Ctx<'_>, change: &Change, dir: &str, done: &[Vec<PartOutput>]) -> Result<Act, Failure> {
        Ok(self.with(ctx, Some(change), dir, |change| change.next(done))??)
    }

    fn look(&self, ctx: &Ctx<'_>, change: &Change) -> Result<Vec<Part>, Refusal> {
        parts_of(self.with(ctx, Some(change), "", |change| change.look()).map_err(Refusal::Invalid)?)
    }

    fn judge(
        &self,
        ctx: &Ctx<'_>,
        change: &Change,
        evidence: Evidence<'_>,
        outputs: &[PartOutput],
    ) -> Result<Vec<RowResult>, Failure> {
        let judged = self.with(ctx, Some(change), "", |change| change.judge(evidence, outputs))??;
        Ok(judged.into_iter().collect())
    }

    fn keeps_once(&self) -> bool {
        matches!(self.0, Operation::Disable | Operation::Delete)
    }

    fn generates(&self) -> bool {
        matches!(self.0, Operation::SetPassword | Operation::Restore)
    }

    fn counted(&self) -> Option<Counted> {
        match self.0 {
            Operation::Delete => Some(Counted::AccountsDeleted),
            Operation::Cut => None,
            _ => Some(Counted::AccountsChanged),
        }
    }

    fn undone_by(&self) -> Option<&'static str> {
        match self.0 {
            Operation::Disable => Some("mail.account.enable"),
            Operation::Limit => Some("mail.account.limit"),
            Operation::Delete => Some("mail.account.restore"),
            Operation::Restore => Some("mail.account.delete"),
            Operation::SetPassword | Operation::Enable | Operation::Cut => None,
        }
    }

    fn inverse(&self, change: &Change, op: &Op, rows: &[RowResult]) -> Option<Inverse> {
        let row = rows.iter().find(|r| !matches!(r.end, RowEnd::Failed | RowEnd::Gone | RowEnd::Overtaken))?;
        let account = change.args.get("account").and_then(Value::as_str).unwrap_or(&row.key);
        let args = match self.0 {
            Operation::Disable | Operation::Delete => json!({ "account": account, "op": op.as_str() }),
            Operation::Limit => json!({ "account": account, "per_hour": "default" }),
            _ => json!({ "account": account }),
        };
        Some((self.undone_by()?, args))
    }
}
