//! From texts to all hosts.

use super::merged::Inventory;
use super::{load, resolve};
use crate::model::Source;
use crate::model::problem::{Place, Problem, Problems};

impl Inventory {
    /// Reads and merges the texts, in order. Each is YAML or JSON of our own format, or the JSON that an
    /// Ansible inventory prints for `--list`. All problems of all texts are reported, in the order of file
    /// and line.
    ///
    /// # Errors
    /// When anything is wrong in any of the texts, or there is no text.
    pub fn from_sources(sources: &[Source]) -> Result<Self, Problems> {
        if sources.is_empty() {
            let problem = Problem::new("inventory", Place::default(), "there is no inventory");
            return Err(problem.with_help("name one with --inventory, or write ./inventory.yaml").into());
        }
        let mut problems = Problems::default();
        let draft = load::read(sources, &mut problems);
        let inventory = resolve::resolve(draft, &mut problems);
        problems
            .0
            .sort_by(|a, b| (&a.source, a.place.line, a.place.column).cmp(&(&b.source, b.place.line, b.place.column)));
        problems.or(inventory)
    }
}
