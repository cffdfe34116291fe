//! `mail.queue.hold`, `.release`, `.delete` and `.restore`: what is done to queued messages. They differ in their operation.

use crate::host::act::{Act, Evidence};
use crate::mail::change::queue::{self, Operation, Select};
use crate::mail::read::queue as listing;
use crate::model::counted::counted;
use crate::model::schema::{Field, Type};
use crate::model::{Change, Op, Row, RowEnd, RowResult};
use crate::playbook::verb::changing::{Changing, Counted, Draft, Inverse, OP, kept_by_op};
use crate::playbook::verb::{Body, Ctx, Failure, Refusal, Verb, parts_of};
use crate::shell::{Part, PartOutput};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const MESSAGE: &[Field] = &[
    Field::new("id", Type::Str, "the queue id").required(),
    Field::new("arrival", Type::Int, "seconds since 1970").required(),
    Field::new("sender", Type::Str, "the envelope sender; empty for bounces").required(),
    Field::new("size", Type::Int, "bytes").required(),
    Field::new("recipients", Type::Int, "how many"),
];

pub(crate) const MESSAGES: Field = Field::new(
    "messages",
    Type::List(&Type::Object(MESSAGE)),
    "exactly these messages, not others with the same queue ids",
);

/// Which messages, by whose they are.
pub(crate) const SELECT: &[Field] = &[
    Field::new("logins", Type::List(&Type::Str), "messages submitted by these logins, whatever their envelope sender"),
    Field::new("senders", Type::List(&Type::Str), "messages with these envelope senders, which anyone can forge"),
    MESSAGES,
];

pub(crate) static HOLD: Verb = Verb {
    name: "mail.queue.hold",
    summary: "Put queued messages on hold",
    doc: "Puts the selected queued messages on hold until they are released or deleted. It can be undone. Messages \
          that arrive later are not held.",
    args: SELECT,
    example: "- id: hold\n  mail.queue.hold: { logins: [info@example.jp] }\n",
    ..Verb::of(Body::Changing(&QueueVerb(Operation::Hold)))
};

pub(crate) static RELEASE: Verb = Verb {
    name: "mail.queue.release",
    summary: "Release held messages",
    doc: "Releases held messages for delivery.",
    args: SELECT,
    example: "- mail.queue.release: { logins: [info@example.jp] }\n",
    ..Verb::of(Body::Changing(&QueueVerb(Operation::Release)))
};

pub(crate) static DELETE: Verb = Verb {
    name: "mail.queue.delete",
    summary: "Delete queued messages, keeping a backup",
    doc: "Puts the selected messages on hold, checks that they are unchanged, backs them up on the host and \
          verifies the backup, deletes the held messages, and checks the queue again. A message that was being \
          delivered in the meantime is reported as sent, according to the log. A message that changed while it was \
          backed up stays on hold. It can be undone as long as the host keeps the backup; if nothing was deleted, \
          undo releases the messages that were held for it.",
    args: SELECT,
    example: "- id: purge\n  mail.queue.delete: { logins: [info@example.jp] }\n",
    ..Verb::of(Body::Changing(&QueueVerb(Operation::Delete)))
};

pub(crate) static RESTORE: Verb = Verb {
    name: "mail.queue.restore",
    summary: "Restore deleted messages",
    doc: "Restores, on hold, the messages that a `mail.queue.delete` deleted, from the backup that the host keeps \
          under its `op`. `fleet undo` generates such steps.",
    args: &[OP, MESSAGES.required()],
    example: "- mail.queue.restore:\n    op: 00000000000000000000000000000000\n    messages: [{ id: A2CDA9D291A, arrival: 1795485455, sender: info@example.jp, size: 503 }]\n",
    ..Verb::of(Body::Changing(&QueueVerb(Operation::Restore)))
};

/// A verb of the queue.
pub(crate) struct QueueVerb(pub Operation);

impl Changing for QueueVerb {
    fn query(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        Select::of(ctx.args).map_err(Refusal::Invalid)?;
        parts_of(queue::query(ctx.host, ctx.profile, self.0))
    }

    fn plan(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Draft, Failure> {
        let select = Select::of(ctx.args)?;
        let queue = listing::list(ctx.profile, outputs).map_err(|e| e.to_string())?;
        let rows = select.rows(self.0, &queue);
        let (verb, undo) = match self.0 {
            Operation::Hold => ("hold", Some("release them")),
            Operation::Release => ("release", Some("hold those that are still queued")),
            Operation::Delete => ("delete", Some("restore them, on hold, from the backup on the host")),
            Operation::Restore => ("restore", Some("delete them again")),
        };
        let names: Vec<&str> = select.logins.iter().chain(&select.senders).map(String::as_str).collect();
        let of = match names.as_slice() {
            [] => String::new(),
            [one] => format!(" of {one}"),
            [one, rest @ ..] => format!(" of {one} and {} more", rest.len()),
        };
        let recipients: u64 =
            rows.iter().map(|r| if let Row::Message { recipients, .. } = r { *recipients } else { 0 }).sum();
        Ok(Draft {
            title: format!(
                "{verb} {}{of} ({})",
                counted(rows.len(), "messages"),
                counted(recipients as usize, "recipients")
            ),
            rows,
            undo: undo.map(str::to_owned),
            irreversible: false,
            incomplete: queue.incomplete,
        })
    }

    fn next(&self, ctx: &Ctx<'_>, change: &Change, dir: &str, done: &[Vec<PartOutput>]) -> Result<Act, Failure> {
        let dir = kept_by_op(ctx.args)?.unwrap_or_else(|| dir.to_owned());
        Ok(queue::next(ctx.host, ctx.profile, self.0, &change.rows, &dir, done)?)
    }

    fn look(&self, ctx: &Ctx<'_>, change: &Change) -> Result<Vec<Part>, Refusal> {
        parts_of(queue::look(ctx.host, ctx.profile, &change.rows))
    }

    fn judge(
        &self,
        ctx: &Ctx<'_>,
        change: &Change,
        evidence: Evidence<'_>,
        outputs: &[PartOutput],
    ) -> Result<Vec<RowResult>, Failure> {
        Ok(queue::judge(ctx.profile, self.0, &change.rows, evidence, outputs).map_err(|e| e.to_string())?)
    }

    fn counted(&self) -> Option<Counted> {
        (self.0 == Operation::Delete).then_some(Counted::MessagesDeleted)
    }

    fn undone_by(&self) -> Option<&'static str> {
        Some(match self.0 {
            Operation::Hold => "mail.queue.release",
            Operation::Release => "mail.queue.hold",
            Operation::Delete => "mail.queue.restore",
            Operation::Restore => "mail.queue.delete",
        })
    }

    fn inverse(&self, change: &Change, op: &Op, rows: &[RowResult]) -> Option<Inverse> {
        let end = match self.0 {
            Operation::Hold => RowEnd::Held,
            Operation::Release => RowEnd::Released,
            Operation::Delete => RowEnd::Deleted,
            Operation::Restore => RowEnd::Restored,
        };
        let mut verb = self.undone_by()?;
        let mut ends: BTreeMap<&str, &RowResult> =
            rows.iter().filter(|r| r.end == end).map(|r| (r.key.as_str(), r)).collect();
        // One that deleted nothing may have held messages back for it.
        if self.0 == Operation::Delete && ends.is_empty() {
            verb = "mail.queue.release";
            ends = rows.iter().filter(|r| r.left_held).map(|r| (r.key.as_str(), r)).collect();
        }
        let messages = change.rows.iter().filter_map(|row| {
            let result = ends.get(row.key())?;
            let Row::Message { arrival, sender, size, recipients, .. } = row else { return None };
            // A message that was brought back may have got another id.
            let id = result.why.as_deref().filter(|_| self.0 == Operation::Restore).unwrap_or(row.key());
            Some(json!({"id": id, "arrival": arrival, "sender": sender, "size": size, "recipients": recipients}))
        });
        let messages: Vec<Value> = messages.collect();
        if messages.is_empty() {
            return None;
        }
        let mut args = json!({ "messages": messages });
        if let ("mail.queue.restore", Some(map)) = (verb, args.as_object_mut()) {
            map.insert("op".into(), op.as_str().into());
        }
        Some((verb, args))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_that_deleted_nothing_is_undone_by_releasing_what_it_held() {
        let row =
            |id: &str| Row::Message { id: id.into(), arrival: 5, sender: "a@b.jp".into(), size: 9, recipients: 1 };
        let change = Change {
            step: 0,
            item: 0,
            verb: "mail.queue.delete".into(),
            title: String::new(),
            args: Value::Null,
            rows: vec![row("A"), row("B")],
            undo: None,
            irreversible: false,
        };
        let end = |key: &str, end, why: &str| RowResult::new(key, end, Some(why.into()));
        let held = RowResult { left_held: true, ..end("A", RowEnd::Failed, "its copy differs") };
        let before = end("B", RowEnd::Failed, "its copy differs");
        let inverse = |rows: &[RowResult]| {
            let (verb, args) = QueueVerb(Operation::Delete).inverse(&change, &Op::new([1; 16]), rows)?;
            let ids = args["messages"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap().to_owned());
            Some((verb, ids.collect::<Vec<_>>(), args.get("op").is_some()))
        };
        let of = |verb, id: &str, op| Some((verb, vec![id.to_owned()], op));
        assert_eq!(inverse(&[held.clone(), before.clone()]), of("mail.queue.release", "A", false));
        assert_eq!(inverse(&[before]), None);
        assert_eq!(inverse(&[held, end("B", RowEnd::Deleted, "")]), of("mail.queue.restore", "B", true));
    }
}
