//! Logs that are made up from messages whose fate is known, as each mail server would have written them.

mod added_up;
mod exim;
mod files;
mod postfix;
mod qmail;
mod sendmail;
mod story;
mod tests;

use story::{From, Mail};

/// A line before it is written in some form.
#[derive(Clone, Debug)]
struct Entry {
    at: i64,
    program: &'static str,
    /// 0 where the program writes none.
    pid: usize,
    text: String,
}

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Bsd,
    Rfc3339,
    /// journald's, whose zone has no colon.
    ShortIso,
    /// The mail server's own file, in local time where it has such a thing.
    Own,
    /// The same with the zone.
    OwnZone,
}

impl Form {
    /// It tells the zone, or counts seconds.
    fn is_exact(self, server: &Server) -> bool {
        matches!(self, Self::Rfc3339 | Self::ShortIso | Self::OwnZone) || server.name == "qmail"
    }
}

/// One mail server.
#[derive(Debug)]
struct Server {
    name: &'static str,
    forms: &'static [Form],
    lines: fn(&[Mail]) -> Vec<Entry>,
    /// Whom its log names.
    account: fn(From) -> String,
    /// It tells of a login with each of its messages.
    logins: bool,
}

const SYSLOG: &[Form] = &[Form::Bsd, Form::Rfc3339, Form::ShortIso];

static SERVERS: [Server; 4] = [
    Server { name: "postfix", forms: SYSLOG, lines: postfix::lines, account: postfix::account, logins: true },
    Server {
        name: "exim",
        forms: &[Form::Own, Form::OwnZone, Form::Bsd, Form::Rfc3339],
        lines: exim::lines,
        account: exim::account,
        logins: true,
    },
    Server { name: "sendmail", forms: SYSLOG, lines: sendmail::lines, account: sendmail::account, logins: true },
    Server {
        name: "qmail",
        forms: &[Form::Bsd, Form::Rfc3339, Form::Own],
        lines: qmail::lines,
        account: qmail::account,
        logins: false,
    },
];

/// Names that are used again: queue ids, message numbers.
#[derive(Default)]
struct Ids {
    made: usize,
    /// Since when each is free.
    free: Vec<(i64, usize)>,
}

impl Ids {
    fn take(&mut self, at: i64, again: bool) -> usize {
        match self.free.iter().position(|&(since, _)| again && since < at) {
            Some(found) => self.free.swap_remove(found).1,
            None => {
                self.made += 1;
                self.made
            }
        }
    }

    fn give(&mut self, since: i64, id: usize) {
        self.free.push((since, id));
    }
}
