//! What a machine answers to each part, in the words of the scripts in `mail`.

use super::command::{self, Step};
use super::machine::Machine;
use super::{mail_log, queue};
use crate::shell::batch::Received;
use std::fmt::Write;

/// What the part does on this machine at that time.
pub fn steps(machine: &Machine, part: &Received, now: i64) -> Vec<Step> {
    let text = match part.name.as_str() {
        "host.facts" => facts(machine, now),
        "queue.list" => queue_list(machine),
        "queue.spool" => queue::files(machine),
        // The first value is how many.
        "queue.samples" => {
            let count = part.data.first().and_then(|n| n.parse().ok());
            queue::samples(machine, count.unwrap_or_default())
        }
        // Its third value is the time from which on it wants lines.
        "senders.log" | "logins.log" => {
            let since = part.data.get(2).and_then(|since| since.parse().ok());
            mail_log::gathered(machine, since.unwrap_or(i64::MIN))
        }
        "logins.sessions" => "dovecot\n".into(),
        "senders.users" => "0\troot\n33\twww-data\n1000\tadmin\n".into(),
        // No host of the demo keeps a log of PHP.
        "web.php" => "end\n".into(),
        "web.users" => {
            "user\t0\troot\t/root\nuser\t33\twww-data\t/var/www\nuser\t1000\tadmin\t/home/admin\nend\n".into()
        }
        "web.headers" => queue::scripts(machine),
        "accounts.plesk.list" => plesk_list(machine),
        "accounts.plesk.db" => plesk_db(machine),
        "accounts.plain" => plain_accounts(machine),
        "command" => return command::command(machine, &part.data, now),
        // How `fleet exec` brings what was typed.
        _ if part.script.trim() == "eval \"$1\"" => {
            return command::script(machine, part.data.first().map_or("", String::as_str), now);
        }
        _ => return command::script(machine, &part.script, now),
    };
    vec![Step::Print(text), Step::Status(0)]
}

fn facts(machine: &Machine, now: i64) -> String {
    let os = machine.system;
    let (offset, zone) = if machine.tokyo { ("+0900", "Asia/Tokyo") } else { ("+0000", "Etc/UTC") };
    let mut out = format!("uid=0\nhostname={}\nnow={now}\noffset={offset}\nzone={zone}\n", machine.hostname);
    let _ = writeln!(out, "os_id={}\nos_version={}\nos_name={}", os.id, os.version, os.name);
    let _ = writeln!(out, "os_redhat={}\nos_debian={}", os.redhat, os.debian);
    let _ = writeln!(out, "found=imap dovecot 1 2.3.21.1 (d492236fa0)");
    if let Some((name, version)) = machine.panel {
        let _ = writeln!(out, "found=panel {name} 1 {version}");
    }
    if let Some(version) = machine.postfix {
        let _ = writeln!(out, "found=mta postfix 1 {version}");
    }
    out + "end=1\n"
}

fn queue_list(machine: &Machine) -> String {
    // `postqueue -j` came with Postfix 3.1.
    match machine.system.postfix.starts_with("2.") {
        true => queue::text(machine) + "end=text rc=0\n",
        false => queue::json(machine) + "end=json rc=0\n",
    }
}

/// An alias that stands beside a host's mailboxes.
fn postmaster(machine: &Machine) -> Option<(String, &String)> {
    let first = machine.accounts.first()?;
    let (_, domain) = first.rsplit_once('@')?;
    Some((format!("postmaster@{domain}"), first))
}

fn plesk_list(machine: &Machine) -> String {
    let mut out: String = machine.accounts.iter().map(|a| format!("mailname\t{a}\n")).collect();
    out.extend(postmaster(machine).map(|(alias, _)| format!("alias\t{alias}\n")));
    out + "end=0\ndone\n"
}

fn plesk_db(machine: &Machine) -> String {
    let mut out: String = machine.accounts.iter().map(|a| format!("mail\t{a}\ttrue\tfalse\n")).collect();
    out.extend(postmaster(machine).map(|(alias, target)| format!("alias\t{alias}\t{target}\n")));
    out + "end\n"
}

fn plain_accounts(machine: &Machine) -> String {
    let mut out = String::from("user\tadmin\n");
    out.extend(machine.accounts.iter().map(|a| format!("dovecot\t{a}\n")));
    out.extend(postmaster(machine).map(|(alias, target)| format!("alias\t{alias}\t{target}\n")));
    out + "alias\troot\tadmin\nend\ndone\n"
}
