use crate::cli::args::{AgreeArgs, ApplyArgs};
use crate::cli::change::agree::{agree_to, objects};
use crate::cli::change::apply::{Approved, Resumed, apply};
use crate::cli::change::left::{Left, left, page};
use crate::cli::error::CliError;
use crate::cli::load;
use crate::cli::output::{remark, show};
use crate::cli::pace::given_duration;
use crate::cli::planfile::PlanFile;
use crate::cli::replay::{overtaken, prior};
use crate::cli::settings::Settings;
use crate::cli::start::{Order, Prepared};
use crate::model::Change;
use crate::store::Store;
use jiff::{SignedDuration, Timestamp};

/// How old an approval may be.
const MAX_AGE: &str = "24h";

/// Settle what a run that was broken off left, and finish it
///
/// Shows first what was begun, how it ended and what was never begun. Each change of unknown fate is looked at on its
/// host: it was done, or it was not, or it still runs; that needs nobody's yes. What was approved and not done is then done
/// with the same passwords, when somebody agrees to it and the approval is not too old. Nothing is done twice, a command that
/// ended is not run again, and what somebody changed since is left alone.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run: its name, a bare number for one of the newest day, or `last`
    run: String,
    /// Do nothing more where the changes were approved longer ago than this, such as 48h; 24h when neither this nor the
    /// setting says
    #[arg(long, value_name = "DURATION", help_heading = "Changes")]
    max_age: Option<String>,
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
    let approved = store.approved(&run)?;
    let overtaken = overtaken(&store, &run, &plan, &prior, approved)?;
    let left = left(&plan, &prior, &overtaken);
    let selection = plan.selection();
    let order = Order { store: Some(store), ..plan.order(playbook, &selection, &args.how) };
    let prepared = Prepared::new(settings, order)?;
    show(page(&left, settings.look()));
    let refused = refusal(&args, &prepared, &left, approved)?;
    let resumed = Resumed { run: Some(run), prior, overtaken, refused };
    apply(&prepared, Approved { plan, agree: args.how.agree.clone(), resumed })
}

/// Why nothing is done but to settle what is in doubt; an error where there is nothing in doubt either.
fn refusal(
    args: &Args,
    prepared: &Prepared<'_>,
    left: &[Left],
    approved: Timestamp,
) -> Result<Option<String>, CliError> {
    let open: Vec<Change> = left.iter().flat_map(|l| &l.open).cloned().collect();
    if open.is_empty() {
        return Ok(None);
    }
    let setting = prepared.settings.get("approval_max_age");
    let (name, age) = match (&args.max_age, setting) {
        (None, Some(setting)) => (setting.origin.as_str(), setting.value.as_str()),
        (given, _) => ("--max-age", given.as_deref().unwrap_or(MAX_AGE)),
    };
    let most = given_duration(name, Some(age))?.and_then(|most| SignedDuration::try_from(most).ok());
    let old = most.is_some_and(|most| Timestamp::now().duration_since(approved) > most);
    let agreed = match old {
        true => Err(format!("stale: it was approved at {approved}, more than {age} ago; plan again")),
        false => {
            // How much is left could not be known before: the number that was given is a limit.
            let total = objects(&open);
            let count = args.how.agree.count.map(|most| most.min(total));
            let agree = AgreeArgs { count, ..args.how.agree.clone() };
            let touched = left.iter().filter(|l| !l.open.is_empty()).count();
            agree_to(&agree, &prepared.playbook.limits, &open, touched)?
        }
    };
    match agreed {
        Ok(()) => Ok(None),
        Err(why) if left.iter().any(|l| l.in_doubt) => {
            remark(&format!("note: {why}; what is in doubt is settled, and nothing else is done"));
            Ok(Some(why))
        }
        Err(why) => Err(CliError::refused(why)),
    }
}
