//! What qmail writes.

use super::story::{Fate, From, Mail};
use super::{Entry, Ids};

/// Its log names no logins.
pub fn account(from: From) -> String {
    match from {
        From::Login(_) | From::Remote => "remote".to_owned(),
        From::Local => "uid:33".to_owned(),
    }
}

#[derive(Default)]
struct Log {
    lines: Vec<Entry>,
    ids: Ids,
    deliveries: usize,
    processes: usize,
}

pub fn lines(mails: &[Mail]) -> Vec<Entry> {
    let mut log = Log::default();
    mails.iter().for_each(|mail| log.mail(mail));
    log.lines
}

impl Log {
    fn line(&mut self, at: i64, text: String) {
        self.lines.push(Entry { at, program: "qmail", pid: 0, text });
    }

    /// Process numbers are used again.
    fn process(&mut self) -> usize {
        self.processes = (self.processes + 1) % 4;
        50 + self.processes
    }

    fn begin(&mut self, at: i64, id: usize, sender: &str, process: usize, uid: u32) {
        self.line(at, format!("new msg {id}"));
        self.line(at, format!("info msg {id}: bytes 500 from <{sender}> qp {process} uid {uid}"));
    }

    fn attempt(&mut self, at: i64, id: usize, channel: &str, to: &str, result: &str) {
        self.deliveries += 1;
        let n = self.deliveries;
        self.line(at, format!("starting delivery {n}: msg {id} to {channel} {to}"));
        self.line(at, format!("status: {channel} 1/20"));
        self.line(at + 1, format!("delivery {n}: {result}"));
    }

    fn mail(&mut self, mail: &Mail) {
        let id = self.ids.take(mail.at, mail.again);
        let process = self.process();
        let uid = if mail.from == From::Local { 33 } else { 2020 };
        self.begin(mail.at, id, &mail.sender(), process, uid);
        let (mut end, mut bounced) = (mail.at, false);
        for (at, tried) in mail.attempts() {
            end = at + 1;
            for (to, fate) in tried {
                let channel = if to.ends_with("@example.jp") { "local" } else { "remote" };
                let result = match fate {
                    Fate::Sent => "success: 192.0.2.1_accepted_message./Remote_host_said:_250_ok/",
                    Fate::Delivered => "success: did_1+0+0/",
                    Fate::Deferred => "deferral: Sorry,_I_wasn't_able_to_establish_an_SMTP_connection._(#4.4.1)/",
                    Fate::Bounced => {
                        bounced = true;
                        "failure: 192.0.2.1_does_not_like_recipient./Remote_host_said:_550_5.1.1_no/"
                    }
                };
                self.attempt(at, id, channel, to, result);
            }
        }
        if !mail.is_done() {
            return;
        }
        if bounced {
            let (process, number) = (self.process(), self.ids.take(end, mail.again));
            self.line(end, format!("bounce msg {id} qp {process}"));
            self.begin(end, number, "", process, 2522);
            self.attempt(end, number, "local", &mail.sender(), "success: did_1+0+0/");
            self.line(end + 1, format!("end msg {number}"));
            self.ids.give(end + 1, number);
        }
        self.line(end, format!("end msg {id}"));
        self.ids.give(end, id);
    }
}
