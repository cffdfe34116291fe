//! What Sendmail writes.

use super::Entry;
use super::story::{Fate, From, Mail};

pub fn account(from: From) -> String {
    match from {
        From::Login(login) => login.to_owned(),
        From::Local => "uid:33".to_owned(),
        From::Remote => "remote".to_owned(),
    }
}

pub fn lines(mails: &[Mail]) -> Vec<Entry> {
    let mut log = Vec::new();
    mails.iter().for_each(|m| mail(&mut log, m));
    log
}

const MTA: &str = "sm-mta";

/// Process numbers are used again.
fn line(log: &mut Vec<Entry>, at: i64, program: &'static str, mail: &Mail, text: String) {
    log.push(Entry { at, program, pid: 70 + mail.number % 3, text });
}

fn mail(log: &mut Vec<Entry>, mail: &Mail) {
    let id = format!("6AO8MnHJ{:06}", mail.number);
    let came = |id: &str, sender: &str, protocol: &str, relay: &str| {
        format!(
            "{id}: from={sender}, size=500, class=0, nrcpts={}, msgid=<{}>{protocol}, relay={relay}",
            mail.to.len(),
            mail.message_id()
        )
    };
    let sender = format!("<{}>", mail.sender());
    match mail.from {
        From::Login(login) => {
            let relay = format!("pc{}.example [203.0.113.{}]", mail.number, mail.number);
            line(log, mail.at, MTA, mail, format!("AUTH=server, relay={relay}, authid={login}, mech=LOGIN, bits=0"));
            line(log, mail.at, MTA, mail, came(&id, &sender, ", proto=ESMTPSA, daemon=MSA", &relay));
            deliver(log, mail, &id);
        }
        From::Remote => {
            let text = came(&id, &sender, ", proto=ESMTP, daemon=MTA", "mx.example [198.51.100.7] (may be forged)");
            line(log, mail.at, MTA, mail, text);
            deliver(log, mail, &id);
        }
        From::Local => {
            let new = format!("6AO8MnQ2{:06}", mail.number);
            line(log, mail.at, "sendmail", mail, came(&id, &mail.sender(), "", "web@localhost"));
            let handed = format!(
                "{id}: to={}, ctladdr=web (33/33), delay=00:00:00, xdelay=00:00:00, mailer=relay, pri=30035, \
                 relay=[127.0.0.1] [127.0.0.1], dsn=2.0.0, stat=Sent ({new} Message accepted for delivery)",
                mail.recipients().replace(' ', ",")
            );
            let again = came(&new, &sender, ", proto=ESMTP, daemon=MTA-v4", "localhost [127.0.0.1]");
            // Two processes; either may be the first to write.
            if mail.again {
                line(log, mail.at, "sendmail", mail, handed);
                line(log, mail.at, MTA, mail, again);
            } else {
                line(log, mail.at, MTA, mail, again);
                line(log, mail.at + 2, "sendmail", mail, handed);
            }
            deliver(log, mail, &new);
        }
    }
}

fn deliver(log: &mut Vec<Entry>, mail: &Mail, id: &str) {
    for (at, tried) in mail.attempts() {
        let of = |wanted: Fate| {
            let all: Vec<String> =
                tried.iter().filter(|(_, f)| *f == wanted).map(|(to, _)| format!("<{to}>")).collect();
            all.join(",")
        };
        let relay = "mailer=esmtp, pri=30301, relay=mx.x.example. [192.0.2.1]";
        for (fate, rest) in [
            (Fate::Sent, format!("{relay}, dsn=2.0.0, stat=Sent (ok)")),
            (Fate::Delivered, "mailer=local, pri=30455, dsn=2.0.0, stat=Sent".to_owned()),
            (Fate::Deferred, format!("{relay}, dsn=4.2.0, reply=450 4.2.0 no, stat=Deferred: 450 4.2.0 no")),
            (Fate::Bounced, format!("{relay}, dsn=5.1.1, reply=550 5.1.1 no, stat=User unknown")),
        ] {
            let list = of(fate);
            if list.is_empty() {
                continue;
            }
            line(log, at, MTA, mail, format!("{id}: to={list}, delay=00:00:01, xdelay=00:00:01, {rest}"));
            if fate == Fate::Bounced {
                let bounce = format!("6AO8MnBB{:06}", log.len());
                line(log, at, MTA, mail, format!("{id}: {bounce}: DSN: User unknown"));
                let served = "delay=00:00:00, xdelay=00:00:00, mailer=local, pri=1, dsn=2.0.0, stat=Sent";
                line(log, at, MTA, mail, format!("{bounce}: to=<{}>, {served}", mail.sender()));
            }
        }
    }
}
