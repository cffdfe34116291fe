//! `panel.support`: whether the panel's version is still supported.

use crate::host::os_support::PANEL_OUTPUT;
use crate::playbook::verb::{Body, Ctx, Failure, Reading, Refusal, Verb, report_of};
use crate::shell::{Part, PartOutput};
use serde_json::Value;

pub(crate) static VERB: Verb = Verb {
    name: "panel.support",
    summary: "Whether the panel's version is still supported",
    doc: "Checks the panel in the host's profile against a table of support dates, as of the day of the run; the \
          host is not contacted. Panel support ends independently of OS support: a supported panel may run on an \
          OS past its end of support. A version older than one that is past its end is past its end too, even if \
          its own date is unknown; a version newer than the table has `known: false`, and never counts as past its \
          end. You can add rows of your own in a file (`fleet help os-support`).",
    output: PANEL_OUTPUT,
    example: "- id: panel\n  panel.support: {}\n",
    ..Verb::of(Body::Reading(&Support))
};

struct Support;

impl Reading for Support {
    fn parts(&self, _: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        Ok(Vec::new())
    }

    fn read(&self, ctx: &Ctx<'_>, _: &[PartOutput]) -> Result<Value, Failure> {
        report_of::<_, String>(Ok(ctx.support.judge_panel(&ctx.profile.panels, ctx.as_of)))
    }
}
