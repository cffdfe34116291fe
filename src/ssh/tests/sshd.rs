//! A real sshd on a free port of the loopback, with everything in a folder of its own.

use crate::model::Host;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Sshd {
    pub dir: tempfile::TempDir,
    pub port: u16,
    child: Child,
}

pub fn user() -> String {
    let out = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

fn keygen(dir: &Path, name: &str, kind: &str) -> String {
    let path = dir.join(name);
    let done = Command::new("ssh-keygen").args(["-q", "-t", kind, "-N", "", "-f"]).arg(&path).output().unwrap();
    assert!(done.status.success());
    let text = std::fs::read_to_string(dir.join(format!("{name}.pub"))).unwrap();
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

impl Sshd {
    /// With these further lines of configuration. Its key is in `known_hosts` and the user's in `id`.
    pub fn start(config: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let host_key = keygen(root, "host", "ed25519");
        let user_key = keygen(root, "id", "ed25519");
        std::fs::write(root.join("known_hosts"), format!("[127.0.0.1]:{port} {host_key}\n")).unwrap();
        std::fs::write(root.join("authorized"), format!("{user_key}\n")).unwrap();
        let d = root.display();
        // A shell level of 2 keeps bash from reading the login files of whoever runs the tests; they may be slow.
        let fixed = format!(
            "{config}\nPort {port}\nListenAddress 127.0.0.1\nHostKey {d}/host\nPidFile none\nUsePAM no\nStrictModes no\n\
             AuthorizedKeysFile {d}/authorized\nPermitRootLogin yes\nPrintMotd no\nPasswordAuthentication no\n\
             SetEnv SHLVL=2\n"
        );
        std::fs::write(root.join("config"), fixed).unwrap();
        // Where sshd puts its unprivileged child.
        let _ = std::fs::create_dir_all("/run/sshd");
        let child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-f"])
            .arg(root.join("config"))
            .arg("-E")
            .arg(root.join("log"))
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let sshd = Self { dir, port, child };
        let until = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "sshd did not start: {}", sshd.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        sshd
    }

    pub fn host(&self) -> Host {
        let mut host = super::host("mx1", self.port);
        host.identity_files = vec!["~/id".into()];
        host
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path().join("log")).unwrap_or_default()
    }

    /// Another key pair in the folder; returns the public line.
    pub fn keygen(&self, name: &str, kind: &str) -> String {
        keygen(self.path(), name, kind)
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
