//! Connections and shells against a real sshd, a jump host, and servers that misbehave.

mod connecting;
mod hostile;
mod shells;
mod slow;
mod sshd;

use super::{Client, Deadlines, Secrets, Settings, Use};
use crate::model::{Host, HostName, Secret, SecretRef};
use futures::future::BoxFuture;
use std::path::Path;
use std::time::Duration;

/// Gives everybody the same answer, or none.
struct Answer(Option<&'static str>);

impl Secrets for Answer {
    fn get<'a>(&'a self, _: &'a HostName, _: Use, _: &'a SecretRef) -> BoxFuture<'a, Result<Secret, String>> {
        Box::pin(async { self.0.map(|s| Secret::new(s.into())).ok_or_else(|| "there is none".into()) })
    }
}

const NOBODY: Answer = Answer(None);

fn host(name: &str, port: u16) -> Host {
    Host::new(HostName::parse(name).unwrap(), "127.0.0.1", port, sshd::user())
}

/// Settings that use nothing outside of `dir`.
fn settings(dir: &Path) -> Settings {
    let s = Duration::from_secs;
    Settings {
        known_hosts: vec![dir.join("known_hosts")],
        write_known_hosts: dir.join("known_hosts"),
        accept_new: false,
        deadlines: Deadlines { dns: s(5), tcp: s(2), handshake: s(30), auth: s(30), open: s(60) },
        home: dir.to_owned(),
        agent: None,
    }
}

async fn client(dir: &Path) -> Client {
    Client::new(settings(dir)).await.unwrap()
}
