//! `os.support`: whether the operating system is still maintained.

use crate::host::os_support::{OS_OUTPUT, Policy};
use crate::model::schema::{Field, Type};
use crate::playbook::verb::{Body, Ctx, Failure, Reading, Refusal, Verb, report_of};
use crate::shell::{Part, PartOutput};
use serde_json::Value;

pub(crate) static VERB: Verb = Verb {
    name: "os.support",
    summary: "Whether the OS is still maintained",
    doc: "Judges the operating system of the host's profile by a table of maintenance periods, on the day of the run; \
          it asks nothing of the host. There are two ends: the vendor's own maintenance, and extended maintenance by \
          the vendor or others. An OS that the table does not have is `known: false`, and never past its end. Rows of your own stand in a file (`fleet help os-support`).",
    args: &[Field::new("policy", Type::Enum(Policy::WORDS), "which end decides; vendor when absent")],
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
