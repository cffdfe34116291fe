//! `copy`: a file of the host has this text.

use crate::host::act::{Act, Evidence};
use crate::host::file::{self, File, New, Seen, Sum, Writing};
use crate::model::problem::{Problem, Problems};
use crate::model::schema::{Field, Type};
use crate::model::yaml::Node;
use crate::model::{Change, Op, Row, RowEnd, RowResult};
use crate::playbook::verb::changing::{Changing, Draft, Inverse, OP, kept_by_op};
use crate::playbook::verb::{Body, Ctx, Failure, Refusal, Verb};
use crate::shell::{Part, PartOutput};
use serde_json::{Value, json};

pub(crate) static VERB: Verb = Verb {
    name: "copy",
    summary: "Write a file",
    doc: "Writes a text to a file of the host, byte for byte: a text without a line feed at its end gets none. It is written beside the \
          file and renamed over it; nothing has to be done where text, mode and owner are already so. Symbolic links and folders are left \
          alone, and no folder is made. What was there is kept on the host, and what somebody changed since the plan is not written over. \
          The text is at most 1 MiB, and stands in the plan and in the record: it is no place for a secret. A parameter of the type \
          `file` brings a file of yours: `content: \"{{ params.NAME }}\"`. Undo brings back what was there, or removes the file, unless \
          somebody changed it since; it writes such a step with `op`.",
    args: &[
        Field::new("to", Type::Str, "the absolute path of the file").required(),
        Field::new("content", Type::Str, "its text"),
        Field::new("mode", Type::Str, "octal digits, such as \"0644\"; as it is when absent, \"0644\" for a new file"),
        Field::new("owner", Type::Str, "USER or USER:GROUP; as it is when absent, root:root for a new file"),
        Field { required: false, doc: "the op of a `copy` that is taken back, instead of `content`", ..OP },
    ],
    example: "- copy:\n    to: /etc/fail2ban/jail.d/mail.conf\n    mode: \"0644\"\n    content: |\n      [postfix-sasl]\n      enabled = true\n",
    check,
    ..Verb::of(Body::Changing(&Copy))
};

fn check(args: &Node, source: &str, problems: &mut Problems) {
    let has = |name: &str| args.get(name).is_some();
    if has("content") == has("op") {
        let help = "content: the text; op: only to take an earlier copy back";
        problems.push(Problem::new(source, args.place, "copy has either `content` or `op`").with_help(help));
    }
    if let (true, Some(other)) = (has("op"), args.get("mode").or(args.get("owner"))) {
        problems.push(Problem::new(source, other.place, "mode and owner come back with what was there"));
    }
    let literal = |name: &str| {
        let node = args.get(name)?;
        Some((node, node.as_str().filter(|text| !text.contains("{{"))?))
    };
    let to = literal("to").map(|(node, text)| (node, file::path(text)));
    let mode = literal("mode").map(|(node, text)| (node, file::mode(text)));
    let owner = literal("owner").map(|(node, text)| (node, file::owner(text)));
    for (node, good) in [to, mode, owner].into_iter().flatten() {
        if let Err(why) = good {
            problems.push(Problem::new(source, node.place, why));
        }
    }
}

struct Copy;

/// What the step asks for.
struct Wish<'a> {
    to: String,
    /// None: what an op kept comes back.
    content: Option<&'a str>,
    mode: Option<String>,
    owner: Option<String>,
    /// The folder of that op.
    kept: String,
}

impl<'a> Wish<'a> {
    fn of(args: &'a Value) -> Result<Self, String> {
        let word = |name: &str| args.get(name).and_then(Value::as_str);
        let content = word("content");
        let kept = match (content, kept_by_op(args)?) {
            (Some(text), None) if text.contains('\0') => return Err("`content` holds a NUL".to_owned()),
            (Some(text), None) if text.len() > file::MAX => return Err("`content` is more than 1 MiB".to_owned()),
            (Some(_), None) => String::new(),
            (None, Some(kept)) => kept,
            _ => return Err("copy has either `content` or `op`".to_owned()),
        };
        Ok(Self {
            to: file::path(word("to").unwrap_or_default())?,
            content,
            mode: word("mode").map(file::mode).transpose()?,
            owner: word("owner").map(file::owner).transpose()?,
            kept,
        })
    }

    /// What is to be there.
    fn wanted(&self, seen: &Seen) -> Wanted {
        let Some(content) = self.content else {
            let back = seen.kept.clone();
            let of = |f: fn(File) -> String| back.clone().map(f);
            return Wanted { sum: seen.kept.as_ref().map(|f| f.sum), mode: of(|f| f.mode), owner: of(|f| f.owner) };
        };
        let new = |word: &str| seen.now.is_none().then(|| word.to_owned());
        let (mode, owner) = (self.mode.clone().or_else(|| new("644")), self.owner.clone().or_else(|| new("0:0")));
        Wanted { sum: Some(Sum::of(content.as_bytes())), mode, owner }
    }
}

/// A text, and what mode and owner are to be; none of these: as they are.
struct Wanted {
    sum: Option<Sum>,
    mode: Option<String>,
    owner: Option<String>,
}

impl Wanted {
    /// From a row, as it was planned.
    fn planned(change: &Change) -> Option<(Option<Sum>, Self)> {
        let Some(Row::Thing { was, .. }) = change.rows.first() else { return None };
        let sum = |name: &str| was.get(name).and_then(|v| serde_json::from_value::<Sum>(v.clone()).ok());
        let word = |name: &str| was.pointer(name).and_then(Value::as_str).map(str::to_owned);
        Some((sum("now"), Self { sum: sum("new"), mode: word("/new/mode"), owner: word("/new/owner") }))
    }

    fn is(&self, now: Option<&File>) -> bool {
        match (self.sum, now) {
            (None, None) => true,
            (Some(sum), Some(now)) => {
                sum == now.sum
                    && self.mode.as_ref().is_none_or(|mode| *mode == now.mode)
                    && self.owner.as_ref().is_none_or(|owner| now.is_of(owner))
            }
            _ => false,
        }
    }

    fn row(self, to: String, now: Option<&File>) -> Row {
        let new = self.sum.map(|sum| {
            let now = |f: fn(&File) -> &String| now.map(f).cloned();
            let (mode, owner) = (self.mode.or_else(|| now(|f| &f.mode)), self.owner.or_else(|| now(|f| &f.owner)));
            json!({ "sum": sum.sum, "size": sum.size, "mode": mode, "owner": owner })
        });
        Row::Thing { name: to, was: json!({ "now": now, "new": new }) }
    }
}

fn title(wish: &Wish<'_>, wanted: &Wanted, now: Option<&File>) -> String {
    let to = &wish.to;
    match (wanted.sum, now) {
        (None, _) => format!("remove {to}, as it was not there before"),
        (Some(sum), Some(now)) if sum == now.sum => format!("give {to} its mode and owner; its text is the same"),
        (Some(sum), Some(now)) if wish.content.is_none() => {
            format!("bring back {to}: {} B in place of {} B", sum.size, now.sum.size)
        }
        (Some(sum), Some(now)) => format!("write {to}: {} B in place of {} B that differ", sum.size, now.sum.size),
        (Some(sum), None) if wish.content.is_none() => format!("bring back {to}: {} B", sum.size),
        (Some(sum), None) => format!("make {to}: {} B", sum.size),
    }
}

impl Changing for Copy {
    fn query(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        let wish = Wish::of(ctx.args).map_err(Refusal::Invalid)?;
        Ok(vec![file::query(&wish.to, &wish.kept)])
    }

    fn plan(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Draft, Failure> {
        let wish = Wish::of(ctx.args)?;
        let seen = file::seen(outputs).map_err(|e| e.to_string())?;
        let seen = seen.map_err(|why| format!("{} is left alone: {why}", wish.to))?;
        if wish.content.is_none() && !seen.is_kept {
            return Err(format!("the host keeps nothing of {} under this op", wish.to).into());
        }
        let (wanted, now) = (wish.wanted(&seen), seen.now.as_ref());
        let done = wanted.is(now);
        if wish.content.is_none() && !done && now.map(|f| f.sum) != seen.left {
            return Err(format!("{} was changed since; what is there now is left alone", wish.to).into());
        }
        let undo = if now.is_some() { "bring back what was there" } else { "remove it" };
        let title = title(&wish, &wanted, now);
        let rows = if done { Vec::new() } else { vec![wanted.row(wish.to, now)] };
        Ok(Draft { title, rows, undo: Some(undo.to_owned()), ..Draft::default() })
    }

    fn next(&self, ctx: &Ctx<'_>, change: &Change, dir: &str, done: &[Vec<PartOutput>]) -> Result<Act, Failure> {
        let wish = Wish::of(ctx.args)?;
        if let Some(outputs) = done.first() {
            return Ok(Act::Done(file::said(&wish.to, outputs).map_err(|e| e.to_string())?));
        }
        let (was, wanted) = Wanted::planned(change).ok_or("the plan does not say what is there")?;
        let new = match (wish.content, wanted.sum) {
            (Some(content), _) => New::Text(content),
            (None, Some(sum)) => New::Kept(&wish.kept, sum),
            (None, None) => New::Nothing,
        };
        let (mode, owner) = (wanted.mode.unwrap_or_default(), wanted.owner.unwrap_or_default());
        // What is told of the plan's text, not of one that came since.
        file::mode(&format!("{mode:0>3}")).and_then(|_| file::owner(if owner.is_empty() { "0" } else { &owner }))?;
        let writing = Writing { to: &wish.to, was, new, mode: &mode, owner: &owner, dir, word: word(&wish) };
        Ok(Act::Write(file::write(writing)))
    }

    fn look(&self, ctx: &Ctx<'_>, _: &Change) -> Result<Vec<Part>, Refusal> {
        let wish = Wish::of(ctx.args).map_err(Refusal::Invalid)?;
        Ok(vec![file::query(&wish.to, &wish.kept)])
    }

    fn judge(
        &self,
        ctx: &Ctx<'_>,
        change: &Change,
        evidence: Evidence<'_>,
        outputs: &[PartOutput],
    ) -> Result<Vec<RowResult>, Failure> {
        let wish = Wish::of(ctx.args)?;
        let (was, wanted) = Wanted::planned(change).ok_or("the plan does not say what is there")?;
        let seen = file::seen(outputs).map_err(|e| e.to_string())?;
        let now = seen.as_ref().map(|seen| seen.now.as_ref().map(|file| file.sum));
        let is_there = seen.as_ref().is_ok_and(|seen| wanted.is(seen.now.as_ref()));
        // Neither what it was nor what it was to be.
        if let (None, false, Ok(now)) = (evidence.report(), is_there, now)
            && now != was
            && now != wanted.sum
        {
            let why = Some("it was changed since; what is there now is left alone".to_owned());
            return Ok(vec![RowResult { key: wish.to, end: RowEnd::Overtaken, why }]);
        }
        Ok(vec![file::judge(&wish.to, word(&wish), is_there, evidence.report())])
    }

    fn undone_by(&self) -> Option<&'static str> {
        Some("copy")
    }

    fn inverse(&self, change: &Change, op: &Op, rows: &[RowResult]) -> Option<Inverse> {
        rows.iter().find(|r| !matches!(r.end, RowEnd::Failed | RowEnd::Gone | RowEnd::Overtaken))?;
        Some(("copy", json!({ "to": change.args.get("to"), "op": op.as_str() })))
    }
}

fn word(wish: &Wish<'_>) -> RowEnd {
    if wish.content.is_some() { RowEnd::Changed } else { RowEnd::Restored }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::answer::testing::fine;
    use crate::host::os_support::Table;
    use crate::mail::geo::Geo;
    use crate::mail::signals::Baseline;
    use crate::model::{Host, HostName, Profile};
    use crate::shell::guard::Trace;

    #[test]
    fn a_file_that_is_neither_what_it_was_nor_what_it_was_to_be_was_changed_by_somebody() {
        let args = json!({ "to": "/etc/x", "content": "new" });
        let host = Host::new(HostName::parse("mx01").unwrap(), "192.0.2.1", 22, "root");
        let (profile, support, geo) = (&Profile::default(), &Table::builtin(), &Geo::default());
        let (baseline, as_of) = (&Baseline::default(), jiff::civil::date(2026, 11, 24));
        let ctx = &Ctx {
            args: &args,
            host: &host,
            profile,
            now: 0,
            as_of,
            support,
            geo,
            baseline,
            secret: None,
            again: true,
        };
        let state = |text: &str| {
            let Sum { sum, size } = Sum::of(text.as_bytes());
            [fine("file.state", format!("now\tfile\t{sum}\t{size}\t644\t0:0\troot:root\nend\n"))]
        };
        let Draft { title, rows, undo, irreversible, .. } = Copy.plan(ctx, &state("old")).unwrap();
        let (verb, args) = ("copy".to_owned(), args.clone());
        let change = Change { step: 0, item: 0, verb, title, args, rows, undo, irreversible };
        let end = |evidence, text: &str| Copy.judge(ctx, &change, evidence, &state(text)).unwrap().remove(0).end;
        for traces in [&[][..], &[Trace::Broken], &[Trace::Done(0)]] {
            let end = |text| end(Evidence::Traces(traces), text);
            assert_eq!([end("new"), end("old"), end("third")], [RowEnd::Changed, RowEnd::Failed, RowEnd::Overtaken]);
        }
        // What was heard of the act itself says more.
        assert_eq!(end(Evidence::Report(&Default::default()), "third"), RowEnd::Failed);
    }
}
