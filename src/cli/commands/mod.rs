//! One file for each command: its arguments, its help and its function.

mod apply;
mod check;
mod completion;
mod demo;
mod doctor;
mod exec;
mod help;
mod hosts;
mod init;
mod locks;
mod plan;
mod resume;
mod run;
mod runs;
mod schema;
mod secret;
mod senders;
pub(super) mod show;
mod trust;
mod undo;
mod unlock;
mod verbs;

use super::error::CliError;
use super::settings::Settings;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(demo::Args),
    Init(init::Args),
    Doctor(doctor::Args),
    Hosts(hosts::Args),
    Exec(exec::Args),
    Run(run::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Resume(resume::Args),
    Undo(undo::Args),
    Locks(locks::Args),
    Unlock(unlock::Args),
    Runs(runs::Args),
    Show(show::Args),
    Check(check::Args),
    Verbs(verbs::Args),
    Schema(schema::Args),
    Senders(senders::Args),
    Trust(trust::Args),
    Secret(secret::Args),
    Completion(completion::Args),
    Help(help::Args),
}

impl Command {
    /// Does it, and says which exit code it came to.
    pub fn run(self, settings: &Settings) -> Result<u8, CliError> {
        match self {
            Self::Demo(args) => demo::run(settings, args),
            Self::Init(args) => init::run(settings, args),
            Self::Doctor(args) => doctor::run(settings, args),
            Self::Hosts(args) => hosts::run(settings, args),
            Self::Exec(args) => exec::run(settings, args),
            Self::Run(args) => run::run(settings, args),
            Self::Plan(args) => plan::run(settings, args),
            Self::Apply(args) => apply::run(settings, args),
            Self::Resume(args) => resume::run(settings, args),
            Self::Undo(args) => undo::run(settings, args),
            Self::Locks(args) => locks::run(settings, args),
            Self::Unlock(args) => unlock::run(settings, args),
            Self::Runs(args) => runs::run(settings, args),
            Self::Show(args) => show::run(settings, args),
            Self::Check(args) => check::run(settings, args),
            Self::Verbs(args) => verbs::run(settings, args),
            Self::Schema(args) => schema::run(settings, args),
            Self::Senders(args) => senders::run(settings, args),
            Self::Trust(args) => trust::run(settings, args),
            Self::Secret(args) => secret::run(settings, args),
            Self::Completion(args) => completion::run(settings, args),
            Self::Help(args) => help::run(settings, args),
        }
    }
}
