//! One verb as the table lists it, and what a step with it does.

use super::changing::{CHANGED_OUTPUT, Changing};
use super::mode::Class;
use super::reading::Reading;
use crate::model::problem::Problems;
use crate::model::schema::Field;
use crate::model::yaml::{Node, Yaml};
use std::fmt;

/// One verb.
pub struct Verb {
    /// Its words joined by dots: `mail.queue.inspect`.
    pub name: &'static str,
    /// A few words, for the table of verbs.
    pub summary: &'static str,
    /// A paragraph, Markdown.
    pub doc: &'static str,
    /// What a step may give it.
    pub args: &'static [Field],
    /// What `steps.ID` offers afterwards.
    pub output: &'static [Field],
    /// A step, YAML.
    pub example: &'static str,
    /// What it does, and by whom.
    pub body: Body,
    /// What the table of arguments cannot say; called once, when the playbook is loaded.
    pub check: fn(args: &Node, source: &str, problems: &mut Problems),
}

impl Verb {
    /// What follows from what it does; a table says the rest.
    pub(crate) const fn of(body: Body) -> Self {
        let output = if matches!(body, Body::Changing(_)) { CHANGED_OUTPUT } else { &[] };
        let (name, summary, doc, example) = ("", "", "", "");
        Self { name, summary, doc, args: &[], output, example, body, check: |_, _, _| {} }
    }

    /// What it may do.
    pub fn class(&self) -> Class {
        self.body.class()
    }

    /// What a step with these arguments does.
    pub(crate) fn body_of(&self, args: &Node) -> Body {
        match self.body {
            Body::Either(_, verb) if changes(args) => Body::Changing(verb),
            Body::Either(verb, _) => Body::Reading(verb),
            body => body,
        }
    }

    /// How it reads a host, where it can.
    pub fn reading(&self) -> Option<&'static dyn Reading> {
        match self.body {
            Body::Reading(verb) | Body::Either(verb, _) => Some(verb),
            _ => None,
        }
    }

    /// How it changes a host, where it can.
    pub fn changing(&self) -> Option<&'static dyn Changing> {
        match self.body {
            Body::Changing(verb) | Body::Either(_, verb) => Some(verb),
            _ => None,
        }
    }
}

impl fmt::Debug for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verb({})", self.name)
    }
}

/// What a verb does.
#[derive(Clone, Copy)]
pub enum Body {
    /// Reads the host.
    Reading(&'static dyn Reading),
    /// Changes the host.
    Changing(&'static dyn Changing),
    /// The one or the other, by the argument `reads`: the loader chooses for each step, and no step has this one.
    Either(&'static dyn Reading, &'static dyn Changing),
    /// `finding`: tells one thing.
    Finding,
    /// `findings`: tells one for each row of a list.
    Findings,
    /// `incomplete`: tells what the readings before it lack.
    Incomplete,
    /// `stop`: ends the host's steps.
    Stop,
    /// `assert`: fails unless its conditions hold.
    Assert,
    /// `include`: stands for the steps of another playbook; the loader puts those in its place.
    Include,
    /// `confirm`: ends a stage; what is behind it is planned and approved by itself.
    Confirm,
}

impl Body {
    /// What a step with it may do.
    pub fn class(self) -> Class {
        match self {
            Self::Reading(_) | Self::Either(..) => Class::Reading,
            Self::Changing(_) => Class::Changing,
            Self::Finding | Self::Findings | Self::Incomplete => Class::Judging,
            Self::Stop | Self::Assert | Self::Include | Self::Confirm => Class::Control,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.class().word())
    }
}

/// Whether a step with these arguments changes the host.
pub(crate) fn changes(args: &Node) -> bool {
    args.get("reads").is_some_and(|n| n.value == Yaml::Bool(false))
}
