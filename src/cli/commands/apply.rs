use crate::cli::args::ApplyArgs;
use crate::cli::change::agree::{agree, objects};
use crate::cli::change::apply::{Approved, Resumed, apply, used};
use crate::cli::error::CliError;
use crate::cli::output::{remark, show};
use crate::cli::planfile::PlanFile;
use crate::cli::settings::Settings;
use crate::cli::start::{Order, Prepared};
use crate::cli::{load, signature};
use crate::model::counted::counted;
use crate::store::Store;
use jiff::Timestamp;
use std::path::PathBuf;

/// Do what a kept plan says, and nothing else
///
/// Every host is read again first. Where the host's key, its entry in the inventory, the playbook, the program or what
/// the plan rests on has changed, nothing is done to that host: it is stale. A plan that was edited, or was applied before,
/// is refused.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file that `fleet plan -o FILE` wrote
    plan: PathBuf,
    /// Go on only if somebody of this list signed it (`fleet plan sign`): lines of a name and a public key, as ssh-keygen
    /// reads them
    #[arg(long, value_name = "ALLOWED_SIGNERS", help_heading = "Changes")]
    require_signature: Option<PathBuf>,
    #[command(flatten)]
    how: ApplyArgs,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let source = args.plan.display().to_string();
    let text = PlanFile::text(&args.plan)?;
    let plan = PlanFile::parse(&source, &text)?;
    let store = Store::open(&settings.state)?;
    plan.genuine(&source, &load::plan_mark(settings)?)?;
    if let Some(by) = store.used(&plan.id)? {
        return Err(used(&by));
    }
    let required = settings.get("require_signature").map(|s| PathBuf::from(&s.value));
    if let Some(allowed) = args.require_signature.or(required) {
        remark(&format!("signed by {}", signature::signer(&args.plan, &text, &allowed)?));
    }
    let playbook = load::playbook(settings, &plan.playbook.name)?;
    if let Some(why) = plan.refused(&playbook, Timestamp::now()) {
        return Err(CliError::refused(format!("stale: {why}\n  plan again")));
    }
    let selection = plan.selection();
    let order = Order { store: Some(store), ..plan.order(playbook, &selection, &args.how) };
    let prepared = Prepared::new(settings, order)?;
    show(plan.page(settings.look()));
    let size = counted(objects(plan.changes()), "objects");
    remark(&format!("plan of {}: {size} on {}", plan.made, selection.hosts.join(", ")));
    agree(&args.how.agree, &prepared.playbook.limits, &plan)?;
    apply(&prepared, Approved { plan, agree: args.how.agree.clone(), resumed: Resumed::default() })
}
