//! Mail servers. Each is a folder here and a line in [`ALL`].

mod control;
mod listing;
mod exim;
mod postfix;
mod qmail;
mod sendmail;

pub use control::Control;

use super::log::source::Cut;
use super::log::syslog::{self, Line};
use super::log::{LogReading, LoginRecord};
use crate::host::parse::ParseError;
use crate::host::time::Clock;
use crate::model::mail::QueuedMessage;
use crate::model::untrusted::clean_line;
use crate::model::{Host, Profile};
use crate::shell::{Part, PartOutput};
use std::collections::BTreeSet;

/// Every mail server that the probe looks for.
pub static ALL: &[&dyn Mta] = &[&postfix::Postfix, &exim::Exim, &sendmail::Sendmail, &qmail::Qmail];

/// One mail server: how it is found, and what can be asked of it.
pub trait Mta: Sync {
    /// The word of [`Profile::mta`], and the name of its folder.
    fn name(&self) -> &'static str;
    /// A piece of the probe's script; it calls `found mta NAME ACTIVE VERSION`.
    fn detect(&self) -> &'static str;
    /// How its queue is read; none while that is not supported.
    fn queue(&self) -> Option<&'static dyn Queue> {
        None
    }
    /// How its queue is changed; none while that is not supported.
    fn control(&self) -> Option<&'static Control> {
        None
    }
    /// How its log is read; none while that is not supported.
    fn log(&self) -> Option<&'static dyn Log> {
        None
    }
}

/// Lists the queue.
pub trait Queue: Sync {
    /// The parts whose answers [`Queue::read`] takes.
    fn parts(&self, host: &Host, profile: &Profile) -> Vec<Part>;
    /// Makes the listing of what the parts printed.
    ///
    /// # Errors
    /// When the list is missing, or holds something that the mail server does not print. One that was cut off is no error.
    fn read(&self, profile: &Profile, outputs: &[PartOutput]) -> Result<Listing, ParseError>;
    /// Whether this is an id of a queued message as the mail server makes them.
    fn is_id(&self, id: &[u8]) -> bool;
    /// A part that reads the headers of queued messages. Its script defines `queued`, which prints those of the newest
    /// `$limit` messages, the newest first, and goes on with `then`:
    /// `h<TAB>LINE` for each line of a header, folded as it is, then `m<TAB>ID<TAB>USER`, where the user (a uid, or a
    /// name) is that of the process of the host that handed the message in, and empty when it came from the network.
    /// `refused<TAB>WHY` when it may not look. Of a body nothing is printed.
    fn headers(&self, name: &str, then: &str) -> Part;
}

/// What a queue holds, and how far that is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    /// The messages, in the order in which the mail server lists them.
    pub messages: Vec<QueuedMessage>,
    /// Messages whose queue file was read, so that a missing login means that there was none.
    pub login_read: BTreeSet<String>,
    /// The client's address of messages, by queue id.
    pub clients: std::collections::BTreeMap<String, String>,
    /// Entries whose queue id is not one.
    pub refused: usize,
    /// Whether messages may be missing, and not only what is known of them.
    pub cut: bool,
    /// Why the listing may lack something; empty when it lacks nothing.
    pub incomplete: Vec<String>,
}

/// Tells of each line what it says of a login.
pub type LoginReader = Box<dyn FnMut(&Line<'_>) -> Option<LoginRecord>>;

/// Reads the log of what was sent, and of who logged in to send it.
pub trait Log: Sync {
    /// The mail server's piece of the script that gathers its log: it sets `names`, the usual files, and two
    /// extended regular expressions for awk, of the lines that [`read`](Self::read) and
    /// [`login`](Self::login) look at: `pattern` and `logins`. See [`super::log::source`].
    fn head(&self) -> &'static str;
    /// How its lines are cut.
    fn cut<'a>(&self) -> Cut<'a> {
        syslog::parse
    }
    /// Makes records of what [`head`](Self::head)'s script printed: lines, each file behind `== BYTES MODIFIED NAME`, and `end` last.
    fn read(&self, bytes: &[u8], clock: &Clock) -> LogReading;
    /// What a line tells of a login to send mail, tried or done. One that was done is told once for each message.
    fn login(&self, line: &Line<'_>) -> Option<LoginRecord>;
    /// Reads the logins of one log, where a line's meaning hangs on lines before it.
    fn logins(&'static self) -> LoginReader {
        Box::new(|line| self.login(line))
    }
}

/// The mail server of that name.
pub fn find(name: &str) -> Option<&'static dyn Mta> {
    ALL.iter().copied().find(|m| m.name() == name)
}

/// The sentence of [`Support::NotYet`](crate::host::ask::Support) for a mail server.
pub fn mta_not_yet(name: &str) -> String {
    match name {
        "none" => "no mail server found".to_owned(),
        name => format!("mail server {} is not yet supported", clean_line(name, 40)),
    }
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    #[test]
    fn every_folder_is_in_the_list_under_its_name() {
        let listed = super::ALL.iter().map(|m| m.name().to_owned()).collect();
        assert_eq!(crate::mail::detect::testing::folders("src/mail/mta"), listed);
    }

    #[test]
    fn an_inventory_can_name_every_mail_server_and_that_there_is_none() {
        let names: Vec<&str> = super::ALL.iter().map(|m| m.name()).chain(["none"]).collect();
        assert_eq!(crate::inventory::schema::MTAS, names);
    }
}
