//! The question whether a plan is applied, and the limits that it must keep.

use crate::cli::args::AgreeArgs;
use crate::cli::error::CliError;
use crate::cli::planfile::{PlanFile, Planned};
use crate::cli::runtime::wait;
use crate::cli::settings::Settings;
use crate::cli::{exit, signals};
use crate::engine::Interrupt;
use crate::model::counted::counted;
use crate::model::{Change, HostName};
use crate::playbook::Limits;
use crate::report::text;
use crate::secret::{Question, Terminal};
use std::collections::BTreeMap;

/// Why the plans go too far: over a limit of the playbook, or two hosts that are one.
pub fn too_far(limits: &Limits, plans: &Planned) -> Option<String> {
    let mut keys: BTreeMap<&str, &HostName> = BTreeMap::new();
    for plan in plans.values().filter(|p| !p.changes.is_empty()) {
        if let Some(other) = keys.insert(&plan.fingerprint, &plan.host) {
            let text = format!("{other} and {} show the same host key: one server is changed once", plan.host);
            return Some(format!("{text}\n  leave one of them out"));
        }
        if let Some(why) = limits.exceeded(&plan.changes) {
            return Some(format!("{}: {why}\n  raise it under `limits`, or select less", plan.host));
        }
    }
    None
}

/// How many objects these changes change.
pub fn objects<'a>(changes: impl IntoIterator<Item = &'a Change>) -> usize {
    changes.into_iter().map(|c| c.rows.len()).sum()
}

/// How much is to be agreed to.
#[derive(Clone, Copy)]
pub struct Size {
    pub total: usize,
    /// A mere yes is too little.
    pub by_number: bool,
    /// What the number counts.
    what: &'static str,
}

impl Size {
    /// Of these changes, by the playbook's limits.
    pub fn of(changes: &[Change], limits: &Limits) -> Self {
        Self { total: objects(changes), by_number: limits.asks_for_the_number(changes), what: counted_by(changes) }
    }
}

/// What the objects of these changes are, where they are of one kind.
fn counted_by(changes: &[Change]) -> &'static str {
    let mut verbs = changes.iter().filter(|c| !c.rows.is_empty()).map(|c| c.verb.as_str());
    let first = verbs.next().unwrap_or_default();
    match first {
        _ if verbs.any(|verb| verb != first) => "all objects that are changed",
        "mail.queue.hold" => "messages that are held back",
        "mail.queue.release" => "messages that are released",
        "mail.queue.delete" => "messages that are deleted",
        "mail.queue.restore" => "messages that are restored",
        "mail.account.set_password" => "accounts whose password is changed",
        "mail.account.disable" => "accounts that are disabled",
        "mail.account.enable" => "accounts that are enabled",
        "mail.account.limit" => "accounts that are limited",
        "mail.account.delete" => "accounts that are deleted",
        "mail.account.restore" => "accounts that are restored",
        _ => "objects that are changed",
    }
}

/// Asks at the terminal, below the page; the error is why nothing is agreed to.
pub async fn ask(
    terminal: Option<&Terminal>,
    agree: &AgreeArgs,
    size: Size,
    page: String,
    whom: &str,
) -> Result<(), String> {
    let Size { total, by_number, what } = size;
    let size = counted(total, "objects");
    if agree.count.is_some_and(|count| count != total) {
        return Err(format!("--count says {}, and {size} would be changed", agree.count.unwrap_or(0)));
    }
    if agree.yes && (!by_number || agree.count.is_some()) {
        return Ok(());
    }
    if agree.yes {
        return Err(format!("{size} would be changed: --yes needs --count {total} too"));
    }
    let Some(terminal) = terminal else {
        return Err(
            "not approved: there is no terminal to ask at; give --yes, or save the plan with `fleet plan -o`".into()
        );
    };
    let (word, text) = match by_number {
        true => (
            total.to_string(),
            format!("{whom}: Type {total}, the number of {what}, to apply; anything else leaves all as it is: "),
        ),
        false => ("yes".to_owned(), format!("{whom}: {size}. Type yes to apply, anything else leaves all as it is: ")),
    };
    match terminal.ask(Question::below(page, text)).await {
        Ok(line) if line.trim() == word => Ok(()),
        Ok(_) => Err("not approved".to_owned()),
        Err(why) => Err(format!("not approved: {why}")),
    }
}

/// Asks for a plan.
pub fn agree(settings: &Settings, agree: &AgreeArgs, limits: &Limits, plan: &PlanFile) -> Result<(), CliError> {
    let changes: Vec<Change> = plan.changes().cloned().collect();
    let touched = plan.hosts.iter().filter(|h| !h.changes.is_empty()).count();
    let (size, whom) = (Size::of(&changes, limits), text::hosts(settings.lang, touched));
    wait(async {
        let mut interrupts = signals::interrupts()?;
        tokio::select! {
            agreed = ask(settings.terminal.as_deref(), agree, size, String::new(), &whom) => {
                agreed.map_err(CliError::refused)
            }
            Some(Interrupt(by)) = interrupts.recv() => {
                Err(CliError { code: exit::of_signal(by), text: "interrupted; nothing was changed".to_owned() })
            }
        }
    })
}
