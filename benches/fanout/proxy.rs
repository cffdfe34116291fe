//! A TCP proxy that delays both directions, on the loopback.

use crate::Result;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Listens on a port of its own and forwards to `to`; each direction takes `delay`.
pub fn start(to: SocketAddr, delay: Duration) -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(to) else { continue };
            let (Ok(c), Ok(s)) = (client.try_clone(), server.try_clone()) else { continue };
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            forward(client, s, delay);
            forward(server, c, delay);
        }
    });
    Ok(port)
}

/// One thread reads and stamps, the other waits until the time has come and writes.
fn forward(mut from: TcpStream, mut to: TcpStream, delay: Duration) {
    let (sender, receiver) = mpsc::channel::<(Instant, Vec<u8>)>();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            let piece = buffer.get(..n).unwrap_or_default().to_vec();
            if sender.send((Instant::now() + delay, piece)).is_err() {
                return;
            }
        }
    });
    std::thread::spawn(move || {
        for (due, piece) in receiver {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&piece).is_err() {
                return;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
}
