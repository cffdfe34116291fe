//! What was approved is done, and nothing else: stale plans, limits, and yes without a person.

use super::mail::{log_in, mailbox_opens, queued};
use super::{fleet, take};
use crate::support::{Bed, Ran, World, bed_to_change, within};
use serde_json::Value;

const PASSWORD: &str = "Bed-shop-Secret1";
const ACCOUNT: &str = "shop@shop.example.jp";

/// A new password for one account, in a file of its own.
const PLAYBOOK: &str = "fleet: 1\nname: rotate-one\nsummary: A new password\nmode: change\nneeds: [panel, mta]\nsteps:\n  \
                        - id: rotate\n    mail.account.set_password: { account: shop@shop.example.jp }\n";

/// Plans a new password for the account on the host, and gives the plan to `edit`.
fn planned(bed: &Bed, world: &World, host: &str, edit: impl FnOnce(&mut Value)) {
    world.write("rotate-one.yaml", PLAYBOOK);
    let path = world.path("saved.plan");
    let _ = std::fs::remove_file(&path);
    let ran = fleet(bed, world, &["plan", "./rotate-one.yaml", "--hosts", host, "-o", "saved.plan"]).expect(0);
    assert!(ran.stderr.contains("valid until"), "{}", ran.stderr);
    let mut plan: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    edit(&mut plan);
    std::fs::write(&path, plan.to_string()).unwrap();
}

fn apply(bed: &Bed, world: &World) -> Ran {
    fleet(bed, world, &["apply", "saved.plan", "--yes"])
}

#[track_caller]
fn refused(ran: Ran, why: &str) {
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.code, 4, "{said}");
    assert!(said.contains("stale: ") && said.contains(why), "{why}: {said}");
}

/// Nothing that changes was ever sent: the host has no folder of ours that says so.
fn untouched(bed: &Bed, host: &str) -> bool {
    bed.enter(host, "ls /var/lib/fleet/*/[0-9]* >/dev/null 2>&1").code != 0
}

fn forget(bed: &Bed, host: &str) {
    bed.enter(host, "rm -rf /var/lib/fleet").expect(0);
}

#[test]
fn a_plan_that_rests_on_what_has_changed_is_refused_and_nothing_is_changed() {
    let Some(bed) = bed_to_change() else { return };
    let host = "pleskob1";
    let _hosts = take(&["pleskob1"]);
    forget(&bed, host);
    let world = World::new();

    planned(&bed, &world, host, |plan| {
        plan["hosts"][0]["fingerprint"] = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into()
    });
    refused(apply(&bed, &world), "the host key has changed");

    planned(&bed, &world, host, |plan| plan["expires"] = plan["made"].clone());
    refused(apply(&bed, &world), "expired");

    planned(&bed, &world, host, |_| ());
    world.write("rotate-one.yaml", &format!("{PLAYBOOK}# Another word.\n"));
    refused(apply(&bed, &world), "the playbook ./rotate-one.yaml has changed");

    planned(&bed, &world, host, |_| ());
    let inventory = std::fs::read_to_string(bed.path("inventory.yaml")).unwrap();
    let inventory = world.write("other.yaml", &inventory.replace("pleskob1: {", "pleskob1: {vars: {new: 1}, "));
    let args = ["apply", "saved.plan", "--yes"];
    refused(
        bed.fleet_with(&world, inventory.to_str().unwrap(), "state", &args).output().unwrap().into(),
        "pleskob1: its inventory entry has changed",
    );

    planned(&bed, &world, host, |plan| plan["hosts"][0]["changes"][0]["rows"][0]["address"] = "info@example.jp".into());
    let ran = apply(&bed, &world);
    assert!(ran.code == 4 || ran.code == 2, "{}: {}{}", ran.code, ran.stdout, ran.stderr);

    assert!(untouched(&bed, host), "something was sent");
    assert!(mailbox_opens(&bed, host, ACCOUNT, PASSWORD), "the password was changed");

    // The account itself: switched off meanwhile, then gone.
    let mail = |args: &str| bed.enter(host, &format!("plesk bin mail {args}")).expect(0);
    planned(&bed, &world, host, |_| ());
    mail(&format!("--update {ACCOUNT} -mailbox false"));
    refused(apply(&bed, &world), "the state that it is based on has changed");
    mail(&format!("--remove {ACCOUNT}"));
    let ran = apply(&bed, &world);
    assert!(ran.code == 4 || ran.code == 6, "{}: {}{}", ran.code, ran.stdout, ran.stderr);
    assert!(untouched(&bed, host), "something was sent");
}

#[test]
fn a_plan_that_nothing_has_overtaken_is_applied() {
    let Some(bed) = bed_to_change() else { return };
    let _hosts = take(&["pleskonyx1"]);
    let world = World::new();
    planned(&bed, &world, "pleskonyx1", |_| ());
    // Nobody says yes: nothing is done.
    let silent = fleet(&bed, &world, &["apply", "saved.plan"]).expect(4);
    assert!(silent.stderr.contains("no terminal to ask for confirmation"), "{}", silent.stderr);
    assert!(mailbox_opens(&bed, "pleskonyx1", ACCOUNT, PASSWORD));
    apply(&bed, &world).expect(0);
    assert!(!mailbox_opens(&bed, "pleskonyx1", ACCOUNT, PASSWORD));
    let new = super::revealed(&bed, &world, "last", "pleskonyx1", ACCOUNT);
    assert!(mailbox_opens(&bed, "pleskonyx1", ACCOUNT, &new));
}

#[test]
fn limits_checks_and_silence_change_nothing() {
    let Some(bed) = bed_to_change() else { return };
    let host = "virtualmin1";
    let _hosts = take(&["virtualmin1"]);
    forget(&bed, host);
    let world = World::new();
    // More than a thousand messages, with an account that only one of them needs.
    let many = "for n in $(seq 1 1002); do echo x | sendmail -f many@example.jp many@defer.example.net; done; postqueue -p | tail -1";
    let mut client = log_in(&bed, host, "203.0.113.68", "sales.example", "Bed-sales-Secret1").unwrap();
    for n in 0..4 {
        client.send(&format!("limit{n}@forged.example.org"), &["a@defer.example.net"], "Offer").unwrap();
    }
    assert!(within(10, || queued(&bed, host, "limit").len() == 4));
    let purge = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/playbooks/purge-queue.yaml")).unwrap();
    world.write("few.yaml", &purge.replace("messages_deleted: 50000", "messages_deleted: 3"));
    let accounts = ["--hosts", host, "-p", "accounts=sales.example"];
    let run = |args: &[&str]| fleet(&bed, &world, &[&["run"], args, &accounts].concat());

    let over = run(&["./few.yaml", "--yes"]).expect(4);
    assert!(over.stderr.contains("messages_deleted is limited to 3, but 4 are planned"), "{}", over.stderr);
    let silent = run(&["purge-queue"]).expect(4);
    assert!(silent.stderr.contains("no terminal to ask for confirmation"), "{}", silent.stderr);
    let wrong = run(&["purge-queue", "--yes", "--count", "5"]).expect(4);
    assert!(wrong.stderr.contains("--count is 5, but 4 objects"), "{}", wrong.stderr);
    for check in [&["--check"][..], &["--check", "--yes"]] {
        let ran = run(&[&["purge-queue"], check].concat()).expect(0);
        assert!(ran.stdout.contains("delete 4 messages of sales.example"), "{}", ran.stdout);
    }
    let intended =
        fleet(&bed, &world, &[&["run", "rescue-mail", "-p", "intended=true", "--yes"][..], &accounts].concat())
            .expect(0);
    assert!(intended.stdout.contains("the mail is legitimate; nothing was changed"), "{}", intended.stdout);
    let stranger =
        ["run", "rescue-mail", "--hosts", host, "-p", "accounts=nobody@example.jp", "--yes", "--output", "json"];
    let document = fleet(&bed, &world, &stranger).expect(8).json();
    let finding = &document["hosts"][0]["findings"][0];
    assert_eq!(
        (&finding["code"], &finding["key"]),
        (&"INTRUSION_SUSPECTED".into(), &"nobody@example.jp".into()),
        "{document}"
    );
    assert_eq!(queued(&bed, host, "limit").len(), 4);

    // A large plan is not agreed to by a mere yes.
    bed.enter(host, many).expect(0);
    let senders = ["-p", "senders=many@example.jp"];
    let large = run(&[&["purge-queue", "--yes"][..], &senders].concat()).expect(4);
    assert!(large.stderr.contains("--yes also requires --count 1006"), "{}", large.stderr);
    // Nor is a new password for whoever has an account.
    let all = fleet(&bed, &world, &["run", "rotate-all", "--hosts", host, "-p", "accounts=info@example.jp", "--yes"]);
    assert!(all.expect(4).stderr.contains("--yes also requires --count 1"));
    assert!(untouched(&bed, host), "something was sent");
    // What stands behind a confirm is as many as the number says at most.
    let border = "  - mail.queue.hold: { logins: [sales.example] }\n  - confirm: { message: now }\n\n  - id: purge";
    world.write("later.yaml", &purge.replace("  - id: purge", border));
    let later = run(&[&["./later.yaml", "--yes"][..], &senders].concat());
    assert_eq!(later.code, 5, "{}", later.stderr);
    assert!(later.stdout.contains("1006 objects would be changed, more than --yes approves"), "{}", later.stdout);
    assert_eq!(queued(&bed, host, "").len(), 1006);
    // A limit is for all that is done to a host.
    let two = "  - mail.queue.delete: { logins: [sales.example] }\n  - confirm: { message: now }\n\n  - id: purge";
    world.write("sum.yaml", &purge.replace("  - id: purge", two).replace("50000", "1005"));
    let sum = run(&[&["./sum.yaml", "--yes", "--count", "4"][..], &senders].concat());
    assert_eq!(sum.code, 5, "{}", sum.stderr);
    assert!(
        sum.stdout.contains("not approved: messages_deleted is limited to 1005, but 1006 are planned"),
        "{}",
        sum.stdout
    );
    assert_eq!(queued(&bed, host, "").len(), 1002);
    let refused = later.stdout.rsplit("fleet show ").next().unwrap().trim();
    fleet(&bed, &world, &["resume", refused, "--yes", "--count", "1002"]).expect(0);
    assert!(queued(&bed, host, "").is_empty());
}
