//! From what was typed to the hosts it means: several selectors, limits, exclusions, and the number expected.

use super::context::{Context, Needs, SelectError};
use super::merged::Inventory;
use super::selector::{ALSO, Evaluated, Evaluator, Selector, Trouble, count};
use crate::model::Host;
use crate::model::problem::{Place, Problem};
use std::collections::BTreeSet;
use std::fmt;

const HOSTS: &str = "--hosts";
const LIMIT: &str = "--limit";
const EXCLUDE: &str = "--exclude";

/// Which hosts are meant, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Union.
    pub hosts: Vec<String>,
    /// Each is intersected with what there is.
    pub limit: Vec<String>,
    /// Each is taken away.
    pub exclude: Vec<String>,
    /// How many hosts the result must have, `--expect`; none: any number but zero.
    pub expect: Option<Expect>,
}

/// How many hosts a selection must have, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expect {
    /// At least so many.
    pub min: usize,
    /// At most so many.
    pub max: usize,
}

impl Expect {
    /// Reads `47` or `40..50`.
    ///
    /// # Errors
    /// When it is neither, or the first number is the larger one.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let wrong = || Problem::new("--expect", Place::default(), "a number is needed").with_help("47, or 40..50");
        let number = |text: &str| text.trim().parse::<usize>().map_err(|_| wrong());
        let (min, max) = match text.split_once("..") {
            Some((min, max)) => (number(min)?, number(max)?),
            None => (number(text)?, number(text)?),
        };
        if min <= max { Ok(Self { min, max }) } else { Err(wrong()) }
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.min == self.max {
            true => write!(f, "{}", count(self.min)),
            false => write!(f, "{}..{} hosts", self.min, self.max),
        }
    }
}

impl Selection {
    fn typed(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let of = |option, texts| std::iter::repeat(option).zip(texts);
        of(HOSTS, &self.hosts).chain(of(LIMIT, &self.limit)).chain(of(EXCLUDE, &self.exclude))
    }

    /// Parses everything, and tells what must be known to evaluate it.
    ///
    /// # Errors
    /// [`SelectError::Invalid`], when a selector does not follow the grammar.
    pub fn needs(&self) -> Result<Needs, SelectError> {
        let mut needs = Needs::default();
        for (option, text) in self.typed() {
            Selector::read(text).map_err(|trouble| trouble.error(option, text))?.add_needs(&mut needs);
        }
        Ok(needs)
    }
}

/// One typed selector and its hosts.
struct Part {
    option: &'static str,
    selector: Selector,
    evaluated: Evaluated,
}

impl Inventory {
    /// The hosts meant, in inventory order and each once; never none.
    ///
    /// # Errors
    /// When no host is left, a name is unknown, a selector cannot be read or can be read in two ways, or the number is not
    /// the one expected.
    pub fn select(&self, selection: &Selection, context: &Context) -> Result<Vec<&Host>, SelectError> {
        let (hosts, _) = self.choose(selection, context)?;
        Ok(hosts.into_iter().filter_map(|i| self.hosts.get(i)).collect())
    }

    /// The hosts meant, each with the reason why it is among them:
    /// `tag:plesk (group web, inventory.yaml:12) and not tag:frozen`.
    ///
    /// # Errors
    /// As for [`Inventory::select`].
    pub fn explain(&self, selection: &Selection, context: &Context) -> Result<Vec<(&Host, String)>, SelectError> {
        let (hosts, parts) = self.choose(selection, context)?;
        let reason = |host: usize| {
            let of = |option: &'static str| parts.iter().filter(move |part| part.option == option);
            let tell = |part: &Part| {
                let evaluator = Evaluator { inventory: self, context, selector: &part.selector };
                evaluator.explain(&part.evaluated, host)
            };
            let in_it = of(HOSTS).filter(|part| part.evaluated.hosts.binary_search(&host).is_ok());
            let mut reason = in_it.map(tell).collect::<Vec<_>>().join(ALSO);
            of(LIMIT).for_each(|part| reason.push_str(&format!(", within {LIMIT} {}", tell(part))));
            of(EXCLUDE).for_each(|part| reason.push_str(&format!(", not in {EXCLUDE} {}", part.selector.text())));
            reason
        };
        Ok(hosts.into_iter().filter_map(|i| Some((self.hosts.get(i)?, reason(i)))).collect())
    }

    fn choose(&self, selection: &Selection, context: &Context) -> Result<(Vec<usize>, Vec<Part>), SelectError> {
        if selection.hosts.is_empty() {
            let problem = Problem::new(HOSTS, Place::default(), "no hosts are named");
            let help = "write --hosts and a selector, or --hosts all for every host\nnothing was contacted";
            return Err(SelectError::Invalid(problem.with_help(help)));
        }
        let mut parts = Vec::new();
        for (option, text) in selection.typed() {
            let part = self.evaluate(option, text, context).map_err(|trouble| trouble.error(option, text))?;
            parts.push(part);
        }
        let mut chosen: BTreeSet<usize> = BTreeSet::new();
        let mut story: Vec<String> = Vec::new();
        for part in &parts {
            let these = &part.evaluated.hosts;
            match part.option {
                LIMIT => chosen.retain(|host| these.binary_search(host).is_ok()),
                EXCLUDE => chosen.retain(|host| these.binary_search(host).is_err()),
                _ => chosen.extend(these),
            }
            let text = crate::model::untrusted::clean_line(part.selector.text(), 80);
            story.push(format!("{} left after {} {text}", count(chosen.len()), part.option));
        }
        if chosen.is_empty() {
            let problem = Problem::new(HOSTS, Place::default(), "no host is left");
            let help = format!("{}\nnothing was contacted", story.join("\n  "));
            return Err(SelectError::Nothing(problem.with_help(help)));
        }
        if let Some(expect) = selection.expect.filter(|e| !(e.min..=e.max).contains(&chosen.len())) {
            let message = format!("{expect} expected, the selection has {}", chosen.len());
            let problem = Problem::new("--expect", Place::default(), message);
            return Err(SelectError::Expectation(problem.with_help("nothing was contacted")));
        }
        Ok((chosen.into_iter().collect(), parts))
    }

    fn evaluate(&self, option: &'static str, text: &str, context: &Context) -> Result<Part, Trouble> {
        let selector = Selector::read(text)?;
        let evaluated = Evaluator { inventory: self, context, selector: &selector }.whole()?;
        if evaluated.hosts.is_empty() && option == HOSTS {
            let label = format!("0 of {}", count(self.hosts.len()));
            return Err(Trouble::nothing(text, 0..text.trim_end().len(), label));
        }
        Ok(Part { option, selector, evaluated })
    }
}
