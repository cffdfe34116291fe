//! Why a host or a step did not come to its end. The words are part of the output format: `kind{detail}`.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The kind of a host's error, as it stands in tables, JSON and the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "detail", rename_all = "kebab-case")]
pub enum FaultKind {
    /// No connection: the network, the name, or something that is no SSH server.
    Unreachable(Unreachable),
    /// The host's key was not accepted. Nothing was sent to it.
    Hostkey(HostKey),
    /// The login was not accepted.
    Auth(Auth),
    /// The login user did not become root.
    Privilege(Privilege),
    /// The login shell ran no script.
    Shell(Shell),
    /// A deadline of the run passed, or an interrupt ended what ran.
    Timeout(Timeout),
    /// The connection ended after work had begun.
    Lost,
    /// The server broke the protocol in a way that an honest one does not.
    Violation,
    /// A bug in fleet, kept to one host.
    Internal,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }
        impl $name {
            /// Every detail of this kind.
            pub const ALL: &[Self] = &[$(Self::$variant),+];
            /// The word between the braces of `kind{detail}`, and under `detail` in JSON.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

words! {
    /// No SSH connection came about.
    Unreachable {
        /// The name has no address, or the resolver did not answer.
        Dns = "dns",
        /// The port is closed.
        Refused = "refused",
        /// No address took the TCP connection in time.
        ConnectTimeout = "connect-timeout",
        /// The connection was closed before anybody was logged in.
        Reset = "reset",
        /// The server took the connection, and its identification, the key exchange or an answer to the login did not
        /// come in time.
        BannerTimeout = "banner-timeout",
        /// Something answered, but not an SSH 2 server.
        NotSsh = "not-ssh",
        /// No common algorithms, or a broken key exchange.
        Kex = "kex",
        /// The jump host in front of it could not be passed.
        Jump = "jump",
    }
}
words! {
    /// Why the host's key was not accepted, in the terms of OpenSSH.
    HostKey {
        /// No line of known_hosts speaks of this host, or the new key could not be recorded.
        Unknown = "unknown",
        /// known_hosts or the inventory has another key for this host.
        Changed = "changed",
        /// A `@revoked` line names the key.
        Revoked = "revoked",
    }
}
words! {
    /// Why the login was not accepted.
    Auth {
        /// The server refused all that was offered.
        Denied = "denied",
        /// The server ended the connection after too many attempts (`MaxAuthTries`).
        TooMany = "too-many",
        /// There was nothing to offer, or the server wants a further method.
        NoMethod = "no-method",
    }
}
words! {
    /// Why the login user did not become root.
    Privilege {
        /// There is no sudo on the host.
        Missing = "missing",
        /// sudo asks for a password, and the inventory names none.
        PasswordNeeded = "password-needed",
        /// sudo refuses the user, or the password.
        Denied = "denied",
        /// sudo runs only on a terminal (`requiretty`).
        TtyNeeded = "tty-needed",
    }
}
words! {
    /// Why the login shell ran no script.
    Shell {
        /// The login shell refuses to run commands.
        Restricted = "restricted",
        /// A login script ate the input and never gave it back.
        Blocked = "blocked",
        /// The login shell ended before our script began, whatever its exit status.
        DidNotStart = "did-not-start",
    }
}
words! {
    /// Which deadline passed.
    Timeout {
        /// Nothing came from the host for too long.
        Idle = "idle",
        /// The time for all of it was over, or an interrupt ended it.
        Total = "total",
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(d) => write!(f, "unreachable{{{}}}", d.word()),
            Self::Hostkey(d) => write!(f, "hostkey{{{}}}", d.word()),
            Self::Auth(d) => write!(f, "auth{{{}}}", d.word()),
            Self::Privilege(d) => write!(f, "privilege{{{}}}", d.word()),
            Self::Shell(d) => write!(f, "shell{{{}}}", d.word()),
            Self::Timeout(d) => write!(f, "timeout{{{}}}", d.word()),
            Self::Lost => f.write_str("lost"),
            Self::Violation => f.write_str("violation"),
            Self::Internal => f.write_str("internal"),
        }
    }
}

/// A kind with the sentence that explains it. The sentence may quote the host, so it is sanitised when made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What went wrong, for programs.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// One English sentence, at most 300 characters.
    pub text: String,
    /// The way out, when there is one: a command to run, a line to add.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Fault {
    /// A fault without a hint; the text is sanitised and cut here.
    pub fn new(kind: FaultKind, text: impl AsRef<str>) -> Self {
        Self { kind, text: super::untrusted::clean_line(text.as_ref(), 300), hint: None }
    }

    /// The same with a way out, which is sanitised and cut like the text.
    pub fn with_hint(mut self, hint: impl AsRef<str>) -> Self {
        self.hint = Some(super::untrusted::clean_line(hint.as_ref(), 300));
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.text)
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_documentation() {
        assert_eq!(FaultKind::Hostkey(HostKey::Changed).to_string(), "hostkey{changed}");
        assert_eq!(FaultKind::Unreachable(Unreachable::ConnectTimeout).to_string(), "unreachable{connect-timeout}");
        let json = serde_json::to_string(&Fault::new(FaultKind::Lost, "gone")).unwrap();
        assert_eq!(json, r#"{"kind":"lost","text":"gone"}"#);
        let json = serde_json::to_string(&FaultKind::Auth(Auth::TooMany)).unwrap();
        assert_eq!(json, r#"{"kind":"auth","detail":"too-many"}"#);
    }

    #[test]
    fn a_fault_that_quotes_the_host_carries_no_escapes() {
        assert_eq!(Fault::new(FaultKind::Violation, "\x1b[31mred\nline").text, "\\u{1b}[31mred\\nline");
    }
}
