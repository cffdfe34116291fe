//! Changing hosts: plan, show, ask, apply. One way for `run`, `plan`, `apply`, `resume` and `undo`.

use super::args::{ConnectionArgs, PaceArgs, SelectionArgs};
use super::commands::show;
use super::error::CliError;
use super::exit;
use super::output::remark;
use super::planfile::{self, HostPlan, Named, PlanFile};
use super::settings::Settings;
use super::signals;
use super::start::{Executed, Execution, Order, Prepared, wait};
use crate::engine::{Approver, Changes, Interrupt, Left, Question};
use crate::model::sink::Sink;
use crate::model::{Change, Event, EventKind, HostName, HostStatus, Row, RowEnd, RunId};
use crate::playbook::{Given, Limits, Playbook};
use crate::report::{Lang, Look, plan_of_host, text};
use crate::secret::Vault;
use crate::store::{Alive, Lock, Store, Taken};
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// How a change is agreed to.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct AgreeArgs {
    /// Apply without asking, within the playbook's limits
    #[arg(short, long, help_heading = "Changes")]
    pub yes: bool,
    /// How many objects the plan changes: what is to be typed for a large plan, given beforehand; behind a `confirm`, how
    /// many at most
    #[arg(long, value_name = "N", help_heading = "Changes")]
    pub count: Option<usize>,
}

/// How a plan is applied.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ApplyArgs {
    #[command(flatten)]
    pub agree: AgreeArgs,
    #[command(flatten)]
    pub pace: PaceArgs,
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// What was planned, for each host that was reached.
pub type Planned = BTreeMap<HostName, HostPlan>;

/// Collects the plans of a walk.
#[derive(Default)]
struct Collector(Arc<Mutex<Planned>>);

impl Sink for Collector {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &event.kind {
            EventKind::Connected { host, fingerprint, .. } => {
                let (host, fingerprint) = (host.clone(), fingerprint.clone());
                let (entry, changes, incomplete) = (String::new(), Vec::new(), Vec::new());
                let plan = HostPlan { host: host.clone(), entry, fingerprint, stage: 0, changes, incomplete };
                plans.insert(host, plan);
            }
            EventKind::Planned { host, stage, changes, incomplete } => {
                if let Some(plan) = plans.get_mut(host) {
                    plan.stage = *stage;
                    plan.changes.clone_from(changes);
                    plan.incomplete.clone_from(incomplete);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Plans on all hosts; nothing is changed.
pub fn plan(prepared: &Prepared<'_>, quiet: bool) -> Result<(Executed, Planned), CliError> {
    let collector = Collector::default();
    let plans = collector.0.clone();
    let vault = vault(prepared.settings)?;
    let changes = move |_: &mut Store, _: &RunId| {
        let approver = Arc::new(Nobody);
        Ok(Changes { apply: false, approver, vault, who: String::new(), left: BTreeMap::new() })
    };
    let others: Vec<Box<dyn Sink>> = vec![Box::new(collector)];
    let execution = Execution { changes: Some(Box::new(changes)), others, quiet, ..Execution::default() };
    let executed = prepared.execute(execution)?;
    let mut plans = std::mem::take(&mut *plans.lock().unwrap_or_else(PoisonError::into_inner));
    for (name, plan) in &mut plans {
        plan.entry = prepared.inventory.host(name).map(planfile::entry).unwrap_or_default();
    }
    Ok((executed, plans))
}

struct Nobody;

impl Approver for Nobody {
    fn approve<'a>(&'a self, _: Question<'a>) -> BoxFuture<'a, Result<Vec<Change>, String>> {
        Box::pin(async { Err("nobody was asked".to_owned()) })
    }
}

/// Where passwords are sealed.
pub fn vault(settings: &Settings) -> Result<Arc<Vault>, CliError> {
    let _ = Store::open(&settings.state)?;
    let vault = Vault::open(&settings.state.join("seal.key"));
    vault.map(Arc::new).map_err(|e| CliError { code: exit::BUG, text: e.to_string() })
}

/// Why the plans go too far: over a limit of the playbook, or two hosts that are one.
fn too_far(limits: &Limits, plans: &Planned) -> Option<String> {
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

fn objects<'a>(changes: impl IntoIterator<Item = &'a Change>) -> usize {
    changes.into_iter().map(|c| c.rows.len()).sum()
}

/// How much is to be agreed to.
#[derive(Clone, Copy)]
struct Size {
    total: usize,
    /// A mere yes is too little.
    by_number: bool,
}

impl Size {
    fn of(changes: &[Change], limits: &Limits) -> Self {
        Self { total: objects(changes), by_number: limits.asks_for_the_number(changes) }
    }
}

/// Asks on the terminal, below the page; the error is why nothing is agreed to.
async fn ask(agree: &AgreeArgs, size: Size, page: &str, what: &str) -> Result<(), String> {
    let Size { total, by_number } = size;
    if agree.count.is_some_and(|count| count != total) {
        return Err(format!("--count says {}, and {total} objects would be changed", agree.count.unwrap_or(0)));
    }
    if agree.yes && (!by_number || agree.count.is_some()) {
        return Ok(());
    }
    if agree.yes {
        return Err(format!("{total} objects would be changed: --yes needs --count {total} too"));
    }
    if !io::stdin().is_terminal() {
        return Err(
            "not approved: there is no terminal to ask at; give --yes, or save the plan with `fleet plan -o`".into()
        );
    }
    let word = if by_number { total.to_string() } else { "yes".to_owned() };
    let text = format!("{page}{what}: {total} objects. Type {word} to apply, anything else leaves all as it is: ");
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

/// Says yes to what was planned before, and asks for what comes behind a `confirm`.
struct Agreed {
    plans: Planned,
    agree: AgreeArgs,
    limits: Limits,
    look: Look,
    /// What earlier runs of the chain did behind a `confirm`, by host.
    done: BTreeMap<HostName, Vec<Change>>,
    /// What was agreed to behind a `confirm`, by host; one is asked for at a time.
    later: tokio::sync::Mutex<BTreeMap<HostName, Vec<Change>>>,
}

/// What earlier runs did beyond the plan.
fn done_beyond(plans: &Planned, left: &BTreeMap<HostName, Vec<Left>>) -> BTreeMap<HostName, Vec<Change>> {
    let of_host = |(host, left): (&HostName, &Vec<Left>)| {
        let planned = plans.get(host).map_or(&[][..], |p| &p.changes);
        let beyond = left.iter().filter(|l| !planned.iter().any(|c| c.is_same_act(&l.change)));
        let done = beyond.map(|l| {
            let mut change = l.change.clone();
            // What is of unknown fate may have been done.
            if let Some(ends) = &l.rows {
                let done = ends.iter().filter(|r| r.end != RowEnd::Failed).map(|r| r.key.as_str());
                let done: BTreeSet<&str> = done.collect();
                change.rows.retain(|row| done.contains(row.key()));
            }
            change
        });
        (host.clone(), done.collect())
    };
    left.iter().map(of_host).collect()
}

/// All of a host that counts for the limits: its plan, what comes behind it, and of what earlier runs did there what is not in
/// that once more.
fn counted(plan: &[Change], later: &[Change], done: &[Change]) -> Vec<Change> {
    let mut all = [plan, later].concat();
    for change in done {
        let again = later.iter().filter(|c| c.is_same_act(change)).flat_map(|c| &c.rows);
        let again: BTreeSet<&str> = again.map(Row::key).collect();
        let mut change = change.clone();
        change.rows.retain(|row| !again.contains(row.key()));
        all.push(change);
    }
    all
}

impl Approver for Agreed {
    fn approve<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Vec<Change>, String>> {
        let Question { host, fingerprint, stage, message, planned } = question;
        Box::pin(async move {
            let Some(plan) = self.plans.get(host) else { return Err("not approved: there is no plan for it".into()) };
            if plan.fingerprint != fingerprint {
                return Err("stale: it shows another host key than when it was planned".into());
            }
            if stage == plan.stage {
                return Ok(plan.changes.clone());
            }
            if planned.is_empty() {
                return Ok(Vec::new());
            }
            if stage < plan.stage {
                return Err("stale: there is more to change than when it was planned; plan again".into());
            }
            let mut later = self.later.lock().await;
            let own = [later.get(host).map_or(&[][..], Vec::as_slice), planned].concat();
            let done = self.done.get(host).map_or(&[][..], Vec::as_slice);
            if let Some(why) = self.limits.exceeded(&counted(&plan.changes, &own, done)) {
                return Err(format!("not approved: {why}"));
            }
            // A yes that was given beforehand is one for all hosts together.
            let all: Vec<Change> = later.values().flatten().chain(planned).cloned().collect();
            let all = Size::of(&all, &self.limits);
            // How much comes here could not be known before: the number that was given is a limit.
            let enough = !all.by_number || self.agree.count.is_some_and(|most| all.total <= most);
            if self.agree.yes && !enough && !io::stdin().is_terminal() {
                let more = "more than --yes agrees to; resume it at a terminal, or with --count";
                return Err(format!("not approved: {} objects would be changed, {more}", all.total));
            }
            if !self.agree.yes || !enough {
                let page = format!("\n{message}\n{}", plan_of_host(host, planned, self.look).into_text());
                let size = Size::of(planned, &self.limits);
                ask(&AgreeArgs::default(), size, &page, host.as_str()).await?;
            }
            later.entry(host.clone()).or_default().extend_from_slice(planned);
            Ok(planned.to_vec())
        })
    }
}

/// What is applied.
pub struct Approved {
    pub plan: PlanFile,
    /// What an earlier run left, for one that resumes it.
    pub left: BTreeMap<HostName, Vec<Left>>,
    /// That run.
    pub resumes: Option<RunId>,
    pub agree: AgreeArgs,
}

/// Applies what was approved, and returns the exit code.
pub fn apply(prepared: &Prepared<'_>, approved: Approved) -> Result<u8, CliError> {
    let Approved { plan, left, resumes, agree } = approved;
    let is_concerned = |h: &HostPlan| !h.changes.is_empty() || left.contains_key(&h.host);
    let hosts: Vec<HostName> = plan.hosts.iter().filter(|h| is_concerned(h)).map(|h| h.host.clone()).collect();
    for host in plan.hosts.iter().filter(|h| is_concerned(h)) {
        let now = prepared.inventory.host(&host.host).map(planfile::entry);
        if now.as_deref() != Some(host.entry.as_str()) {
            let text =
                format!("stale: {}: its entry in the inventory is not what it was when it was planned", host.host);
            return Err(CliError::refused(format!("{text}\n  plan again")));
        }
    }
    if hosts.is_empty() {
        remark("nothing has to be changed");
        return Ok(exit::OK);
    }
    let body = serde_json::to_string(&plan).unwrap_or_default();
    let plans: Planned = plan.hosts.into_iter().map(|h| (h.host.clone(), h)).collect();
    if let Some(why) = too_far(&prepared.playbook.limits, &plans) {
        return Err(CliError::refused(why));
    }
    let vault = vault(prepared.settings)?;
    let asks = !agree.yes;
    let held: Arc<Mutex<Option<(RunId, Alive)>>> = Arc::default();
    let holds = held.clone();
    let approver = Arc::new(Agreed {
        done: done_beyond(&plans, &left),
        plans,
        agree,
        limits: prepared.playbook.limits.clone(),
        look: prepared.settings.look(),
        later: tokio::sync::Mutex::default(),
    });
    let locked = hosts.clone();
    let make = move |store: &mut Store, run: &RunId| {
        let who = format!("{}, run {run}", who());
        match store.take(run, resumes.as_ref(), &who, &locked, &body, Timestamp::now())? {
            Ok(alive) => *holds.lock().unwrap_or_else(PoisonError::into_inner) = Some((run.clone(), alive)),
            Err(Taken::Locked(locks)) => {
                return Err(CliError::refused(locks.iter().map(said).collect::<Vec<_>>().join("\n")));
            }
            Err(Taken::Resumed) => {
                return Err(CliError::refused("it was resumed by another meanwhile; look at `fleet runs`"));
            }
        }
        Ok(Changes { apply: true, approver, vault, who, left })
    };
    let execution = Execution { changes: Some(Box::new(make)), hosts: Some(hosts), asks, ..Execution::default() };
    let executed = prepared.execute(execution);
    let mut doubt = false;
    if let Some((run, alive)) = held.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let kept = Store::open(&prepared.settings.state)?.unlock(&run)?;
        drop(alive);
        doubt = !kept.is_empty();
        if doubt {
            remark(&format!("note: what became of a change is not known; settle it: fleet resume {run}"));
        }
    }
    let executed = executed?;
    let left = [HostStatus::Refused, HostStatus::NotStarted, HostStatus::Cancelled];
    if !doubt && left.iter().any(|status| executed.summary.count(*status) > 0) {
        remark(&format!("note: not all of it was done; to go on with what can be done: fleet resume {}", executed.run));
    }
    if !Store::open(&prepared.settings.state)?.sealed(&executed.run)?.is_empty() {
        remark(&format!("note: new passwords are sealed; hand them over once: fleet secret reveal {}", executed.run));
    }
    let code = exit::of(&executed.summary, prepared.fail_on);
    Ok(if doubt { exit::worse(code, exit::UNKNOWN) } else { code })
}

/// Who holds a host, and the way out.
fn said(lock: &Lock) -> String {
    let Lock { host, run, who, since, alive } = lock;
    let text = format!("{host} is locked by {who}, since {since}");
    match alive {
        true => format!("{text}\n  wait for it to end"),
        false => format!(
            "{text}; its fleet is gone and left a change of unknown fate\n  settle it with `fleet resume {run}`, or \
             give the host up with `fleet unlock {host} --run {run}`"
        ),
    }
}

/// `ops@controller`.
fn who() -> String {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
    let user = user.unwrap_or_else(|_| rustix::process::geteuid().as_raw().to_string());
    let node = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let plain = |text: &str| crate::model::untrusted::clean_line(text.trim(), 60);
    format!("{}@{}", plain(&user), plain(&node))
}

/// What a plan is made from and how it is agreed to.
pub struct Wish<'a> {
    pub named: Named,
    pub params: &'a BTreeMap<String, Given>,
    pub agree: AgreeArgs,
    /// Plan only.
    pub check: bool,
    /// Where the plan is kept.
    pub file: Option<PathBuf>,
}

/// Plans, shows, asks and applies; or plans and keeps the plan.
pub fn run(prepared: &Prepared<'_>, wish: Wish<'_>) -> Result<u8, CliError> {
    let only_plan = wish.check || wish.file.is_some();
    let quiet = !only_plan && !prepared.settings.format.for_people;
    let (executed, plans) = plan(prepared, quiet)?;
    let code = exit::of(&executed.summary, prepared.fail_on);
    let hosts: Vec<HostPlan> = plans.values().cloned().collect();
    let file = PlanFile::new(Timestamp::now(), &executed.run.0, wish.named, wish.params, hosts)?;
    if let Some(why) = too_far(&prepared.playbook.limits, &plans) {
        return Err(CliError::refused(why));
    }
    if let Some(path) = &wish.file {
        file.write(path)?;
        remark(&format!("plan: {}, valid until {}; fleet apply {}", path.display(), file.expires, path.display()));
    }
    let nothing = plans.values().all(|p| p.changes.is_empty());
    let asked = match only_plan || executed.summary.interrupted_by.is_some() || nothing {
        true => Ok(false),
        false => agree(&wish.agree, &prepared.playbook.limits, &file).map(|()| true),
    };
    // Where nothing follows, the plan is all that there is to tell.
    if quiet && !matches!(asked, Ok(true)) {
        show::tell(prepared.settings, &executed.run)?;
    }
    if !asked? {
        return Ok(code);
    }
    let bad = |status: &&HostStatus| !matches!(status, HostStatus::Ok | HostStatus::Skipped);
    for status in HostStatus::ALL.iter().filter(bad).filter(|s| executed.summary.count(**s) > 0) {
        let (n, run) = (executed.summary.count(*status), &executed.run);
        remark(&format!("note: {n} {status} when it was planned, and left alone: fleet show {run}"));
    }
    let applied = apply(prepared, Approved { plan: file, left: BTreeMap::new(), resumes: None, agree: wish.agree })?;
    // A host that could not even be planned is no less bad because the others went well.
    Ok(exit::worse(code, applied))
}

/// The playbook of a plan.
pub fn playbook(settings: &Settings, named: &Named) -> Result<Playbook, CliError> {
    match &named.text {
        None => super::load::playbook(settings, &named.name),
        Some(text) => Ok(crate::playbook::load(&named.name, text, &|_| Err("it includes nothing".into()))?),
    }
}

/// The order that a plan comes to.
pub fn order<'a>(plan: &PlanFile, playbook: Playbook, hosts: &'a SelectionArgs, how: &'a ApplyArgs) -> Order<'a> {
    let params = plan.params.iter().map(|(k, v)| (k.clone(), v.into())).collect();
    Order::new(playbook, params, hosts, &how.connection, &how.pace)
}

/// How many objects a plan would change.
pub fn total(plan: &PlanFile) -> usize {
    objects(plan.hosts.iter().flat_map(|h| &h.changes))
}

/// Asks for a plan.
pub fn agree(agree: &AgreeArgs, limits: &Limits, plan: &PlanFile) -> Result<(), CliError> {
    let changes: Vec<Change> = plan.hosts.iter().flat_map(|h| &h.changes).cloned().collect();
    let touched = plan.hosts.iter().filter(|h| !h.changes.is_empty()).count();
    let (size, what) = (Size::of(&changes, limits), text::hosts(Lang::En, touched));
    wait(async {
        let mut interrupts = signals::interrupts()?;
        tokio::select! {
            agreed = ask(agree, size, "", &what) => agreed.map_err(CliError::refused),
            Some(Interrupt(by)) = interrupts.recv() => {
                Err(CliError { code: exit::of_signal(by), text: "interrupted; nothing was changed".to_owned() })
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn what_a_run_does_once_more_counts_once() {
        let change = |step: usize, keys: &[&str]| Change {
            step,
            item: 0,
            verb: "mail.account.set_password".into(),
            title: String::new(),
            args: Value::Null,
            rows: keys.iter().map(|key| Row::Account { address: (*key).into(), was: Value::Null }).collect(),
            undo: None,
            irreversible: false,
        };
        let count = |later: &[Change]| objects(&counted(&[change(0, &["a"])], later, &[change(2, &["b", "c"])]));
        assert_eq!(count(&[]), 3);
        assert_eq!(count(&[change(2, &["b", "d"])]), 4);
        // Also when the next stage is asked for.
        assert_eq!(count(&[change(2, &["b", "d"]), change(4, &["e"])]), 5);
    }
}
