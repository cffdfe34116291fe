//! `mail.senders.identify`: which accounts send the abuse.

use crate::mail::read::accounts;
use crate::mail::read::senders::identify::{IDENTIFIED_OUTPUT, identify};
use crate::model::schema::{Field, Type};
use crate::playbook::verb::{Body, Ctx, Failure, Reading, Refusal, Verb, parts_of, report_of};
use crate::shell::{Part, PartOutput};
use serde_json::Value;

pub(crate) static VERB: Verb = Verb {
    name: "mail.senders.identify",
    summary: "Identify the accounts that send the abuse",
    doc: "Takes the accounts that are named or, if none are named, the accounts with two or more signals, and \
          looks each of them up among the accounts of the host. A sender that is not an account of the host (a \
          script, a login that does not exist) gives the verdict no-account: the host may be compromised, and \
          nothing should be cleaned up before it has been investigated.",
    args: &[
        Field::new("named", Type::List(&Type::Str), "accounts named by a person or in a complaint"),
        Field::new("signals", Type::Map(&Type::Any), "result of `mail.signals`, used if no accounts are named"),
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
        if names.is_empty() {
            let suspects = list(ctx.args.get("signals").and_then(|s| s.get("accounts")));
            let sure =
                |row: &&Value| matches!(row.get("confidence").and_then(Value::as_str), Some("suspected" | "confirmed"));
            let account = |row: &Value| row.get("account").and_then(Value::as_str).map(str::to_owned);
            names = suspects.iter().filter(sure).filter_map(account).collect();
        }
        let report = accounts::read(ctx.host, ctx.profile, outputs).map_err(|e| e.to_string())?;
        let who = identify(names.iter().map(String::as_str), &report);
        if !who.unknown_senders.is_empty() && !report.complete {
            let text = format!(
                "{} was not found, and accounts may be missing: {}",
                who.unknown_senders.join(", "),
                report.incomplete.join("; ")
            );
            return Err(text.into());
        }
        report_of(Ok::<_, String>(who))
    }
}
