//! Complaints about names that nobody has.

use crate::model::problem::{Problem, Problems};

/// Adds a complaint about a name that nobody has, with the nearest that somebody has. With many complaints
/// the later ones go without: looking for neighbours of thousands of names among thousands takes minutes.
pub(super) fn push_unknown<'a>(
    problems: &mut Problems,
    problem: Problem,
    typed: &str,
    known: impl IntoIterator<Item = &'a str>,
) {
    const WITH_NEIGHBOURS: usize = 20;
    let few = problems.0.len() < WITH_NEIGHBOURS;
    problems.push(if few { problem.with_near(typed, known) } else { problem });
}
