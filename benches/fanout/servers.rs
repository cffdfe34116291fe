//! Real sshds on loopback addresses, and the servers of `fleet demo` in a process of their own.

use crate::Result;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PORT: u16 = 22_022;
/// sshd takes no more.
const ADDRESSES_EACH: usize = 16;

/// sshds that end with this value.
pub struct Servers {
    pub folder: PathBuf,
    children: Vec<Child>,
    addresses: Vec<Ipv4Addr>,
    host_key: String,
}

fn address(n: usize) -> Ipv4Addr {
    let byte = |n: usize| u8::try_from(n).unwrap_or(u8::MAX);
    Ipv4Addr::new(127, 1, byte(n / 250), byte(n % 250 + 1))
}

fn keygen(path: &Path) -> Result<String> {
    let status = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status()?;
    if !status.success() {
        return Err("ssh-keygen failed".into());
    }
    let public = fs::read_to_string(path.with_extension("pub"))?;
    Ok(public.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

impl Servers {
    pub fn start(folder: &Path, hosts: usize) -> Result<Self> {
        fs::create_dir_all("/run/sshd")?;
        let host_key = keygen(&folder.join("host"))?;
        fs::write(folder.join("authorized"), keygen(&folder.join("id"))?)?;
        let addresses: Vec<Ipv4Addr> = (0..hosts).map(address).collect();
        let mut servers = Self { folder: folder.to_owned(), children: Vec::new(), addresses, host_key };
        let chunks: Vec<Vec<Ipv4Addr>> = servers.addresses.chunks(ADDRESSES_EACH).map(<[_]>::to_vec).collect();
        for (n, chunk) in chunks.iter().enumerate() {
            let mut config = format!(
                "HostKey {f}/host\nAuthorizedKeysFile {f}/authorized\nPidFile none\nPort {PORT}\nStrictModes no\nUsePAM no\n\
                 UseDNS no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n\
                 PrintMotd no\nPrintLastLog no\nMaxStartups 20000\nLogLevel ERROR\n",
                f = folder.display()
            );
            for address in chunk {
                config.push_str(&format!("ListenAddress {address}\n"));
            }
            let path = folder.join(format!("sshd{n}.conf"));
            fs::write(&path, config)?;
            let child = Command::new("/usr/sbin/sshd").arg("-D").arg("-f").arg(&path).stdin(Stdio::null()).spawn()?;
            servers.children.push(child);
        }
        for address in &servers.addresses {
            wait_for((*address, PORT).into())?;
        }
        servers.write_client_files()?;
        Ok(servers)
    }

    fn write_client_files(&self) -> Result<()> {
        let id = self.folder.join("id").display().to_string();
        let mut inventory =
            format!("fleet: 1\ndefaults: {{ user: root, port: {PORT}, identity_files: [\"{id}\"] }}\nhosts:\n");
        let (mut known, mut list) = (String::new(), String::new());
        for (n, address) in self.addresses.iter().enumerate() {
            inventory.push_str(&format!("  h{n}: {{ address: {address} }}\n"));
            known.push_str(&format!("[{address}]:{PORT} {}\n", self.host_key));
            list.push_str(&format!("{address}\n"));
        }
        fs::write(self.inventory(), inventory)?;
        fs::write(self.known_hosts(), known)?;
        fs::write(self.folder.join("hosts.txt"), list)?;
        let config = format!(
            "Host *\n Port {PORT}\n User root\n IdentityFile {id}\n IdentitiesOnly yes\n StrictHostKeyChecking yes\n \
             UserKnownHostsFile {}\n GlobalKnownHostsFile /dev/null\n LogLevel ERROR\n BatchMode yes\n \
             KexAlgorithms curve25519-sha256\n",
            self.known_hosts().display()
        );
        Ok(fs::write(self.folder.join("ssh_config"), config)?)
    }

    pub fn inventory(&self) -> PathBuf {
        self.folder.join("inventory.yaml")
    }

    pub fn known_hosts(&self) -> PathBuf {
        self.folder.join("known_hosts")
    }

    pub fn first(&self) -> SocketAddr {
        (address(0), PORT).into()
    }

    /// Client files for one host behind a port of 127.0.0.1.
    pub fn through(&self, port: u16) -> Result<(PathBuf, PathBuf)> {
        let (inventory, known) = (self.folder.join("far.yaml"), self.folder.join("far_known_hosts"));
        let id = self.folder.join("id").display().to_string();
        let host = format!("address: 127.0.0.1, port: {port}, user: root, identity_files: [\"{id}\"]");
        fs::write(&inventory, format!("fleet: 1\nhosts:\n  far: {{ {host} }}\n"))?;
        fs::write(&known, format!("[127.0.0.1]:{port} {}\n", self.host_key))?;
        Ok((inventory, known))
    }

    /// `ssh` for each host, 64 at once.
    pub fn xargs_ssh(&self, remote: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        let script = format!("xargs -P 64 -I% ssh -F ssh_config % '{remote}' < hosts.txt");
        command.args(["-c", &script]).current_dir(&self.folder);
        command
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn wait_for(address: SocketAddr) -> Result<()> {
    for _ in 0..200 {
        if TcpStream::connect(address).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    Err(format!("no sshd answers on {address}").into())
}

/// `fleet demo --keep`; ends with this value.
pub struct Demo {
    child: Child,
    /// Held so that the demo can go on writing.
    _stdout: BufReader<std::process::ChildStdout>,
    pub inventory: PathBuf,
    pub known_hosts: PathBuf,
}

impl Demo {
    pub fn start(folder: &Path, hosts: usize) -> Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fleet"))
            .args(["demo", "--keep", "--hosts", &hosts.to_string()])
            .env("HOME", folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or("no stdout")?);
        let mut text = String::new();
        while !text.starts_with("export ") {
            text.clear();
            if stdout.read_line(&mut text)? == 0 {
                return Err("the demo said nothing".into());
            }
        }
        let value =
            |name: &str| text.split([' ', '\n']).find_map(|w| w.strip_prefix(name)).map(PathBuf::from).ok_or("no path");
        let (inventory, known_hosts) = (value("FLEET_INVENTORY=")?, value("FLEET_KNOWN_HOSTS=")?);
        Ok(Self { child, _stdout: stdout, inventory, known_hosts })
    }

    /// A selector of the first `n` hosts of its inventory.
    pub fn first(&self, n: usize) -> Result<String> {
        let path = self.inventory.with_file_name(format!("first{n}"));
        let text = fs::read_to_string(&self.inventory)?;
        let inventory =
            fleet::inventory::Inventory::from_sources(&[fleet::inventory::Source { name: "demo".into(), text }])?;
        let names: Vec<&str> = inventory.hosts().iter().take(n).map(|h| h.name.as_str()).collect();
        fs::write(&path, names.join("\n"))?;
        Ok(format!("file:{}", path.display()))
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}
