//! `case.collect`: logs and queue are kept as they are.

use crate::host::act::{Act, Evidence};
use crate::mail::change::evidence;
use crate::model::schema::{Field, Type};
use crate::model::{Change, Row, RowResult, ThingWas};
use crate::playbook::verb::changing::{Changing, Draft};
use crate::playbook::verb::{Body, Ctx, Failure, Refusal, Verb, parts_of, since};
use crate::shell::{Part, PartOutput};

pub(crate) static VERB: Verb = Verb {
    name: "case.collect",
    summary: "Save logs and queue on the host as evidence",
    doc: "Copies the mail log, the queue listing and the list of logged-in users to the directory of the change on \
          the host (`/var/lib/fleet/OP/keep/evidence`, accessible to root only), with checksums, and verifies the \
          copy. It preserves evidence before anything else is changed. It changes nothing else, and is not undone.",
    args: &[Field::new("since", Type::Duration, "how far back to save the log; default: 24h")],
    example: "- case.collect: { since: 48h }\n",
    ..Verb::of(Body::Changing(&Collect))
};

struct Collect;

impl Changing for Collect {
    fn query(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        parts_of(evidence::query(ctx.profile))
    }

    fn plan(&self, _: &Ctx<'_>, _: &[PartOutput]) -> Result<Draft, Failure> {
        Ok(Draft {
            title: "save logs and queue on the host as evidence".to_owned(),
            rows: vec![Row::Thing { name: evidence::KEY.to_owned(), was: ThingWas::Nothing }],
            undo: Some("nothing: the copy is kept".to_owned()),
            ..Draft::default()
        })
    }

    fn next(&self, ctx: &Ctx<'_>, _: &Change, dir: &str, done: &[Vec<PartOutput>]) -> Result<Act, Failure> {
        Ok(evidence::next(ctx.host, ctx.profile, since(ctx), dir, done)?)
    }

    fn look(&self, _: &Ctx<'_>, _: &Change) -> Result<Vec<Part>, Refusal> {
        Ok(Vec::new())
    }

    fn judge(
        &self,
        _: &Ctx<'_>,
        _: &Change,
        evidence: Evidence<'_>,
        _: &[PartOutput],
    ) -> Result<Vec<RowResult>, Failure> {
        Ok(vec![evidence::judge(evidence.report())])
    }
}
