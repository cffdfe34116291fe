//! Many hosts at once: fleet beside OpenSSH's `ssh` under `xargs -P`, in the same run, on real servers on the
//! loopback; and against the servers of `fleet demo`. Prints figures and their ratio to the goal; asserts
//! nothing about time. Needs root, sshd and ssh. `cargo bench --bench fanout`
#![expect(clippy::print_stdout, reason = "the figures are what a bench is for")]

mod measure;
mod proxy;
mod servers;

use measure::{Cost, line, median, peak_memory, timed};
use servers::{Demo, Servers};
use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Hosts of the comparison with `ssh`.
const HOSTS: usize = 200;
/// Pairs of runs; medians are shown.
const PAIRS: usize = 3;

fn main() -> Result<()> {
    for program in ["/usr/sbin/sshd", "/usr/bin/ssh", "/usr/bin/xargs"] {
        if !Path::new(program).exists() {
            println!("not measured: {program} is missing");
            return Ok(());
        }
    }
    let folder = tempfile::tempdir()?;
    let servers = Servers::start(folder.path(), HOSTS)?;
    println!("{:<58} {:>10} {:>10} {:>7}", "", "measured", "goal", "ratio");
    beside_ssh(&servers)?;
    round_trips(&servers)?;
    drop(servers);
    against_the_demo(folder.path())
}

fn fleet(folder: &Path, inventory: &Path, known_hosts: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.arg("-i").arg(inventory).arg("--state").arg(folder.join("state")).args(args);
    command.env("FLEET_KNOWN_HOSTS", known_hosts).env("HOME", folder).env_remove("SSH_AUTH_SOCK");
    command
}

/// G1 and G3: controller CPU and wall time, one command and ten.
fn beside_ssh(servers: &Servers) -> Result<()> {
    let ten = servers.folder.join("ten.yaml");
    let step = "  - command: { argv: [\"true\"], reads: true }\n";
    let head = "fleet: 1\nname: ten\nsummary: ten commands\nmode: read-only\nsteps:\n";
    std::fs::write(&ten, format!("{head}{}", step.repeat(10)))?;
    let ten = ten.to_str().ok_or("path")?;
    let one = ["exec", "--hosts", "all", "-f", "64", "--", "true"];
    let ten_steps = ["run", ten, "--hosts", "all", "-f", "64"];
    let joined = ["true"; 10].join(";");
    for (what, args, remote, goal) in
        [("one command", &one[..], "true", 0.12), ("ten steps", &ten_steps[..], joined.as_str(), 0.12)]
    {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..PAIRS {
            ours.push(timed(&mut fleet(&servers.folder, &servers.inventory(), &servers.known_hosts(), args))?);
            theirs.push(timed(&mut servers.xargs_ssh(remote))?);
        }
        let (ours, theirs) = (Cost::median(&ours), Cost::median(&theirs));
        let per_host = |cost: &Cost| 1e3 * cost.cpu / HOSTS as f64;
        println!(
            "{what}, {HOSTS} hosts, 64 at once: fleet {:.2} ms CPU a host, {:.2} s; xargs ssh {:.2} ms, {:.2} s",
            per_host(&ours),
            ours.wall,
            per_host(&theirs),
            theirs.wall
        );
        line(&format!("G1 controller CPU beside ssh, {what}"), ours.cpu / theirs.cpu, goal, "x");
        line(&format!("G3 wall beside ssh, {what}"), ours.wall / theirs.wall, 0.70, "x");
    }
    Ok(())
}

/// G5: the slope of wall time over round-trip time. The proxy answers TCP connects at once, so that handshake
/// is added as one.
fn round_trips(servers: &Servers) -> Result<()> {
    let ten = servers.folder.join("ten.yaml");
    let ten = ten.to_str().ok_or("path")?.to_owned();
    for (what, args, goal) in [
        ("one command", vec!["exec", "--hosts", "all", "--", "true"], 10.1),
        ("ten steps in one batch", vec!["run", &ten, "--hosts", "all"], 11.2),
    ] {
        let mut walls = Vec::new();
        for rtt in [20, 120] {
            let port = proxy::start(servers.first(), Duration::from_millis(rtt / 2))?;
            let (inventory, known) = servers.through(port)?;
            let mut runs = Vec::new();
            for _ in 0..PAIRS {
                runs.push(timed(&mut fleet(&servers.folder, &inventory, &known, &args))?.wall);
            }
            walls.push(median(runs));
        }
        let [short, long] = walls.as_slice() else { return Err("two runs".into()) };
        line(&format!("G5 round trips, {what}"), (long - short) / 0.1 + 1.0, goal, "");
    }
    Ok(())
}

/// G2 and G7: CPU a host and memory, against servers that cost next to nothing.
fn against_the_demo(folder: &Path) -> Result<()> {
    let demo = Demo::start(folder, 2_000)?;
    let of = |args: &[&str]| fleet(folder, &demo.inventory, &demo.known_hosts, args);
    let honest = "all!mx05!mx06";
    let cost = timed(&mut of(&["exec", "--hosts", honest, "-f", "256", "--", "true"]))?;
    println!("2,000 hosts in one process, 256 at once: {:.2} s CPU, {:.2} s wall", cost.cpu, cost.wall);
    line("G2 ms CPU a host, 2,000 hosts", 1e3 * cost.cpu / 1_998.0, 0.8, "ms");
    let held = |n: &str| {
        let args = ["exec", "--hosts", honest, "--limit", n, "-f", "1000", "--", "sleep 6"];
        peak_memory(&mut of(&args))
    };
    let (few, many) = (held(&demo.first(100)?)?, held(&demo.first(1_000)?)?);
    line("G7 KiB for an open connection", (many - few) / 900.0, 100.0, "KiB");
    let limit = demo.first(1_000)?;
    let peak = peak_memory(&mut of(&["exec", "--hosts", honest, "--limit", &limit, "-f", "64", "--", "true"]))?;
    line("G7 peak MiB, 1,000 hosts, 64 at once", peak / 1024.0, 30.0, "MiB");
    Ok(())
}
