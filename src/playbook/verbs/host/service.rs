//! `service`: a service of the host runs, runs anew, or does not run.

use crate::host::act::{Act, Evidence};
use crate::host::service::{self, Operation, Runs};
use crate::model::schema::{Field, Type};
use crate::model::{Change, Op, Row, RowEnd, RowResult, ThingWas};
use crate::playbook::verb::changing::{Changing, Draft, Inverse};
use crate::playbook::verb::{Body, Ctx, Failure, Refusal, Verb};
use crate::shell::{Part, PartOutput};
use serde_json::{Value, json};

pub(crate) static VERB: Verb = Verb {
    name: "service",
    summary: "Start, stop, restart or reload a service",
    doc: "Controls a service with systemd where that is running, otherwise with `service` or the script in \
          `/etc/init.d`. Nothing is changed if the service is already started or stopped; `restarted` and \
          `reloaded` are done in every run. Whether the service starts at boot is not changed. Undo starts what \
          was stopped, and stops what was started.",
    args: &[
        Field::new("name", Type::Str, "service name, such as postfix, without `.service`").required(),
        Field::new("state", Type::Enum(Operation::WORDS), "desired state").required(),
    ],
    example: "- service: { name: dovecot, state: restarted }\n",
    ..Verb::of(Body::Changing(&Service))
};

struct Service;

fn wish(args: &Value) -> Result<(String, Operation), String> {
    let word = |name: &str| args.get(name).and_then(Value::as_str).unwrap_or_default();
    let operation = Operation::parse(word("state"))
        .ok_or_else(|| format!("`state` must be one of {}", Operation::WORDS.join(", ")))?;
    Ok((service::name(word("name"))?, operation))
}

impl Changing for Service {
    fn query(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal> {
        let (name, _) = wish(ctx.args).map_err(Refusal::Invalid)?;
        Ok(vec![service::query(&name)])
    }

    fn plan(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Draft, Failure> {
        let (name, operation) = wish(ctx.args)?;
        let state = service::state(outputs).map_err(|e| e.to_string())?;
        let rows = match (operation, state.runs) {
            (Operation::Start, Runs::Yes) | (Operation::Stop, Runs::No | Runs::Masked) => Vec::new(),
            (_, Runs::None) => return Err(format!("there is no service {name} on this host").into()),
            (_, Runs::Masked) => return Err(format!("{name} is masked: systemd will not start it").into()),
            (Operation::Reload, Runs::No) => {
                return Err(format!("{name} is not running, so it cannot be reloaded").into());
            }
            (_, runs) => {
                let runs = match runs {
                    Runs::Yes => Some(true),
                    Runs::No => Some(false),
                    _ => None,
                };
                vec![Row::Thing { name: name.clone(), was: ThingWas::Service { runs } }]
            }
        };
        let undo = match operation {
            Operation::Start => Some("stop it again"),
            Operation::Stop => Some("start it again"),
            Operation::Restart | Operation::Reload => None,
        };
        let title = format!("{} {name}", operation.verb());
        Ok(Draft { title, rows, undo: undo.map(str::to_owned), ..Draft::default() })
    }

    fn next(&self, ctx: &Ctx<'_>, _: &Change, dir: &str, done: &[Vec<PartOutput>]) -> Result<Act, Failure> {
        let (name, operation) = wish(ctx.args)?;
        match done.first() {
            None => Ok(Act::Write(service::set(&name, operation, dir))),
            Some(outputs) => Ok(Act::Done(service::said(&name, outputs).map_err(|e| e.to_string())?)),
        }
    }

    fn look(&self, ctx: &Ctx<'_>, _: &Change) -> Result<Vec<Part>, Refusal> {
        let (name, _) = wish(ctx.args).map_err(Refusal::Invalid)?;
        Ok(vec![service::query(&name)])
    }

    fn judge(
        &self,
        ctx: &Ctx<'_>,
        _: &Change,
        evidence: Evidence<'_>,
        outputs: &[PartOutput],
    ) -> Result<Vec<RowResult>, Failure> {
        let (name, operation) = wish(ctx.args)?;
        let state = service::state(outputs).map_err(|e| e.to_string())?;
        Ok(service::judge(&name, operation, &state, evidence.report()).into_iter().collect())
    }

    fn undone_by(&self) -> Option<&'static str> {
        Some("service")
    }

    fn inverse(&self, change: &Change, _: &Op, rows: &[RowResult]) -> Option<Inverse> {
        rows.iter().find(|r| r.end == RowEnd::Changed)?;
        let (name, operation) = wish(&change.args).ok()?;
        let state = match operation {
            Operation::Start => "stopped",
            Operation::Stop => "started",
            Operation::Restart | Operation::Reload => return None,
        };
        Some(("service", json!({ "name": name, "state": state })))
    }
}
