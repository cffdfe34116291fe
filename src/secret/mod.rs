//! Where secrets come from: the kernel's keyring, a private file, the environment, or the person at the
//! terminal. The values go to whoever must send them, and nowhere else.
//!
//! Nothing here waits for ever: a keyring that does not answer is an error, and so is a question where nobody
//! can be asked.

mod file;
mod keyring;
mod terminal;
mod vault;

use crate::model::{HostName, Secret, SecretRef};
use crate::ssh::{Secrets, Use};
use futures::future::BoxFuture;
use keyring::Keyring;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use keyring::{delete, set};
pub use terminal::{Question, Screen, Terminal};
pub use vault::Vault;

/// Keeps the memory of this process out of core dumps, and away from other processes of the same user. Where the
/// kernel does not offer that, nothing is lost but the precaution.
pub fn keep_memory_private() {
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// What to ask for a password that has to be typed. Where two are asked for in the same words, it is one password.
pub type Questions = HashMap<(HostName, Use), String>;

/// The secrets of a run. What a person was asked is kept until the end, so that nobody is asked twice.
pub struct Resolver {
    keyring: Keyring,
    /// None: nobody may be asked.
    terminal: Option<Arc<Terminal>>,
    questions: Questions,
    answers: Mutex<HashMap<String, Secret>>,
    /// Whoever wants what is being asked for waits for the answer.
    turn: tokio::sync::Mutex<()>,
}

impl Resolver {
    /// Asks at the terminal, if there is one.
    pub fn new(terminal: Option<Arc<Terminal>>, questions: Questions) -> Self {
        let (keyring, answers, turn) = Default::default();
        Self { keyring, terminal, questions, answers, turn }
    }

    fn answers(&self) -> MutexGuard<'_, HashMap<String, Secret>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer that was given before, or one that is given now; with `again`, in place of one that was wrong.
    async fn prompt(&self, question: &str, again: bool) -> Result<Secret, String> {
        let terminal = self.terminal.as_ref().ok_or("it must be typed, and no question may be asked now")?;
        let _turn = self.turn.lock().await;
        let mut asked = Question::hidden(question);
        match again {
            false => {
                if let Some(secret) = self.answers().get(question) {
                    return Ok(secret.clone());
                }
            }
            true => asked.text = format!("that was wrong. {question}"),
        }
        let typed = terminal.ask(asked).await?;
        if typed.is_empty() {
            return Err("nothing was typed".into());
        }
        let secret = Secret::new(typed);
        self.answers().insert(question.to_owned(), secret.clone());
        Ok(secret)
    }
}

impl Secrets for Resolver {
    fn get<'a>(
        &'a self,
        host: &'a HostName,
        what_for: Use,
        reference: &'a SecretRef,
    ) -> BoxFuture<'a, Result<Secret, String>> {
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
                SecretRef::Prompt => match self.questions.get(&(host.clone(), what_for)) {
                    Some(question) => self.prompt(question, false).await,
                    None => self.prompt(&format!("Password for {host}: "), false).await,
                },
            }
        })
    }

    fn passphrase<'a>(&'a self, key: &'a Path, again: bool) -> BoxFuture<'a, Result<Secret, String>> {
        Box::pin(async move { self.prompt(&format!("Passphrase for {}: ", key.display()), again).await })
    }
}

#[cfg(test)]
mod tests {
    use super::terminal::Ask;
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn host(name: &str) -> HostName {
        HostName::parse(name).unwrap()
    }

    fn resolver(ask: Ask) -> Resolver {
        let terminal = Terminal::with(Screen::default(), |text| text.to_owned(), ask);
        let both = |name: &str| ((host(name), Use::Login), "Password of root on 2 hosts: ".to_owned());
        Resolver::new(Some(Arc::new(terminal)), Questions::from([both("b"), both("c")]))
    }

    #[tokio::test]
    async fn a_person_is_asked_once_for_each_credential_and_key() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let resolver = resolver(|question| {
            ASKED.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move { Ok(format!("answer to {}", question.text)) })
        });
        let (a, b, c) = (host("a"), host("b"), host("c"));
        let get = |host| resolver.get(host, Use::Login, &SecretRef::Prompt);
        for _ in 0..2 {
            let (x, y) = tokio::join!(get(&a), get(&a));
            assert_eq!(x.unwrap().expose(), y.unwrap().expose());
            let (x, y) = tokio::join!(get(&b), get(&c));
            assert_eq!(x.unwrap().expose(), "answer to Password of root on 2 hosts: ");
            assert_eq!(y.unwrap().expose(), "answer to Password of root on 2 hosts: ");
            assert!(resolver.passphrase(Path::new("/k"), false).await.unwrap().expose().ends_with("for /k: "));
        }
        assert_eq!(ASKED.load(Ordering::Relaxed), 3);
        let sudo = resolver.get(&b, Use::Sudo, &SecretRef::Prompt).await.unwrap();
        assert_eq!(sudo.expose(), "answer to Password for b: ", "another credential");
    }

    #[tokio::test]
    async fn a_wrong_passphrase_is_asked_for_again_and_the_right_one_is_kept() {
        static ASKED: Mutex<Vec<String>> = Mutex::new(Vec::new());
        let resolver = resolver(|question| {
            let mut asked = ASKED.lock().unwrap();
            asked.push(question.text);
            let answer = asked.len().to_string();
            Box::pin(async { Ok(answer) })
        });
        let key = Path::new("/k");
        let answers = [
            resolver.passphrase(key, false).await.unwrap(),
            resolver.passphrase(key, true).await.unwrap(),
            resolver.passphrase(key, false).await.unwrap(),
        ];
        assert_eq!(answers.each_ref().map(Secret::expose), ["1", "2", "2"]);
        assert_eq!(*ASKED.lock().unwrap(), ["Passphrase for /k: ", "that was wrong. Passphrase for /k: "]);
    }

    #[tokio::test]
    async fn where_nobody_can_be_asked_that_is_said() {
        let nobody = Resolver::new(None, Questions::default());
        let error = nobody.get(&host("a"), Use::Login, &SecretRef::Prompt).await.unwrap_err();
        assert_eq!(error, "it must be typed, and no question may be asked now");
        let gone = resolver(|_| Box::pin(async { Err(std::io::Error::other("no tty")) }));
        let error = gone.get(&host("a"), Use::Login, &SecretRef::Prompt).await.unwrap_err();
        assert!(error.contains("no terminal"), "{error}");
        let silent = resolver(|_| Box::pin(async { Ok(String::new()) }));
        let error = silent.passphrase(Path::new("/k"), false).await.unwrap_err();
        assert_eq!(error, "nothing was typed");
    }

    #[tokio::test]
    async fn a_variable_is_read_and_a_missing_one_named_without_a_value() {
        let resolver = Resolver::new(None, Questions::default());
        let get = async |name: &str| resolver.get(&host("a"), Use::Login, &SecretRef::Env(name.into())).await;
        assert!(get("PATH").await.is_ok());
        assert_eq!(get("FLEET_NO_SUCH").await.unwrap_err(), "the variable is not set, or not UTF-8");
    }
}
