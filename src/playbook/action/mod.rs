//! The verbs. One file for each, named like the verb with `_` for `.`, and one entry in [`ALL`]; the same
//! table serves the loader, the JSON Schema, `fleet verbs` and `docs/verbs.md`.
//!
//! A verb that reads offers shell parts and a pure reader of their output. It runs nothing itself.

mod assert;
mod case_collect;
mod command;
mod confirm;
mod copy;
mod finding;
mod include;
mod mail_account_delete;
mod mail_account_disable;
mod mail_account_enable;
mod mail_account_limit;
mod mail_account_restore;
mod mail_account_set_password;
mod mail_accounts;
mod mail_logins;
mod mail_queue_delete;
mod mail_queue_hold;
mod mail_queue_inspect;
mod mail_queue_release;
mod mail_queue_restore;
mod mail_senders;
mod mail_senders_identify;
mod mail_sessions_cut;
mod mail_signals;
mod os_support;
mod panel_support;
mod script;
mod service;
mod stop;
mod watch;
mod web_senders;

pub(super) use finding::found;
pub(super) use stop::stopped;

use super::changing::Changing;
use super::grammar::Mode;
use super::process;
use crate::mail::Support;
use crate::mail::geo::Geo;
use crate::mail::os_support::Table;
use crate::mail::signals::Baseline;
use crate::model::host::Host;
use crate::model::problem::Problems;
use crate::model::profile::Profile;
use crate::model::schema::Field;
use crate::model::secret::Secret;
use crate::model::yaml::Node;
use crate::shell::{Part, PartOutput};
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// Every verb, reading first.
pub static ALL: &[&Verb] = &[
    &mail_queue_inspect::VERB,
    &mail_senders::VERB,
    &mail_senders_identify::VERB,
    &mail_logins::VERB,
    &mail_accounts::VERB,
    &web_senders::VERB,
    &mail_signals::VERB,
    &os_support::VERB,
    &panel_support::VERB,
    &watch::VERB,
    &command::VERB,
    &script::VERB,
    &finding::VERB,
    &case_collect::VERB,
    &mail_queue_hold::VERB,
    &mail_queue_release::VERB,
    &mail_queue_delete::VERB,
    &mail_queue_restore::VERB,
    &mail_account_set_password::VERB,
    &mail_account_disable::VERB,
    &mail_account_enable::VERB,
    &mail_account_limit::VERB,
    &mail_account_delete::VERB,
    &mail_account_restore::VERB,
    &mail_sessions_cut::VERB,
    &service::VERB,
    &copy::VERB,
    &assert::VERB,
    &stop::VERB,
    &confirm::VERB,
    &include::VERB,
];

/// The verb of that name.
pub fn find(name: &str) -> Option<&'static Verb> {
    ALL.iter().copied().find(|verb| verb.name == name)
}

/// What a verb may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Asks the host and changes nothing.
    Reading,
    /// Judges what was read; no host is asked.
    Judging,
    /// Changes the host.
    Changing,
    /// Decides how the playbook goes on.
    Control,
}

impl Class {
    pub fn word(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Judging => "judging",
            Self::Changing => "changing",
            Self::Control => "control",
        }
    }

    /// Whether a playbook of that mode may hold such a verb.
    pub fn allowed_in(self, mode: Mode) -> bool {
        self != Self::Changing || mode != Mode::ReadOnly
    }
}

/// One verb.
pub struct Verb {
    pub name: &'static str,
    pub class: Class,
    /// A few words, for the table of verbs.
    pub summary: &'static str,
    /// A paragraph, Markdown.
    pub doc: &'static str,
    pub args: &'static [Field],
    /// What `steps.ID` offers afterwards.
    pub output: &'static [Field],
    /// A step, YAML.
    pub example: &'static str,
    pub body: Body,
    /// What the table of arguments cannot say; called once, when the playbook is loaded.
    pub check: fn(args: &Node, source: &str, problems: &mut Problems),
}

impl Verb {
    /// What a step with these arguments does.
    pub(super) fn body_of(&self, args: &Node) -> Body {
        match self.body {
            Body::Either(_, verb) if process::changes(args) => Body::Changing(verb),
            Body::Either(verb, _) => Body::Reading(verb),
            body => body,
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
    Reading(&'static dyn Reading),
    Changing(&'static dyn Changing),
    /// The one or the other, by the argument `reads`: the loader chooses for each step, and no step has this one.
    Either(&'static dyn Reading, &'static dyn Changing),
    Finding,
    Stop,
    Assert,
    Include,
    Confirm,
}

impl Body {
    /// What a step with it may do.
    pub fn class(self) -> Class {
        match self {
            Self::Reading(_) | Self::Either(..) => Class::Reading,
            Self::Changing(_) => Class::Changing,
            Self::Finding => Class::Judging,
            Self::Stop | Self::Assert | Self::Include | Self::Confirm => Class::Control,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.class().word())
    }
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
    /// What to run. All parts go to the host in one script.
    fn parts(&self, ctx: &Ctx<'_>) -> Result<Vec<Part>, Refusal>;
    /// The verb's output, as its table declares it.
    fn read(&self, ctx: &Ctx<'_>, outputs: &[PartOutput]) -> Result<Value, Failure>;
}

/// Why a reading verb has no result.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// A sentence, sanitised.
    pub message: String,
    /// What was read all the same, for people to look at; no expression sees it.
    pub data: Option<Value>,
}

impl<T: Into<String>> From<T> for Failure {
    fn from(message: T) -> Self {
        Self { message: message.into(), data: None }
    }
}

/// What a reading verb knows when it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Ctx<'a> {
    /// The step's arguments, rendered and checked.
    pub args: &'a Value,
    pub host: &'a Host,
    pub profile: &'a Profile,
    /// The controller's clock, seconds since 1970.
    pub now: i64,
    /// The day by which maintenance periods are judged.
    pub as_of: jiff::civil::Date,
    /// The maintenance dates, the user's rows among them.
    pub support: &'a Table,
    /// Where clients are, as far as the user gave databases.
    pub geo: &'a Geo,
    /// What is usual for the host's accounts, by earlier runs.
    pub baseline: &'a Baseline,
    /// The password to set, for an act of a verb that generates one.
    pub secret: Option<&'a Secret>,
    /// An earlier run had begun with the change: what it did of it is not done again.
    pub again: bool,
}

/// Why a verb asks nothing of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `mail server exim is not yet supported`: a remark on the host, no failure.
    NotSupported(String),
    /// The arguments make no sense.
    Invalid(String),
}

/// How far back a log is read: the argument `since`, or a day.
fn since(ctx: &Ctx<'_>) -> Duration {
    let given = ctx.args.get("since").and_then(Value::as_f64).and_then(|s| Duration::try_from_secs_f64(s).ok());
    given.unwrap_or(Duration::from_secs(86_400))
}

/// The parts of a probe of the mail room.
pub(super) fn parts_of(support: Support) -> Result<Vec<Part>, Refusal> {
    match support {
        Support::Yes(parts) => Ok(parts),
        Support::NotYet(why) => Err(Refusal::NotSupported(why)),
    }
}

/// A report as the verb's output.
fn report_of<T: Serialize, E: fmt::Display>(report: Result<T, E>) -> Result<Value, Failure> {
    let report = report.map_err(|e| e.to_string())?;
    serde_json::to_value(report).map_err(|e| e.to_string().into())
}

/// For verbs whose table says everything.
fn nothing_more(_: &Node, _: &str, _: &mut Problems) {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_of_this_folder_is_a_verb_in_the_list() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/playbook/action");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "mod.rs")
            .collect();
        let verbs: BTreeSet<String> = ALL.iter().map(|v| format!("{}.rs", v.name.replace('.', "_"))).collect();
        assert_eq!(files, verbs, "left: the files; right: what ALL lists");
        assert_eq!(verbs.len(), ALL.len(), "a verb is listed twice");
    }

    #[test]
    fn a_read_only_playbook_holds_no_verb_that_changes() {
        assert!(!Class::Changing.allowed_in(Mode::ReadOnly));
        assert!(Class::Changing.allowed_in(Mode::Change));
        assert!(Class::Reading.allowed_in(Mode::ReadOnly));
    }

    #[test]
    fn every_verb_is_documented_down_to_its_fields() {
        for verb in ALL {
            assert!(!verb.summary.is_empty() && !verb.doc.is_empty(), "{}", verb.name);
            assert!(verb.example.contains(verb.name), "{}", verb.name);
            assert!(verb.args.iter().chain(verb.output).all(|f| !f.doc.is_empty()), "{}", verb.name);
            assert_eq!(verb.body.class(), verb.class, "{}", verb.name);
            if let Body::Changing(changing) = verb.body {
                assert_eq!(verb.output, changing.output(), "{}", verb.name);
            }
        }
    }
}
