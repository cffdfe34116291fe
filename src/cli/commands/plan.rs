use crate::cli::args::{AgreeArgs, ConnectionArgs, PaceArgs, PlaybookArgs, SelectionArgs};
use crate::cli::change::{self, Wish};
use crate::cli::error::CliError;
use crate::cli::output::{remark, show};
use crate::cli::planfile::PlanFile;
use crate::cli::settings::Settings;
use crate::cli::start::{Order, Prepared};
use crate::cli::{exit, load, planfile, signature};
use crate::engine::flow;
use std::path::{Path, PathBuf};

/// Show what a playbook would change; change nothing
///
/// Reads the hosts and writes down every object that would be changed. With `-o FILE` the plan is kept, and `fleet
/// apply FILE` does exactly that, as long as nothing that it rests on has changed.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  fleet plan purge-queue --hosts mx07 -p accounts=info@example.jp
  fleet plan rescue-mail --hosts mx07 -p accounts=info@example.jp -o mx07.plan && fleet apply mx07.plan
  fleet plan sign mx07.plan                    # by a second person, for `fleet apply --require-signature`"
)]
pub struct Args {
    #[command(subcommand)]
    kept: Option<Kept>,
    #[command(flatten)]
    what: Option<PlaybookArgs>,
    /// Keep the plan in this file; `-o FILE` does too
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    pace: PaceArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// What is done with a plan that was kept.
#[derive(Debug, clap::Subcommand)]
enum Kept {
    /// Show a kept plan and sign it, for whoever applies it with `--require-signature`
    ///
    /// The signature is kept beside the plan, in FILE.sig: one of `ssh-keygen -Y sign` in the namespace `fleet-plan`.
    Sign {
        /// The file that `fleet plan -o FILE` wrote
        plan: PathBuf,
        /// The private key, or the public one of a key that the agent holds, instead of the first in `~/.ssh`
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
}

fn sign(settings: &Settings, plan: &Path, key: Option<&Path>) -> Result<u8, CliError> {
    let text = PlanFile::text(plan)?;
    show(PlanFile::parse(&plan.display().to_string(), &text)?.page(settings.look()));
    let signature = signature::sign(settings, plan, &text, key)?;
    remark(&format!("signature: {}", signature.display()));
    Ok(exit::OK)
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    if let Some(Kept::Sign { plan, key }) = &args.kept {
        return sign(settings, plan, key.as_deref());
    }
    let what = args.what.ok_or_else(|| CliError::invalid("which playbook?"))?;
    let playbook = load::playbook(settings, &what.playbook)?;
    if !flow::changes(&playbook) {
        let text =
            format!("{} changes nothing, so there is nothing to plan; `fleet run {}`", what.playbook, what.playbook);
        return Err(CliError::invalid(text));
    }
    let params = load::params(&what.param)?;
    let named = planfile::named(&what.playbook, &playbook);
    let order = Order::new(playbook, params.clone(), &args.selection, &args.connection, &args.pace);
    let prepared = Prepared::new(settings, order)?;
    change::run(&prepared, Wish { named, params: &params, agree: AgreeArgs::default(), check: true, file: args.file })
}
