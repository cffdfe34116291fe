//! The hosts: real sshd processes on loopback addresses, and the demo's servers in a process of their own.

use crate::{Done, fleet};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PORT: u16 = 22022;
/// Addresses that one sshd listens on (`MAX_LISTEN_SOCKS`). One process for all has too short a queue of connections.
const LISTEN: usize = 16;
const SSHD: &str = "/usr/sbin/sshd";

/// What keeps the real hosts from being started.
pub fn missing() -> Option<String> {
    if !geteuid().is_root() {
        return Some("it starts sshd, which needs root".into());
    }
    let tools = [SSHD, "/usr/bin/ssh", "/usr/bin/ssh-keygen", "/usr/bin/xargs"];
    let tool = tools.iter().find(|tool| !Path::new(tool).exists())?;
    Some(format!("there is no {tool}"))
}

/// Child processes that end with this.
struct Children(Vec<Child>);

impl Drop for Children {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = kill_process(Pid::from_child(child), Signal::TERM);
        }
        for child in &mut self.0 {
            let _ = child.wait();
        }
    }
}

/// Real sshd processes, and the files to reach them with.
pub struct Rig {
    /// `ADDRESS:PORT`
    pub addresses: Vec<String>,
    key: String,
    children: Children,
    dir: TempDir,
}

impl Rig {
    pub fn start(hosts: usize) -> Done<Self> {
        let dir = tempfile::Builder::new().prefix("fleet-bench-").tempdir()?;
        let root = dir.path();
        let key = keygen(root, "host")?;
        fs::write(root.join("authorized"), keygen(root, "id")?)?;
        // Where sshd puts its unprivileged child.
        fs::create_dir_all("/run/sshd")?;
        let ips: Vec<String> = (1..=hosts).map(|n| format!("127.1.{}.{}", n / 250, n % 250 + 1)).collect();
        let mut children = Children(Vec::new());
        for (n, group) in ips.chunks(LISTEN).enumerate() {
            children.0.push(sshd(root, n, group)?);
        }
        let addresses: Vec<String> = ips.iter().map(|ip| format!("{ip}:{PORT}")).collect();
        addresses.iter().try_for_each(|address| wait_for(address, root))?;
        let d = root.display();
        let (mut inventory, mut known) = (head(root), String::new());
        for (n, ip) in ips.iter().enumerate() {
            writeln!(inventory, "  h{n}: {{ address: {ip}, port: {PORT} }}")?;
            writeln!(known, "[{ip}]:{PORT} {key}")?;
        }
        fs::write(root.join("inventory.yaml"), inventory)?;
        fs::write(root.join("known_hosts"), known)?;
        fs::write(root.join("addresses"), ips.join("\n"))?;
        // The default key exchange of newer versions costs the controller several times as much.
        let config = format!(
            "Host *\nPort {PORT}\nUser root\nIdentityFile {d}/id\nIdentitiesOnly yes\nIdentityAgent none\nBatchMode yes\n\
             UserKnownHostsFile {d}/known_hosts\nGlobalKnownHostsFile /dev/null\nStrictHostKeyChecking yes\n\
             LogLevel ERROR\nKexAlgorithms curve25519-sha256\n"
        );
        fs::write(root.join("ssh_config"), config)?;
        Ok(Self { addresses, key, children, dir })
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The sshd processes.
    pub fn pids(&self) -> impl Iterator<Item = u32> {
        self.children.0.iter().map(Child::id)
    }

    /// fleet with the inventory of all hosts.
    pub fn fleet(&self) -> Command {
        let mut command = fleet(self.path());
        self.at(&mut command, "inventory.yaml");
        command
    }

    /// Adds the options that name an inventory and what goes with it.
    pub fn at<'a>(&self, command: &'a mut Command, inventory: &str) -> &'a mut Command {
        command.env("FLEET_INVENTORY", self.path().join(inventory));
        command.env("FLEET_STATE", self.path().join("state"));
        command.env("FLEET_KNOWN_HOSTS", self.path().join("known_hosts"))
    }

    /// A file in the rig's folder; its path.
    pub fn write(&self, name: &str, text: &str) -> Done<String> {
        write(self.path(), name, text)
    }

    /// `proxied.yaml` with one host `rttN` for each round trip of N ms and its proxy's port.
    pub fn write_proxied(&self, proxies: &[(u64, u16)]) -> Done<()> {
        let mut inventory = head(self.path());
        let mut known = fs::read_to_string(self.path().join("known_hosts"))?;
        for (round_trip, port) in proxies {
            writeln!(inventory, "  rtt{round_trip}: {{ address: 127.0.0.1, port: {port} }}")?;
            writeln!(known, "[127.0.0.1]:{port} {}", self.key)?;
        }
        self.write("proxied.yaml", &inventory)?;
        self.write("known_hosts", &known)?;
        Ok(())
    }
}

fn write(folder: &Path, name: &str, text: &str) -> Done<String> {
    let path = folder.join(name);
    fs::write(&path, text)?;
    Ok(path.display().to_string())
}

fn head(root: &Path) -> String {
    format!("fleet: 1\ndefaults: {{ user: root, identity_files: [{}] }}\nhosts:\n", root.join("id").display())
}

/// A new key in the folder; its public half.
fn keygen(root: &Path, name: &str) -> Done<String> {
    let path = root.join(name);
    let status = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&path).status()?;
    if !status.success() {
        return Err(format!("ssh-keygen ended with {status}").into());
    }
    let public = fs::read_to_string(path.with_extension("pub"))?;
    Ok(public.split(' ').take(2).collect::<Vec<_>>().join(" "))
}

fn sshd(root: &Path, number: usize, ips: &[String]) -> Done<Child> {
    let d = root.display();
    // Without root's own start files, which may take longer than everything that is measured.
    let mut config = format!(
        "SetEnv HOME={d} PATH={d}/bin:/usr/sbin:/usr/bin:/sbin:/bin\nPort {PORT}\nHostKey {d}/host\nAuthorizedKeysFile {d}/authorized\nPidFile none\nUsePAM no\nUseDNS no\n\
         StrictModes no\nMaxStartups 20000\nPrintMotd no\nPermitRootLogin prohibit-password\n"
    );
    ips.iter().try_for_each(|ip| writeln!(config, "ListenAddress {ip}"))?;
    let path = root.join(format!("sshd-{number}"));
    fs::write(&path, config)?;
    let mut command = Command::new(SSHD);
    command.args(["-D", "-f"]).arg(&path).arg("-E").arg(root.join("sshd.log")).stdin(Stdio::null());
    Ok(command.spawn()?)
}

fn wait_for(address: &str, root: &Path) -> Done<()> {
    let until = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(address).is_err() {
        if Instant::now() > until {
            let log = fs::read_to_string(root.join("sshd.log")).unwrap_or_default();
            return Err(format!("sshd does not listen on {address}\n{log}").into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// `fleet demo --keep` in a process of its own.
pub struct Demo {
    /// Hosts that answer.
    pub names: Vec<String>,
    /// What it said to export.
    exports: Vec<(String, String)>,
    _children: Children,
    /// Kept open, or the demo's next word would fail.
    _stdout: BufReader<ChildStdout>,
    dir: TempDir,
}

/// Of the demo's hosts, one resets connections and one shows another key.
const BAD: [&str; 2] = ["mx05", "mx06"];

impl Demo {
    pub fn start(hosts: usize) -> Done<Self> {
        let dir = tempfile::Builder::new().prefix("fleet-bench-").tempdir()?;
        let mut command = fleet(dir.path());
        command.args(["demo", "--keep", "--hosts", &hosts.to_string()]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or("the demo has no stdout")?;
        let children = Children(vec![child]);
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        let exports: Vec<(String, String)> = loop {
            line.clear();
            if stdout.read_line(&mut line)? == 0 {
                return Err("the demo ended before it was up".into());
            }
            if let Some(words) = line.strip_prefix("export ") {
                let pairs = words.split_whitespace().filter_map(|word| word.split_once('='));
                break pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            }
        };
        let inventory =
            exports.iter().find(|(name, _)| name == "FLEET_INVENTORY").ok_or("the demo has no inventory")?;
        let text = fs::read_to_string(&inventory.1)?;
        let names = text.lines().filter_map(|line| Some(line.strip_prefix("  ")?.split_once(": {")?.0.to_owned()));
        let names = names.filter(|name| !BAD.contains(&name.as_str())).collect();
        Ok(Self { names, exports, _children: children, _stdout: stdout, dir })
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// fleet as the demo says to call it.
    pub fn fleet(&self) -> Command {
        let mut command = fleet(self.path());
        command.envs(self.exports.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The selector of `names`.
    pub fn honest(&self) -> &'static str {
        "all!mx05!mx06"
    }

    pub fn write(&self, name: &str, text: &str) -> Done<String> {
        write(self.path(), name, text)
    }
}
