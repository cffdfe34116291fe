//! The words of mail: addresses, accounts, queued messages and send records.

use serde::{Deserialize, Serialize};

/// Whether `text` is a mail address by the strict grammar that may go near a command: an unquoted local part
/// without a leading `-`, and a domain of letters, digits, `-` and `.` (IDN in its ASCII form).
pub fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    is_local_part(local) && is_domain(domain) && text.len() <= 254
}

/// Letters, digits and the unquoted specials of RFC 5321, less the wildcards `*` and `?`.
pub fn is_local_part(text: &str) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'+/=^_{|}~.-".contains(&b);
    !text.is_empty() && text.len() <= 64 && !text.starts_with('-') && text.bytes().all(good)
}

/// Whether `text` is a domain in its ASCII form: labels of letters, digits, `-` and `_`, 63 bytes each, 253 in all.
pub fn is_domain(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 253
        && text.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
                && !label.starts_with('-')
        })
}

/// What an address leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountKind {
    /// It has a mailbox and can log in.
    Mailbox,
    /// Another name: mail goes to the account, program or file that it stands for.
    Alias,
    /// No mailbox of its own; mail goes elsewhere.
    Forward,
    /// A Unix user.
    System,
}

/// One account or address known to the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// `info@example.jp`; for a Unix user without a domain, the user's name.
    pub address: String,
    /// Whether it has a mailbox or only leads elsewhere.
    pub kind: AccountKind,
    /// Where it was read: `plesk`, `passwd`, `dovecot`, `virtual`.
    pub source: String,
    /// Every word by which it logs in. Two entries that are one account have the same words, its main name first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logins: Vec<String>,
    /// It cannot log in: it is switched off, or its domain is, or its Unix password is locked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// It owns a virtual server: its password opens more than its mail, and is not changed here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub owner: bool,
    /// Where its mail goes besides or instead of its mailbox.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forwards: Vec<String>,
    /// It answers by itself: an autoresponder, a vacation program.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub autoresponder: bool,
    /// RFC 3339 in UTC, of a login that the panel or Dovecot recorded. None is "not known", never "unused".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login: Option<String>,
    /// RFC 3339 in UTC, when its mailbox last changed: mail came, or a client moved some. None is "not known".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_delivery: Option<String>,
}

impl Account {
    /// Of the names under which it is listed the one that stands for it.
    pub fn main_name(&self) -> &str {
        self.logins.first().unwrap_or(&self.address)
    }
}

/// One message waiting in a queue. Its identity is (id, arrival, sender, size): ids are reused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedMessage {
    /// The queue id, as the mail server writes it.
    pub id: String,
    /// `incoming`, `active`, `deferred`, `hold`, `corrupt`; Exim's `frozen`, Sendmail's `client`: not yet submitted.
    pub queue: String,
    /// Seconds since 1970.
    pub arrival: i64,
    /// Bytes.
    pub size: u64,
    /// The envelope sender; empty for the null sender `<>`.
    pub sender: String,
    /// The authenticated login that submitted it, when the queue file tells.
    pub login: Option<String>,
    /// Recipients that are still to be served, as far as the queue tells.
    pub recipients: Vec<String>,
    /// The first recipient's reason for waiting, sanitised.
    pub reason: Option<String>,
}

/// Who handed a message to the mail server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "via", content = "name", rename_all = "kebab-case")]
pub enum Origin {
    /// An authenticated login.
    Login(String),
    /// A local process of this uid (a script, cron, a shell).
    Uid(u32),
    /// The same by the user's name, where the log tells no uid: Exim's.
    User(String),
    /// Another server, without authentication: incoming mail.
    Remote,
}

/// One message that the mail log tells of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SendRecord {
    /// Seconds since 1970, when the message entered the queue.
    pub at: i64,
    /// The queue id, as the log has it; the mail server gives the same one out again.
    pub id: String,
    /// Who handed it in.
    pub origin: Origin,
    /// The envelope sender; empty for `<>`.
    pub sender: String,
    /// Recipients at first queueing.
    pub recipients: u32,
    /// Bytes.
    pub size: u64,
    /// The address of the client that submitted it; none for a local process, and where the log does not tell.
    pub client_ip: Option<String>,
    /// The `Message-ID` as the log has it, sanitised; none where the log does not tell.
    pub message_id: Option<String>,
    /// Recipients by last known fate.
    pub sent: u32,
    /// Recipients for whom the last attempt failed for now.
    pub deferred: u32,
    /// Recipients that were refused for good.
    pub bounced: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_could_hurt_a_command_is_no_address() {
        for good in ["info@example.jp", "a.b+c@x-y.example", "o'neil@example.jp", "root@localhost"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "info",
            "@example.jp",
            "-x@example.jp",
            "a*@example.jp",
            "a?@b.jp",
            "\"odd name\"@example.jp",
            "a b@example.jp",
            "a@b..jp",
            "a@-b.jp",
            "a@b.jp\n",
            "a;b@c.jp",
            "日本@example.jp",
            "$(id)@b.jp",
            "a`b@c.jp",
        ] {
            assert!(!is_address(bad), "{bad:?}");
        }
    }
}
