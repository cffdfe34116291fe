//! Becoming root: how the shell is started, the one answer to sudo's question, and sudo's words when it refuses.

use super::reader::Reader;
use super::settings::{Secrets, Use};
use crate::model::fault::{FaultKind, Privilege, Shell as ShellFault};
use crate::model::{Fault, HostName, Secret, SecretRef, untrusted};
use russh::client::Msg;
use russh::{ChannelMsg, ChannelWriteHalf};
use tokio::time::{Instant, timeout_at};

/// What may come before sudo's question.
const MAX_NOISE: usize = 64 << 10;

/// How a shell becomes root.
#[derive(Clone)]
pub(super) enum Root {
    No,
    /// sudo without a password.
    Free,
    Password(Secret),
}

impl Root {
    pub async fn password(host: &HostName, reference: &SecretRef, secrets: &dyn Secrets) -> Result<Self, Fault> {
        match secrets.get(host, Use::Sudo, reference).await {
            Ok(secret) => Ok(Self::Password(secret)),
            Err(e) => {
                let text = format!("sudo's password ({reference}): {e}");
                Err(Fault::new(FaultKind::Privilege(Privilege::PasswordNeeded), text))
            }
        }
    }

    /// The command of the exec request. Every login shell reads it alike. `mark` is for sudo's question, and not
    /// the session's own: it can be seen in the host's list of processes.
    pub fn command(&self, mark: &str) -> String {
        match self {
            Self::No => "exec /bin/sh -s".into(),
            Self::Free => "exec env LC_ALL=C sudo -n -- /bin/sh -s".into(),
            Self::Password(_) => {
                format!("exec env LC_ALL=C sudo -k -S -p {mark}.P -- /bin/sh -c 'echo {mark}.R; exec /bin/sh -s'")
            }
        }
    }
}

/// Waits for sudo's question and answers it once, or for the shell if there is no question. Returns what came
/// on standard output behind the ready mark.
pub(super) async fn enter(
    reader: &mut Reader,
    write: &ChannelWriteHalf<Msg>,
    password: &Secret,
    mark: &str,
    until: Instant,
) -> Result<Vec<u8>, Fault> {
    let (question, ready) = (format!("{mark}.P"), format!("{mark}.R\n"));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut answered = false;
    loop {
        let Ok(next) = timeout_at(until, reader.next()).await else {
            let text = format!("sudo neither asked nor started: {}", words(&out, &err));
            return Err(Fault::new(FaultKind::Shell(ShellFault::Blocked), text));
        };
        match next? {
            Some(ChannelMsg::Data { data }) => out.extend_from_slice(&data),
            Some(ChannelMsg::ExtendedData { data, .. }) => err.extend_from_slice(&data),
            Some(_) => {}
            None => return Err(refusal(&words(&out, &err)).unwrap_or_else(|| reader.ended(&words(&out, &err)))),
        }
        if let Some(at) = memchr::memmem::find(&out, ready.as_bytes()) {
            return Ok(out.split_off(at + ready.len()));
        }
        match memchr::memmem::find_iter(&err, question.as_bytes()).count() {
            0 => {}
            1 if !answered => {
                answered = true;
                let line = format!("{}\n", password.expose());
                write.data_bytes(line.into_bytes()).await.map_err(|_| reader.ended(""))?;
            }
            1 => {}
            _ => return Err(Fault::new(FaultKind::Privilege(Privilege::Denied), "sudo refused the password")),
        }
        if out.len() + err.len() > MAX_NOISE {
            let text = format!("endless text instead of sudo's question: {}", words(&out, &err));
            return Err(Fault::new(FaultKind::Shell(ShellFault::DidNotStart), text));
        }
    }
}

fn words(out: &[u8], err: &[u8]) -> String {
    let text = [String::from_utf8_lossy(err), String::from_utf8_lossy(out)].concat();
    untrusted::clean_line(text.trim(), 150)
}

/// sudo's words of refusal, in the C locale.
pub(super) fn refusal(words: &str) -> Option<Fault> {
    let lower = words.to_ascii_lowercase();
    let has = |part: &str| lower.contains(part);
    let kind = if has("must have a tty") || has("no tty present") && !has("a password is required") {
        Privilege::TtyNeeded
    } else if has("a password is required") {
        Privilege::PasswordNeeded
    } else if has("not in the sudoers file")
        || has("is not allowed to")
        || has("incorrect password")
        || has("sorry, try again")
        || has("may not run sudo")
    {
        Privilege::Denied
    } else if has("sudo: not found")
        || has("sudo: command not found")
        || has("sudo: no such file")
        || has("sudo': no such file")
        || has("sudo’: no such file")
    {
        Privilege::Missing
    } else {
        return None;
    };
    Some(Fault::new(FaultKind::Privilege(kind), words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sudos_words_are_told_apart() {
        for (words, expected) in [
            ("env: 'sudo': No such file or directory", Privilege::Missing),
            ("env: sudo: No such file or directory", Privilege::Missing),
            ("sudo: a password is required", Privilege::PasswordNeeded),
            ("sudo: no tty present and no askpass program specified", Privilege::TtyNeeded),
            ("sudo: sorry, you must have a tty to run sudo", Privilege::TtyNeeded),
            ("op is not in the sudoers file.  This incident will be reported.", Privilege::Denied),
            ("Sorry, user op is not allowed to execute '/bin/sh -s' as root on mx1.", Privilege::Denied),
        ] {
            assert_eq!(refusal(words).unwrap().kind, FaultKind::Privilege(expected), "{words}");
        }
        assert_eq!(refusal("bash: /etc/profile: oops"), None);
    }

    #[test]
    fn the_password_is_not_in_the_command() {
        let command = Root::Password(Secret::new("hunter2".into())).command("MARK");
        assert!(!command.contains("hunter2") && command.contains("-p MARK.P"));
    }
}
