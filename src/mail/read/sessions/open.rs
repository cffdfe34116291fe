//! Which sessions are open now.

use super::whose::Whose;
use super::{Sessions, connection};
use crate::host::answer::{answer, lines, number, required};
use crate::host::parse::{ParseError, text};
use crate::host::time::Clock;
use crate::mail::account::script::DOVECOT;
use crate::mail::log::Window;
use crate::mail::mta;
use crate::mail::read::logins;
use crate::model::counted::counted;
use crate::model::{Host, Profile};
use crate::shell::{Part, PartOutput};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

const WHAT: &str = "sessions";
const LOG: &str = "login log";
/// How far back the log is read for logins. A mail server tells of a login with each message; a session lives as long
/// as its client likes.
const SINCE: Duration = Duration::from_secs(86_400);

/// What to run for the open sessions of all logins; `now` is by the host's clock.
pub fn look(host: &Host, profile: &Profile, now: i64) -> Vec<Part> {
    let script = [DOVECOT, include_str!("procs.sh"), include_str!("open.sh")].concat();
    let mut parts = vec![Part::new("sessions.open", script).max_stdout(8 << 20)];
    if let Some(log) = mta::find(profile.mta()).and_then(|m| m.log()) {
        parts.push(logins::log_part("sessions.log", log, host, &Window::new(profile, now, SINCE)));
    }
    parts
}

/// The sessions that are open.
///
/// # Errors
/// When there is no answer at all.
pub fn read(profile: &Profile, now: i64, outputs: &[PartOutput]) -> Result<Sessions, ParseError> {
    let mut sessions = Sessions::default();
    let whose = whose(profile, now, outputs, &mut sessions.incomplete)?;
    let answer = required(outputs, "sessions.open", WHAT)?;
    let mut connections = Vec::new();
    let ended = answer.bytes.parse(|bytes| Ok::<_, ParseError>(each(bytes, &mut sessions, &mut connections)))?;
    let cut_off = answer.cut_off(ended, WHAT);
    sessions.incomplete.extend(answer.fault.or(cut_off));

    let connected: BTreeSet<IpAddr> = connections.iter().map(|c| c.ip).collect();
    for (ip, logins) in whose.addresses() {
        for login in logins {
            let open = sessions.rows.entry(login.clone()).or_default();
            open.smtp_ips.insert(ip);
            if connected.contains(&ip) {
                open.shared.extend(logins.iter().filter(|other| *other != login).cloned());
            }
        }
    }
    for connection in connections {
        match whose.login(connection.ip, connection.pid) {
            Some(login) => sessions.rows.entry(login.to_owned()).or_default().smtp += 1,
            None if connection.port == 25 => sessions.port25 += 1,
            None => {
                sessions.unknown += 1;
                sessions.unknown_ips.insert(connection.ip);
            }
        }
    }
    Ok(sessions)
}

/// What the log tells of logins, as far as there is one.
fn whose(
    profile: &Profile,
    now: i64,
    outputs: &[PartOutput],
    incomplete: &mut Vec<String>,
) -> Result<Whose, ParseError> {
    let mut whose = Whose::default();
    let log = mta::find(profile.mta()).and_then(|m| m.log());
    let (Some(log), Some(answer)) = (log, answer(outputs, "sessions.log", LOG)) else {
        incomplete.push(format!("{LOG}: not read, so logins of connections are unknown"));
        return Ok(whose);
    };
    let clock = Clock::new(profile, now);
    let read =
        |bytes: &[u8]| Ok::<_, ParseError>(logins::each(log, bytes, &clock, |line, record| whose.add(line, &record)));
    let reading = answer.bytes.parse(read)?;
    let cut_off = answer.cut_off(reading.ended, LOG);
    incomplete.extend(reading.incomplete);
    incomplete.extend(answer.fault.or(cut_off));
    Ok(whose)
}

/// A client's connection to a port where mail is handed in.
struct Connection {
    port: u16,
    ip: IpAddr,
    /// The process that serves it.
    pid: Option<u32>,
}

/// Reads the script's lines; says whether it came to its end.
fn each(bytes: &[u8], sessions: &mut Sessions, connections: &mut Vec<Connection>) -> bool {
    let (mut ended, mut refused) = (false, 0_usize);
    // Columns of the login and the service, which versions call differently.
    let mut columns: Option<(usize, usize)> = None;
    for (_, line) in lines(bytes) {
        let fields: Vec<&[u8]> = line.split(|&b| b == b'\t').collect();
        match fields.as_slice() {
            [b"end"] => ended = true,
            [b"untold", why] => sessions.incomplete.push(format!("{WHAT}: {}", text(why))),
            [b"box", service, login] => add(sessions, login, service),
            [b"who", who @ ..] => match columns {
                Some((login, service)) => match (who.get(login), who.get(service)) {
                    (Some(login), Some(service)) if !login.is_empty() => add(sessions, login, service),
                    _ => refused += 1,
                },
                None => {
                    let at = |names: &[&[u8]]| who.iter().position(|field| names.contains(field));
                    columns = at(&[b"username"]).zip(at(&[b"proto", b"service"]));
                    refused += usize::from(columns.is_none());
                }
            },
            [tcp] => match tcp_line(tcp) {
                Some(connection) => connections.push(connection),
                None => refused += 1,
            },
            _ => refused += 1,
        }
    }
    if refused > 0 {
        sessions.incomplete.push(format!("{WHAT}: {} could not be read", counted(refused, "lines")));
    }
    ended
}

fn add(sessions: &mut Sessions, login: &[u8], service: &[u8]) {
    let open = sessions.rows.entry(text(login).to_lowercase()).or_default();
    *open.mailbox.entry(text(service)).or_default() += 1;
}

/// `tcp LOCAL REMOTE PID`, `-` for no process.
fn tcp_line(line: &[u8]) -> Option<Connection> {
    match line.split(|&b| b == b' ').collect::<Vec<_>>().as_slice() {
        [b"tcp", local, remote, pid] => {
            Some(Connection { port: connection::parse(local)?.1, ip: connection::parse(remote)?.0, pid: number(pid) })
        }
        _ => None,
    }
}
