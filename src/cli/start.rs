//! From a checked playbook and what was typed to a finished run: what `run`, `exec` and `demo` share.

use super::args::{ConnectionArgs, PaceArgs, SelectionArgs};
use super::error::CliError;
use super::output::remark;
use super::settings::Settings;
use super::{exit, load, signals};
use crate::engine::flow::{self, Clock};
use crate::engine::{self, Changes, Job, Sinks, Target, Timeouts};
use crate::host::os_support::Table;
use crate::inventory::{Inventory, Overrides, Selection, duplicates};
use crate::mail::geo::Geo;
use crate::model::sink::Sink;
use crate::model::{Host, HostName, Level, RunId, RunInfo, Summary, duration};
use crate::playbook::{Amount, Given, MaxFail, Mode, Params, Playbook};
use crate::report::{self, Options, Progress};
use crate::secret::Resolver;
use crate::ssh::{self, Client, Deadlines, Secrets};
use crate::store::{Journal, Store};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Everything that was asked for.
pub struct Order<'a> {
    pub playbook: Playbook,
    pub params: BTreeMap<String, Given>,
    pub selection: &'a SelectionArgs,
    pub connection: &'a ConnectionArgs,
    pub pace: &'a PaceArgs,
    pub fail_on: Option<Level>,
    /// Today, or the day that was given, for maintenance periods.
    pub as_of: Option<jiff::civil::Date>,
    /// The step's deadline when neither the playbook nor the command line gives one.
    pub default_timeout: Duration,
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
            params,
            selection,
            connection,
            pace,
            fail_on: None,
            as_of: None,
            default_timeout: STEP_TIMEOUT,
        }
    }
}

const PARALLEL: usize = 64;
/// Hosts that connect, or have connected and wait: twice as many as work, within these bounds. With fewer, some dead
/// hosts would hold up the others; with more, hosts would wait long with an open connection.
const CONNECTING: std::ops::RangeInclusive<usize> = 8..=128;
const PER_JUMP_HOST: usize = 8;
/// For the record, the terminal, name look-ups, keys and jump hosts.
const SPARE_DESCRIPTORS: usize = 64;
const HOST_TIMEOUT: Duration = Duration::from_secs(600);
const STEP_TIMEOUT: Duration = Duration::from_secs(60);

/// Runs an order that only reads to its end and returns the exit code.
pub fn run(settings: &Settings, order: Order<'_>) -> Result<u8, CliError> {
    let prepared = Prepared::new(settings, order)?;
    let summary = prepared.execute(Execution::default())?.summary;
    Ok(exit::of(&summary, prepared.fail_on))
}

/// An order whose hosts are selected and whose playbook is bound: everything that can be checked before a host is
/// contacted was.
pub struct Prepared<'a> {
    pub settings: &'a Settings,
    pub playbook: Arc<Playbook>,
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
}

/// One walk over the hosts.
#[derive(Default)]
pub struct Execution {
    /// What is changed, and who approves; the run's name is not known before, so it makes them.
    pub changes: Option<MakeChanges>,
    /// These of the hosts; none: all.
    pub hosts: Option<Vec<HostName>>,
    /// Whoever else wants to hear.
    pub others: Vec<Box<dyn Sink>>,
    /// The report goes to nobody: another walk follows that tells more.
    pub quiet: bool,
    /// Somebody may be asked in the middle of it, so nothing is redrawn.
    pub asks: bool,
}

/// Makes the run's changes when its name is known, before a host is contacted.
pub type MakeChanges = Box<dyn FnOnce(&mut Store, &RunId) -> Result<Changes, CliError>>;

/// What a walk came to.
pub struct Executed {
    pub run: RunId,
    pub summary: Summary,
}

impl<'a> Prepared<'a> {
    pub fn new(settings: &'a Settings, order: Order<'a>) -> Result<Self, CliError> {
        let mut inventory = load::inventory(settings)?;
        let support = Arc::new(load::os_support(settings)?);
        // Reading a database takes a moment, which a playbook that asks for no places need not wait for.
        let placed = ["mail.senders", "mail.logins", "mail.signals"].iter().any(|verb| order.playbook.uses(verb));
        let geo = Arc::new(if placed { load::geo(settings)? } else { Geo::default() });
        let selection = selection(order.selection)?;
        let context = load::context(&selection, &Store::open(&settings.state)?)?;
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
            inventory,
        })
    }

    /// Goes over the hosts once.
    pub fn execute(&self, how: Execution) -> Result<Executed, CliError> {
        let (settings, playbook) = (self.settings, &self.playbook);
        let mut store = Store::open(&settings.state)?;
        let names = how.hosts.unwrap_or_else(|| self.hosts.clone());
        let hosts: Vec<&Host> = names.iter().filter_map(|name| self.inventory.host(name)).collect();
        let now = Timestamp::now();
        let run = store.new_run(now)?;
        let changes = how.changes.map(|make| make(&mut store, &run)).transpose()?;
        let mut targets = targets(&self.inventory, &hosts)?;
        if playbook.uses("mail.signals") {
            let mut baselines = store.baselines(now)?;
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
        let mut others = how.others;
        if !how.quiet {
            let options = settings.report_options();
            let progress = match options.progress {
                Progress::Bar if how.asks => Progress::Counter,
                other => other,
            };
            others.push(report::reporter(settings.format, Options { progress, ..options }));
        }
        let sinks = Sinks { journal: Box::new(Journal::new(store)), others };
        let secrets = self.secrets.clone();
        let summary = wait(async move {
            let client = Client::new(ssh).await?;
            for problem in client.bad_known_hosts_lines() {
                remark(&format!("note: {problem}"));
            }
            let interrupts = signals::interrupts()?;
            Ok::<_, CliError>(engine::run(job, targets, Arc::new(client), secrets, sinks, interrupts).await?)
        })?;
        Ok(Executed { run, summary })
    }
}

/// How many hosts go at a time, one wave after the other; the last size repeats.
fn waves(canary: Option<usize>, batches: &[Amount], hosts: usize) -> Vec<usize> {
    let sizes = batches.iter().map(|amount| amount.of(hosts).max(1));
    let mut waves: Vec<usize> = canary.filter(|n| *n > 0).into_iter().chain(sizes).collect();
    match (waves.last().copied(), batches.is_empty()) {
        // After the canary, everyone.
        (Some(_), true) => waves.push(hosts.max(1)),
        (Some(last), false) => {
            let planned: usize = waves.iter().sum();
            waves.extend(std::iter::repeat_n(last, hosts.saturating_sub(planned).div_ceil(last)));
        }
        (None, _) => {}
    }
    waves
}

/// The day that this machine's calendar shows then.
pub fn day(now: Timestamp) -> jiff::civil::Date {
    now.to_zoned(jiff::tz::TimeZone::system()).date()
}

/// Runs a future to its end. What blocks a thread all the same, such as a question that nobody answered
/// before Ctrl-C, is left behind.
pub fn wait<T>(future: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = runtime()?;
    let done = runtime.block_on(future);
    runtime.shutdown_background();
    done
}

/// The runtime for everything that talks to hosts.
pub fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(cores.min(4)).enable_all().build()?)
}

/// What was typed about hosts; nothing typed is an error, `all` must be written.
pub fn selection(args: &SelectionArgs) -> Result<Selection, CliError> {
    if args.hosts.is_empty() {
        return Err(CliError::invalid(
            "which hosts?\n  give --hosts SELECTOR; `--hosts all` means every host of the inventory",
        ));
    }
    let expect = args.expect.as_deref().map(crate::inventory::Expect::parse).transpose()?;
    Ok(Selection { hosts: args.hosts.clone(), limit: args.limit.clone(), exclude: args.exclude.clone(), expect })
}

/// The level of values above the inventory: the command line.
pub fn overrides(args: &ConnectionArgs) -> Result<Overrides, CliError> {
    let mut overrides = Overrides { user: args.user.clone(), ..Overrides::default() };
    for text in &args.extra_vars {
        overrides.add_var(text)?;
    }
    Ok(overrides)
}

/// Each host with the jump hosts in front of it.
pub fn targets(inventory: &Inventory, hosts: &[&Host]) -> Result<Vec<Target>, CliError> {
    let mut shared: BTreeMap<&str, Arc<Host>> = BTreeMap::new();
    let mut targets = Vec::with_capacity(hosts.len());
    for host in hosts {
        let mut chain = Vec::new();
        for name in &host.jump {
            let jump = inventory.host(name).ok_or_else(|| {
                CliError::invalid(format!("{}: the jump host {name} is not in the inventory", host.name))
            })?;
            chain.push(shared.entry(jump.name.as_str()).or_insert_with(|| Arc::new(jump.clone())).clone());
        }
        targets.push(Target { host: Arc::new((*host).clone()), chain, baseline: Arc::default() });
    }
    Ok(targets)
}

/// Where host keys are known from, and the deadlines.
pub fn ssh_settings(settings: &Settings, args: &ConnectionArgs, connect: Option<Duration>) -> ssh::Settings {
    let agent = std::env::var_os("SSH_AUTH_SOCK").filter(|s| !s.is_empty()).map(PathBuf::from);
    let mut ssh = ssh::Settings::for_user(&settings.home, agent);
    if !args.known_hosts.is_empty() {
        ssh.known_hosts = args.known_hosts.clone();
    } else if let Some(setting) = settings.get("known_hosts") {
        ssh.known_hosts = setting.value.split(':').map(PathBuf::from).collect();
    }
    ssh.write_known_hosts = settings.state.join("known_hosts");
    ssh.accept_new = args.accept_new;
    if let Some(connect) = connect {
        ssh.deadlines = Deadlines { tcp: connect, handshake: connect, ..ssh.deadlines };
    }
    ssh
}

struct Pace {
    parallel: usize,
    connecting: usize,
    timeouts: Timeouts,
    max_fail: Option<usize>,
}

fn pace(
    settings: &Settings,
    args: &PaceArgs,
    playbook: &Playbook,
    hosts: usize,
    default_timeout: Duration,
) -> Result<Pace, CliError> {
    let settled =
        match settings.get("parallel") {
            None => None,
            Some(s) => {
                Some(s.value.parse().ok().filter(|n| *n > 0).ok_or_else(|| {
                    CliError::invalid(format!("{}: `parallel` must be a whole number from 1", s.origin))
                })?)
            }
        };
    let step =
        given_duration("--timeout", args.timeout.as_deref())?.or(playbook.timeouts.step).unwrap_or(default_timeout);
    let host = given_duration("--host-timeout", args.host_timeout.as_deref())?.or(playbook.timeouts.host);
    let max_fail = match args.max_fail.as_deref() {
        Some(text) => Some(MaxFail::parse(text).ok_or_else(|| CliError::invalid("--max-fail must be none, N or N%"))?),
        None => playbook.rollout.max_fail,
    };
    if args.parallel == Some(0) {
        return Err(CliError::invalid("--parallel must be at least 1"));
    }
    let wanted = args.parallel.or(settled).or(playbook.rollout.parallel).unwrap_or(PARALLEL);
    // A working host takes a descriptor, and one more where a second channel has to be opened anew; one that
    // connects takes one.
    let free = descriptors().saturating_sub(SPARE_DESCRIPTORS);
    let parallel = wanted.min((free / 3).max(1));
    let connecting = (2 * parallel).clamp(*CONNECTING.start(), *CONNECTING.end());
    let connecting = connecting.min(free.saturating_sub(2 * parallel)).max(1);
    if parallel < wanted && parallel < hosts {
        remark(&format!(
            "note: {parallel} hosts at once instead of {wanted}: the limit on open files (ulimit -n) allows no more"
        ));
    }
    let host = host.unwrap_or(HOST_TIMEOUT.max(step.saturating_mul(2)));
    Ok(Pace {
        parallel,
        connecting,
        timeouts: Timeouts { step, host },
        max_fail: match max_fail {
            None | Some(MaxFail::None) => None,
            Some(MaxFail::At(amount)) => Some(amount.of(hosts)),
        },
    })
}

/// A duration from the command line or the settings.
pub fn given_duration(flag: &str, text: Option<&str>) -> Result<Option<Duration>, CliError> {
    let Some(text) = text else { return Ok(None) };
    match duration::parse(text).filter(|d| !d.is_zero()) {
        Some(duration) => Ok(Some(duration)),
        None => Err(CliError::invalid(format!("{flag} must be a duration such as 90s, 5m or 24h"))),
    }
}

/// Raises the soft limit of open files to the hard one and says how many there may be.
pub fn descriptors() -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
    getrlimit(Resource::Nofile).current.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX))
}
