//! What Postfix writes.

use super::story::{Fate, From, Mail};
use super::{Entry, Ids};

pub fn account(from: From) -> String {
    match from {
        From::Login(login) => login.to_owned(),
        From::Local => "uid:33".to_owned(),
        From::Remote => "remote".to_owned(),
    }
}

#[derive(Default)]
struct Log {
    lines: Vec<Entry>,
    ids: Ids,
}

pub fn lines(mails: &[Mail]) -> Vec<Entry> {
    let mut log = Log::default();
    mails.iter().for_each(|mail| log.mail(mail));
    log.lines
}

impl Log {
    fn line(&mut self, at: i64, program: &'static str, text: String) {
        self.lines.push(Entry { at, program, pid: 100 + self.lines.len() % 9, text });
    }

    fn mail(&mut self, mail: &Mail) {
        let number = self.ids.take(mail.at, mail.again);
        let id = name(number);
        let (program, submitted) = match mail.from {
            From::Login(login) => (
                "postfix/submission/smtpd",
                format!("client=pc.example[203.0.113.9], sasl_method=PLAIN, sasl_username={login}"),
            ),
            From::Local => ("postfix/pickup", format!("uid=33 from=<{}>", mail.sender())),
            From::Remote => ("postfix/smtpd", "client=mx.example[198.51.100.7]".to_owned()),
        };
        self.line(mail.at, program, format!("{id}: {submitted}"));
        self.line(mail.at, "postfix/cleanup", format!("{id}: message-id=<{}>", mail.message_id()));
        let Some(tells) = mail.filtered else { return self.deliver(mail, number) };
        self.queued(mail.at + 1, &id, mail);
        let second = self.ids.take(mail.at + 1, mail.again);
        let new = name(second);
        let origin =
            if tells { format!(", orig_queue_id={id}, orig_client=pc.example[203.0.113.9]") } else { String::new() };
        self.line(mail.at + 1, "postfix/smtpd", format!("{new}: client=localhost[127.0.0.1]{origin}"));
        self.line(mail.at + 1, "postfix/cleanup", format!("{new}: message-id=<{}>", mail.message_id()));
        for to in &mail.to {
            let said = format!("250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as {new}");
            let relay = "relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=0/0/0/1, dsn=2.0.0";
            self.line(mail.at + 3, "postfix/smtp", format!("{id}: to=<{}>, {relay}, status=sent ({said})", to.address));
        }
        self.line(mail.at + 3, "postfix/qmgr", format!("{id}: removed"));
        self.ids.give(mail.at + 3, number);
        self.deliver(mail, second);
    }

    fn queued(&mut self, at: i64, id: &str, mail: &Mail) {
        let text = format!("{id}: from=<{}>, size=500, nrcpt={} (queue active)", mail.sender(), mail.to.len());
        self.line(at, "postfix/qmgr", text);
    }

    fn deliver(&mut self, mail: &Mail, number: usize) {
        let id = name(number);
        let mut end = mail.at;
        for (at, tried) in mail.attempts() {
            end = at;
            self.queued(at, &id, mail);
            let mut bounced = false;
            for (to, fate) in tried {
                let smtp = "relay=mx.x.example[192.0.2.1]:25, conn_use=2, delay=1, delays=0/0/0/1";
                let (program, rest) = match fate {
                    Fate::Sent => ("postfix/smtp", format!("{smtp}, dsn=2.0.0, status=sent (250 ok)")),
                    Fate::Delivered => (
                        "postfix/virtual",
                        "relay=virtual, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (delivered to maildir)".into(),
                    ),
                    Fate::Deferred => (
                        "postfix/smtp",
                        "relay=none, delay=1, delays=0/0/0/1, dsn=4.4.1, status=deferred (connect: refused)".into(),
                    ),
                    Fate::Bounced => {
                        bounced = true;
                        ("postfix/smtp", format!("{smtp}, dsn=5.1.1, status=bounced (host said: 550 5.1.1 no)"))
                    }
                };
                self.line(at, program, format!("{id}: to=<{to}>, {rest}"));
            }
            if bounced {
                self.bounce(at, mail);
            }
        }
        if mail.is_done() {
            self.line(end, "postfix/qmgr", format!("{id}: removed"));
            self.ids.give(end, number);
        }
    }

    fn bounce(&mut self, at: i64, mail: &Mail) {
        let number = self.ids.take(at, mail.again);
        let id = name(number);
        self.line(at, "postfix/cleanup", format!("{id}: message-id=<{at}.{id}@mx1.example.jp>"));
        self.line(at, "postfix/qmgr", format!("{id}: from=<>, size=2465, nrcpt=1 (queue active)"));
        let served = "relay=virtual, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (delivered to maildir)";
        self.line(at + 1, "postfix/virtual", format!("{id}: to=<{}>, {served}", mail.sender()));
        self.line(at + 1, "postfix/qmgr", format!("{id}: removed"));
        self.ids.give(at + 1, number);
    }
}

fn name(number: usize) -> String {
    format!("7{number:X}D1C9D291A")
}
