//! The fleet binary, started the way a user starts it, in an environment that holds nothing else.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// What came of one call.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let code = output.status.code().unwrap_or_else(|| 128 + output.status.signal().unwrap_or(0));
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Ran {
    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("{e}\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr))
    }

    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }
}

/// A host of the document that `--output json` writes.
#[track_caller]
pub fn host<'a>(document: &'a serde_json::Value, name: &str) -> &'a serde_json::Value {
    let hosts = document["hosts"].as_array().unwrap();
    hosts.iter().find(|h| h["host"] == name).unwrap_or_else(|| panic!("{name} is not in the result"))
}

/// A folder of its own with a home, a state folder and an inventory.
pub struct World {
    pub folder: tempfile::TempDir,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl World {
    pub fn new() -> Self {
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        Self { folder: tempfile::Builder::new().prefix(&format!("fleet-test-{n}-")).tempdir().unwrap() }
    }

    pub fn with_inventory(text: &str) -> Self {
        let world = Self::new();
        world.write("inventory.yaml", text);
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// fleet, in this folder, with a cleared environment.
    pub fn command(&self, args: &[&str]) -> Command {
        self.prepare(Command::new(env!("CARGO_BIN_EXE_fleet")), args)
    }

    /// The same through another program, such as one that enters a network namespace.
    pub fn prepare(&self, mut command: Command, args: &[&str]) -> Command {
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", self.folder.path())
            .env("TZ", "Asia/Tokyo")
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null());
        command
    }

    pub fn fleet(&self, args: &[&str]) -> Ran {
        self.command(args).output().unwrap().into()
    }

    /// An empty state folder that takes the plans which were made with the other one, each of them once more.
    pub fn state_after(&self, planned: &str, state: &str) {
        use std::os::unix::fs::PermissionsExt;
        let state = self.path(state);
        std::fs::create_dir(&state).unwrap();
        std::fs::set_permissions(&state, PermissionsExt::from_mode(0o700)).unwrap();
        std::fs::copy(self.path(planned).join("plan.key"), state.join("plan.key")).unwrap();
    }

    /// The id of the fleet process that was started in this folder, whatever stands in front of it.
    pub fn fleet_process(&self) -> i32 {
        let is_fleet = |id: &i32| {
            let link = |name: &str| std::fs::read_link(format!("/proc/{id}/{name}")).unwrap_or_default();
            link("cwd") == self.folder.path() && link("exe") == Path::new(env!("CARGO_BIN_EXE_fleet"))
        };
        let mut found = None;
        within(10, || {
            found = processes_with("fleet").into_iter().find(is_fleet);
            found.is_some()
        });
        found.expect("fleet is not running")
    }
}

/// Every file below a folder.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files_below(&entry.path())),
            Ok(kind) if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
    found
}

/// The test bed that `tests/run` brought up: real mail hosts in network namespaces (`docs/testbed.md`).
pub struct Bed {
    /// Where its inventory, keys and expected numbers lie.
    pub state: PathBuf,
    pub name: String,
}

/// Notes that the test that runs here is skipped, for tests/skipped.rs to tell at the end. A run that promises all tests
/// skips none.
pub fn skip(why: &str) {
    use std::io::Write;
    assert!(std::env::var_os("CI").is_none(), "{why} (run tests/run)");
    let test = std::thread::current().name().unwrap_or("?").to_owned();
    println!("skipped: {why}");
    let list = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("skipped-{}", std::os::unix::process::parent_id()));
    let list = std::fs::OpenOptions::new().create(true).append(true).open(list);
    // One write a line: tests run side by side.
    list.unwrap().write_all(format!("{why}\t{test}\n").as_bytes()).unwrap();
}

/// The bed, or nothing (and a word about it) where there is none. A run that promises all tests has one.
pub fn bed() -> Option<Bed> {
    named_bed("FLEET_TEST_BED")
}

/// A bed of its own for tests that change hosts: the numbers of the other one are counted on.
pub fn bed_to_change() -> Option<Bed> {
    named_bed("FLEET_TEST_BED_TO_CHANGE")
}

fn named_bed(variable: &str) -> Option<Bed> {
    let Some(state) = std::env::var_os(variable).map(PathBuf::from) else {
        skip("there is no test bed");
        return None;
    };
    let name = state.file_name().unwrap().to_str().unwrap().to_owned();
    Some(Bed { state, name })
}

impl Bed {
    /// `tests/bed/bed` for this bed, whatever the environment says.
    fn command(&self) -> Command {
        let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bed/bed"));
        self.choose(&mut command);
        command
    }

    fn choose(&self, command: &mut Command) {
        command.env("FLEET_BED_NAME", &self.name).env("FLEET_BED_DIR", self.state.parent().unwrap().parent().unwrap());
    }

    /// fleet inside the bed's network, with the bed's inventory and known hosts, and the world's state folder
    /// (`state`). The child is a shell in front of fleet: see `processes_with` for fleet's own id.
    pub fn fleet(&self, world: &World, args: &[&str]) -> Command {
        self.fleet_with(world, &self.path("inventory.yaml"), "state", args)
    }

    /// The same with another inventory and the state folder `state` of the world.
    pub fn fleet_with(&self, world: &World, inventory: &str, state: &str, args: &[&str]) -> Command {
        let (known, state) = (self.path("known_hosts"), world.path(state));
        let mut all = vec!["exec", "--", env!("CARGO_BIN_EXE_fleet"), "-i", inventory, "--state"];
        all.push(state.to_str().unwrap());
        all.extend(args);
        let mut command = world.prepare(self.command(), &all);
        self.choose(&mut command);
        command.env("FLEET_KNOWN_HOSTS", known);
        command
    }

    /// A program where the hosts are reached.
    pub fn exec(&self, program: &str) -> Command {
        let mut command = self.command();
        command.args(["exec", "--", program]);
        command
    }

    /// A shell command as root inside a host.
    pub fn enter(&self, host: &str, command: &str) -> Ran {
        self.inside(host, &["sh", "-c", command]).stdin(Stdio::null()).output().unwrap().into()
    }

    /// A program as root inside a host.
    pub fn inside(&self, host: &str, program: &[&str]) -> Command {
        let mut command = self.command();
        command.args(["enter", host, "--"]).args(program);
        command
    }

    /// A file of the bed.
    pub fn path(&self, name: &str) -> String {
        self.state.join(name).to_str().unwrap().to_owned()
    }
}

/// The ids of processes whose command line holds `text`, hosts of the bed included: they are processes of this
/// machine. Zombies have no command line.
pub fn processes_with(text: &str) -> Vec<i32> {
    let ids = std::fs::read_dir("/proc").unwrap().filter_map(|e| e.ok()?.file_name().to_str()?.parse().ok());
    ids.filter(|id| {
        let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).replace('\0', " ").contains(text)
    })
    .collect()
}

/// The ids of processes with exactly these arguments.
pub fn running(args: &[&str]) -> Vec<i32> {
    let line = args.iter().map(|arg| format!("{arg}\0")).collect::<String>();
    let same = |id: &i32| std::fs::read(format!("/proc/{id}/cmdline")).is_ok_and(|l| l == line.as_bytes());
    processes_with(&args.join(" ")).into_iter().filter(same).collect()
}

/// The id of the parent of a process, unless that is the first of all.
pub fn parent(id: i32) -> Option<i32> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    status.lines().find_map(|l| l.strip_prefix("PPid:"))?.trim().parse().ok().filter(|id| *id > 1)
}

/// Sends a signal to one process, and says whether it was there.
pub fn kill(signal: &str, id: i32) -> bool {
    Command::new("kill").args(["-s", signal, &id.to_string()]).status().unwrap().success()
}

/// Waits until `true`, and says whether it came within `seconds`.
pub fn within(seconds: u64, mut is: impl FnMut() -> bool) -> bool {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(seconds);
    loop {
        if is() {
            return true;
        }
        if std::time::Instant::now() > end {
            return false;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// A real sshd on a free port of the loopback, with three host keys. It takes the key `id` of its folder for the
/// user that runs the tests, and ends with the value.
pub struct Sshd {
    pub folder: tempfile::TempDir,
    pub port: u16,
    child: std::process::Child,
}

impl Sshd {
    /// With further lines of configuration. Nothing, and a word about it, where no sshd is installed.
    pub fn start(config: &str) -> Option<Self> {
        Self::start_by(config, &["ed25519", "ecdsa", "rsa"], |_| Command::new("/usr/sbin/sshd"))
    }

    /// With these kinds of host keys, and by another program that starts sshd with the arguments that it is given; it is
    /// told the folder.
    pub fn start_by(config: &str, kinds: &[&str], program: impl FnOnce(&Path) -> Command) -> Option<Self> {
        if !Path::new("/usr/sbin/sshd").exists() {
            skip("there is no sshd");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("fleet-sshd-").tempdir().unwrap();
        keygen(&folder.path().join("id"), "ed25519");
        kinds.iter().for_each(|kind| keygen(&folder.path().join(kind), kind));
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let d = folder.path().display();
        // A shell level of 2 keeps bash from reading the login files of whoever runs the tests; they may be slow.
        let keys: String = kinds.iter().map(|kind| format!("HostKey {d}/{kind}\n")).collect();
        let config = format!(
            "{config}\nPort {port}\nListenAddress 127.0.0.1\n{keys}\
             PidFile none\nUsePAM no\nUseDNS no\nStrictModes no\nAuthorizedKeysFile {d}/id.pub\nPermitRootLogin yes\n\
             PasswordAuthentication no\nPrintMotd no\nMaxStartups 100\nSetEnv SHLVL=2\n"
        );
        std::fs::write(folder.path().join("config"), config).unwrap();
        // Where sshd puts its unprivileged child.
        let _ = std::fs::create_dir_all("/run/sshd");
        let child = program(folder.path())
            .args(["-D", "-f"])
            .arg(folder.path().join("config"))
            .arg("-E")
            .arg(folder.path().join("log"))
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let sshd = Self { folder, port, child };
        let up = within(10, || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        assert!(up, "{}", std::fs::read_to_string(sshd.folder.path().join("log")).unwrap_or_default());
        Some(sshd)
    }

    /// The path of a file beside its keys.
    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Type and base64 of its host key.
    pub fn host_key(&self, kind: &str) -> String {
        public_key(&self.folder.path().join(kind))
    }

    /// What an inventory says of it, after the host's name.
    pub fn host(&self) -> String {
        let (port, id) = (self.port, self.path("id"));
        format!("{{ address: localhost, port: {port}, user: {}, identity_files: [\"{id}\"] }}", user())
    }

    /// A file with its host keys.
    pub fn known_hosts(&self) -> String {
        let keys =
            ["ed25519", "ecdsa", "rsa"].map(|kind| format!("[localhost]:{} {}\n", self.port, self.host_key(kind)));
        std::fs::write(self.path("known_hosts"), keys.concat()).unwrap();
        self.path("known_hosts")
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes a key pair.
pub fn keygen(path: &Path, kind: &str) {
    let made = Command::new("ssh-keygen").args(["-q", "-t", kind, "-N", "", "-f"]).arg(path).status().unwrap();
    assert!(made.success());
}

/// Type and base64 of the public key beside `path`.
pub fn public_key(path: &Path) -> String {
    let text = std::fs::read_to_string(path.with_extension("pub")).unwrap();
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// Whether root runs the tests; a word about it where not. A run that promises all tests has root.
pub fn is_root() -> bool {
    let root = user() == "root";
    if !root {
        skip("only root can mount a file system");
    }
    root
}

pub fn user() -> String {
    let ran: Ran = Command::new("id").arg("-un").output().unwrap().into();
    ran.stdout.trim().to_owned()
}
