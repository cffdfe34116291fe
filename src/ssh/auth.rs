//! Proving who we are: keys first, a password only where the inventory names one and the host's key was known
//! before. Nothing is tried twice, since servers punish the controller's address for it.

use super::handler::{Handler, Notes};
use super::hostkey::{Accepted, trust_first};
use super::keys::{Key, Keys};
use super::known_hosts::fingerprint;
use super::settings::{Deadlines, Secrets, Use};
use crate::model::duration::human;
use crate::model::fault::{Auth, FaultKind, Unreachable};
use crate::model::{Fault, Host, Secret};
use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse as Kbd};
use russh::keys::{HashAlg, PrivateKeyWithHashAlg};
use russh::{AgentAuthError, MethodKind, MethodSet};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Servers hang up after six failures, some after two.
const MAX_KEYS: usize = 3;
/// Where OpenSSH keeps keys that nobody named.
const DEFAULT_FILES: [&str; 3] = ["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"];

/// What authentication needs besides the connection.
pub(super) struct Means<'a> {
    pub host: &'a Host,
    pub keys: &'a Keys,
    pub secrets: &'a dyn Secrets,
    pub deadlines: &'a Deadlines,
    pub notes: &'a Notes,
}

/// Authenticates. Returns the password if one was used, so that a second connection need not ask again.
pub(super) async fn authenticate(handle: &mut Handle<Handler>, means: Means<'_>) -> Result<Option<Secret>, Fault> {
    let mut attempt =
        Attempt { handle, means, offered: Vec::new(), remarks: Vec::new(), methods: None, partial: false };
    if attempt.keys().await? {
        return Ok(None);
    }
    attempt.password().await
}

struct Attempt<'a> {
    handle: &'a mut Handle<Handler>,
    means: Means<'a>,
    /// Fingerprints of what the server did not take.
    offered: Vec<String>,
    /// Why something was not offered.
    remarks: Vec<String>,
    /// What the server would go on with, once it has said so.
    methods: Option<MethodSet>,
    /// It took a key and wants something more.
    partial: bool,
}

impl Attempt<'_> {
    async fn keys(&mut self) -> Result<bool, Fault> {
        for key in self.candidates().await {
            if self.methods.as_ref().is_some_and(|m| !m.contains(&MethodKind::PublicKey)) {
                break;
            }
            self.offered.push(fingerprint(key.public()));
            let hash = match key.public().algorithm().is_rsa() {
                true => self.rsa_hash().await?,
                false => None,
            };
            let user = self.means.host.user.clone();
            let deadline = self.means.deadlines.auth;
            let result = match key {
                Key::File(key) => {
                    let call = self.handle.authenticate_publickey(user, PrivateKeyWithHashAlg::new(key, hash));
                    timeout(deadline, call).await.map(|r| r.map_err(|e| e.to_string()))
                }
                Key::Agent(key) => {
                    let mut agent = match self.means.keys.open_agent().await {
                        Ok(agent) => agent,
                        Err(e) => {
                            self.remarks.push(e);
                            break;
                        }
                    };
                    // Keys that are tied to destinations need it; agents that do not know it refuse, harmlessly.
                    if let Some(binding) = self.handle.agent_session_binding() {
                        let _ = timeout(deadline, agent.bind_session(binding, false)).await;
                    }
                    let call = self.handle.authenticate_publickey_with(user, key, hash, &mut agent);
                    match timeout(deadline, call).await {
                        Ok(Err(AgentAuthError::Key(e))) => {
                            self.remarks.push(format!("the agent did not sign: {e}"));
                            continue;
                        }
                        result => result.map(|r| r.map_err(|e| e.to_string())),
                    }
                }
            };
            if self.took(result).await? {
                return Ok(true);
            }
            if self.partial {
                break;
            }
        }
        Ok(false)
    }

    async fn candidates(&mut self) -> Vec<Key> {
        let Means { host, keys, secrets, .. } = self.means;
        let mut found: Vec<Key> = Vec::new();
        let names: Vec<&str> = if !host.identity_files.is_empty() {
            host.identity_files.iter().map(String::as_str).collect()
        } else {
            match keys.agent().await {
                Ok(listed) => found.extend(listed.into_iter().map(Key::Agent)),
                Err(e) => self.remarks.push(e),
            }
            match found.is_empty() {
                true => DEFAULT_FILES.into_iter().filter(|name| keys.exists(name)).collect(),
                false => Vec::new(),
            }
        };
        for name in names {
            match keys.file(name, secrets).await {
                Ok(key) => found.push(key),
                Err(e) => self.remarks.push(e),
            }
        }
        if found.len() > MAX_KEYS {
            self.remarks
                .push(format!("of {} keys only {MAX_KEYS} were offered; name one as identity_file", found.len()));
            found.truncate(MAX_KEYS);
        }
        found
    }

    /// How an RSA key signs: SHA-2, except for servers that only `legacy_ssh` admits.
    async fn rsa_hash(&mut self) -> Result<Option<HashAlg>, Fault> {
        match self.handle.best_supported_rsa_hash().await {
            Ok(Some(Some(hash))) => Ok(Some(hash)),
            Ok(_) if self.means.host.legacy_ssh => Ok(None),
            Ok(_) => Ok(Some(HashAlg::Sha256)),
            Err(_) => Err(self.ended().await),
        }
    }

    async fn password(&mut self) -> Result<Option<Secret>, Fault> {
        let host = self.means.host;
        if self.methods.is_none() {
            // Nothing was offered yet, so the server has not said what it takes.
            let call = self.handle.authenticate_none(host.user.clone());
            let result = timeout(self.means.deadlines.auth, call).await.map(|r| r.map_err(|e| e.to_string()));
            if self.took(result).await? {
                return Ok(None);
            }
        }
        let Some(reference) = &host.password else { return Err(self.fault()) };
        if let Err(why) = Accepted::takes_secrets(self.means.notes.read().accepted) {
            self.remarks.push(why.into());
            return Err(self.fault().with_hint(trust_first(&host.name)));
        }
        let has = |kind| self.methods.as_ref().is_some_and(|m| m.contains(&kind));
        let (plain, asked) = (has(MethodKind::Password), has(MethodKind::KeyboardInteractive));
        if !plain && !asked {
            return Err(self.fault());
        }
        // A person may have to type it: no deadline of ours, the server has one.
        let secret = match self.means.secrets.get(&host.name, Use::Login, reference).await {
            Ok(secret) => secret,
            Err(e) => {
                self.remarks.push(format!("the password ({reference}): {e}"));
                return Err(self.fault());
            }
        };
        self.offered.push("the password".into());
        let deadline = self.means.deadlines.auth;
        let result = if plain {
            let call = self.handle.authenticate_password(host.user.clone(), secret.expose());
            timeout(deadline, call).await.map(|r| r.map_err(|e| e.to_string()))
        } else {
            timeout(deadline, self.interactive(&secret)).await
        };
        match self.took(result).await? {
            true => Ok(Some(secret)),
            false => Err(self.fault()),
        }
    }

    /// Keyboard-interactive with one hidden question is a password by another name. Anything else is not
    /// answered: a demand for a new password would get the old one.
    async fn interactive(&mut self, secret: &Secret) -> Result<AuthResult, String> {
        let user = self.means.host.user.clone();
        let mut said =
            self.handle.authenticate_keyboard_interactive_start(user, None).await.map_err(|e| e.to_string())?;
        let mut sent = false;
        // A server may send empty rounds; not for ever.
        for _ in 0..4 {
            let answers = match said {
                Kbd::Success => return Ok(AuthResult::Success),
                Kbd::Failure { remaining_methods, partial_success } => {
                    return Ok(AuthResult::Failure { remaining_methods, partial_success });
                }
                Kbd::InfoRequest { prompts, .. } => match prompts.as_slice() {
                    [] => Vec::new(),
                    [one] if !one.echo && !sent => {
                        sent = true;
                        vec![secret.expose().to_owned()]
                    }
                    _ => break,
                },
            };
            said = self.handle.authenticate_keyboard_interactive_respond(answers).await.map_err(|e| e.to_string())?;
        }
        self.remarks.push("the server asks for more than a password, perhaps for a new one".into());
        Err("interactive".into())
    }

    /// Whether the server took it. What it said otherwise is kept.
    async fn took(
        &mut self,
        result: Result<Result<AuthResult, String>, tokio::time::error::Elapsed>,
    ) -> Result<bool, Fault> {
        match result {
            Err(_) => {
                let text = format!("no answer to the authentication within {}", human(self.means.deadlines.auth));
                Err(Fault::new(FaultKind::Unreachable(Unreachable::BannerTimeout), text))
            }
            Ok(Ok(AuthResult::Success)) => Ok(true),
            Ok(Ok(AuthResult::Failure { remaining_methods, .. })) if remaining_methods.is_empty() => {
                Err(self.ended().await)
            }
            Ok(Ok(AuthResult::Failure { remaining_methods, partial_success })) => {
                self.methods = Some(remaining_methods);
                self.partial |= partial_success;
                Ok(false)
            }
            Ok(Err(_)) if self.handle.is_closed() => Err(self.ended().await),
            Ok(Err(_)) => Err(self.fault()),
        }
    }

    /// The connection ended, or nothing more is allowed: the server's last words decide what it was.
    async fn ended(&self) -> Fault {
        // The words are noted by another task, a moment after the reply.
        for _ in 0..50 {
            if self.means.notes.read().goodbye.is_some() {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
        let said = self.means.notes.read();
        if let Some(violation) = said.violation {
            return Fault::new(FaultKind::Violation, violation);
        }
        let goodbye = said.goodbye.unwrap_or_default();
        if goodbye.to_ascii_lowercase().contains("too many authentication failures") {
            let text = format!("{}: {goodbye}{}", self.whom(), self.details());
            return Fault::new(FaultKind::Auth(Auth::TooMany), text)
                .with_hint("name the one right key as identity_file");
        }
        if goodbye == russh::Error::NoAuthMethod.to_string() {
            return self.fault();
        }
        let text = format!("{}: the connection ended during authentication: {goodbye}", self.whom());
        Fault::new(FaultKind::Unreachable(Unreachable::Reset), text)
    }

    fn whom(&self) -> String {
        let host = self.means.host;
        format!("{}@{}:{}", host.user, host.address, host.port)
    }

    fn details(&self) -> String {
        let mut text = String::new();
        if !self.offered.is_empty() {
            text.push_str(&format!("; offered {}", self.offered.join(", ")));
        }
        if let Some(methods) = &self.methods {
            let names: Vec<&str> = methods.iter().map(<&str>::from).collect();
            text.push_str(&format!("; the server takes {}", names.join(",")));
        }
        for remark in &self.remarks {
            text.push_str(&format!("; {remark}"));
        }
        text
    }

    fn fault(&self) -> Fault {
        let (kind, what) = match (self.offered.is_empty(), self.partial) {
            (_, true) => (Auth::NoMethod, "the server wants another method as well"),
            (true, false) => (Auth::NoMethod, "there was nothing to offer"),
            (false, false) => (Auth::Denied, "denied"),
        };
        Fault::new(FaultKind::Auth(kind), format!("{}: {what}{}", self.whom(), self.details()))
    }
}
