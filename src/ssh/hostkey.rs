//! The policy: whether the key that a host showed is accepted.
//!
//! Strict by default. A revoked key is refused whatever else is said; pins of the inventory come before
//! `known_hosts`; a changed key is refused without exception. An unknown key is accepted only where the run was
//! told so, and only once its record is on the disk.

use super::known_hosts::{KnownHosts, Recorded, Verdict, fingerprint, record};
use crate::model::fault::{FaultKind, HostKey};
use crate::model::{Fault, Host, HostName};
use russh::keys::{PublicKey, PublicKeyBase64};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{PoisonError, RwLock};

/// How the key came to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accepted {
    /// It was known or pinned before.
    Matched,
    /// Recorded a moment ago: nobody has vouched for it, so no password is sent.
    New,
}

impl Accepted {
    /// Whether a secret may be sent over the connection; the error is why not.
    pub fn takes_secrets(accepted: Option<Self>) -> Result<(), &'static str> {
        match accepted {
            Some(Self::Matched) => Ok(()),
            _ => Err("no password is sent to a host whose key was accepted only now"),
        }
    }
}

/// The way out for a host that nobody has vouched for.
pub(super) fn trust_first(host: &HostName) -> String {
    format!("compare the fingerprint with the server's own, then: fleet trust {host}")
}

/// Why it is not accepted.
pub(super) enum Refused {
    Fault(Box<Fault>),
    /// Keys of other types are recorded for the host: ask for one of those before calling this one changed.
    AskFor(Vec<String>),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(Box::new(fault))
    }
}

/// What a run knows of host keys, shared by all its connections.
#[derive(Debug)]
pub(super) struct Trust {
    known: RwLock<KnownHosts>,
    /// Keys that this run accepted unknown, each with its address. They are on record by now, and still nobody's word.
    learned: RwLock<HashSet<(String, u16, String)>>,
    /// Accept unknown keys, and record them in this file.
    pub accept_new: bool,
    pub file: PathBuf,
}

impl Trust {
    pub fn new(known: KnownHosts, accept_new: bool, file: PathBuf) -> Self {
        Self { known: RwLock::new(known), learned: RwLock::default(), accept_new, file }
    }

    fn with<T>(&self, f: impl FnOnce(&KnownHosts) -> T) -> T {
        f(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The key types to ask the host for first, without looking at hashed names.
    pub fn kinds(&self, host: &Host) -> Vec<String> {
        if host.host_key.is_empty() {
            return self.with(|k| k.kinds(&host.address, host.port, false));
        }
        let kinds = host.host_key.iter().filter_map(|pin| pin.split_ascii_whitespace().next());
        kinds.filter(|k| !k.starts_with("SHA256:")).map(str::to_owned).collect()
    }

    pub fn verdict(&self, host: &Host, key: &PublicKey) -> Verdict {
        self.with(|k| k.verdict(&host.address, host.port, key))
    }

    /// Judges `key`. `asked` says that the recorded types were already asked for.
    pub async fn check(&self, host: &Host, key: &PublicKey, asked: bool) -> Result<Accepted, Refused> {
        let verdict = self.verdict(host, key);
        if let Verdict::Revoked(at) = &verdict {
            return Err(revoked(host, key, at).into());
        }
        if !host.host_key.is_empty() {
            return match host.host_key.iter().any(|pin| fits(pin, key)) {
                true => Ok(Accepted::Matched),
                false => Err(unlike_pins(host, key).into()),
            };
        }
        let learned = (host.address.clone(), host.port, fingerprint(key));
        match verdict {
            Verdict::Known => match self.learned.read().unwrap_or_else(PoisonError::into_inner).contains(&learned) {
                true => Ok(Accepted::New),
                false => Ok(Accepted::Matched),
            },
            Verdict::Unknown if self.accept_new => {
                self.record(host, key).await.map_err(|reason| unknown(host, key, Some(&reason)))?;
                self.learned.write().unwrap_or_else(PoisonError::into_inner).insert(learned);
                Ok(Accepted::New)
            }
            Verdict::Unknown => Err(unknown(host, key, None).into()),
            Verdict::Changed(at) => {
                let kinds = self.with(|k| k.kinds(&host.address, host.port, true));
                match kinds.iter().any(|kind| kind == key.algorithm().as_str()) {
                    false if !asked => Err(Refused::AskFor(kinds)),
                    _ => Err(changed(host, key, &at).into()),
                }
            }
            Verdict::Revoked(at) => Err(revoked(host, key, &at).into()),
        }
    }

    /// Writes the key down and takes it up. The reason when it could not be written.
    pub async fn record(&self, host: &Host, key: &PublicKey) -> Result<(), String> {
        let (file, address, port, written) = (self.file.clone(), host.address.clone(), host.port, key.clone());
        tokio::task::spawn_blocking(move || record::append(&file, &address, port, &written))
            .await
            .map_err(|e| e.to_string())??;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.learn(&self.file, &host.address, host.port, key);
        Ok(())
    }
}

/// Whether a pin of the inventory, `SHA256:..` or `TYPE BASE64`, is this key.
fn fits(pin: &str, key: &PublicKey) -> bool {
    let mut words = pin.split_ascii_whitespace();
    match (words.next(), words.next()) {
        (Some(mark), None) => mark.trim_end_matches('=') == fingerprint(key),
        (Some(kind), Some(text)) => kind == key.algorithm().as_str() && text == key.public_key_base64(),
        _ => false,
    }
}

fn fault(kind: HostKey, text: String) -> Fault {
    Fault::new(FaultKind::Hostkey(kind), text)
}

fn shown(host: &Host, key: &PublicKey) -> String {
    format!("{}:{} showed {} {}", host.address, host.port, key.algorithm().as_str(), fingerprint(key))
}

fn unknown(host: &Host, key: &PublicKey, reason: Option<&str>) -> Fault {
    match reason {
        None => fault(HostKey::Unknown, shown(host, key)).with_hint(trust_first(&host.name)),
        Some(reason) => fault(HostKey::Unknown, format!("not accepted, it could not be recorded: {reason}")),
    }
}

fn changed(host: &Host, key: &PublicKey, at: &Recorded) -> Fault {
    let place = format!("{}:{}", at.file.display(), at.line);
    fault(HostKey::Changed, format!("{}, but {place} has {} {}", shown(host, key), at.kind, at.fingerprint)).with_hint(
        format!(
            "someone may be in between, or the server was set up anew; if so, remove that line, then: fleet trust {}",
            host.name
        ),
    )
}

fn unlike_pins(host: &Host, key: &PublicKey) -> Fault {
    fault(HostKey::Changed, format!("{}, but the inventory pins {}", shown(host, key), host.host_key.join(" or ")))
}

fn revoked(host: &Host, key: &PublicKey, at: &Recorded) -> Fault {
    let text = format!("{}, which {}:{} revokes", shown(host, key), at.file.display(), at.line);
    fault(HostKey::Revoked, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HostName;
    use russh::keys::{Algorithm, EcdsaCurve, PrivateKey};

    fn key(algorithm: Algorithm) -> PublicKey {
        PrivateKey::random(&mut rand::rng(), algorithm).unwrap().public_key().clone()
    }

    fn host() -> Host {
        Host::new(HostName::parse("mx1").unwrap(), "mx1.example", 22, "root")
    }

    fn trust(dir: &tempfile::TempDir, content: &str, accept_new: bool) -> Trust {
        let file = dir.path().join("known_hosts");
        std::fs::write(&file, content).unwrap();
        Trust::new(KnownHosts::load(std::slice::from_ref(&file)).unwrap(), accept_new, file)
    }

    fn said(refused: Result<Accepted, Refused>) -> Fault {
        match refused {
            Err(Refused::Fault(fault)) => *fault,
            Err(Refused::AskFor(kinds)) => panic!("asks for {kinds:?}"),
            Ok(accepted) => panic!("{accepted:?}"),
        }
    }

    #[tokio::test]
    async fn an_unknown_key_is_refused_with_the_way_out_and_accepted_once_recorded() {
        let dir = tempfile::tempdir().unwrap();
        let k = key(Algorithm::Ed25519);
        let fault = said(trust(&dir, "", false).check(&host(), &k, false).await);
        assert_eq!(
            fault.to_string(),
            format!("hostkey{{unknown}}: mx1.example:22 showed ssh-ed25519 {}", fingerprint(&k))
        );
        assert!(fault.hint.unwrap().ends_with("fleet trust mx1"));
        let open = trust(&dir, "", true);
        assert_eq!(open.check(&host(), &k, false).await.ok(), Some(Accepted::New));
        // On record by now, and still nobody's word in this run.
        assert_eq!(open.check(&host(), &k, false).await.ok(), Some(Accepted::New));
        let known = KnownHosts::load(std::slice::from_ref(&open.file)).unwrap();
        let next = Trust::new(known, true, open.file.clone());
        assert_eq!(next.check(&host(), &k, false).await.ok(), Some(Accepted::Matched));
        let fault = said(open.check(&host(), &key(Algorithm::Ed25519), false).await);
        assert_eq!(fault.kind, FaultKind::Hostkey(HostKey::Changed));
    }

    #[tokio::test]
    async fn a_key_that_cannot_be_recorded_is_refused() {
        let trust = Trust::new(KnownHosts::default(), true, "/dev/null/known_hosts".into());
        let fault = said(trust.check(&host(), &key(Algorithm::Ed25519), false).await);
        assert_eq!(fault.kind, FaultKind::Hostkey(HostKey::Unknown));
        assert!(fault.text.contains("could not be recorded"), "{fault}");
    }

    #[tokio::test]
    async fn another_type_is_asked_for_once_and_is_changed_then() {
        let dir = tempfile::tempdir().unwrap();
        let (ec, ed) = (key(Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 }), key(Algorithm::Ed25519));
        let trust = trust(&dir, &record::text("mx1.example", 22, &ec), true);
        match trust.check(&host(), &ed, false).await {
            Err(Refused::AskFor(kinds)) => assert_eq!(kinds, ["ecdsa-sha2-nistp256"]),
            _ => panic!("must ask for the recorded type"),
        }
        let fault = said(trust.check(&host(), &ed, true).await);
        let expected = format!("but {}:1 has ecdsa-sha2-nistp256 {}", trust.file.display(), fingerprint(&ec));
        assert!(fault.text.contains(&expected), "{fault}");
    }

    #[tokio::test]
    async fn pins_come_before_the_files_and_revocation_before_pins() {
        let dir = tempfile::tempdir().unwrap();
        let (k, other) = (key(Algorithm::Ed25519), key(Algorithm::Ed25519));
        let mut pinned = host();
        pinned.host_key = vec![fingerprint(&k)];
        let plain = trust(&dir, &record::text("mx1.example", 22, &other), false);
        assert_eq!(plain.check(&pinned, &k, false).await.ok(), Some(Accepted::Matched));
        let fault = said(plain.check(&pinned, &other, false).await);
        assert!(fault.text.contains("the inventory pins SHA256:"), "{fault}");
        pinned.host_key = vec![format!("ssh-ed25519 {} comment", k.public_key_base64())];
        assert_eq!(plain.check(&pinned, &k, false).await.ok(), Some(Accepted::Matched));
        assert_eq!(plain.kinds(&pinned), ["ssh-ed25519"]);
        let revoked = trust(&dir, &format!("@revoked {}", record::text("*", 22, &k)), true);
        let fault = said(revoked.check(&pinned, &k, false).await);
        assert_eq!(fault.kind, FaultKind::Hostkey(HostKey::Revoked));
    }
}
