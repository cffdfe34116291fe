//! From a checked playbook and what was typed to a finished run: what `run`, `exec` and `demo` share.

use super::args::{ConnectionArgs, PaceArgs, SelectionArgs};
use super::error::CliError;
use super::hosts::{context, overrides, selection, ssh_settings, targets, trusted_keys};
use super::output::remark;
use super::pace::{Pace, given_duration, pace, waves};
use super::runtime::{day, wait};
use super::settings::Settings;
use super::{exit, load, signals};
use crate::engine::flow::{self, Clock};
use crate::engine::{self, Changes, Job, Sinks};
use crate::host::os_support::Table;
use crate::inventory::{Inventory, duplicates};
use crate::mail::geo::Geo;
use crate::model::{Host, HostName, Level, RunId, RunInfo, RunKind, Summary};
use crate::playbook::{Given, Mode, Params, Playbook};
use crate::report::{self, Options, Progress};
use crate::secret::Resolver;
use crate::ssh::{Client, Secrets};
use crate::store::{Journal, Store};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Everything that was asked for.
pub struct Order<'a> {
    pub playbook: Playbook,
    pub kind: RunKind,
    pub params: BTreeMap<String, Given>,
    pub selection: &'a SelectionArgs,
    pub connection: &'a ConnectionArgs,
    pub pace: &'a PaceArgs,
    pub fail_on: Option<Level>,
    /// Today, or the day that was given, for maintenance periods.
    pub as_of: Option<jiff::civil::Date>,
    /// The step's deadline when neither the playbook nor the command line gives one.
    pub default_timeout: Duration,
    /// The state, where it was looked at already.
    pub store: Option<Store>,
}

impl<'a> Order<'a> {
    /// As it is when nothing more is said.
    pub fn new(
        playbook: Playbook,
        params: BTreeMap<String, Given>,
        selection: &'a SelectionArgs,
        connection: &'a ConnectionArgs,
        pace: &'a PaceArgs,
    ) -> Self {
        Self {
            playbook,
            kind: RunKind::Playbook,
            params,
            selection,
            connection,
            pace,
            fail_on: None,
            as_of: None,
            default_timeout: STEP_TIMEOUT,
            store: None,
        }
    }
}

const PER_JUMP_HOST: usize = 8;
const STEP_TIMEOUT: Duration = Duration::from_secs(60);

/// Runs an order that only reads to its end and returns the exit code.
pub fn run(settings: &Settings, order: Order<'_>) -> Result<u8, CliError> {
    let prepared = Prepared::new(settings, order)?;
    let summary = prepared.execute(&prepared.begin()?, Execution::default())?;
    Ok(exit::of(&summary, prepared.fail_on))
}

/// An order whose hosts are selected and whose playbook is bound: everything that can be checked before a host is
/// contacted was.
pub struct Prepared<'a> {
    pub settings: &'a Settings,
    pub playbook: Arc<Playbook>,
    kind: RunKind,
    pub inventory: Inventory,
    pub hosts: Vec<HostName>,
    pub fail_on: Option<Level>,
    params: Params,
    selector: String,
    support: Arc<Table>,
    geo: Arc<Geo>,
    connection: &'a ConnectionArgs,
    pace: Pace,
    as_of: Option<jiff::civil::Date>,
    secrets: Arc<dyn Secrets>,
    /// Opened once: shared with the journal while hosts are worked on.
    store: Arc<Mutex<Store>>,
}

/// One walk over the hosts.
#[derive(Default)]
pub struct Execution {
    /// What is changed, and who approves.
    pub changes: Option<Changes>,
    /// These of the hosts; none: all.
    pub hosts: Option<Vec<HostName>>,
    /// The report goes to nobody: another walk follows that tells more.
    pub quiet: bool,
    /// Somebody may be asked in the middle of it, so nothing is redrawn.
    pub asks: bool,
}

impl<'a> Prepared<'a> {
    pub fn new(settings: &'a Settings, order: Order<'a>) -> Result<Self, CliError> {
        let mut inventory = load::inventory(settings)?;
        let support = Arc::new(load::os_support(settings)?);
        // Reading a database takes a moment, which a playbook that asks for no places need not wait for.
        let placed = ["mail.senders", "mail.logins", "mail.signals"].iter().any(|verb| order.playbook.uses(verb));
        let geo = Arc::new(if placed { load::geo(settings)? } else { Geo::default() });
        let selection = selection(order.selection)?;
        let store = order.store.map_or_else(|| Store::open(&settings.state), Ok)?;
        let context = context(&selection, &store)?;
        let hosts: Vec<Host> = inventory.select(&selection, &context)?.into_iter().cloned().collect();
        let names: Vec<_> = hosts.iter().map(|h| h.name.clone()).collect();
        inventory.override_hosts(&names, overrides(order.connection)?);
        let hosts: Vec<&Host> = names.iter().filter_map(|name| inventory.host(name)).collect();

        let playbook = order.playbook;
        let params = playbook.bind(&order.params)?;
        playbook.check_vars(&hosts).or(())?;
        if order.connection.accept_new && playbook.mode != Mode::ReadOnly {
            let text = "--accept-new is only for playbooks that read; use `fleet trust HOST` first";
            return Err(CliError::invalid(text));
        }
        for (one, other, what) in duplicates(&hosts) {
            let text = format!("{one} and {other} are the same address, {what}");
            if flow::changes(&playbook) {
                return Err(CliError::refused(format!("{text}\n  one server is changed once: leave one of them out")));
            }
            remark(&format!("note: {text}"));
        }
        if let Some(most) = playbook.limits.hosts.filter(|most| hosts.len() > *most) {
            return Err(CliError::refused(format!(
                "{} hosts are selected; the playbook {} allows {most}\n  select fewer, or raise `limits: {{hosts: ..}}`",
                hosts.len(),
                playbook.name
            )));
        }
        trusted_keys(settings, &targets(&inventory, &hosts)?)?;
        let pace = pace(settings, order.pace, &playbook, hosts.len(), order.default_timeout)?;
        Ok(Self {
            settings,
            pace,
            params,
            support,
            geo,
            hosts: names,
            selector: order.selection.hosts.join(", "),
            connection: order.connection,
            fail_on: order.fail_on,
            as_of: order.as_of,
            secrets: Arc::new(Resolver::new(!order.connection.no_prompt)),
            playbook: Arc::new(playbook),
            kind: order.kind,
            inventory,
            store: Arc::new(Mutex::new(store)),
        })
    }

    /// The state. A walk writes to it, so nobody keeps it over one.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names the walk that comes next.
    pub fn begin(&self) -> Result<RunId, CliError> {
        Ok(self.store().new_run(Timestamp::now())?)
    }

    /// Goes over the hosts once.
    pub fn execute(&self, run: &RunId, how: Execution) -> Result<Summary, CliError> {
        let Execution { changes, hosts, quiet, asks } = how;
        let (settings, playbook) = (self.settings, &self.playbook);
        let names = hosts.unwrap_or_else(|| self.hosts.clone());
        let hosts: Vec<&Host> = names.iter().filter_map(|name| self.inventory.host(name)).collect();
        let now = Timestamp::now();
        let mut targets = targets(&self.inventory, &hosts)?;
        if playbook.uses("mail.signals") {
            let mut baselines = self.store().baselines(now)?;
            for target in &mut targets {
                target.baseline = Arc::new(baselines.remove(&target.host.name).unwrap_or_default());
            }
        }
        let typed = self.connection.connect_timeout.clone();
        let connect = typed.or(settings.get("connect_timeout").map(|s| s.value.clone()));
        let connect = given_duration("--connect-timeout", connect.as_deref())?.or(playbook.timeouts.connect);
        let ssh = ssh_settings(settings, self.connection, connect);
        let rollout = &playbook.rollout;
        let waves = match changes.as_ref().is_some_and(|c| c.apply) {
            true => waves(rollout.canary, &rollout.batches, hosts.len()),
            false => Vec::new(),
        };
        let purpose = changes.as_ref().map_or("", |c| if c.apply { "apply" } else { "plan" });
        let job = Job {
            info: RunInfo {
                playbook: playbook.name.clone(),
                kind: Some(self.kind),
                summary: playbook.summary.clone(),
                mode: playbook.mode.word().to_owned(),
                purpose: purpose.to_owned(),
                selector: self.selector.clone(),
                hosts: names,
                tool: format!("fleet {}", env!("CARGO_PKG_VERSION")),
                parallel: self.pace.parallel,
                params: self.params.shown(),
            },
            run: run.clone(),
            params: self.params.clone(),
            clock: Clock {
                now: now.as_second(),
                as_of: self.as_of.unwrap_or_else(|| day(now)),
                support: self.support.clone(),
                geo: self.geo.clone(),
            },
            timeouts: self.pace.timeouts,
            parallel: self.pace.parallel,
            connecting: self.pace.connecting,
            per_jump_host: rollout.per_jump_host.unwrap_or(PER_JUMP_HOST),
            max_fail: self.pace.max_fail,
            playbook: playbook.clone(),
            waves,
            canary: rollout.canary.is_some_and(|n| n > 0),
            changes,
        };
        let mut others = Vec::new();
        if !quiet {
            let options = settings.report_options();
            let progress = match options.progress {
                Progress::Bar if asks => Progress::Counter,
                other => other,
            };
            others.push(report::reporter(settings.format, Options { progress, ..options }));
        }
        let sinks = Sinks { journal: Box::new(Journal::new(self.store.clone())), others };
        let secrets = self.secrets.clone();
        wait(async move {
            let client = Client::new(ssh).await?;
            for problem in client.bad_known_hosts_lines() {
                remark(&format!("note: {problem}"));
            }
            let interrupts = signals::interrupts()?;
            Ok::<_, CliError>(engine::run(job, targets, Arc::new(client), secrets, sinks, interrupts).await?)
        })
    }
}
