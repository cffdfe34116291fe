//! What Postfix's tools say of a machine's queue.

use super::clock;
use super::machine::{Machine, Message};
use crate::model::mail::Origin;
use std::fmt::Write;

/// `postqueue -j`
pub fn json(machine: &Machine) -> String {
    let mut out = String::new();
    for m in machine.queue() {
        let recipient = |to: &String| match m.reason(to) {
            Some(reason) => format!(r#"{{"address": "{to}", "delay_reason": "{reason}"}}"#),
            None => format!(r#"{{"address": "{to}"}}"#),
        };
        let recipients: Vec<String> = m.recipients.iter().map(recipient).collect();
        let _ = writeln!(
            out,
            r#"{{"queue_name": "{}", "queue_id": "{}", "arrival_time": {}, "message_size": {}, "forced_expire": false, "sender": "{}", "recipients": [{}]}}"#,
            m.queue_name(),
            m.id,
            m.at,
            m.size,
            m.sender,
            recipients.join(", ")
        );
    }
    out
}

/// `postqueue -p`
pub fn text(machine: &Machine) -> String {
    let messages = machine.queue();
    if messages.is_empty() {
        return "Mail queue is empty\n".into();
    }
    let mut out = String::from("-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n");
    for m in &messages {
        let mark = if m.queue_name() == "active" { '*' } else { ' ' };
        let time = clock::weekday_bsd(m.at, machine.offset());
        let _ = writeln!(out, "{}{mark} {:>7} {time}  {}", m.id, m.size, m.sender);
        for to in &m.recipients {
            if let Some(reason) = m.reason(to) {
                let _ = writeln!(out, "({reason})");
            }
            let _ = writeln!(out, "{:41}{to}", "");
        }
        out.push('\n');
    }
    let kilobytes = messages.iter().map(|m| m.size).sum::<u32>() / 1_024;
    let plural = if messages.len() == 1 { "" } else { "s" };
    let _ = writeln!(out, "-- {kilobytes} Kbytes in {} Request{plural}.", messages.len());
    out
}

/// What the queue's files tell: how many each queue holds, and each message's login and client.
pub fn files(machine: &Machine) -> String {
    let messages = machine.queue();
    let of = |queue: &str| messages.iter().filter(|m| m.queue_name() == queue).count();
    let mut out = String::new();
    for (queue, n) in
        [("maildrop", 0), ("incoming", 0), ("active", of("active")), ("deferred", of("deferred")), ("hold", 0)]
    {
        let _ = writeln!(out, "count\t{queue}\t{n}");
    }
    for m in &messages {
        let _ = writeln!(out, "login\t{}\t{}\t{}", m.id, login(m), m.client.as_deref().unwrap_or_default());
    }
    let _ = writeln!(out, "sampled\t{}\nend", messages.len());
    out
}

fn login<'a>(message: &Message<'a>) -> &'a str {
    match message.origin {
        Origin::Login(login) => login,
        Origin::Uid(_) | Origin::User(_) | Origin::Remote => "",
    }
}

/// A few headers of the newest messages.
pub fn samples(machine: &Machine, count: usize) -> String {
    let mut out = String::new();
    for m in machine.queue().iter().rev().take(count) {
        let _ = writeln!(out, "header\tFrom\t<{}>", m.sender);
        let _ =
            writeln!(out, "header\tSubject\t{}", if matches!(m.origin, Origin::Uid(_)) { "Inquiry" } else { "Notice" });
        let _ = writeln!(out, "header\tDate\t{}", clock::rfc2822(m.at));
        let _ = writeln!(out, "header\tMessage-ID\t<{}@{}>", m.id, machine.hostname);
        if let Origin::Uid(uid) = m.origin {
            let _ = writeln!(out, "header\tX-PHP-Originating-Script\t{uid}:{SCRIPT}");
        }
        let _ = writeln!(out, "sample\t{}", m.id);
    }
    out + "end\n"
}

/// The web form that sends where a local user does.
const SCRIPT: &str = "contact.php";

/// What the headers of queued messages tell of scripts.
pub fn scripts(machine: &Machine) -> String {
    let messages = machine.queue();
    let mut out = String::new();
    for m in &messages {
        if let Origin::Uid(uid) = m.origin {
            let _ = writeln!(out, "script\t{uid}\t{}\t{uid}:{SCRIPT}\t\t", clock::rfc2822(m.at));
        }
    }
    let _ = writeln!(out, "read\t{}\nend", messages.len());
    out
}
