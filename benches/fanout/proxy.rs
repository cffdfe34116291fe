//! A TCP proxy that holds back every byte for a while, in both directions: a far host on the loopback.
//!
//! It answers TCP's own packets at once. So a connection is there without a round trip, and an acknowledgement that
//! one end waits for (Nagle's algorithm) takes none either.

use crate::Done;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

static CARRIED: AtomicU64 = AtomicU64::new(0);

/// Bytes that all proxies of this process have carried, in both directions.
pub fn carried() -> u64 {
    CARRIED.load(Ordering::Relaxed)
}

/// Starts a proxy to `target` that lives as long as the process; its port on 127.0.0.1.
pub fn start(target: &str, delay: Duration) -> Done<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let target = target.to_owned();
    spawn(move || {
        for near in listener.incoming().flatten() {
            // Who cannot be reached through it sees a closed connection.
            let _ = join(near, &target, delay);
        }
    });
    Ok(port)
}

fn join(near: TcpStream, target: &str, delay: Duration) -> std::io::Result<()> {
    let far = TcpStream::connect(target)?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    carry(near.try_clone()?, far.try_clone()?, delay);
    carry(far, near, delay);
    Ok(())
}

fn carry(mut from: TcpStream, mut to: TcpStream, delay: Duration) {
    let (sender, receiver) = channel::<(Instant, Vec<u8>)>();
    spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(n) = from.read(&mut buffer) {
            let bytes = buffer.get(..n).unwrap_or_default().to_vec();
            if sender.send((Instant::now() + delay, bytes)).is_err() || n == 0 {
                break;
            }
        }
    });
    spawn(move || {
        for (due, bytes) in receiver {
            sleep(due.saturating_duration_since(Instant::now()));
            // Nothing is the end of what came.
            CARRIED.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            if bytes.is_empty() || to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}
