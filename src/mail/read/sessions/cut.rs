//! Ends what a login has open.

use super::connection;
use crate::mail::account::script::part;
use crate::shell::Part;
use std::net::IpAddr;
use std::time::Duration;

/// Empties what Dovecot remembers of the account's password, ends the sessions of its mailbox under each of the words by
/// which it logs in, and cuts the connections to the ports 25, 465 and 587 of the client addresses, whoever is logged in
/// over them. It needs root. Answers as [`crate::host::act`] says, with the account as the key, and notes what it did.
///
/// It comes after the password was changed, or whoever is cut logs in again.
pub fn cut(account: &str, logins: &[&str], ips: &[IpAddr]) -> Part {
    let part = part("sessions.cut", &[include_str!("procs.sh"), include_str!("cut.sh")]);
    let part = part.value("account", account).value("logins", logins.join(" ")).input(ips.iter().map(line).collect());
    Part { timeout: Duration::from_secs(180), ..part }
}

/// `192.0.2.1 010200C0 0000000000000000FFFF0000010200C0`, or `2001:db8::1 - B80D0120000000000000000001000000`.
fn line(ip: &IpAddr) -> String {
    let (v4, v6) = connection::hex(*ip);
    format!("{} {} {v6}", ip.to_canonical(), v4.as_deref().unwrap_or("-"))
}
