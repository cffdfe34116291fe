//! A spammer who stays logged in.

use super::mail::{log_in, mailbox_opens, queue};
use super::{fleet, revealed, take};
use crate::support::{Bed, World, bed_to_change, within};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// Host, and its logins of `info` and `sales`.
const HOSTS: &[(&str, &str, &str)] = &[
    ("plain1", "info@example.jp", "sales@example.jp"),
    ("pleskob1", "info@example.jp", "sales@example.jp"),
    ("pleskonyx1", "info@example.jp", "sales@example.jp"),
    ("pleskold1", "info@example.jp", "sales@example.jp"),
    ("webmin1", "info", "sales"),
    ("virtualmin1", "info.example", "sales.example"),
];
const PASSWORD: &str = "Bed-info-Secret1";

/// What the spammer did, as it can be seen from outside.
#[derive(Default)]
struct Seen {
    sent: AtomicUsize,
    cut: AtomicBool,
    refused: AtomicUsize,
    stop: AtomicBool,
}

/// Sends over one session as long as it lives, then tries to come back. Returns the ids of what was taken.
fn spam(bed: &Bed, host: &str, login: &str, seen: &Seen) -> Vec<String> {
    let mut ids = Vec::new();
    let mut session = log_in(bed, host, "203.0.113.66", login, PASSWORD).ok();
    assert!(session.is_some(), "{host}: the spammer cannot log in");
    while !seen.stop.load(Ordering::Relaxed) {
        match &mut session {
            Some(client) => {
                let n = ids.len();
                let (sender, to) = (format!("forged{n}@forged.example.org"), format!("victim{n}@defer.example.net"));
                match client.send(&sender, &[&to], &format!("Offer {n}")) {
                    Some(id) => {
                        ids.push(id);
                        seen.sent.fetch_add(1, Ordering::Relaxed);
                    }
                    None => {
                        session = None;
                        seen.cut.store(true, Ordering::Relaxed);
                    }
                }
            }
            None => match log_in(bed, host, "198.51.100.66", login, PASSWORD) {
                Ok(client) => session = Some(client),
                Err(_) => _ = seen.refused.fetch_add(1, Ordering::Relaxed),
            },
        }
        std::thread::sleep(Duration::from_millis(150));
    }
    ids
}

fn rescue(bed: &Bed, host: &str, login: &str, other: &str) {
    let world = World::new();
    let mut honest =
        log_in(bed, host, "192.0.2.50", other, "Bed-sales-Secret1").unwrap_or_else(|e| panic!("{host}: {e}"));
    let waiting: Vec<String> = ["one", "two"]
        .map(|to| honest.send("sales@example.jp", &[&format!("{to}@defer.example.net")], "Invoice").unwrap())
        .to_vec();
    // Where logins are cached, the old password is in the cache.
    assert!(mailbox_opens(bed, host, login, PASSWORD), "{host}");
    let seen = Seen::default();
    let spam = std::thread::scope(|scope| {
        let spammer = scope.spawn(|| spam(bed, host, login, &seen));
        let end = || seen.stop.store(true, Ordering::Relaxed);
        let began = within(20, || seen.sent.load(Ordering::Relaxed) >= 5 || spammer.is_finished());
        let accounts = format!("accounts={login}");
        let args = ["run", "rescue-mail", "--hosts", host, "-p", &accounts, "-p", "watch=5s", "--yes"];
        let ran = fleet(bed, &world, &args);
        let came_back = seen.refused.load(Ordering::Relaxed);
        end();
        let spam = spammer.join().unwrap();
        assert!(began && !spam.is_empty(), "{host}: no spam was sent");
        let told = ran.expect(0).stdout;
        assert!(told.contains("ABUSE_SIGN"), "{host}: it does not say what speaks of the account\n{told}");
        assert!(seen.cut.load(Ordering::Relaxed), "{host}: the spammer's session is open");
        assert!(came_back > 0, "{host}: he has not tried to come back, or was let in");
        spam
    });

    let left = queue(bed, host);
    assert!(spam.iter().all(|id| !left.contains(id.as_str())), "{host}: spam is left\n{left}");
    assert!(waiting.iter().all(|id| left.contains(id.as_str())), "{host}: {waiting:?} is not in\n{left}");
    // The session of somebody else was not cut, and his mail still arrives.
    let subject = format!("Minutes of {host}");
    honest.send("sales@example.jp", &["old@example.jp"], &subject).unwrap_or_else(|| panic!("{host}: sales was cut"));
    let look = format!("grep -rqF '{subject}' /var/vmail /var/qmail/mailnames /home 2>/dev/null");
    assert!(within(10, || bed.enter(host, &look).code == 0), "{host}: mail does not arrive");

    let new = revealed(bed, &world, "last", host, login);
    assert!(mailbox_opens(bed, host, login, &new), "{host}: the new password is refused by IMAP");
    assert!(log_in(bed, host, "192.0.2.78", login, &new).is_ok(), "{host}: the new password is refused by SMTP");
    assert!(!mailbox_opens(bed, host, login, PASSWORD), "{host}: the old password opens the mailbox");
    let old = log_in(bed, host, "192.0.2.78", login, PASSWORD).err();
    assert!(old.is_some_and(|answer| answer.starts_with("535")), "{host}: the old password sends");
    // It is revealed once.
    let again = fleet(bed, &world, &["secret", "reveal", "last", "--to", world.path("again").to_str().unwrap()]);
    assert!(again.expect(4).stderr.contains("already been revealed"));
}

#[test]
fn a_spammer_who_stays_logged_in_is_cut_under_every_panel_and_nobody_else_is() {
    let Some(bed) = bed_to_change() else { return };
    let _hosts = take(&["plain1", "pleskob1", "pleskonyx1", "pleskold1", "webmin1", "virtualmin1"]);
    std::thread::scope(|scope| {
        for (host, login, other) in HOSTS {
            scope.spawn(|| rescue(&bed, host, login, other));
        }
    });
}
