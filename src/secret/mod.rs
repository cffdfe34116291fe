//! Where secrets come from: the kernel's keyring, a private file, the environment, or the person at the
//! terminal. The values go to whoever must send them, and nowhere else.
//!
//! Nothing here waits for ever: a keyring that does not answer is an error, and so is a question where nobody
//! can be asked.

mod file;
mod keyring;
mod key;
mod vault;
mod mark;

use crate::model::{HostName, Secret, SecretRef};
use crate::ssh::Secrets;
use futures::future::BoxFuture;
use keyring::Keyring;
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

pub use keyring::{delete, set};
pub use mark::Mark;
pub use vault::Vault;

/// Keeps the memory of this process out of core dumps, and away from other processes of the same user. Where the
/// kernel does not offer that, nothing is lost but the precaution.
pub fn keep_memory_private() {
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Asks a person: the question in, the answer out. Blocking.
type Ask = Arc<dyn Fn(&str) -> io::Result<String> + Send + Sync>;

/// The secrets of a run. What a person was asked is kept until the end, so that nobody is asked twice.
pub struct Resolver {
    keyring: Keyring,
    /// None: nobody may be asked.
    ask: Option<Ask>,
    answers: Mutex<HashMap<String, Secret>>,
    /// One question at a time.
    turn: tokio::sync::Mutex<()>,
}

impl Resolver {
    /// With `prompt`, questions go to the terminal (`/dev/tty`), whatever standard input is.
    pub fn new(prompt: bool) -> Self {
        let ask: Ask = Arc::new(|question: &str| rpassword::prompt_password(question));
        Self::with(Keyring::default(), prompt.then_some(ask))
    }

    fn with(keyring: Keyring, ask: Option<Ask>) -> Self {
        Self { keyring, ask, answers: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    fn answered(&self, question: &str) -> Option<Secret> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(question).cloned()
    }

    async fn prompt(&self, question: String) -> Result<Secret, String> {
        if let Some(secret) = self.answered(&question) {
            return Ok(secret);
        }
        let ask = self.ask.clone().ok_or("it must be typed, and no question may be asked now")?;
        let _turn = self.turn.lock().await;
        if let Some(secret) = self.answered(&question) {
            return Ok(secret);
        }
        let asked = question.clone();
        let answer = tokio::task::spawn_blocking(move || ask(&asked)).await.map_err(|e| e.to_string())?;
        let secret = match answer {
            Ok(text) if text.is_empty() => return Err("nothing was typed".into()),
            Ok(text) => Secret::new(text),
            Err(e) => return Err(format!("it must be typed, and there is no terminal to ask at: {e}")),
        };
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(question, secret.clone());
        Ok(secret)
    }
}

impl Secrets for Resolver {
    fn get<'a>(&'a self, host: &'a HostName, reference: &'a SecretRef) -> BoxFuture<'a, Result<Secret, String>> {
        Box::pin(async move {
            match reference {
                SecretRef::Keyring(name) => self.keyring.get(name).await,
                SecretRef::File(path) => {
                    let path = path.clone();
                    tokio::task::spawn_blocking(move || file::read(Path::new(&path)))
                        .await
                        .map_err(|e| e.to_string())?
                }
                SecretRef::Env(name) => match std::env::var(name) {
                    Ok(value) if !value.is_empty() => Ok(Secret::new(value)),
                    Ok(_) => Err("the variable is empty".into()),
                    // The error of the standard library would quote a value that is not UTF-8.
                    Err(_) => Err("the variable is not set, or not UTF-8".into()),
                },
                SecretRef::Prompt => self.prompt(format!("Password for {host}: ")).await,
            }
        })
    }

    fn passphrase<'a>(&'a self, key: &'a Path) -> BoxFuture<'a, Result<Secret, String>> {
        Box::pin(self.prompt(format!("Passphrase for {}: ", key.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn host(name: &str) -> HostName {
        HostName::parse(name).unwrap()
    }

    #[tokio::test]
    async fn a_person_is_asked_once_for_each_host_and_key() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let ask: Ask = Arc::new(|question| {
            ASKED.fetch_add(1, Ordering::Relaxed);
            Ok(format!("answer to {question}"))
        });
        let resolver = Resolver::with(Keyring::default(), Some(ask));
        let (a, b) = (host("a"), host("b"));
        for _ in 0..2 {
            let (x, y) = tokio::join!(resolver.get(&a, &SecretRef::Prompt), resolver.get(&a, &SecretRef::Prompt));
            assert_eq!(x.unwrap().expose(), y.unwrap().expose());
            assert_eq!(resolver.get(&b, &SecretRef::Prompt).await.unwrap().expose(), "answer to Password for b: ");
            assert!(resolver.passphrase(Path::new("/k")).await.unwrap().expose().ends_with("for /k: "));
        }
        assert_eq!(ASKED.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn where_nobody_can_be_asked_that_is_said() {
        let resolver = Resolver::new(false);
        let error = resolver.get(&host("a"), &SecretRef::Prompt).await.unwrap_err();
        assert_eq!(error, "it must be typed, and no question may be asked now");
        let gone: Ask = Arc::new(|_| Err(io::Error::other("no tty")));
        let resolver = Resolver::with(Keyring::default(), Some(gone));
        let error = resolver.get(&host("a"), &SecretRef::Prompt).await.unwrap_err();
        assert!(error.contains("no terminal"), "{error}");
    }

    #[tokio::test]
    async fn a_variable_is_read_and_a_missing_one_named_without_a_value() {
        let resolver = Resolver::new(false);
        assert!(resolver.get(&host("a"), &SecretRef::Env("PATH".into())).await.is_ok());
        let error = resolver.get(&host("a"), &SecretRef::Env("FLEET_NO_SUCH".into())).await.unwrap_err();
        assert_eq!(error, "the variable is not set, or not UTF-8");
    }
}
