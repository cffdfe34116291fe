//! From what was typed about hosts to the hosts that are meant, and the way to each.

use super::args::{ConnectionArgs, SelectionArgs};
use super::error::CliError;
use super::settings::Settings;
use crate::engine::Target;
use crate::inventory::{Context, Expect, Inventory, Overrides, ResultSet, Selection};
use crate::local::{read, trust};
use crate::model::{Host, HostName, Problems, SecretRef};
use crate::ssh::{self, Deadlines};
use crate::store::{HostLine, Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Bytes of a file of host names.
const MAX_LIST: u64 = 16 << 20;

/// What was typed about hosts; nothing typed is an error, `all` must be written.
pub fn selection(args: &SelectionArgs) -> Result<Selection, CliError> {
    if args.hosts.is_empty() {
        return Err(CliError::invalid(
            "which hosts?\n  give --hosts SELECTOR; `--hosts all` means every host of the inventory",
        ));
    }
    let expect = args.expect.as_deref().map(Expect::parse).transpose()?;
    Ok(Selection { hosts: args.hosts.clone(), limit: args.limit.clone(), exclude: args.exclude.clone(), expect })
}

/// What the selectors of `selection` ask for beside the inventory: files, and what earlier runs left.
pub fn context(selection: &Selection, store: &Store) -> Result<Context, CliError> {
    let needs = selection.needs()?;
    let mut context = Context::default();
    for path in needs.files {
        let text = read::order(Path::new(&path), MAX_LIST).map_err(|problem| problem.in_one_line());
        context.files.insert(path, text);
    }
    for set in needs.results {
        if let Some(hosts) = result_set(&set, store)? {
            context.results.insert(set, hosts);
        }
    }
    if needs.profiles {
        context.profiles = store.profiles()?;
    }
    Ok(context)
}

/// The hosts of an earlier run that ended so; `None` when there is no such run.
fn result_set(set: &ResultSet, store: &Store) -> Result<Option<BTreeSet<HostName>>, CliError> {
    let run = match store.find_run(set.run.as_deref().unwrap_or("last")) {
        Ok(run) => run,
        Err(StoreError::NoSuchRun(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let wanted = |line: &HostLine| match set.kind {
        "findings" => line.findings > 0,
        status => line.status == status,
    };
    Ok(Some(store.hosts(&run)?.into_iter().filter(wanted).map(|line| line.host).collect()))
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

/// Refuses key and password files of these hosts, and of those in front of them, that somebody else could have put
/// there. Whether nobody else can read them is looked at when they are used.
pub fn trusted_keys(settings: &Settings, targets: &[Target]) -> Result<(), CliError> {
    let mut files = BTreeSet::new();
    for host in targets.iter().flat_map(|target| target.chain.iter().chain([&target.host])) {
        files.extend(host.identity_files.iter().map(|name| match name.strip_prefix("~/") {
            Some(rest) => settings.home.join(rest),
            None => PathBuf::from(name),
        }));
        let passwords = [host.password.as_ref(), host.sudo.as_ref().and_then(|sudo| sudo.password.as_ref())];
        files.extend(passwords.into_iter().flatten().filter_map(|reference| match reference {
            SecretRef::File(path) => Some(PathBuf::from(path)),
            _ => None,
        }));
    }
    let mut problems = Problems::default();
    for file in &files {
        if let Err(untrusted) = trust::check(file) {
            problems.push(untrusted.problem(file));
        }
    }
    Ok(problems.or(())?)
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
