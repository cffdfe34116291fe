//! Whose a connection is: by what the log tells of the last day's logins.

use crate::mail::log::syslog::Line;
use crate::mail::log::{LoginRecord, Service};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

/// Who handed mail in, from where.
#[derive(Debug, Default)]
pub struct Whose {
    /// Logins in lower case, by the client's address.
    by_ip: BTreeMap<IpAddr, BTreeSet<String>>,
    /// The last one that a process served from there.
    by_process: HashMap<(u32, IpAddr), String>,
}

impl Whose {
    /// Takes in a login that was done; lines come in the log's order.
    pub fn add(&mut self, line: &Line<'_>, record: &LoginRecord) {
        let ip = record.client_ip.as_deref().and_then(|ip| ip.parse::<IpAddr>().ok());
        if let (true, Service::Smtp, Some(login), Some(ip)) = (record.ok, record.service, &record.login, ip) {
            let (login, ip) = (login.to_lowercase(), ip.to_canonical());
            if let Some(pid) = line.pid {
                self.by_process.insert((pid, ip), login.clone());
            }
            self.by_ip.entry(ip).or_default().insert(login);
        }
    }

    /// The login of a connection: the only one that came from its address, or, where several did, the one that this
    /// process served last from there. None where that does not tell.
    pub fn login(&self, ip: IpAddr, pid: Option<u32>) -> Option<&str> {
        let mut logins = self.by_ip.get(&ip)?.iter();
        match (logins.next(), logins.next()) {
            (Some(only), None) => Some(only),
            _ => self.by_process.get(&(pid?, ip)).map(String::as_str),
        }
    }

    /// Every address with its logins.
    pub fn addresses(&self) -> impl Iterator<Item = (IpAddr, &BTreeSet<String>)> {
        self.by_ip.iter().map(|(ip, logins)| (*ip, logins))
    }
}
