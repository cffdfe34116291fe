//! `panel.support`: whether the panel's version is still supported.

use crate::host::os_support::PANEL_OUTPUT;
use crate::playbook::verb::{Body, Ctx, Failure, Reading, Refusal, Verb, report_of};
use crate::shell::{Part, PartOutput};
use serde_json::Value;

pub(crate) static VERB: Verb = Verb {
    name: "panel.support",
    summary: "Whether the panel's version is still supported",
    doc: "Judges the panel of the host's profile by a table of support dates, on the day of the run; it asks nothing of \
          the host. A panel's end is apart from the operating system's: a supported panel may stand on an OS past its \
          maintenance. A version older than one whose support is over is past too, though no date of its own is known; \
          one that is newer than the table is `known: false`, and never past. Rows of your own stand in a file \
          (`fleet help os-support`).",
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
