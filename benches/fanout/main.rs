//! What a run over many hosts costs: processor time, memory and round trips, beside the goals that the design set.
//!
//! `cargo bench --bench fanout` runs all of it; `cargo bench --bench fanout -- G2 G7` only these. Needs root, sshd
//! and ssh, and says so where they are missing. Everything happens on the loopback and in temporary folders. Two
//! processes on one machine share its cores, so only ratios of one run travel to another machine.

mod logs;
mod measure;
mod proxy;
mod rig;

use measure::{Cost, Memory, cost, median, peak};
use rig::{Demo, Rig};
use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

pub type Done<T> = Result<T, Box<dyn Error>>;

/// Hosts of the real sshd.
const REAL: usize = 200;
const PAIRS: usize = 3;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Done<()> {
    if let Some(missing) = rig::missing() {
        return say(&format!("not measured: {missing}"));
    }
    let only: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |name: &str| only.is_empty() || only.iter().any(|o| o.eq_ignore_ascii_case(name));
    say(&format!("{:<58} {:>10} {:>8} {:>14}", "what", "measured", "goal", "measured/goal"))?;
    if wanted("G1") || wanted("G5") {
        let rig = Rig::start(REAL)?;
        if wanted("G1") {
            beside_ssh(&rig)?;
        }
        if wanted("G5") {
            round_trips(&rig)?;
        }
    }
    if wanted("G11") {
        logs::large_log(&Rig::start(1)?)?;
    }
    if wanted("G2") || wanted("G7") {
        let demo = Demo::start(2000)?;
        if wanted("G2") {
            floor(&demo)?;
        }
        if wanted("G7") {
            memory(&demo)?;
        }
    }
    Ok(())
}

pub fn say(text: &str) -> Done<()> {
    Ok(writeln!(io::stdout(), "{text}")?)
}

pub fn figure(name: &str, measured: f64, goal: f64) -> Done<()> {
    say(&format!("{name:<58} {measured:>10.3} {goal:>8.2} {:>14.2}", measured / goal))
}

/// fleet with a home of its own: no setting, key or agent of whoever runs this counts.
pub fn fleet(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", home).env("TZ", "UTC");
    command.args(["--progress", "none", "--output", "json"]);
    command
}

/// G1: what the controller spends, beside one `ssh` process for each host.
fn beside_ssh(rig: &Rig) -> Done<()> {
    let ten = rig.write("ten.yaml", &playbook(10))?;
    let once = ["exec", "--hosts", "all", "--reads", "-f", "64", "--", "true"];
    let steps = ["run", &ten, "--hosts", "all", "-f", "64"];
    for (what, words, remote) in
        [("one command", &once[..], "true"), ("ten steps", &steps[..], &["/bin/true"; 10].join(";"))]
    {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..PAIRS {
            ours.push(cost(rig.fleet().args(words), rig.path())?);
            theirs.push(ssh(rig, remote)?);
        }
        let cpu = |costs: &[Cost]| median(costs.iter().map(|c| c.cpu));
        let wall = |costs: &[Cost]| median(costs.iter().map(|c| c.wall));
        let note = |who: &str, costs: &[Cost]| {
            let (cpu, wall) = (cpu(costs), wall(costs));
            say(&format!(
                "  {what}, {REAL} hosts, {who}: {:.3} ms processor time a host, {:.2} s",
                cpu / REAL as f64,
                wall / 1e3
            ))
        };
        note("fleet", &ours)?;
        note("ssh", &theirs)?;
        figure(&format!("G1 {what}: processor time, fleet / ssh"), cpu(&ours) / cpu(&theirs), 0.12)?;
        say(&format!("{:<58} {:>10.3}", format!("   {what}: wall, fleet / ssh"), wall(&ours) / wall(&theirs)))?;
    }
    Ok(())
}

/// 64 ssh processes at a time; when one fails, so does xargs.
fn ssh(rig: &Rig, remote: &str) -> Done<Cost> {
    let mut xargs = Command::new("xargs");
    xargs.arg("-a").arg(rig.path().join("addresses")).args(["-P", "64", "-I", "HOST", "ssh", "-n", "-F"]);
    cost(xargs.arg(rig.path().join("ssh_config")).args(["HOST", remote]), rig.path())
}

fn playbook(steps: usize) -> String {
    let head = "fleet: 1\nname: steps\nsummary: Reads nothing of worth\nmode: read-only\nsteps:\n";
    head.to_owned() + &"  - command: { argv: [\"/bin/true\"], reads: true }\n".repeat(steps)
}

/// G2: what one host costs where the servers are light.
fn floor(demo: &Demo) -> Done<()> {
    let mut costs = Vec::new();
    for _ in 0..PAIRS {
        costs.push(cost(
            demo.fleet().args(["exec", "--hosts", demo.honest(), "--reads", "-f", "256", "--", "true"]),
            demo.path(),
        )?);
    }
    let hosts = demo.names.len() as f64;
    say(&format!("  {hosts} demo hosts: {:.2} s", median(costs.iter().map(|c| c.wall)) / 1e3))?;
    figure("G2 processor time of one demo host, ms", median(costs.iter().map(|c| c.cpu)) / hosts, 0.8)
}

/// G7: memory that an open connection takes, and the peak of an ordinary run.
fn memory(demo: &Demo) -> Done<()> {
    let run = |hosts: usize, parallel: &str, command: &str| -> Done<Memory> {
        let names = demo.names.get(..hosts).ok_or("too few hosts")?;
        let list = demo.write(&format!("list-{hosts}"), &names.join("\n"))?;
        let list = format!("file:{list}");
        let words = ["exec", "--hosts", &list, "-f", parallel, "--reads", "--", command];
        peak(demo.fleet().args(words), demo.path())
    };
    let (few, many) = (run(100, "1000", "sleep 8")?.total, run(1000, "1000", "sleep 8")?.total);
    say(&format!("  peak with 100 and 1000 connections held: {:.1} and {:.1} MiB", few / 1024.0, many / 1024.0))?;
    figure("G7 memory of one open connection, KiB", (many - few) / 900.0, 100.0)?;
    let runs = (0..PAIRS).map(|_| run(1000, "64", "true")).collect::<Done<Vec<_>>>()?;
    let anonymous = median(runs.iter().map(|m| m.anonymous)) / 1024.0;
    say(&format!("  1000 hosts, 64 at once: {anonymous:.1} MiB without the pages of the program's file"))?;
    figure("G7 peak of 1000 hosts, 64 at once, MiB", median(runs.iter().map(|m| m.total)) / 1024.0, 30.0)
}

/// G5: round trips to one real sshd, as the slope of the time over the delay.
fn round_trips(rig: &Rig) -> Done<()> {
    const NEAR: u64 = 20;
    const FAR: u64 = 120;
    let target = rig.addresses.first().ok_or("no address")?;
    let mut hosts = Vec::new();
    for round_trip in [NEAR, FAR] {
        hosts.push((round_trip, proxy::start(target, Duration::from_millis(round_trip) / 2)?));
    }
    rig.write_proxied(&hosts)?;
    let (one, ten) = (rig.write("one-step.yaml", &playbook(1))?, rig.write("ten-steps.yaml", &playbook(10))?);
    say("  round trips through a delaying proxy, and 1 for TCP's own, which the proxy answers at once")?;
    for (what, playbook, goal) in [("one step", &one, 10.1), ("ten steps batched", &ten, 11.2)] {
        let wall = |round_trip: u64| -> Done<f64> {
            let name = format!("rtt{round_trip}");
            let mut walls = Vec::new();
            for _ in 0..PAIRS {
                let mut fleet = fleet(rig.path());
                fleet.args(["run", playbook, "--hosts", &name]);
                walls.push(cost(rig.at(&mut fleet, "proxied.yaml"), rig.path())?.wall);
            }
            Ok(median(walls))
        };
        let (near, far) = (wall(NEAR)?, wall(FAR)?);
        say(&format!("  {what}: {near:.0} ms at {NEAR} ms, {far:.0} ms at {FAR} ms"))?;
        figure(&format!("G5 round trips, {what}"), (far - near) / (FAR - NEAR) as f64 + 1.0, goal)?;
    }
    Ok(())
}
