use crate::cli::args::ConnectionArgs;
use crate::cli::error::CliError;
use crate::cli::settings::{NAMES, Settings};
use crate::cli::{exit, hosts, load, output, runtime};
use crate::host::os_support::{OsSupport, Policy, Table};
use crate::inventory::{Inventory, Selection, duplicates};
use crate::mail::detect;
use crate::mail::geo::Source;
use crate::model::counted::counted;
use crate::model::exit::Terms;
use crate::model::{Fault, Host, HostStatus, Problem, Summary};
use crate::secret::Resolver;
use crate::ssh::{Client, Secrets};
use crate::store::{Integrity, RunLine, Store};
use futures::StreamExt;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What is wrong, and how to mend it
///
/// Looks at the settings, the inventory, known host keys, maintenance dates, databases of countries, the state folder and the SSH agent; with hosts, also
/// connects to each and goes through every phase: name, connection, host key, login, sudo, panel, mail server,
/// OS maintenance. Changes nothing.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Selectors of hosts to look at
    #[arg(value_name = "SELECTOR")]
    hosts: Vec<String>,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// One thing that was looked at. What is well and has something to mend all the same is a warning.
#[derive(Debug, Serialize)]
struct Check {
    what: String,
    ok: bool,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
}

impl Check {
    fn good(what: impl Into<String>, text: impl Into<String>) -> Self {
        Self { what: what.into(), ok: true, text: text.into(), mend: None }
    }

    fn warning(what: impl Into<String>, text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { ok: true, ..Self::bad(what, text, mend) }
    }

    fn bad(what: impl Into<String>, text: impl Into<String>, mend: impl Into<String>) -> Self {
        let mend = Some(mend.into()).filter(|m: &String| !m.is_empty());
        Self { what: what.into(), ok: false, text: text.into(), mend }
    }

    fn problem(what: &str, problem: &Problem) -> Self {
        let mut place = problem.clone();
        let mend = place.help.take().unwrap_or_default();
        Self::bad(what, place.to_string(), mend)
    }

    fn fault(what: String, fault: &Fault) -> Self {
        Self::bad(what, fault.to_string(), fault.hint.clone().unwrap_or_default())
    }
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let mut checks = local(settings, &args.connection)?;
    let mut code = if checks.iter().all(|c| c.ok) { exit::OK } else { exit::INVALID };
    if !args.hosts.is_empty() {
        let inventory = load::inventory(settings)?;
        let selection = Selection { hosts: args.hosts.clone(), ..Selection::default() };
        let hosts = inventory.select(&selection, &hosts::context(&selection, &Store::open(&settings.state)?)?)?;
        let (more, summary) = remote(settings, &args.connection, &inventory, &hosts)?;
        checks.extend(more);
        code = exit::worse(code, exit::of(&summary, &Terms::default()).code);
    }
    if settings.format.for_people {
        let lines: Vec<String> = checks.iter().map(line).collect();
        output::data(&lines.concat())?;
    } else {
        output::document(settings, &json!({"schema_version": 1, "checks": checks}))?;
    }
    Ok(code)
}

fn line(check: &Check) -> String {
    let mark = match (check.ok, &check.mend) {
        (true, None) => "ok   ",
        (true, Some(_)) => "warn ",
        (false, _) => "BAD  ",
    };
    let mend = check.mend.iter().map(|m| format!("       mend: {m}\n")).collect::<String>();
    format!("{mark} {}: {}\n{mend}", check.what, check.text)
}

fn local(settings: &Settings, connection: &ConnectionArgs) -> Result<Vec<Check>, CliError> {
    let mut checks = Vec::new();
    for (name, _) in NAMES {
        if let Some(setting) = settings.get(name) {
            checks.push(Check::good(format!("setting {name}"), format!("{} (from {})", setting.value, setting.origin)));
        }
    }
    match load::inventory(settings) {
        Err(error) => checks.push(Check::bad("inventory", error.text, "")),
        Ok(inventory) => {
            checks.push(Check::good("inventory", counted(inventory.hosts().len(), "hosts")));
            let all: Vec<&Host> = inventory.hosts().iter().collect();
            for (one, other, what) in duplicates(&all) {
                checks.push(Check::bad(
                    "inventory",
                    format!("{one} and {other} are the same address, {what}"),
                    "keep one of them",
                ));
            }
        }
    }
    checks.push(match load::os_support(settings) {
        Ok(table) => dates(&table, runtime::day(Timestamp::now())),
        Err(error) => Check::bad("maintenance dates", error.text, ""),
    });
    match load::geo(settings) {
        Ok(geo) => checks.extend(geo.sources(runtime::day(Timestamp::now())).iter().map(places)),
        Err(error) => checks.push(Check::bad("geoip", error.text, "")),
    }
    checks.push(match Store::open(&settings.state) {
        Ok(_) => Check::good("state", settings.state.display().to_string()),
        Err(error) => Check::bad("state", error.to_string(), "choose another folder with --state"),
    });
    checks.extend(records(settings)?);
    let ssh = hosts::ssh_settings(settings, connection, None);
    let agent = ssh.agent.clone();
    match runtime::runtime()?.block_on(Client::new(ssh)) {
        Err(problems) => checks.extend(problems.0.iter().map(|p| Check::problem("known_hosts", p))),
        Ok(client) => {
            let bad = client.bad_known_hosts_lines();
            checks.extend(bad.iter().map(|p| Check::problem("known_hosts", p)));
            if bad.is_empty() {
                checks.push(Check::good("known_hosts", "readable, no bad line"));
            }
        }
    }
    checks.push(match &agent {
        Some(path) if path.exists() => Check::good("ssh agent", path.display().to_string()),
        Some(path) => Check::bad(
            "ssh agent",
            format!("{} is not there", path.display()),
            "start ssh-agent, or unset SSH_AUTH_SOCK",
        ),
        None => Check::good("ssh agent", "none; key files are used"),
    });
    let files = runtime::descriptors();
    checks.push(match files {
        0..1024 => Check::bad("open files", format!("at most {files}"), "raise `ulimit -n` to 4096 or more"),
        _ => Check::good("open files", format!("at most {files}")),
    });
    Ok(checks)
}

/// Runs whose records are looked at.
const RECENT: usize = 20;

/// Whether the records of the last runs are whole.
fn records(settings: &Settings) -> Result<Vec<Check>, CliError> {
    // Why it cannot be opened is told already.
    let Ok(store) = Store::open_to_read(&settings.state) else { return Ok(Vec::new()) };
    let (mut whole, mut not_chained, mut checks) = (0, 0, Vec::new());
    for RunLine { run, .. } in store.runs(RECENT)? {
        let integrity = store.verify(&run)?;
        match integrity {
            Integrity::Whole { .. } => whole += 1,
            Integrity::NotChained { .. } => not_chained += 1,
            Integrity::Broken { .. } => {}
        }
        let mend = "what it did is not known for sure; compare it with a backup of the state folder";
        checks.extend(integrity.problem(&run).map(|text| Check::bad("records", text, mend)));
    }
    let all = whole + not_chained + checks.len();
    checks.push(Check::good(
        "records",
        match not_chained {
            0 => format!("{whole} of {all} are whole"),
            n => format!("{whole} of {all} are whole, {n} cannot be checked (recorded by an older fleet)"),
        },
    ));
    Ok(checks)
}

fn dates(table: &Table, today: Date) -> Check {
    let (what, checked) = ("maintenance dates", table.checked().map_or("never".to_owned(), |day| day.to_string()));
    let text = format!("last checked {checked}");
    match table.stale(today) {
        true => Check::warning(
            what,
            format!("{text}, more than six months ago"),
            "take a newer fleet, or give newer dates with --os-support (`fleet help os-support`)",
        ),
        false => Check::good(what, text),
    }
}

/// Until when an OS is maintained.
fn maintenance(support: &OsSupport) -> String {
    let ends = |what: &str, past: bool, end: &Option<String>| {
        let word = if past { "ended on" } else { "until" };
        end.as_ref().map(|end| format!(", {what} maintenance {word} {end}")).unwrap_or_default()
    };
    let vendor = ends("vendor", support.past_vendor, &support.vendor_end);
    let extended = ends("extended", support.past_extended, &support.extended_end);
    match support.known {
        true => format!("{}{vendor}{extended}", support.name),
        false => format!("{}, which is not in the table of maintenance dates", support.name),
    }
}

fn places(source: &Source) -> Check {
    let Source { kind, tells, built, stale } = source;
    let (what, text) = (format!("geoip {kind}"), format!("tells {}, built {built}", tells.join(" and ")));
    match stale {
        true => Check::warning(
            what,
            format!("{text}, more than six months ago"),
            "download a newer one (`fleet help geoip`)",
        ),
        false => Check::good(what, text),
    }
}

/// Hosts that are looked at, at once.
const AT_ONCE: usize = 32;

fn remote(
    settings: &Settings,
    connection: &ConnectionArgs,
    inventory: &Inventory,
    hosts: &[&Host],
) -> Result<(Vec<Check>, Summary), CliError> {
    let targets = hosts::targets(inventory, hosts)?;
    let table = load::os_support(settings)?;
    let ssh = hosts::ssh_settings(settings, connection, None);
    let secrets: Arc<dyn Secrets> = Arc::new(Resolver::new(!connection.no_prompt));
    runtime::wait(async {
        let client = Client::new(ssh).await?;
        let looks = targets.iter().map(|target| {
            let (client, secrets, table) = (client.clone(), secrets.clone(), &table);
            async move {
                let mut checks = Vec::new();
                let chain: Vec<_> = target.chain.iter().map(AsRef::as_ref).collect();
                let status = look(&client, &target.host, &chain, secrets.as_ref(), table, &mut checks).await;
                (checks, status)
            }
        });
        let seen: Vec<(Vec<Check>, HostStatus)> = futures::stream::iter(looks).buffered(AT_ONCE).collect().await;
        let mut summary = Summary::default();
        for (_, status) in &seen {
            *summary.hosts.entry(status.word().into()).or_default() += 1;
        }
        Ok((seen.into_iter().flat_map(|(checks, _)| checks).collect(), summary))
    })
}

async fn look(
    client: &Client,
    host: &Host,
    chain: &[&Host],
    secrets: &dyn Secrets,
    table: &Table,
    checks: &mut Vec<Check>,
) -> HostStatus {
    let what = |part: &str| format!("{} {part}", host.name);
    let connection = match client.connect(host, chain, secrets).await {
        Ok(connection) => connection,
        Err(fault) => {
            checks.push(Check::fault(what("connection"), &fault));
            return HostStatus::Unreachable;
        }
    };
    let legacy = if connection.legacy() { ", with algorithms of old servers" } else { "" };
    checks.push(Check::good(what("connection"), format!("host key {}{legacy}", connection.fingerprint())));
    let mut shell = match connection.shell(host.sudo.as_ref(), secrets).await {
        Ok(shell) => shell,
        Err(fault) => {
            checks.push(Check::fault(what("shell"), &fault));
            return HostStatus::Failed;
        }
    };
    let outputs = match shell.run(&[detect::part()], &mut |_, _| {}, &CancellationToken::new()).await {
        Ok(outputs) => outputs,
        Err(fault) => {
            checks.push(Check::fault(what("shell"), &fault));
            return HostStatus::Failed;
        }
    };
    let profile = match detect::read(&outputs) {
        Ok(profile) => profile,
        Err(fault) => {
            checks.push(Check::fault(what("profile"), &fault));
            return HostStatus::Failed;
        }
    };
    let clock = Timestamp::now();
    checks.push(match profile.uid {
        0 => Check::good(what("privilege"), "root"),
        uid => Check::bad(
            what("privilege"),
            format!("uid {uid}; queue files and logs need root"),
            "set `sudo: true` for it in the inventory",
        ),
    });
    checks.push(Check::good(
        what("software"),
        format!("panel {}, mail server {}, IMAP {}", profile.panel(), profile.mta(), profile.imap()),
    ));
    let skew = profile.now - clock.as_second();
    checks.push(match skew.abs() {
        0..=60 => Check::good(what("clock"), format!("{skew:+} s")),
        _ => Check::bad(
            what("clock"),
            format!("{skew:+} s beside this machine's"),
            "set the host's clock; log times are judged by it",
        ),
    });
    let support = table.judge_os(&profile.os, runtime::day(clock), Policy::Vendor);
    let text = maintenance(&support);
    checks.push(match support.eol {
        true => Check::bad(what("os"), text, "past maintenance: 15,000 JPY per hour (tax excluded) on top of a job"),
        false => Check::good(what("os"), text),
    });
    // The look is over; that the server ends the session in its own way is no finding.
    let _ = shell.close().await;
    connection.close().await;
    HostStatus::Ok
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::profile::Os;
    use jiff::civil::date;

    #[test]
    fn maintenance_is_told_in_words() {
        let told = |id: &str, version: &str, name: &str| {
            let os = Os { id: id.into(), version: version.into(), name: name.into() };
            maintenance(&Table::builtin().judge_os(&os, date(2026, 11, 24), Policy::Vendor))
        };
        insta::assert_snapshot!(
            [
                told("centos", "7", "CentOS Linux 7 (Core)"),
                told("almalinux", "9.4", "AlmaLinux 9.4"),
                told("ubuntu", "20.04", "Ubuntu 20.04.6 LTS"),
                told("plan9", "4", "Plan 9"),
            ]
            .join("\n"),
            @r"
        CentOS Linux 7 (Core), vendor maintenance ended on 2024-06-30
        AlmaLinux 9.4, vendor maintenance until 2032-05-31
        Ubuntu 20.04.6 LTS, vendor maintenance ended on 2025-05-31, extended maintenance until 2030-04-02
        Plan 9, which is not in the table of maintenance dates
        "
        );
    }

    #[test]
    fn old_dates_are_a_warning_and_no_fault() {
        let table = Table::builtin();
        assert_eq!(line(&dates(&table, date(2026, 11, 24))), "ok    maintenance dates: last checked 2026-11-24\n");
        let old = dates(&table, date(2027, 5, 25));
        let kind = "GeoLite2-Country".to_owned();
        let source = Source { kind, tells: vec!["country"], built: "2026-04-01".into(), stale: true };
        assert!(places(&source).ok);
        insta::assert_snapshot!(line(&places(&source)), @r"
        warn  geoip GeoLite2-Country: tells country, built 2026-04-01, more than six months ago
               mend: download a newer one (`fleet help geoip`)
        ");
        assert!(old.ok);
        insta::assert_snapshot!(line(&old), @r"
        warn  maintenance dates: last checked 2026-11-24, more than six months ago
               mend: take a newer fleet, or give newer dates with --os-support (`fleet help os-support`)
        ");
    }
}
