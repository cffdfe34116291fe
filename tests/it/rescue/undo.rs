//! What was done is taken back.

use super::mail::{log_in, mailbox_opens, queued};
use super::{fleet, take};
use crate::support::{Bed, World, bed_to_change, within};

/// Messages of a login that wait, of many sizes, and one that nobody logged in for.
fn fill(bed: &Bed, host: &str) -> (Vec<String>, Vec<String>) {
    let mut client = log_in(bed, host, "203.0.113.67", "sales@example.jp", "Bed-sales-Secret1").unwrap();
    for n in 0..4 {
        let to = [format!("a{n}@defer.example.net"), format!("b{n}@defer.example.net")];
        let text = "for you, dear reader\r\n".repeat(n * 40);
        client
            .send(&format!("undo{n}@forged.example.org"), &[&to[0], &to[1]], &format!("Offer of {host}\r\n\r\n{text}"))
            .unwrap();
    }
    bed.enter(host, "echo 'Subject: stays' | sendmail -f stays@example.jp c@defer.example.net").expect(0);
    assert!(within(20, || queued(bed, host, "stays@").len() == 1), "{host}: {:?}", queued(bed, host, ""));
    (queued(bed, host, "undo"), queued(bed, host, "stays@"))
}

fn purge_and_undo(bed: &Bed, host: &str) {
    let world = World::new();
    let (before, others) = fill(bed, host);
    assert_eq!(before.len(), 4, "{host}: {before:?}");
    assert!(before.iter().all(|m| m.contains("@defer.example.net,b")), "{before:?}");
    let purge = ["run", "purge-queue", "--hosts", host, "-p", "accounts=sales@example.jp", "--yes"];
    fleet(bed, &world, &purge).expect(0);
    assert_eq!(queued(bed, host, "undo"), Vec::<String>::new(), "{host}");
    assert_eq!(queued(bed, host, "stays@"), others, "{host}");
    let runs = fleet(bed, &world, &["runs", "--output", "json"]).expect(0).json();
    let purged = runs["runs"][0]["run"].as_str().unwrap();
    // What would be done is shown first, and a mere look changes nothing.
    let plan = fleet(bed, &world, &["undo", purged, "--check"]).expect(0);
    assert!(plan.stdout.contains("restore "), "{}", plan.stdout);
    assert_eq!(queued(bed, host, "undo"), Vec::<String>::new(), "{host}");
    fleet(bed, &world, &["undo", purged, "--yes"]).expect(0);
    assert_eq!(queued(bed, host, "undo"), before, "{host}");
    assert_eq!(queued(bed, host, "stays@"), others, "{host}");
}

#[test]
fn purged_messages_come_back_with_their_sender_recipients_and_content_on_every_mail_server() {
    let Some(bed) = bed_to_change() else { return };
    let _hosts = take(&["plain1", "pleskonyx1", "exim1", "sendmail1"]);
    std::thread::scope(|scope| {
        for host in ["plain1", "pleskonyx1", "exim1", "sendmail1"] {
            let bed = &bed;
            scope.spawn(move || purge_and_undo(bed, host));
        }
    });
}

#[test]
fn an_account_that_was_switched_off_works_again_with_its_password() {
    let Some(bed) = bed_to_change() else { return };
    let _hosts = take(&["plain1", "webmin1"]);
    for (host, login) in [("plain1", "old@example.jp"), ("webmin1", "old")] {
        let world = World::new();
        let account = format!("accounts={login}");
        let args = ["run", "remove-account", "--hosts", host, "-p", &account, "-p", "force=true", "--yes"];
        fleet(&bed, &world, &args).expect(0);
        assert!(!mailbox_opens(&bed, host, login, "Bed-old-Secret1"), "{host}: it is still open");
        assert!(log_in(&bed, host, "192.0.2.79", login, "Bed-old-Secret1").is_err(), "{host}: it still sends");
        fleet(&bed, &world, &["undo", "last", "--yes"]).expect(0);
        assert!(mailbox_opens(&bed, host, login, "Bed-old-Secret1"), "{host}: it does not open");
        assert!(log_in(&bed, host, "192.0.2.79", login, "Bed-old-Secret1").is_ok(), "{host}: it does not send");
    }
}
