//! Why a host or a step did not come to its end. The words are part of the output format: `kind{detail}`.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The kind of a host's error, as it stands in tables, JSON and the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "detail", rename_all = "kebab-case")]
pub enum FaultKind {
    Unreachable(Unreachable),
    Hostkey(HostKey),
    Auth(Auth),
    Privilege(Privilege),
    Shell(Shell),
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
            pub const ALL: &[Self] = &[$(Self::$variant),+];
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

words! {
    /// No SSH connection came about.
    Unreachable {
        Dns = "dns",
        Refused = "refused",
        ConnectTimeout = "connect-timeout",
        Reset = "reset",
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
    HostKey { Unknown = "unknown", Changed = "changed", Revoked = "revoked" }
}
words! {
    Auth { Denied = "denied", TooMany = "too-many", NoMethod = "no-method" }
}
words! {
    Privilege {
        /// There is no sudo on the host.
        Missing = "missing",
        PasswordNeeded = "password-needed",
        Denied = "denied",
        TtyNeeded = "tty-needed",
    }
}
words! {
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
    Timeout { Idle = "idle", Total = "total" }
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
    #[serde(flatten)]
    pub kind: FaultKind,
    pub text: String,
    /// The way out, when there is one: a command to run, a line to add.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Fault {
    pub fn new(kind: FaultKind, text: impl AsRef<str>) -> Self {
        Self { kind, text: super::untrusted::clean_line(text.as_ref(), 300), hint: None }
    }

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
