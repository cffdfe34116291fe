//! `watch`: whether accounts still send.

use crate::mail::read::senders::watch;
use crate::model::schema::{Field, Type};
use crate::playbook::verb::{Body, Ctx, Failure, Reading, Refusal, Verb, parts_of};
use crate::shell::{Part, PartOutput};
use serde_json::Value;
use std::time::Duration;

pub(crate) static VERB: Verb = Verb {
    name: "watch",
    summary: "Wait, then check whether accounts still send",
    doc: "Waits on the host, then reads the mail log for messages that these logins submitted in the meantime. It \
          counts from the next full second, because many logs have a resolution of one second. More than `max` \
          messages are a failure: the abuse continues. After a change, it runs when the change has been applied, \
          and not when the change is planned.",
    args: &[
        Field::new("logins", Type::List(&Type::Str), "logins whose messages count").required(),
        Field::new("for", Type::Duration, "how long to wait; default: 10m, at most 1h"),
        Field::new("max", Type::Int, "number of messages that is not yet a failure; default: 0"),
    ],
    output: watch::WATCH_OUTPUT,
    example: "- watch: { logins: [info@example.jp], for: 10m }\n",
    ..Verb::of(Body::Reading(&Watch))
};

struct Watch;

const LONGEST: u64 = 3_600;

fn seconds(ctx: &Ctx<'_>) -> Duration {
    let given = ctx.args.get("for").and_then(Value::as_f64).and_then(|s| Duration::try_from_secs_f64(s).ok());
    given.unwrap_or(Duration::from_secs(600)).min(Duration::from_secs(LONGEST))
}

impl Reading for Watch {
    fn after_changes(&self) -> bool {
        true
    }

    fn parts(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        parts_of(watch::parts(ctx.host, ctx.profile, seconds(ctx)))
    }

    fn read(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Value, Failure> {
        let list = ctx.args.get("logins").and_then(Value::as_array).into_iter().flatten();
        let logins: Vec<&str> = list.filter_map(Value::as_str).collect();
        let seen = watch::read(ctx.profile, &logins, outputs).map_err(|e| e.to_string())?;
        let max = ctx.args.get("max").and_then(Value::as_u64).unwrap_or(0);
        let data = serde_json::to_value(&seen).unwrap_or_default();
        if !seen.complete {
            let message = format!("the log is incomplete: {}", seen.incomplete.join("; "));
            return Err(Failure { message, data: Some(data) });
        }
        match seen.messages > max {
            true => Err(Failure {
                message: format!("{} messages were submitted in the meantime", seen.messages),
                data: Some(data),
            }),
            false => Ok(data),
        }
    }
}
