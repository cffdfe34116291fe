//! What a verb that reads must be able to do.

use super::ctx::{Ctx, Failure, Refusal};
use crate::mail::read::senders::Busiest;
use crate::shell::{Part, PartOutput};
use serde_json::Value;

/// How a reading says that something is missing in it.
#[derive(Debug)]
pub struct Gaps {
    /// What was not read, a sentence: `the queue was not read whole`.
    pub says: &'static str,
    /// The list of its output that tells what is missing, and why.
    pub list: &'static str,
    /// What of its output goes with that as evidence.
    pub besides: &'static [&'static str],
}

/// A verb that reads: parts for the host's shell, and their meaning.
pub trait Reading: Sync {
    /// Whether it must know what the host is, so that the host is profiled first whatever `needs` says.
    fn reads_profile(&self) -> bool {
        true
    }
    /// Whether it makes no sense before the changes that stand before it were done: it waits for their effect.
    fn after_changes(&self) -> bool {
        false
    }
    /// How it says that something is missing; none: what it gives is never a part.
    fn gaps(&self) -> Option<&'static Gaps> {
        None
    }
    /// What is kept of an earlier output of it, so that later runs know what is usual; none: nothing is.
    fn usual(&self, _output: &Value) -> Option<Vec<Busiest>> {
        None
    }
    /// What to run. All parts go to the host in one script.
    ///
    /// # Errors
    /// When the host's software is not supported, or the arguments make no sense.
    fn parts(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal>;
    /// The verb's output, as its table declares it.
    ///
    /// # Errors
    /// When the outputs are no answer to the parts.
    fn read(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Value, Failure>;
}
