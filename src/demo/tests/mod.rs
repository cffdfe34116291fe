mod story;
mod wire;

use super::machine::Machine;
use super::*;
use crate::inventory::Inventory;
use crate::model::source::Source;
use std::fs;

const NOW: i64 = 1_793_725_055;

fn machine(name: &str) -> Machine {
    let machine = hosts(20).into_iter().find(|s| s.name == name).unwrap().machine;
    Machine { started: NOW, ..machine }
}

#[test]
fn the_first_hosts_are_the_interesting_ones_and_the_rest_are_numbered() {
    let names = |n| hosts(n).into_iter().map(|s| s.name).collect::<Vec<_>>();
    assert_eq!(names(2), ["mx01", "mx02"]);
    assert_eq!(names(12).get(6..).unwrap(), ["web01", "web02", "web03", "web04", "web05", "web06"]);
    let all = names(2_000);
    assert_eq!(all.last().unwrap(), "web1994");
    assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), 2_000);
}

#[test]
fn a_machine_tells_the_same_story_however_far_back_one_asks() {
    let machine = machine("mx01");
    let ids = |since| machine.messages(since).iter().map(|m| m.id.clone()).collect::<Vec<_>>();
    let (all, hour) = (ids(i64::MIN), ids(NOW - 3_600));
    assert_eq!(all.get(all.len() - hour.len()..).unwrap(), hour);
    assert!(hour.len() > 300, "{}", hour.len());
    let unique: std::collections::BTreeSet<&String> = all.iter().collect();
    assert_eq!(unique.len(), all.len());
}

#[test]
fn a_clean_host_sends_at_most_sixty_messages_a_day() {
    for scenario in hosts(60).into_iter().skip(9) {
        let messages = scenario.machine.messages(-86_400);
        let sent = messages.iter().filter(|m| matches!(m.origin, crate::model::mail::Origin::Login(_))).count();
        assert!((6..=60).contains(&sent), "{}: {sent}", scenario.name);
        assert!(scenario.machine.queue().is_empty());
    }
}

#[test]
fn the_log_is_in_order_and_in_the_form_of_the_system() {
    let of = |name: &str| mail_log::lines(&machine(name), NOW - 86_400);
    let (iso, bsd) = (of("mx02"), of("mx03"));
    assert!(iso.iter().all(|l| l.starts_with("2026-11-0") && l.contains("+00:00 mx02 postfix/")), "{:?}", iso.first());
    assert!(iso.is_sorted_by_key(|l| l.split(' ').next().map(str::to_owned)));
    assert!(bsd.iter().all(|l| l.starts_with("Nov  ") && l.contains(" mx03 postfix/")), "{:?}", bsd.first());
    assert!(iso.iter().any(|l| l.contains(": uid=33 from=<www-data@mx02.example.jp>")));
}

#[test]
fn the_queue_is_listed_as_postqueue_does() {
    let mut small = machine("mx03");
    small.traffic.truncate(1);
    let why = "Service temporarily refused: too much mail from your address (in reply to RCPT TO command)";
    insta::assert_snapshot!(queue::text(&small).replace(why, "WHY"), @r"
    -Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------
    F1B309D001E     9556 Tue Nov  3 13:25:00  info@mx03.example.jp
    (host mx.carrier.example.net[192.0.2.25] said: 450 4.7.1 WHY)
                                             k523@carrier.example.net

    34F4E9D001F     4987 Tue Nov  3 19:36:17  info@mx03.example.jp
    (host mx.isp.example.net[192.0.2.25] said: 450 4.7.1 WHY)
                                             user7659@isp.example.net

    69E6A9D0020     1997 Wed Nov  4 01:47:35  info@mx03.example.jp
    (host mx.freemail.example.com[192.0.2.25] said: 450 4.7.1 WHY)
                                             t8288@freemail.example.com

    -- 16 Kbytes in 3 Requests.
    ");
    insta::assert_snapshot!(queue::json(&small).replace(why, "WHY").lines().next().unwrap(), @r#"{"queue_name": "deferred", "queue_id": "F1B309D001E", "arrival_time": 1793679900, "message_size": 9556, "forced_expire": false, "sender": "info@mx03.example.jp", "recipients": [{"address": "k523@carrier.example.net", "delay_reason": "host mx.carrier.example.net[192.0.2.25] said: 450 4.7.1 WHY"}]}"#);
    insta::assert_snapshot!(queue::files(&small), @r"
    count	maildrop	0
    count	incoming	0
    count	active	0
    count	deferred	3
    count	hold	0
    login	F1B309D001E	info@mx03.example.jp	198.51.100.119
    login	34F4E9D001F	info@mx03.example.jp	198.51.100.119
    login	69E6A9D0020	info@mx03.example.jp	198.51.100.119
    sampled	3
    end
    ");
    assert_eq!(queue::text(&machine("web05")), "Mail queue is empty\n");
}

#[tokio::test]
async fn a_demo_describes_itself() {
    let dir = tempfile::tempdir().unwrap();
    let demo = Demo::start(2, dir.path()).await.unwrap();
    let yaml = fs::read_to_string(demo.inventory_path()).unwrap();
    let port = regex::Regex::new("port: [0-9]+").unwrap();
    let text = port.replace_all(&yaml, "port: P").replace(dir.path().to_str().unwrap(), "DIR");
    insta::assert_snapshot!(text, @r#"
    # Made by `fleet demo`; good while it runs.
    fleet: 1
    defaults: { user: root, identity_files: ["DIR/id_ed25519"] }
    hosts:
      mx01: { address: 127.0.0.1, port: P, tags: [plesk, postfix], customer: "Aozora Trading" }
      mx02: { address: 127.0.0.1, port: P, tags: [postfix], customer: "Hinode Printing" }
    "#);
    let read = Inventory::from_sources(&[Source { name: "inventory.yaml".into(), text: yaml }]).unwrap();
    assert_eq!(read.hosts(), demo.hosts());
    assert_eq!(fs::read_to_string(demo.known_hosts_path()).unwrap().lines().count(), 2);
    demo.stop().await;
}
