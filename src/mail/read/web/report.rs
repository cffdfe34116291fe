//! The report of which scripts send mail.

use crate::mail::read::fields::{INCOMPLETE, WINDOW_FROM, WINDOW_TO};
use crate::model::schema::{Field, Type};
use serde::{Deserialize, Serialize};

/// The scripts of one host that send mail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebReport {
    pub window_from: Option<String>,
    pub window_to: Option<String>,
    pub complete: bool,
    pub incomplete: Vec<String>,
    pub php_logs: Vec<String>,
    pub queue_read: usize,
    pub rows: Vec<ScriptRow>,
    pub users: Vec<WebUser>,
}

/// Where a row comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    PhpLog,
    Header,
    Uid,
}

/// What one script sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScriptRow {
    pub script: String,
    pub source: Source,
    pub lines: Vec<u32>,
    pub messages: u64,
    pub peak_per_hour: u64,
    pub uid: Option<u32>,
    pub user: Option<String>,
    pub domain: Option<String>,
    pub first: Option<String>,
    pub last: Option<String>,
    pub remote_ips: Vec<String>,
    pub remote_ip_count: usize,
}

/// A user of the host who stands for a domain, or for a script above.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebUser {
    pub uid: u32,
    pub user: String,
    pub home: String,
    pub domain: Option<String>,
}

const ROW: &[Field] = &[
    Field::new(
        "script",
        Type::Str,
        "the file, as PHP's log has it; of queued mail what its headers name, such as example.jp/x.php or 33:x.php, \
         where the number is the file's owner; or only uid:33",
    ),
    Field::new(
        "source",
        Type::Enum(&["php-log", "header", "uid"]),
        "php-log: PHP's log of mail(); header: what a queued message's headers name; uid: of a queued message only the \
         user is known. The same mail may stand in both a log and the queue",
    ),
    Field::new("lines", Type::List(&Type::Int), "the file's lines that call mail(), by PHP's log; at most 20"),
    Field::new("messages", Type::Int, "messages; of a log, mail() was called that often, also where nothing left"),
    Field::new("peak_per_hour", Type::Int, "most of them in one hour of the clock"),
    Field::new(
        "uid",
        Type::Int,
        "the user who ran it; of a log, the user whose home the file is in; null when neither is known",
    ),
    Field::new("user", Type::Str, "his name; null when it is not known"),
    Field::new("domain", Type::Str, "the web site, by the headers, the path or the user's home; null when none tells"),
    Field::new("first", Type::Time, "the first message in the window; null when no time is known"),
    Field::new("last", Type::Time, "the last one"),
    Field::new(
        "remote_ips",
        Type::List(&Type::Str),
        "who called the script, where X-PHP-Script says so, the most frequent first; at most 20",
    ),
    Field::new("remote_ip_count", Type::Int, "how many addresses called it"),
];
const USER: &[Field] = &[
    Field::new("uid", Type::Int, "the user's number, as in uid:33 of mail.senders"),
    Field::new("user", Type::Str, "his name"),
    Field::new("home", Type::Str, "his home"),
    Field::new("domain", Type::Str, "the domain that he stands for; null when nothing tells"),
];

/// The declared output of the report of scripts.
pub const WEB_OUTPUT: &[Field] = &[
    WINDOW_FROM,
    WINDOW_TO,
    Field::new("complete", Type::Bool, "nothing is known to be missing from this report"),
    INCOMPLETE,
    Field::new(
        "php_logs",
        Type::List(&Type::Str),
        "PHP's mail logs that were read; where there is none, nothing is known of scripts whose mail has left the \
         queue",
    ),
    Field::new("queue_read", Type::Int, "queued messages whose headers were looked at"),
    Field::new("rows", Type::List(&Type::Object(ROW)), "one for each script, the most messages first; at most 500"),
    Field::new(
        "users",
        Type::List(&Type::Object(USER)),
        "users who stand for a domain, or for one of the scripts; at most 5,000",
    ),
];
