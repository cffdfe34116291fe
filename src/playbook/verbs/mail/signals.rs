//! `mail.signals`: what the readings of one host say of abuse.

use crate::mail::read::logins::LoginsReport;
use crate::mail::read::queue::QueueReport;
use crate::mail::read::senders::SendersReport;
use crate::mail::signals::{self, Facts, LIMITS, Limits, Names, SIGNALS_OUTPUT};
use crate::model::problem::Problem;
use crate::model::schema::{Field, Type};
use crate::model::yaml::{Node, Yaml};
use crate::playbook::verb::{Body, Ctx, Failure, Gaps, Reading, Refusal, Verb, report_of};
use crate::shell::{Part, PartOutput};
use serde::Deserialize;
use serde_json::Value;

pub(crate) static VERB: Verb = Verb {
    name: "mail.signals",
    summary: "Signs of abuse, by account",
    doc: "Evaluates the results of the mail verbs by account, with thresholds; the host is not contacted. Each \
          signal includes its numbers and the messages that it is based on. Several signals of one account make it \
          `suspected`, a single one `watch`; `confirmed` is an account to which a reported message was traced. The \
          usual volume of an account is taken from runs of the last 30 days. Mail that the inventory exempts \
          (`exempt:`) is listed separately, and so is what could not be evaluated. Countries and AS operators are \
          evaluated only if `--geoip` provides databases for them. All signals are described in `docs/signals.md`.",
    args: &[
        Field::new("senders", Type::Map(&Type::Any), "result of mail.senders").required(),
        Field::new("logins", Type::Any, "result of mail.logins; null: not read"),
        Field::new("queue", Type::Any, "result of mail.queue.inspect; null: not read"),
        Field::new("accounts", Type::Any, "result of mail.accounts; null: not read"),
        Field::new(
            "reported",
            Type::List(&Type::Str),
            "accounts to which a reported message was traced; they become `confirmed`",
        ),
        Field::new("limits", Type::Object(LIMITS), "thresholds; those that are not given have the defaults below"),
    ],
    output: SIGNALS_OUTPUT,
    example: "- id: signals\n  without: [logins]\n  mail.signals:\n    senders: \"{{ steps.senders }}\"\n    logins: \"{{ steps.logins }}\"\n    limits: { per_hour_max: 500 }\n",
    check: |args, source, problems| {
        let limits = args.get("limits").and_then(Node::as_map).unwrap_or_default();
        for (key, node) in limits.iter().filter(|(_, node)| matches!(node.value, Yaml::Int(..1))) {
            problems.push(Problem::new(source, node.place, format!("`{}` must be at least 1", key.text)));
        }
    },
    ..Verb::of(Body::Reading(&Signals))
};

struct Signals;

#[derive(Deserialize)]
struct Args {
    senders: SendersReport,
    logins: Option<LoginsReport>,
    queue: Option<QueueReport>,
    accounts: Option<Names>,
    #[serde(default)]
    reported: Vec<String>,
    #[serde(default)]
    limits: Limits,
}

impl Reading for Signals {
    fn gaps(&self) -> Option<&'static Gaps> {
        Some(&Gaps { says: "some signals could not be evaluated", list: "not_judged", besides: &[] })
    }

    fn parts(&self, _: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        Ok(Vec::new())
    }

    fn read(&self, ctx: &Ctx<'_>, _: &[PartOutput]) -> Result<Value, Failure> {
        let args =
            Args::deserialize(ctx.args).map_err(|e| format!("the arguments are not results of the mail verbs: {e}"))?;
        report_of::<_, String>(Ok(signals::judge(&Facts {
            senders: &args.senders,
            logins: args.logins.as_ref(),
            queue: args.queue.as_ref(),
            names: args.accounts.as_ref(),
            baseline: ctx.baseline,
            exemptions: &ctx.host.exempt,
            reported: &args.reported,
            today: ctx.as_of,
            limits: &args.limits,
            geo: ctx.geo,
        })))
    }
}
