//! The question whether a plan is applied, and the limits that it must keep.

use crate::cli::args::AgreeArgs;
use crate::cli::error::CliError;
use crate::cli::planfile::{PlanFile, Planned};
use crate::cli::runtime::wait;
use crate::cli::{exit, signals};
use crate::engine::Interrupt;
use crate::model::counted::counted;
use crate::model::{Change, HostName};
use crate::playbook::Limits;
use crate::report::{Lang, text};
use std::collections::BTreeMap;
use std::io::{self, BufRead, IsTerminal, Write};

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
}

impl Size {
    /// Of these changes, by the playbook's limits.
    pub fn of(changes: &[Change], limits: &Limits) -> Self {
        Self { total: objects(changes), by_number: limits.asks_for_the_number(changes) }
    }
}

/// Asks on the terminal, below the page; the error is why nothing is agreed to.
pub async fn ask(agree: &AgreeArgs, size: Size, page: &str, what: &str) -> Result<(), String> {
    let Size { total, by_number } = size;
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
    if !io::stdin().is_terminal() {
        return Err(
            "not approved: there is no terminal to ask at; give --yes, or save the plan with `fleet plan -o`".into()
        );
    }
    let word = if by_number { total.to_string() } else { "yes".to_owned() };
    let text = format!("{page}{what}: {size}. Type {word} to apply, anything else leaves all as it is: ");
    let typed = tokio::task::spawn_blocking(move || {
        // Not locked while somebody thinks: an interruption is told on it.
        let _ = io::stderr().lock().write_all(text.as_bytes());
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    match typed.await {
        Ok(Ok(line)) if line.trim() == word => Ok(()),
        _ => Err("not approved".to_owned()),
    }
}

/// Asks for a plan.
pub fn agree(agree: &AgreeArgs, limits: &Limits, plan: &PlanFile) -> Result<(), CliError> {
    let changes: Vec<Change> = plan.changes().cloned().collect();
    let touched = plan.hosts.iter().filter(|h| !h.changes.is_empty()).count();
    agree_to(agree, limits, &changes, touched)?.map_err(CliError::refused)
}

/// Asks for these changes on so many hosts; the inner error is why nothing is agreed to.
pub fn agree_to(
    agree: &AgreeArgs,
    limits: &Limits,
    changes: &[Change],
    touched: usize,
) -> Result<Result<(), String>, CliError> {
    let (size, what) = (Size::of(changes, limits), text::hosts(Lang::En, touched));
    wait(async {
        let mut interrupts = signals::interrupts()?;
        tokio::select! {
            agreed = ask(agree, size, "", &what) => Ok(agreed),
            Some(Interrupt(by)) = interrupts.recv() => {
                Err(CliError { code: exit::of_signal(by), text: "interrupted; nothing was changed".to_owned() })
            }
        }
    })
}
