use crate::cli::args::ApplyArgs;
use crate::cli::change::apply::{Approved, apply};
use crate::cli::error::CliError;
use crate::cli::load;
use crate::cli::planfile::PlanFile;
use crate::cli::replay::prior;
use crate::cli::settings::Settings;
use crate::cli::start::{Order, Prepared};
use crate::store::Store;

/// Settle what a run that was broken off left, and finish it
///
/// Each change of unknown fate is looked at on its host first: it was done, or it was not, or it still runs. What was
/// approved and not done is then done, with the same passwords. Nothing is done twice.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run: its name, a bare number for one of the newest day, or `last`
    run: String,
    #[command(flatten)]
    how: ApplyArgs,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let store = Store::open(&settings.state)?;
    let named = store.find_run(&args.run)?;
    // Who goes on with a run goes on with what went on with it before.
    let run = store.chain(&named)?.pop().unwrap_or(named);
    if store.is_alive(&run) {
        return Err(CliError::refused(format!("run {run} is still working")));
    }
    let Some(body) = store.plan_of(&run)? else {
        let text = format!("run {run} changed nothing, so there is nothing to resume");
        return Err(CliError::invalid(format!("{text}\n  `fleet locks` names the runs that left something")));
    };
    let source = format!("the plan of run {run}");
    let plan = PlanFile::parse(&source, &body)?;
    plan.genuine(&source, &load::plan_mark(settings)?)?;
    let playbook = plan.playbook.load(settings)?;
    // Its time may be over: what was begun is to be settled all the same.
    if let Some(why) = plan.refused(&playbook, plan.made) {
        return Err(CliError::refused(format!("stale: {why}\n  look at the hosts and plan again")));
    }
    let prior = prior(&store, &run)?;
    let selection = plan.selection();
    let order = Order { store: Some(store), ..plan.order(playbook, &selection, &args.how) };
    let prepared = Prepared::new(settings, order)?;
    apply(&prepared, Approved { plan, prior, resumes: Some(run), agree: args.how.agree.clone() })
}
