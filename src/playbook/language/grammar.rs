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
    Field::new("fleet", Type::Int, "version of the language: 1").required(),
    Field::new("name", Type::Str, "name of the playbook: lower-case words joined by `-`").required(),
    Field::new("summary", Type::Str, "one sentence: what it does and what it changes"),
    Field::new(
        "mode",
        Type::Enum(Mode::WORDS),
        "what it may change; a read-only playbook cannot use a verb that changes anything",
    )
    .required(),
    Field::new("params", Type::Map(&Type::Object(PARAM)), "parameters, read as `params.NAME`"),
    Field::new(
        "needs",
        Type::List(&Type::Enum(Need::WORDS)),
        "parts of the host's profile that its expressions use: `host.panel`, `host.mta`, `host.imap`, `host.os`",
    ),
    Field::new("limits", Type::Object(LIMITS), "limits on what a run may change; a plan that exceeds them is refused"),
    Field::new("rollout", Type::Object(ROLLOUT), "how many hosts to run on in parallel, and when to stop early"),
    Field::new("timeouts", Type::Object(TIMEOUTS), "timeouts"),
    Field::new("steps", STEPS, "steps to run on every host, in order").required(),
    Field::new("always", STEPS, "steps to run at the end, even if an earlier step failed"),
];

/// A parameter.
pub(crate) const PARAM: &[Field] = &[
    Field::new(
        "type",
        Type::Str,
        "string, int, bool, duration, percent, email, enum, file, secret, arguments, or a list such as list<email>",
    )
    .required(),
    Field::new("default", Type::Any, "value to use if none is given"),
    Field::new("min", Type::Any, "minimum of an int, duration or percent"),
    Field::new("max", Type::Any, "maximum of an int, duration or percent"),
    Field::new("pattern", Type::Str, "regular expression that a string must match"),
    Field::new("required", Type::Bool, "true: it must be given"),
    Field::new(
        "of",
        Type::Either(&Type::List(&Type::Str), &Type::Str),
        "values of an enum; for arguments, the verb whose limits they are",
    ),
    Field::new("help", Type::Str, "one-sentence description"),
];

pub(crate) const LIMITS: &[Field] = &[
    Field::new("hosts", Type::Int, "maximum number of hosts in a run"),
    Field::new("accounts_changed", Type::Int, "maximum number of accounts changed on one host"),
    Field::new("accounts_deleted", Type::Int, "maximum number of accounts deleted on one host"),
    Field::new("messages_deleted", Type::Int, "maximum number of messages deleted on one host"),
    Field::new(
        "count_above",
        Type::Int,
        "changing more accounts than this, over all hosts, must be confirmed by typing the number of changed objects; default: 5",
    ),
];

/// A number of hosts, or a share of them.
pub(crate) const AMOUNT: Type = Type::Either(&Type::Int, &Type::Percent);

pub(crate) const ROLLOUT: &[Field] = &[
    Field::new("parallel", Type::Int, "maximum number of hosts in parallel"),
    Field::new("per_jump_host", Type::Int, "maximum number of hosts in parallel behind one jump host"),
    Field::new("canary", Type::Int, "number of hosts to start with; the others follow if these succeed"),
    Field::new("batches", Type::List(&AMOUNT), "sizes of the batches, in order; the last one repeats"),
    Field::new(
        "max_fail",
        Type::Either(&Type::Enum(&["none"]), &AMOUNT),
        "number of hosts that may fail before no more are started; none: never stop early",
    ),
];

pub(crate) const TIMEOUTS: &[Field] = &[
    Field::new("connect", Type::Duration, "connecting and authenticating"),
    Field::new("step", Type::Duration, "one step on one host"),
    Field::new("host", Type::Duration, "all steps on one host"),
];

/// A step, besides its verb.
pub(crate) const STEP: &[Field] = &[
    Field::new("id", Type::Str, "name in expressions, `steps.ID`: lower-case letters, digits, `_`, `-`"),
    Field::new("name", Type::Str, "title for people"),
    Field::new("when", Type::Expr, "run only if this is true; evaluated for every item of a for_each"),
    Field::new("for_each", Type::Expr, "list; the step runs once for every element, available as `item`"),
    Field::new("label", Type::Expr, "name of an item in the output, such as `item.account`"),
    Field::new("on_error", Type::Enum(&["continue"]), "continue: count a failure and go on with the next step"),
    Field::new("because", Type::Str, "why a failure is tolerable; required with on_error"),
    Field::new("undo", Type::Str, "the verb that undoes the change, for documentation; changing verbs only"),
    Field::new(
        "verify",
        Type::Expr,
        "condition that must be true after the change, such as `steps.ID.failed == 0`, besides the verification that always takes \
         place; changing verbs only",
    ),
    Field::new(
        "without",
        Type::List(&Type::Str),
        "ids of steps whose results are optional: `steps.ID` is null if there is none",
    ),
    Field::new("timeout", Type::Duration, "overrides timeouts.step; only for verbs that contact the host"),
    Field::new("retry", Type::Int, "number of retries of a failed step, at most 5; reading verbs only"),
];

const FOUND: &[Field] = &[
    Field::new("name", Type::Str, "postfix, plesk, dovecot, .."),
    Field::new("version", Type::Str, "as printed by the host; empty if unknown"),
    Field::new("active", Type::Bool, "whether it is running"),
];
const FOUNDS: Type = Type::List(&Type::Object(FOUND));

/// The profile's words and the judgement of the maintenance table, which brings the name.
const HOST_OS: &[Field] = &{
    let mut fields = [Field::new("id", Type::Str, "debian, centos, ubuntu, ..; empty if unknown"); OS_OUTPUT.len() + 2];
    fields[1] = Field::new("version", Type::Str, "12, 7, 22.04, ..; empty if unknown");
    let mut i = 0;
    while i < OS_OUTPUT.len() {
        fields[i + 2] = OS_OUTPUT[i];
        i += 1;
    }
    fields
};

/// What `host.` offers. What the profile tells is the host's own claim.
pub(crate) const HOST: &[Field] = &[
    Field::new("name", Type::Str, "name in the inventory"),
    Field::new("address", Type::Str, "DNS name or IP address"),
    Field::new("port", Type::Int, "port of the SSH server"),
    Field::new("user", Type::Str, "login name"),
    Field::new("tags", Type::List(&Type::Str), "from the inventory"),
    Field::new("groups", Type::List(&Type::Str), "from the inventory"),
    Field::new("customer", Type::Str, "from the inventory; none if not set"),
    Field::new("legacy_ssh", Type::Bool, "legacy algorithms are allowed"),
    Field::new("vars", Type::Map(&Type::Any), "variables of the inventory: `host.vars.NAME`"),
    Field::new("paths", Type::Map(&Type::Str), "non-standard paths: `host.paths.NAME`"),
    Field::new("hostname", Type::Str, "host name according to the host"),
    Field::new("panel", Type::Str, "the detected panel; plain if there is none (needs: panel)"),
    Field::new("mta", Type::Str, "the running mail server, else the installed one, else none (needs: mta)"),
    Field::new("imap", Type::Str, "the same for the IMAP server (needs: imap)"),
    Field::new("panels", FOUNDS, "all detected panels (needs: panel)"),
    Field::new("mtas", FOUNDS, "all detected mail servers (needs: mta)"),
    Field::new("imaps", FOUNDS, "all detected IMAP servers (needs: imap)"),
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
