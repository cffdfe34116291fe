//! `mail.senders.identify`: which accounts send the abuse.

use crate::mail::read::accounts;
use crate::mail::read::senders::identify::{IDENTIFIED_OUTPUT, identify, mistyped};
use crate::model::schema::{Field, Type};
use crate::playbook::verb::{Body, Ctx, Failure, Reading, Refusal, Verb, parts_of, report_of};
use crate::shell::{Part, PartOutput};
use serde_json::Value;

pub(crate) static VERB: Verb = Verb {
    name: "mail.senders.identify",
    summary: "Which accounts send the abuse",
    doc: "Takes the accounts that were named, or where none was those that two or more signals speak of, and looks each up \
          among the accounts of the host. A sender that is no account of the host (a script, a login that nobody \
          made) gives the verdict no-account: somebody is inside, and nothing should be tidied up before that is \
          looked into. With `seen`, a name that a person gave and that neither the host's list nor `seen` knows is a \
          typing error: the step fails with the nearest names.",
    args: &[
        Field::new("named", Type::List(&Type::Str), "accounts that a person or a complaint named"),
        Field::new("signals", Type::Map(&Type::Any), "what `mail.signals` gave, for when nobody is named"),
        Field::new("seen", Type::List(&Type::Str), "logins and local users that the mail log and the queue tell of"),
    ],
    output: IDENTIFIED_OUTPUT,
    example: "- id: who\n  mail.senders.identify: { named: [info@example.jp] }\n",
    ..Verb::of(Body::Reading(&Identify))
};

struct Identify;

impl Reading for Identify {
    fn parts(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        parts_of(accounts::parts(ctx.host, ctx.profile))
    }

    fn read(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Value, Failure> {
        let list = |value: Option<&'_ Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
        let mut names: Vec<String> =
            list(ctx.args.get("named")).iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let by_person = !names.is_empty();
        if !by_person {
            let suspects = list(ctx.args.get("signals").and_then(|s| s.get("accounts")));
            let sure =
                |row: &&Value| matches!(row.get("confidence").and_then(Value::as_str), Some("suspected" | "confirmed"));
            let account = |row: &Value| row.get("account").and_then(Value::as_str).map(str::to_owned);
            names = suspects.iter().filter(sure).filter_map(account).collect();
        }
        let report = accounts::read(ctx.host, ctx.profile, outputs).map_err(|e| e.to_string())?;
        let who = identify(names.iter().map(String::as_str), &report);
        if !who.strangers.is_empty() && !report.complete {
            let text = format!(
                "{} was not found, and accounts may be missing: {}",
                who.strangers.join(", "),
                report.incomplete.join("; ")
            );
            return Err(text.into());
        }
        if let (true, Some(seen)) = (by_person, ctx.args.get("seen")) {
            let seen: Vec<String> = list(Some(seen)).iter().filter_map(Value::as_str).map(str::to_owned).collect();
            let wrong: Vec<String> = who.strangers.iter().filter_map(|name| mistyped(name, &seen, &report)).collect();
            if !wrong.is_empty() {
                return Err(wrong.join("; ").into());
            }
        }
        report_of(Ok::<_, String>(who))
    }
}
