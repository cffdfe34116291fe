//! `copy`: a file of the host has this text.

use crate::host::act::{Act, Evidence};
use crate::host::file::{self, New, Seen, Writing};
use crate::model::problem::{Problem, Problems};
use crate::model::schema::{Field, Type};
use crate::model::was::{File, NewFile, Sum};
use crate::model::yaml::Node;
use crate::model::{Change, Op, Row, RowEnd, RowResult, ThingWas};
use crate::playbook::verb::changing::{Changing, Draft, Inverse, OP, kept_by_op};
use crate::playbook::verb::{Body, Ctx, Failure, Refusal, Verb};
use crate::shell::{Part, PartOutput};
use serde_json::{Value, json};

pub(crate) static VERB: Verb = Verb {
    name: "copy",
    summary: "Write a file",
    doc: "Writes a text to a file on the host, byte for byte; no newline is added at the end. The text is written \
          to a temporary file in the same directory, which is then renamed. Nothing is changed if content, mode \
          and owner already match. Symbolic links and directories are left alone, and no directory is created. The \
          previous content is backed up on the host, and a file that was changed since it was planned is not \
          overwritten. The text is limited to 1 MiB, and is stored in the plan and in the run record: do not use \
          it for secrets. A parameter of type `file` provides a local file: `content: \"{{ params.NAME }}\"`. Undo \
          restores the previous content, or removes the file, unless the file was changed in the meantime; it \
          generates such a step with `op`.",
    args: &[
        Field::new("to", Type::Str, "absolute path of the file").required(),
        Field::new("content", Type::Str, "text to write"),
        Field::new("mode", Type::Str, "octal digits, such as \"0644\"; default: unchanged, or \"0644\" for a new file"),
        Field::new("owner", Type::Str, "USER or USER:GROUP; default: unchanged, or root:root for a new file"),
        Field { required: false, doc: "the `op` of the `copy` to undo, instead of `content`", ..OP },
    ],
    example: "- copy:\n    to: /etc/fail2ban/jail.d/mail.conf\n    mode: \"0644\"\n    content: |\n      [postfix-sasl]\n      enabled = true\n",
    check,
    ..Verb::of(Body::Changing(&Copy))
};

fn check(args: &Node, source: &str, problems: &mut Problems) {
    let has = |name: &str| args.get(name).is_some();
    if has("content") == has("op") {
        let help = "content: the text; op: only to undo an earlier copy";
        problems.push(Problem::new(source, args.place, "copy needs either `content` or `op`").with_help(help));
    }
    if let (true, Some(other)) = (has("op"), args.get("mode").or(args.get("owner"))) {
        problems.push(Problem::new(source, other.place, "mode and owner are restored together with the content"));
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
            (Some(text), None) if text.contains('\0') => return Err("`content` contains a NUL".to_owned()),
            (Some(text), None) if text.len() > file::MAX => return Err("`content` is larger than 1 MiB".to_owned()),
            (Some(_), None) => String::new(),
            (None, Some(kept)) => kept,
            _ => return Err("copy needs either `content` or `op`".to_owned()),
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
        let Some(Row::Thing { was: ThingWas::File { now, new }, .. }) = change.rows.first() else { return None };
        let (sum, mode, owner) = match new.clone() {
            Some(NewFile { sum, mode, owner }) => (Some(sum), mode, owner),
            None => (None, None, None),
        };
        Some((now.as_ref().map(|file| file.sum), Self { sum, mode, owner }))
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
            NewFile { sum, mode, owner }
        });
        Row::Thing { name: to, was: ThingWas::File { now: now.cloned(), new } }
    }
}

fn title(wish: &Wish<'_>, wanted: &Wanted, now: Option<&File>) -> String {
    let to = &wish.to;
    match (wanted.sum, now) {
        (None, _) => format!("remove {to}, which did not exist before"),
        (Some(sum), Some(now)) if sum == now.sum => format!("set mode and owner of {to}; the content is unchanged"),
        (Some(sum), Some(now)) if wish.content.is_none() => {
            format!("restore {to}: {} B, replacing {} B", sum.size, now.sum.size)
        }
        (Some(sum), Some(now)) => format!("write {to}: {} B, replacing {} B", sum.size, now.sum.size),
        (Some(sum), None) if wish.content.is_none() => format!("restore {to}: {} B", sum.size),
        (Some(sum), None) => format!("create {to}: {} B", sum.size),
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
        let seen = seen.map_err(|why| format!("{} is not changed: {why}", wish.to))?;
        if wish.content.is_none() && !seen.is_kept {
            return Err(format!("the host has no backup of {} under this op", wish.to).into());
        }
        let (wanted, now) = (wish.wanted(&seen), seen.now.as_ref());
        let done = wanted.is(now);
        if wish.content.is_none() && !done && now.map(|f| f.sum) != seen.left {
            return Err(format!("{} has been changed since; the current file is kept", wish.to).into());
        }
        let undo = if now.is_some() { "restore the previous content" } else { "remove it" };
        let title = title(&wish, &wanted, now);
        let rows = if done { Vec::new() } else { vec![wanted.row(wish.to, now)] };
        Ok(Draft { title, rows, undo: Some(undo.to_owned()), ..Draft::default() })
    }

    fn next(&self, ctx: &Ctx<'_>, change: &Change, dir: &str, done: &[Vec<PartOutput>]) -> Result<Act, Failure> {
        let wish = Wish::of(ctx.args)?;
        if let Some(outputs) = done.first() {
            return Ok(Act::Done(file::said(&wish.to, outputs).map_err(|e| e.to_string())?));
        }
        let (was, wanted) = Wanted::planned(change).ok_or("the plan does not contain the previous state")?;
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
        let (_, wanted) = Wanted::planned(change).ok_or("the plan does not contain the previous state")?;
        let seen = file::seen(outputs).map_err(|e| e.to_string())?;
        let is_there = seen.is_ok_and(|seen| wanted.is(seen.now.as_ref()));
        Ok(vec![file::judge(&wish.to, word(&wish), is_there, evidence.report())])
    }

    fn undone_by(&self) -> Option<&'static str> {
        Some("copy")
    }

    fn inverse(&self, change: &Change, op: &Op, rows: &[RowResult]) -> Option<Inverse> {
        rows.iter().find(|r| !matches!(r.end, RowEnd::Failed | RowEnd::Gone))?;
        Some(("copy", json!({ "to": change.args.get("to"), "op": op.as_str() })))
    }
}

fn word(wish: &Wish<'_>) -> RowEnd {
    if wish.content.is_some() { RowEnd::Changed } else { RowEnd::Restored }
}
