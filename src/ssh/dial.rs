//! From a name to a TCP connection: resolve, then try every address, each a little after the one before, and
//! keep each error.

use crate::model::Fault;
use crate::model::fault::{FaultKind, Unreachable};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// How long an address has before the next one is tried beside it (RFC 8305, section 5).
const STAGGER: Duration = Duration::from_millis(250);

fn fault(kind: Unreachable, text: String) -> Fault {
    Fault::new(FaultKind::Unreachable(kind), text)
}

/// The addresses of a host, in the order to try them: the resolver's, families taking turns.
pub(super) async fn resolve(host: &str, port: u16, deadline: Duration) -> Result<Vec<SocketAddr>, Fault> {
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let found = match timeout(deadline, tokio::net::lookup_host((bare, port))).await {
        Err(_) => {
            return Err(fault(Unreachable::Dns, format!("{bare}: DNS resolution timed out after {deadline:?}")));
        }
        Ok(Err(e)) => return Err(fault(Unreachable::Dns, format!("{bare}: {e}"))),
        Ok(Ok(found)) => found,
    };
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    match addresses.is_empty() {
        true => Err(fault(Unreachable::Dns, format!("{bare}: the name has no address"))),
        false => Ok(take_turns(addresses)),
    }
}

fn take_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|a| a.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut turns = Vec::new();
    loop {
        match (first.next(), second.next()) {
            (None, None) => return turns,
            (a, b) => turns.extend(a.into_iter().chain(b)),
        }
    }
}

/// The first connection that comes about within `deadline`.
pub(super) async fn dial(addresses: &[SocketAddr], deadline: Duration) -> Result<TcpStream, Fault> {
    let mut errors: Vec<(SocketAddr, io::Error)> = Vec::new();
    let race = async {
        let mut running = FuturesUnordered::new();
        let mut waiting = addresses.iter().copied();
        loop {
            if let Some(address) = waiting.next() {
                running.push(async move { (address, TcpStream::connect(address).await) });
            } else if running.is_empty() {
                return None;
            }
            let more = waiting.len() > 0;
            let pause = async {
                match more {
                    true => sleep(STAGGER).await,
                    false => std::future::pending().await,
                }
            };
            tokio::select! {
                Some((address, result)) = running.next() => match result {
                    Ok(stream) => return Some(stream),
                    Err(e) => errors.push((address, e)),
                },
                () = pause => {}
            }
        }
    };
    match timeout(deadline, race).await {
        Ok(Some(stream)) => {
            let _ = stream.set_nodelay(true);
            Ok(stream)
        }
        Ok(None) => Err(explain(&errors)),
        Err(_) => {
            let silent: Vec<String> =
                addresses.iter().filter(|a| !errors.iter().any(|(e, _)| e == *a)).map(ToString::to_string).collect();
            let text = format!("connection to {} timed out after {deadline:?}{}", silent.join(", "), others(&errors));
            Err(fault(Unreachable::ConnectTimeout, text))
        }
    }
}

fn others(errors: &[(SocketAddr, io::Error)]) -> String {
    errors.iter().map(|(address, e)| format!("; {address}: {e}")).collect()
}

fn explain(errors: &[(SocketAddr, io::Error)]) -> Fault {
    let text = others(errors).trim_start_matches("; ").to_owned();
    let all = |kind: io::ErrorKind| !errors.is_empty() && errors.iter().all(|(_, e)| e.kind() == kind);
    if all(io::ErrorKind::TimedOut) {
        return fault(Unreachable::ConnectTimeout, text);
    }
    if all(io::ErrorKind::ConnectionReset) {
        return fault(Unreachable::Reset, text);
    }
    // Ours, not the host's: too many open files, no free port.
    let ours = [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE, rustix::io::Errno::ADDRNOTAVAIL];
    if errors.iter().any(|(_, e)| ours.iter().any(|o| e.raw_os_error() == Some(o.raw_os_error()))) {
        return Fault::new(FaultKind::Internal, text).with_hint("lower --parallel, or raise `ulimit -n`");
    }
    fault(Unreachable::Refused, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn a_closed_port_is_refused_and_every_address_is_named() {
        let addresses = ["127.0.0.1:9".parse().unwrap(), "[::1]:9".parse().unwrap()];
        let fault = dial(&addresses, SECOND).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unreachable(Unreachable::Refused));
        assert!(fault.text.contains("127.0.0.1:9: ") && fault.text.contains("; [::1]:9: "), "{fault}");
    }

    #[tokio::test]
    async fn a_dead_first_address_does_not_keep_the_second_from_answering() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addresses = ["127.0.0.1:9".parse().unwrap(), listener.local_addr().unwrap()];
        assert!(dial(&addresses, SECOND).await.is_ok());
    }

    #[tokio::test]
    async fn addresses_need_no_resolver_and_bad_names_are_dns_faults() {
        assert_eq!(resolve("[::1]", 22, SECOND).await.unwrap(), ["[::1]:22".parse().unwrap()]);
        let fault = resolve("no-such-host.invalid", 22, 5 * SECOND).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unreachable(Unreachable::Dns));
    }

    #[test]
    fn families_take_turns() {
        let a = |s: &str| s.parse::<SocketAddr>().unwrap();
        let got = take_turns(vec![a("[::1]:1"), a("[::2]:1"), a("1.1.1.1:1")]);
        assert_eq!(got, [a("[::1]:1"), a("1.1.1.1:1"), a("[::2]:1")]);
    }
}
