//! Private keys: files, read once for a run, and the agent's.

use super::settings::Secrets;
use crate::local::{read, trust};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{Error, PrivateKey, PublicKey, decode_secret_key};
use rustix::process::geteuid;
use std::collections::HashMap;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::sync::OnceCell;
use tokio::time::timeout;

/// An agent answers from memory. One that takes longer to list its keys is dead or mute.
const AGENT: Duration = Duration::from_secs(3);
/// A 16,384-bit RSA key with a long comment has 13 KB.
const MAX_FILE: u64 = 64 << 10;

/// A key to offer.
#[derive(Clone, Debug)]
pub(super) enum Key {
    File(Arc<PrivateKey>),
    /// The agent signs.
    Agent(PublicKey),
}

impl Key {
    pub fn public(&self) -> &PublicKey {
        match self {
            Self::File(key) => key.public_key(),
            Self::Agent(key) => key,
        }
    }
}

type Loaded = Result<Key, String>;

/// All keys of a run. What was read once is kept, and so is why something could not be read.
#[derive(Debug)]
pub(super) struct Keys {
    home: PathBuf,
    files: Mutex<HashMap<PathBuf, Arc<OnceCell<Loaded>>>>,
    socket: Option<PathBuf>,
    listed: OnceCell<Result<Vec<PublicKey>, String>>,
}

impl Keys {
    pub fn new(home: PathBuf, socket: Option<PathBuf>) -> Self {
        Self { home, files: Mutex::default(), socket, listed: OnceCell::new() }
    }

    /// The key of a file; `~/` is the home folder. Asks for a passphrase at most once in a run, and not at all
    /// where the agent holds the key.
    pub async fn file(&self, name: &str, secrets: &dyn Secrets) -> Loaded {
        let path = match name.strip_prefix("~/") {
            Some(rest) => self.home.join(rest),
            None => PathBuf::from(name),
        };
        let cell = {
            let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
            files.entry(path.clone()).or_default().clone()
        };
        cell.get_or_init(|| async { self.load(&path, secrets).await.map_err(|e| format!("{name}: {e}")) }).await.clone()
    }

    /// Whether a default key file exists: those that do not are no reason to speak.
    pub fn exists(&self, name: &str) -> bool {
        name.strip_prefix("~/").is_some_and(|rest| self.home.join(rest).exists())
    }

    async fn load(&self, path: &Path, secrets: &dyn Secrets) -> Loaded {
        let file = path.to_owned();
        let read = tokio::task::spawn_blocking(move || load(&file)).await.map_err(|e| e.to_string())??;
        let (text, public) = match read {
            Content::Plain(key) => return Ok(Key::File(key)),
            Content::Public(public) => {
                return match self.agent_has(&public).await {
                    true => Ok(Key::Agent(public)),
                    false => Err("only the public key is there, and the agent does not hold it".into()),
                };
            }
            Content::Encrypted(text, public) => (text, public),
        };
        if let Some(public) = public
            && self.agent_has(&public).await
        {
            return Ok(Key::Agent(public));
        }
        let passphrase = secrets.passphrase(path).await.map_err(|e| format!("it is encrypted; {e}"))?;
        // Deriving the key takes a tenth of a second by design.
        let key = tokio::task::spawn_blocking(move || decode_secret_key(&text, Some(passphrase.expose())))
            .await
            .map_err(|e| e.to_string())?
            .map_err(|_| "it is encrypted, and the passphrase does not open it")?;
        Ok(Key::File(Arc::new(key)))
    }

    async fn agent_has(&self, public: &PublicKey) -> bool {
        self.agent().await.is_ok_and(|keys| keys.iter().any(|k| k.key_data() == public.key_data()))
    }

    /// The agent's keys. None without an agent; an error for one that does not answer.
    pub async fn agent(&self) -> Result<Vec<PublicKey>, String> {
        let list = async {
            let Some(socket) = &self.socket else { return Ok(Vec::new()) };
            let listing = async { open(socket).await?.request_identities().await.map_err(|e| e.to_string()) };
            let identities = match timeout(AGENT, listing).await {
                Ok(listed) => listed.map_err(|e| format!("the agent: {e}"))?,
                Err(_) => return Err(format!("the agent did not answer within {} s", AGENT.as_secs())),
            };
            Ok(identities
                .into_iter()
                .filter_map(|identity| match identity {
                    AgentIdentity::PublicKey { key, .. } => Some(key),
                    AgentIdentity::Certificate { .. } => None,
                })
                .collect())
        };
        self.listed.get_or_init(|| list).await.clone()
    }

    /// A connection to the agent, to have something signed.
    pub async fn open_agent(&self) -> Result<AgentClient<UnixStream>, String> {
        let socket = self.socket.as_deref().ok_or("there is no agent")?;
        match timeout(AGENT, open(socket)).await {
            Ok(opened) => opened.map_err(|e| format!("the agent: {e}")),
            Err(_) => Err("the agent did not answer".into()),
        }
    }
}

/// Connects to the agent's socket, if it is ours: another user's agent would learn what we connect to and
/// could sign with keys of its own.
async fn open(socket: &Path) -> Result<AgentClient<UnixStream>, String> {
    let meta = std::fs::metadata(socket).map_err(|e| e.to_string())?;
    if !meta.file_type().is_socket() || meta.uid() != geteuid().as_raw() {
        return Err("SSH_AUTH_SOCK is not a socket of this user".into());
    }
    AgentClient::connect_uds(socket).await.map_err(|e| e.to_string())
}

enum Content {
    Plain(Arc<PrivateKey>),
    Encrypted(String, Option<PublicKey>),
    Public(PublicKey),
}

fn load(path: &Path) -> Result<Content, String> {
    let public_beside = || {
        let mut name = path.as_os_str().to_owned();
        name.push(".pub");
        read::text(Path::new(&name), MAX_FILE).ok().and_then(|text| PublicKey::from_openssh(text.trim()).ok())
    };
    let meta = match std::fs::metadata(path) {
        Ok(meta) => meta,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return public_beside().map(Content::Public).ok_or_else(|| "there is no such file".into());
        }
        Err(e) => return Err(e.to_string()),
    };
    if !meta.is_file() {
        return Err("it is not a file".into());
    }
    let text = read::text(path, MAX_FILE).map_err(|unread| unread.to_string())?;
    if let Ok(public) = PublicKey::from_openssh(text.trim()) {
        return Ok(Content::Public(public));
    }
    trust::check(path).map_err(|untrusted| format!("{untrusted}; {}", untrusted.help()))?;
    // As OpenSSH: a key that others can read is not used.
    if meta.uid() == geteuid().as_raw() && meta.mode() & 0o077 != 0 {
        return Err(format!(
            "its mode is {:04o}, others may have read it; chmod 600, or make a new key",
            meta.mode() & 0o7777
        ));
    }
    if let Ok(key) = PrivateKey::from_openssh(&text)
        && key.is_encrypted()
    {
        return Ok(Content::Encrypted(text, Some(key.public_key().clone())));
    }
    match decode_secret_key(&text, None) {
        Ok(key) => Ok(Content::Plain(Arc::new(key))),
        Err(Error::KeyIsEncrypted) => Ok(Content::Encrypted(text, public_beside())),
        Err(_) if text.starts_with("PuTTY-User-Key-File") => {
            Err("it is a PuTTY key; convert it: puttygen KEY -O private-openssh -o NEW".into())
        }
        Err(_) => Err("it is not a private key in OpenSSH or PEM form".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HostName, Secret, SecretRef};
    use futures::future::BoxFuture;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;
    use std::sync::atomic::{AtomicUsize, Ordering};

    struct Asked(AtomicUsize, &'static str);

    impl Secrets for Asked {
        fn get<'a>(&'a self, _: &'a HostName, _: &'a SecretRef) -> BoxFuture<'a, Result<Secret, String>> {
            Box::pin(async { Err("not asked for".into()) })
        }

        fn passphrase<'a>(&'a self, _: &'a Path) -> BoxFuture<'a, Result<Secret, String>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { Ok(Secret::new(self.1.into())) })
        }
    }

    fn keygen(dir: &Path, name: &str, more: &[&str]) -> String {
        let path = dir.join(name);
        let made =
            Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-f"]).arg(&path).args(more).output().unwrap();
        assert!(made.status.success());
        path.display().to_string()
    }

    #[tokio::test]
    async fn an_encrypted_key_is_asked_for_once() {
        let dir = tempfile::tempdir().unwrap();
        let name = keygen(dir.path(), "k", &["-N", "pass", "-a", "1"]);
        let (keys, good) = (Keys::new(dir.path().into(), None), Asked(AtomicUsize::new(0), "pass"));
        for _ in 0..3 {
            assert!(matches!(keys.file(&name, &good).await, Ok(Key::File(_))));
        }
        assert_eq!(good.0.load(Ordering::Relaxed), 1);
        let error =
            Keys::new(dir.path().into(), None).file("~/k", &Asked(AtomicUsize::new(0), "no")).await.unwrap_err();
        assert_eq!(error, "~/k: it is encrypted, and the passphrase does not open it");
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_key_file_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let open = keygen(dir.path(), "open", &["-N", ""]);
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o644)).unwrap();
        std::fs::write(dir.path().join("ppk"), "PuTTY-User-Key-File-3: ssh-ed25519\n").unwrap();
        std::fs::write(dir.path().join("text"), "hello").unwrap();
        for name in ["ppk", "text"] {
            std::fs::set_permissions(dir.path().join(name), std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        let keys = Keys::new(dir.path().into(), None);
        let secrets = Asked(AtomicUsize::new(0), "");
        for (name, part) in [
            ("~/open", "its mode is 0644"),
            ("~/open.pub", "only the public key"),
            ("~/none", "no such file"),
            ("~/ppk", "PuTTY"),
            ("~/text", "not a private key"),
            ("~/", "not a file"),
        ] {
            let error = keys.file(name, &secrets).await.unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[tokio::test]
    async fn a_mute_agent_costs_three_seconds_once() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("agent");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let keys = Keys::new(dir.path().into(), Some(socket));
        let started = tokio::time::Instant::now();
        for _ in 0..3 {
            assert_eq!(keys.agent().await.unwrap_err(), "the agent did not answer within 3 s");
        }
        assert!((2900..4000).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
    }
}
