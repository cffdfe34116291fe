//! Changing real mail servers: spam is stopped, mail comes back, and what must not be done is not.
//!
//! These tests have a bed of their own. Each takes the hosts that it changes for itself.

mod lies;
mod locks;
mod mail;
mod marks;
mod plans;
mod spammer;
mod undo;

use crate::support::{Bed, Ran, World};
use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex};

static BUSY: (Mutex<BTreeSet<&str>>, Condvar) = (Mutex::new(BTreeSet::new()), Condvar::new());

/// Hosts that nobody else changes as long as this lives.
struct Taken(&'static [&'static str]);

fn take(hosts: &'static [&'static str]) -> Taken {
    let (busy, ended) = &BUSY;
    let free = ended.wait_while(busy.lock().unwrap(), |busy| hosts.iter().any(|h| busy.contains(h)));
    free.unwrap().extend(hosts);
    Taken(hosts)
}

impl Drop for Taken {
    fn drop(&mut self) {
        let (busy, ended) = &BUSY;
        busy.lock().unwrap_or_else(std::sync::PoisonError::into_inner).retain(|host| !self.0.contains(host));
        ended.notify_all();
    }
}

fn fleet(bed: &Bed, world: &World, args: &[&str]) -> Ran {
    bed.fleet(world, args).output().unwrap().into()
}

/// The password of `account` that a run set, handed over into a file.
#[track_caller]
fn revealed(bed: &Bed, world: &World, run: &str, host: &str, account: &str) -> String {
    let file = world.path(&format!("handed-over-{host}-{run}"));
    fleet(bed, world, &["secret", "reveal", run, "--to", file.to_str().unwrap()]).expect(0);
    let text = std::fs::read_to_string(file).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{host}\t{account}\t")));
    line.unwrap_or_else(|| panic!("{account} is not in what was handed over")).to_owned()
}
