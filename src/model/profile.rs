//! What a host turned out to be: the answer of the profile probe.

use serde::{Deserialize, Serialize};

/// Software that was found, and whether it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The word that selectors and playbooks use: `postfix`, `plesk`, `dovecot`.
    pub name: String,
    /// As the host printed it, sanitised; empty when it could not be told.
    #[serde(default)]
    pub version: String,
    /// A process of it runs (MTA, IMAP) or its main command answers (panel).
    pub active: bool,
}

/// The operating system as the host names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Os {
    /// `debian`, `centos`, `ubuntu`, ..; empty when unknown.
    pub id: String,
    /// `12`, `7`, `22.04`, ..; empty when unknown.
    pub version: String,
    /// For people: `Debian GNU/Linux 12 (bookworm)`.
    pub name: String,
}

/// A host's own account of itself. All of it is the host's claim.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The name that the host gives itself, sanitised.
    pub hostname: String,
    /// Seconds since 1970 by the host's clock.
    pub now: i64,
    /// The host's offset from UTC in seconds, now.
    pub utc_offset: i32,
    /// The host's IANA zone name when it tells one, else empty.
    #[serde(default)]
    pub zone: String,
    /// The user that scripts run as, after sudo.
    pub uid: u32,
    /// What it says of its operating system.
    pub os: Os,
    /// Everything found, running first. Two active MTAs are a finding, not a guess.
    pub panels: Vec<Found>,
    /// Mail servers; the same order.
    pub mtas: Vec<Found>,
    /// IMAP servers; the same order.
    pub imaps: Vec<Found>,
}

impl Profile {
    /// The panel's name and version; `plain` when there is none.
    pub fn panel(&self) -> &str {
        self.panels.first().map_or("plain", |p| p.name.as_str())
    }

    /// The mail server that runs, else the one that is installed, else `none`.
    pub fn mta(&self) -> &str {
        Self::pick(&self.mtas)
    }

    /// The IMAP server that runs, else the one that is installed, else `none`.
    pub fn imap(&self) -> &str {
        Self::pick(&self.imaps)
    }

    fn pick(found: &[Found]) -> &str {
        let active = found.iter().find(|f| f.active);
        active.or(found.first()).map_or("none", |f| f.name.as_str())
    }
}
