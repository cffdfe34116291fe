//! The demo as a whole: its servers, its keys, and the inventory that names them.

use super::scenario::{Behaviour, Scenario, hosts};
use super::served::Served;
use super::server::{self, Listener};
use super::session;
use crate::model::{Host, HostName};
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const IDENTITY: &str = "id_ed25519";
/// Connections that a client may have open at once; each takes a descriptor at both ends.
const CONNECTIONS: u64 = 512;
/// Descriptors for everything else in the process.
const SPARE: u64 = 64;
/// How long a client is waited for that does not close its side.
const GOODBYE: Duration = Duration::from_secs(1);

/// Running servers. They end when this is dropped; [`stop`](Self::stop) waits for that.
pub struct Demo {
    hosts: Vec<Host>,
    known_hosts: String,
    dir: PathBuf,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Demo {
    /// Starts the first `n` hosts of the usual scenario, and writes `id_ed25519`, `known_hosts` and
    /// `inventory.yaml` into the folder `dir`, readable by nobody else.
    ///
    /// # Errors
    /// When the process may not open enough files, or the folder cannot be written.
    pub async fn start(n: usize, dir: &Path) -> io::Result<Self> {
        Self::start_with(hosts(n), dir).await
    }

    /// As [`start`](Self::start), with hosts of the caller's choice.
    ///
    /// # Errors
    /// As [`start`](Self::start), and when a host's name is not one.
    pub async fn start_with(scenarios: Vec<Scenario>, dir: &Path) -> io::Result<Self> {
        raise_file_limit(scenarios.len() as u64 + 2 * CONNECTIONS.min(scenarios.len() as u64 * 4) + SPARE)?;
        let client = new_key()?;
        let identity = dir.join(IDENTITY);
        let text = identity.to_str().ok_or_else(|| invalid("the folder's name is not UTF-8"))?.to_owned();
        let public = Arc::new(client.public_key().clone());
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let mut demo = Self { hosts: Vec::new(), known_hosts: String::new(), dir: dir.to_owned(), tasks, stop };
        let started = session::now();
        for mut scenario in scenarios {
            scenario.machine.started = started;
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let port = listener.local_addr()?.port();
            let key = new_key()?;
            let known = match scenario.behaviour {
                Behaviour::OtherKey => new_key()?,
                _ => key.clone(),
            };
            let line = known.public_key().to_openssh().map_err(io::Error::other)?;
            let _ = writeln!(demo.known_hosts, "[127.0.0.1]:{port} {line}");
            demo.hosts.push(host(&scenario, port, &text)?);
            let served = Listener {
                host: Arc::new(Served::new(scenario)),
                config: server::config(key),
                client: public.clone(),
                tasks: demo.tasks.clone(),
                stop: demo.stop.clone(),
            };
            demo.tasks.spawn(served.listen(listener));
        }
        demo.tasks.close();
        fs::create_dir_all(dir)?;
        write_private(&identity, &client.to_openssh(LineEnding::LF).map_err(io::Error::other)?)?;
        write_private(&demo.known_hosts_path(), &demo.known_hosts)?;
        write_private(&demo.inventory_path(), &demo.inventory_yaml())?;
        Ok(demo)
    }

    /// The hosts as the inventory describes them.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The host keys, in the format of OpenSSH.
    pub fn known_hosts(&self) -> &str {
        &self.known_hosts
    }

    /// The private key that logs in.
    pub fn identity_path(&self) -> PathBuf {
        self.dir.join(IDENTITY)
    }

    /// The file of the host keys, for `known_hosts`.
    pub fn known_hosts_path(&self) -> PathBuf {
        self.dir.join("known_hosts")
    }

    /// The file of the inventory, for `--inventory`.
    pub fn inventory_path(&self) -> PathBuf {
        self.dir.join("inventory.yaml")
    }

    /// The inventory of these hosts.
    pub fn inventory_yaml(&self) -> String {
        // Texts are quoted as JSON, which is YAML.
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let mut out = String::from("# Made by `fleet demo`; good while it runs.\nfleet: 1\n");
        if let Some(identity) = self.hosts.first().and_then(|h| h.identity_files.first()) {
            let _ = writeln!(out, "defaults: {{ user: root, identity_files: [{}] }}", quoted(identity));
        }
        out.push_str("hosts:\n");
        for host in &self.hosts {
            let tags: Vec<&str> = host.tags.iter().map(String::as_str).collect();
            let customer = quoted(host.customer.as_deref().unwrap_or_default());
            let _ = writeln!(
                out,
                "  {}: {{ address: {}, port: {}, tags: [{}], customer: {customer} }}",
                host.name,
                host.address,
                host.port,
                tags.join(", ")
            );
        }
        out
    }

    /// Ends all servers and their connections.
    pub async fn stop(self) {
        self.stop.cancel();
        let _ = tokio::time::timeout(GOODBYE, self.tasks.wait()).await;
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn host(scenario: &Scenario, port: u16, identity: &str) -> io::Result<Host> {
    let name = HostName::parse(&scenario.name).ok_or_else(|| invalid("a host's name is not one"))?;
    let mut host = Host::new(name, "127.0.0.1", port, "root");
    let machine = &scenario.machine;
    let mta = machine.postfix.map(|_| "postfix");
    host.tags = machine.panel.map(|(name, _)| name).into_iter().chain(mta).map(str::to_owned).collect();
    host.customer = Some(scenario.customer.clone());
    host.identity_files = vec![identity.to_owned()];
    Ok(host)
}

fn new_key() -> io::Result<PrivateKey> {
    PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519).map_err(io::Error::other)
}

fn invalid(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

/// Lets the process open at least `need` files.
fn raise_file_limit(need: u64) -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|now| now >= need) {
        return Ok(());
    }
    if let Some(most) = limit.maximum.filter(|&most| most < need) {
        let text = format!("{need} open files are needed and the limit is {most} (ulimit -Hn): start fewer hosts");
        return Err(io::Error::other(text));
    }
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
    Ok(())
}

/// A new file in place of an old one, for its owner alone.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_for_their_owner_alone_and_replace_older_ones() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, "a longer text").unwrap();
        write_private(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_limit_that_cannot_be_met_is_said() {
        let text = raise_file_limit(u64::MAX - 1).map_err(|e| e.to_string());
        assert!(text.is_ok() || text.as_ref().unwrap_err().contains("start fewer hosts"), "{text:?}");
    }
}
