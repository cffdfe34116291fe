//! The tables of the language: what a playbook, a step, a parameter and the settings may say, and what
//! `host.` offers. The loader, the JSON Schema and the documentation all read these.

use crate::host::os_support::OS_OUTPUT;
use crate::model::schema::{Field, Type};
use crate::playbook::verb::mode::Mode;
use serde::Serialize;

/// A part of the host's profile that expressions of the playbook read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// Which panel there is: `host.panel`, `host.panels`.
    Panel,
    /// Which mail server there is: `host.mta`, `host.mtas`.
    Mta,
    /// Which IMAP server there is: `host.imap`, `host.imaps`.
    Imap,
    /// Which operating system it is: `host.os`.
    Os,
}

impl Need {
    pub(crate) const WORDS: &[&str] = &["panel", "mta", "imap", "os"];

    /// The word of it in a playbook's `needs`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Panel => "panel",
            Self::Mta => "mta",
            Self::Imap => "imap",
            Self::Os => "os",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Panel, Self::Mta, Self::Imap, Self::Os].into_iter().find(|n| n.word() == word)
    }

    /// What `host.NAME` needs, when it needs something.
    pub(crate) fn of_host_name(name: &str) -> Option<Self> {
        match name {
            "panel" | "panels" => Some(Self::Panel),
            "mta" | "mtas" => Some(Self::Mta),
            "imap" | "imaps" => Some(Self::Imap),
            "os" => Some(Self::Os),
            _ => None,
        }
    }
}

const STEPS: Type = Type::List(&Type::Map(&Type::Any));

/// The top of a playbook.
pub(crate) const PLAYBOOK: &[Field] = &[
    Field::new("fleet", Type::Int, "the version of the language; 1").required(),
    Field::new("name", Type::Str, "what the playbook is called: lower-case words joined by `-`").required(),
    Field::new("summary", Type::Str, "one sentence: what it does and what it changes"),
    Field::new(
        "mode",
        Type::Enum(Mode::WORDS),
        "how far it may go; a read-only playbook cannot load a verb that changes anything",
    )
    .required(),
    Field::new("params", Type::Map(&Type::Object(PARAM)), "parameters, read as `params.NAME`"),
    Field::new(
        "needs",
        Type::List(&Type::Enum(Need::WORDS)),
        "the parts of the host's profile that its expressions read: `host.panel`, `host.mta`, `host.imap`, `host.os`",
    ),
    Field::new("limits", Type::Object(LIMITS), "what a run may touch at most; more is refused before it begins"),
    Field::new("rollout", Type::Object(ROLLOUT), "how many hosts at once, and when to stop early"),
    Field::new("timeouts", Type::Object(TIMEOUTS), "how long things may take"),
    Field::new("steps", STEPS, "what is done on every host, in this order").required(),
    Field::new("always", STEPS, "steps that are done at the end even when an earlier one failed"),
];

/// A parameter.
pub(crate) const PARAM: &[Field] = &[
    Field::new(
        "type",
        Type::Str,
        "string, int, bool, duration, percent, email, enum, file, secret, arguments, or a list such as list<email>",
    )
    .required(),
    Field::new("default", Type::Any, "its value when none is given"),
    Field::new("min", Type::Any, "the smallest int, duration or percent"),
    Field::new("max", Type::Any, "the largest int, duration or percent"),
    Field::new("pattern", Type::Str, "a regular expression that a string must match"),
    Field::new("required", Type::Bool, "true: a run without it is refused"),
    Field::new(
        "of",
        Type::Either(&Type::List(&Type::Str), &Type::Str),
        "the words of an enum; of arguments, the verb whose limits it stands for",
    ),
    Field::new("help", Type::Str, "one sentence for the person who has to give it"),
];

pub(crate) const LIMITS: &[Field] = &[
    Field::new("hosts", Type::Int, "hosts of one run"),
    Field::new("accounts_changed", Type::Int, "accounts changed on one host"),
    Field::new("accounts_deleted", Type::Int, "accounts deleted on one host"),
    Field::new("messages_deleted", Type::Int, "messages deleted on one host"),
    Field::new(
        "accounts_by_yes",
        Type::Int,
        "accounts that a yes is enough for, over all hosts; for more, their number has to be typed (5)",
    ),
];

/// A number of hosts, or a share of them.
pub(crate) const AMOUNT: Type = Type::Either(&Type::Int, &Type::Percent);

pub(crate) const ROLLOUT: &[Field] = &[
    Field::new("parallel", Type::Int, "hosts at once"),
    Field::new("per_jump_host", Type::Int, "hosts at once behind one jump host"),
    Field::new("canary", Type::Int, "hosts that go first, alone; the rest follows when they are well"),
    Field::new("batches", Type::List(&AMOUNT), "sizes of the batches, one after the other; the last one repeats"),
    Field::new(
        "max_fail",
        Type::Either(&Type::Enum(&["none"]), &AMOUNT),
        "hosts that may fail before no new one is started; none: never stop early",
    ),
];

pub(crate) const TIMEOUTS: &[Field] = &[
    Field::new("connect", Type::Duration, "until a host is connected and authenticated"),
    Field::new("step", Type::Duration, "for one step on one host"),
    Field::new("host", Type::Duration, "for all of a host's steps"),
];

/// A step, besides its verb.
pub(crate) const STEP: &[Field] = &[
    Field::new("id", Type::Str, "its name in expressions: `steps.ID`; lower-case letters, digits, `_`, `-`"),
    Field::new("name", Type::Str, "for people"),
    Field::new("when", Type::Expr, "done only where this is true; asked for every item of a for_each"),
    Field::new("for_each", Type::Expr, "a list; the step is done for every element, which is called `item`"),
    Field::new("label", Type::Expr, "what an item is called in the output, such as `item.account`"),
    Field::new("on_error", Type::Enum(&["continue"]), "continue: a failure is counted and the host goes on"),
    Field::new("because", Type::Str, "why a failure is tolerable; goes with on_error"),
    Field::new(
        "undo",
        Type::Str,
        "the verb that takes the change back, for whoever reads the playbook; only for a verb that changes, and only its own",
    ),
    Field::new(
        "verify",
        Type::Expr,
        "what must be true afterwards, over what the host is read again in any case, such as `steps.ID.failed == 0`; only \
         for a verb that changes",
    ),
    Field::new(
        "without",
        Type::List(&Type::Str),
        "ids of steps whose results it can do without: `steps.ID` is null where one gave none",
    ),
    Field::new("timeout", Type::Duration, "instead of timeouts.step; only for a verb that asks the host"),
    Field::new("retry", Type::Int, "how often a failed step is tried again, at most 5; only for a verb that reads"),
];

const FOUND: &[Field] = &[
    Field::new("name", Type::Str, "postfix, plesk, dovecot, .."),
    Field::new("version", Type::Str, "as the host printed it; empty when it could not be told"),
    Field::new("active", Type::Bool, "it runs"),
];
const FOUNDS: Type = Type::List(&Type::Object(FOUND));

/// The profile's words and the judgement of the maintenance table, which brings the name.
const HOST_OS: &[Field] = &{
    let mut fields =
        [Field::new("id", Type::Str, "debian, centos, ubuntu, ..; empty when unknown"); OS_OUTPUT.len() + 2];
    fields[1] = Field::new("version", Type::Str, "12, 7, 22.04, ..; empty when unknown");
    let mut i = 0;
    while i < OS_OUTPUT.len() {
        fields[i + 2] = OS_OUTPUT[i];
        i += 1;
    }
    fields
};

/// What `host.` offers. What the profile tells is the host's own claim.
pub(crate) const HOST: &[Field] = &[
    Field::new("name", Type::Str, "its name in the inventory"),
    Field::new("address", Type::Str, "a DNS name or an address"),
    Field::new("port", Type::Int, "of its SSH server"),
    Field::new("user", Type::Str, "who logs in"),
    Field::new("tags", Type::List(&Type::Str), "from the inventory"),
    Field::new("groups", Type::List(&Type::Str), "from the inventory"),
    Field::new("customer", Type::Str, "from the inventory; none when it has none"),
    Field::new("legacy_ssh", Type::Bool, "old algorithms are allowed for it"),
    Field::new("vars", Type::Map(&Type::Any), "variables of the inventory: `host.vars.NAME`"),
    Field::new("paths", Type::Map(&Type::Str), "places that differ from the usual: `host.paths.NAME`"),
    Field::new("hostname", Type::Str, "what the host calls itself"),
    Field::new("panel", Type::Str, "the panel that was found; plain when there is none (needs: panel)"),
    Field::new("mta", Type::Str, "the mail server that runs, else the one installed, else none (needs: mta)"),
    Field::new("imap", Type::Str, "the same for the IMAP server (needs: imap)"),
    Field::new("panels", FOUNDS, "every panel found (needs: panel)"),
    Field::new("mtas", FOUNDS, "every mail server found (needs: mta)"),
    Field::new("imaps", FOUNDS, "every IMAP server found (needs: imap)"),
    Field::new("os", Type::Object(HOST_OS), "the operating system (needs: os)"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_tables_is_understood() {
        assert!(Mode::WORDS.iter().all(|w| Mode::parse(w).is_some_and(|m| m.word() == *w)));
        assert!(Need::WORDS.iter().all(|w| Need::parse(w).is_some_and(|n| n.word() == *w)));
        assert!(Mode::ReadOnly < Mode::Change && Mode::Change < Mode::Destructive);
    }
}
