//! What Exim writes.

use super::Entry;
use super::story::{Fate, From, Mail};

pub fn account(from: From) -> String {
    match from {
        From::Login(login) => login.to_owned(),
        From::Local => "user:web".to_owned(),
        From::Remote => "remote".to_owned(),
    }
}

pub fn lines(mails: &[Mail]) -> Vec<Entry> {
    let mut log = Vec::new();
    mails.iter().for_each(|m| mail(&mut log, m));
    log
}

fn line(log: &mut Vec<Entry>, at: i64, text: String) {
    log.push(Entry { at, program: "exim", pid: 41 + log.len() % 9, text });
}

/// Ids of both lengths; none is used again.
fn name(number: usize, part: char) -> String {
    match number % 2 {
        0 => format!("1xVg1{part}-{number:06}-39"),
        _ => format!("1xVg1{part}-{number:011}-3Wiu"),
    }
}

fn mail(log: &mut Vec<Entry>, mail: &Mail) {
    let id = name(mail.number, 'Y');
    let submitted = match mail.from {
        From::Login(login) => {
            format!("H=(pc) [203.0.113.9]:4711 P=esmtpsa X=TLS1.3:ECDHE_RSA:256 CV=no A=dovecot_login:{login}")
        }
        From::Local => {
            line(log, mail.at, "cwd=/home/web/blog 4 args: /usr/sbin/sendmail -t -i -fweb".to_owned());
            "U=web P=local".to_owned()
        }
        From::Remote => "H=mx.example [198.51.100.7] P=esmtp".to_owned(),
    };
    // The recipients stand there only where `log_selector` says so.
    let recipients = if mail.again { format!(" for {}", mail.recipients()) } else { String::new() };
    let came = |id: &str, how: &str| {
        format!("{id} <= {} {how} S=500 id={} T=\"hi\"{recipients}", mail.sender(), mail.message_id())
    };
    line(log, mail.at, came(&id, &submitted));
    if mail.filtered.is_none() {
        return deliver(log, mail, &id);
    }
    let second = name(mail.number, 'Z');
    line(log, mail.at + 1, came(&second, "H=localhost [127.0.0.1] P=esmtp"));
    for (n, to) in mail.to.iter().enumerate() {
        let mark = if n == 0 { "=>" } else { "->" };
        let text = format!(
            "{id} {mark} {} R=amavis T=amavis H=127.0.0.1 [127.0.0.1]:10024 C=\"250 2.0.0 Ok: queued as {second}\"",
            to.address
        );
        line(log, mail.at + 3, text);
    }
    line(log, mail.at + 3, format!("{id} Completed"));
    deliver(log, mail, &second);
}

fn deliver(log: &mut Vec<Entry>, mail: &Mail, id: &str) {
    let mut end = mail.at;
    for (at, tried) in mail.attempts() {
        end = at;
        let mut mark = "=>";
        for (to, fate) in tried {
            let remote = "R=dnslookup T=remote_smtp H=mx.x.example [192.0.2.1]";
            let text = match fate {
                Fate::Sent => format!("{id} {mark} {to} {remote} X=TLS1.3 CV=yes DN=\"CN=mx\" C=\"250 OK\""),
                Fate::Delivered => {
                    let local = to.split('@').next().unwrap();
                    format!("{id} => {local} <{to}> R=local_user T=maildir_home")
                }
                Fate::Deferred if to.ends_with("@example.jp") => {
                    format!("{id} == {to} R=local_user T=maildir_home defer (-52): Retry time not yet reached")
                }
                Fate::Deferred => format!("{id} == {to} R=dnslookup T=remote_smtp defer (111): Connection refused"),
                Fate::Bounced => format!(
                    "{id} ** {to} {remote}: SMTP error from remote mail server after RCPT TO:<{to}>: 550 5.1.1 no"
                ),
            };
            if fate == Fate::Sent {
                mark = "->";
            }
            line(log, at, text);
            if fate == Fate::Bounced {
                bounce(log, at, mail, id, to);
            }
        }
    }
    if mail.is_done() {
        line(log, end, format!("{id} Completed"));
    }
}

fn bounce(log: &mut Vec<Entry>, at: i64, mail: &Mail, of: &str, to: &str) {
    let id = format!("1xVgB{}", name(to.len() + log.len(), 'B').get(6..).unwrap());
    line(log, at, format!("cwd=/var/spool/exim4 7 args: /usr/sbin/exim4 -t -oem -oi -f <> -E{of}"));
    line(log, at, format!("{id} <= <> R={of} U=Debian-exim P=local S=900 for {}", mail.sender()));
    line(log, at, format!("{id} => s <{}> R=local_user T=maildir_home", mail.sender()));
    line(log, at, format!("{id} Completed"));
}
