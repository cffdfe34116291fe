//! The report of which scripts send mail.

use crate::mail::read::fields::{INCOMPLETE, WINDOW_FROM, WINDOW_TO};
use crate::model::schema::{Field, record};
use serde::{Deserialize, Serialize};

record! {
    /// The scripts of one host that send mail.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct WebReport {
        pub window_from: Option<String> = WINDOW_FROM,
        pub window_to: Option<String> = WINDOW_TO,
        /// nothing is known to be missing from this report
        pub complete: bool,
        pub incomplete: Vec<String> = INCOMPLETE,
        /// PHP's mail logs that were read; where there is none, nothing is known of scripts whose mail has left the
        /// queue
        pub php_logs: Vec<String>,
        /// queued messages whose headers were looked at
        pub queue_read: usize,
        /// one for each script, the most messages first; at most 500
        pub rows: Vec<ScriptRow>,
        /// users who stand for a domain, or for one of the scripts; at most 5,000
        pub users: Vec<WebUser>,
    }
}

/// Where a row comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// PHP's log of `mail()` (`mail.log`).
    PhpLog,
    /// The headers of a queued message, such as `X-PHP-Originating-Script`.
    Header,
    /// A queued message of which only the user is known.
    Uid,
}

record! {
    /// What one script sent.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct ScriptRow {
        /// the file, as PHP's log has it; of queued mail what its headers name, such as example.jp/x.php or 33:x.php,
        /// where the number is the file's owner; or only uid:33
        pub script: String,
        /// php-log: PHP's log of mail(); header: what a queued message's headers name; uid: of a queued message only
        /// the user is known. The same mail may stand in both a log and the queue
        pub source: Source as Enum(&["php-log", "header", "uid"]),
        /// the file's lines that call mail(), by PHP's log; at most 20
        pub lines: Vec<u32>,
        /// messages; of a log, mail() was called that often, also where nothing left
        pub messages: u64,
        /// most of them in one hour of the clock
        pub peak_per_hour: u64,
        /// the user who ran it; of a log, the user whose home the file is in; null when neither is known
        pub uid: Option<u32>,
        /// his name; null when it is not known
        pub user: Option<String>,
        /// the web site, by the headers, the path or the user's home; null when none tells
        pub domain: Option<String>,
        /// the first message in the window; null when no time is known
        pub first: Option<String> as Time,
        /// the last one
        pub last: Option<String> as Time,
        /// who called the script, where X-PHP-Script says so, the most frequent first; at most 20
        pub remote_ips: Vec<String>,
        /// how many addresses called it
        pub remote_ip_count: usize,
    }
}

record! {
    /// A user of the host who stands for a domain, or for a script above.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct WebUser {
        /// the user's number, as in uid:33 of mail.senders
        pub uid: u32,
        /// his name
        pub user: String,
        /// his home
        pub home: String,
        /// the domain that he stands for; null when nothing tells
        pub domain: Option<String>,
    }
}

/// The declared output.
pub const WEB_OUTPUT: &[Field] = WebReport::FIELDS;
