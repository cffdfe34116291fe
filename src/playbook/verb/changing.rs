//! What a verb that changes must be able to do. The engine decides when, and whether at all.
//!
//! `query` and `plan` read and write down the objects; `next` gives one act after the other; `look` and `judge` read
//! again and say what became of each object, whatever the acts said of themselves.

use super::ctx::{Ctx, Failure, Refusal};
use crate::host::act::{Act, Evidence, ScriptReport};
use crate::model::schema::{Field, Type};
use crate::model::{Change, Op, Row, RowEnd, RowResult};
use crate::shell::guard::Trace;
use crate::shell::{Part, PartOutput};
use serde_json::{Map, Value, json};

/// What would be done, before it has a step and an item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// `hold 812 messages of info@example.jp`.
    pub title: String,
    /// None: nothing has to be done.
    pub rows: Vec<Row>,
    /// What undo does, for people; none when it cannot be undone.
    pub undo: Option<String>,
    pub irreversible: bool,
    /// What was not read in full, and so may be missing among the rows.
    pub incomplete: Vec<String>,
}

/// A step that would take a change back: its verb and arguments.
pub type Inverse = (&'static str, Value);

/// A verb that changes a host.
pub trait Changing: Sync {
    /// What to read before it can be planned.
    fn query(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal>;
    /// The objects, by what was read.
    fn plan(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Draft, Failure>;
    /// The next act, after the outputs of those before it. `dir` is a folder on the host that is kept with the op.
    fn next(&self, ctx: &Ctx<'_>, change: &Change, dir: &str, done: &[Vec<PartOutput>]) -> Result<Act, Failure>;
    /// What was before is what was before the first try: doing it again keeps nothing new, but goes by what that kept.
    fn keeps_once(&self) -> bool {
        false
    }
    /// Once it began it is not done again, however it ended: nothing tells how much of it was done.
    fn once(&self) -> bool {
        false
    }
    /// What to read afterwards.
    fn look(&self, ctx: &Ctx<'_>, change: &Change) -> Result<Vec<Part>, Refusal>;
    /// What became of each row, by what was read and by what is known of the acts. A row that cannot be judged is left out,
    /// and is of unknown fate.
    fn judge(
        &self,
        ctx: &Ctx<'_>,
        change: &Change,
        evidence: Evidence<'_>,
        outputs: &[PartOutput],
    ) -> Result<Vec<RowResult>, Failure>;
    /// How it ended, by the trace of its last act on the host, when no answer came: for a verb of which nothing is left to
    /// look at. None: it is looked at, and what was not done is done. The error is why it stays unknown.
    fn settled(&self, _ctx: &Ctx<'_>, _change: &Change, _trace: &Trace) -> Option<Result<ScriptReport, String>> {
        None
    }
    /// What `steps.ID` offers: [`CHANGED_OUTPUT`], and what it tells besides.
    fn output(&self) -> &'static [Field] {
        CHANGED_OUTPUT
    }
    /// It sets a password that is generated: its acts and looks get it as their secret.
    fn generates(&self) -> bool {
        false
    }
    /// The limit that its rows count for.
    fn counted(&self) -> Option<Counted> {
        None
    }
    /// The verb that takes it back.
    fn undone_by(&self) -> Option<&'static str> {
        None
    }
    /// The step that takes back what was done to `rows` under the op.
    fn inverse(&self, _change: &Change, _op: &Op, _rows: &[RowResult]) -> Option<Inverse> {
        None
    }
    /// Why the approved change is not what would be done now. Messages come and go, and only those that were approved are
    /// touched; of everything else, what was true must still be.
    fn stale(&self, approved: &Change, now: Option<&Change>) -> Option<String> {
        match now {
            Some(_) if approved.rows.iter().all(|row| matches!(row, Row::Message { .. })) => None,
            Some(now) if now.rows == approved.rows => None,
            Some(_) => Some(format!("`{}`: what it rests on has changed", approved.title)),
            None => Some(format!("`{}`: it is no longer to be done", approved.title)),
        }
    }
}

/// What a limit of the playbook counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    MessagesDeleted,
    AccountsChanged,
    AccountsDeleted,
}

/// The argument of a verb that takes an earlier change back.
pub(crate) const OP: Field = Field::new("op", Type::Str, "the op of the change that is taken back").required();

/// The folder that the op of the arguments kept on the host; none where they name no op.
pub(crate) fn kept_by_op(args: &Value) -> Result<Option<String>, String> {
    match args.get("op").and_then(Value::as_str).map(Op::parse) {
        None => Ok(None),
        Some(Some(op)) => Ok(Some(op.kept())),
        Some(None) => Err("`op` is no name of a change: 32 hexadecimal digits".to_owned()),
    }
}

/// What `steps.ID` offers of every verb that changes.
pub(crate) const CHANGED_OUTPUT: &[Field] = &[
    Field::new("planned", Type::Int, "objects that were planned"),
    Field::new("done", Type::Int, "objects that are now as planned"),
    Field::new("gone", Type::Int, "objects that were no longer there, or were others of the same name"),
    Field::new("sent", Type::Int, "messages that were delivered while they were held or deleted"),
    Field::new("overtaken", Type::Int, "objects that somebody else changed since, and that were left alone"),
    Field::new("failed", Type::Int, "objects that are not as planned"),
    Field::new("unknown", Type::Int, "objects of unknown fate"),
    Field::new("rows", Type::List(&Type::Object(ROW)), "each object with its end"),
    Field::new("notes", Type::List(&Type::Str), "what else is to be known"),
    Field::new("op", Type::Str, "the name of the change; the host keeps what it needs to undo it under this name"),
];

const ENDS: &[&str] =
    &["held", "released", "deleted", "restored", "changed", "gone", "in-flight-sent", "overtaken", "failed"];

const ROW: &[Field] = &[
    Field::new("key", Type::Str, "a queue id, an address, a name"),
    Field::new("end", Type::Enum(ENDS), "what became of it"),
    Field::new("why", Type::Str, "why it failed, or may not be all that it seems; the new id of a restored message"),
];

/// The declared output; before it was done, with no rows.
pub fn changed_output(planned: usize, rows: &[RowResult], notes: &[String], op: Option<&Op>) -> Value {
    let count = |wanted: &dyn Fn(RowEnd) -> bool| rows.iter().filter(|row| wanted(row.end)).count();
    let over = |end| matches!(end, RowEnd::Gone | RowEnd::InFlightSent | RowEnd::Overtaken | RowEnd::Failed);
    json!({
        "planned": planned,
        "done": count(&|end| !over(end)),
        "gone": count(&|end| end == RowEnd::Gone),
        "sent": count(&|end| end == RowEnd::InFlightSent),
        "overtaken": count(&|end| end == RowEnd::Overtaken),
        "failed": count(&|end| end == RowEnd::Failed),
        "unknown": if op.is_some() { planned.saturating_sub(rows.len()) } else { 0 },
        "rows": rows.iter().map(|r| json!({"key": r.key, "end": r.end.word(), "why": r.why})).collect::<Vec<_>>(),
        "notes": notes,
        "op": op.map(Op::as_str),
    })
}

/// The output with what the verb tells besides; null where it was not done.
pub fn with_data(verb: &dyn Changing, data: &Map<String, Value>, mut output: Value) -> Value {
    if let Some(output) = output.as_object_mut() {
        for field in verb.output().iter().filter(|f| CHANGED_OUTPUT.iter().all(|own| own.name != f.name)) {
            output.insert(field.name.to_owned(), data.get(field.name).cloned().unwrap_or_default());
        }
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_told_of_is_unknown_and_never_done() {
        let row = |key: &str, end| RowResult { key: key.into(), end, why: None };
        let rows = [row("a", RowEnd::Held), row("b", RowEnd::InFlightSent), row("c", RowEnd::Failed)];
        let op = Op::new([1; 16]);
        let value = changed_output(5, &rows, &[], Some(&op));
        let of = |name: &str| value[name].as_u64().unwrap();
        assert_eq!(["planned", "done", "sent", "failed", "gone", "unknown"].map(of), [5, 1, 1, 1, 0, 2]);
        let names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, CHANGED_OUTPUT.iter().map(|f| f.name).collect::<Vec<_>>());
        assert_eq!(ENDS, RowEnd::ALL.iter().map(|e| e.word()).collect::<Vec<_>>());
    }
}
