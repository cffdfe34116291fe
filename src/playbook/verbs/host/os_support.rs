//! `os.support`: whether the operating system is still maintained.

use crate::host::os_support::{OS_OUTPUT, Policy};
use crate::model::schema::{Field, Type};
use crate::playbook::verb::{Body, Ctx, Failure, Reading, Refusal, Verb, report_of};
use crate::shell::{Part, PartOutput};
use serde_json::Value;

pub(crate) static VERB: Verb = Verb {
    name: "os.support",
    summary: "Whether the OS is still maintained",
    doc: "Checks the operating system in the host's profile against a table of support dates, as of the day of the \
          run; the host is not contacted. There are two dates: the end of the vendor's own maintenance, and the \
          end of extended maintenance by the vendor or others. An OS that is not in the table has `known: false`, \
          and never counts as past its end. You can add rows of your own in a file (`fleet help os-support`).",
    args: &[Field::new("policy", Type::Enum(Policy::WORDS), "which date applies; default: vendor")],
    output: OS_OUTPUT,
    example: "- id: os\n  os.support: { policy: vendor }\n",
    ..Verb::of(Body::Reading(&Support))
};

struct Support;

impl Reading for Support {
    fn parts(&self, _: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        Ok(Vec::new())
    }

    fn read(&self, ctx: &Ctx<'_>, _: &[PartOutput]) -> Result<Value, Failure> {
        let policy = ctx.args.get("policy").and_then(Value::as_str).and_then(Policy::parse).unwrap_or_default();
        report_of::<_, String>(Ok(ctx.support.judge_os(&ctx.profile.os, ctx.as_of, policy)))
    }
}
