//! Hosts whose tools lie, and names that are meant to be commands: refused by name, never run.

use super::mail::{log_in, queued};
use super::{fleet, take};
use crate::support::{Bed, Ran, World, bed_to_change, within};

const HOST: &str = "pleskob2";
const CANARY: &str = "/tmp/fleet-canary";

/// Puts this in place of a tool of the host's as long as it lives.
struct Lie<'a>(&'a Bed, &'a str);

impl<'a> Lie<'a> {
    fn tell(bed: &'a Bed, tool: &'a str, script: &str) -> Self {
        bed.enter(HOST, &format!("cp -p {tool} {tool}.true && cat >{tool} <<'C'\n#!/bin/sh\n{script}\nC")).expect(0);
        Self(bed, tool)
    }
}

impl Drop for Lie<'_> {
    fn drop(&mut self) {
        self.0.enter(HOST, &format!("mv {0}.true {0}", self.1));
    }
}

/// What may not change: the queue, accounts and passwords.
fn state(bed: &Bed) -> (Vec<String>, String) {
    let files = "sha256sum /etc/dovecot/users /etc/postfix/vmailbox /var/lib/bed/plesk.json /etc/passwd /etc/shadow";
    (queued(bed, HOST, ""), bed.enter(HOST, files).expect(0).stdout)
}

fn no_canary(bed: &Bed, world: &World) {
    assert_ne!(bed.enter(HOST, &format!("test -e {CANARY}")).code, 0, "it was run on the host");
    assert!(!std::path::Path::new(CANARY).exists() && !world.path("fleet-canary").exists(), "it was run here");
}

/// Messages of a login, and of nobody.
fn fill(bed: &Bed) {
    let mut client = log_in(bed, HOST, "203.0.113.69", "info@example.jp", "Bed-info-Secret1").unwrap();
    for n in 0..3 {
        client.send(&format!("lie{n}@forged.example.org"), &["a@defer.example.net"], "Offer").unwrap();
    }
    assert!(within(10, || queued(bed, HOST, "lie").len() >= 3));
}

#[test]
fn ids_that_no_mail_server_makes_are_refused_by_name_and_nothing_is_deleted() {
    let Some(bed) = bed_to_change() else { return };
    let _hosts = take(&[HOST]);
    fill(&bed);
    let world = World::new();
    let before = state(&bed);
    let entry = |id: &str| {
        format!(
            "{{\"queue_name\":\"deferred\",\"queue_id\":\"{id}\",\"arrival_time\":1795500000,\"message_size\":300,\"sender\":\"evil@example.jp\",\"recipients\":[{{\"address\":\"a@b.jp\"}}]}}"
        )
    };
    let large = "printf '{\"queue_name\":\"deferred\",\"queue_id\":\"'; head -c 1048576 /dev/zero | tr '\\0' A; echo '\",\"arrival_time\":1,\"message_size\":3,\"sender\":\"evil@example.jp\",\"recipients\":[]}'";
    for lie in [
        format!("echo '{}'", entry("ALL")),
        format!("echo '{}'", entry("../..")),
        format!("echo '{}'", entry("$(touch /tmp/fleet-canary)")),
        format!("echo '{}'", entry("-d")),
        format!("echo '{}'", entry("4A11B22C33D\\nALL")),
        large.to_owned(),
    ] {
        let told = {
            let _lie = Lie::tell(&bed, "/usr/sbin/postqueue", &lie);
            let args = [
                "run",
                "purge-queue",
                "--hosts",
                HOST,
                "-p",
                "accounts=info@example.jp",
                "-p",
                "senders=evil@example.jp",
                "--yes",
            ];
            fleet(&bed, &world, &args)
        };
        let said = format!("{}{}", told.stdout, told.stderr);
        assert!(said.contains("invalid queue ID") || said.contains("could not be read"), "{}: {said}", told.code);
        assert!(said.len() < 20_000 && !said.contains("would be changed\n"), "{said}");
        assert_eq!(state(&bed), before, "{lie:.60}: {said}");
        no_canary(&bed, &world);
    }
}

#[test]
fn accounts_that_a_panel_makes_up_are_never_commands_and_nothing_is_changed() {
    let Some(bed) = bed_to_change() else { return };
    let _hosts = take(&[HOST]);
    let world = World::new();
    let before = state(&bed);
    for lie in [
        "printf '%s\\n' '$(touch /tmp/fleet-canary)@example.jp' '`touch /tmp/fleet-canary`' '-rf' '../../etc/passwd' '*' '; touch /tmp/fleet-canary'",
        "head -c 1048576 /dev/zero | tr '\\0' A",
        "yes '$(touch /tmp/fleet-canary)' | head -c 3000000",
        "echo 'SUCCESS: everything was done'",
        "kill -9 $$",
    ] {
        for account in ["info@example.jp", "$(touch /tmp/fleet-canary)@example.jp"] {
            let ran: Ran = {
                let _lie = Lie::tell(&bed, "/usr/sbin/plesk", lie);
                let account = format!("accounts={account}");
                let order = ["run", "rotate-all", "--hosts", HOST, "-p", &account, "--yes", "--count", "1"];
                fleet(&bed, &world, &order)
            };
            let said = format!("{}{}", ran.stdout, ran.stderr);
            assert!(said.len() < 40_000, "{} bytes", said.len());
            assert_eq!(state(&bed), before, "{lie:.60}: {account}: {said}");
            no_canary(&bed, &world);
        }
    }
}

#[test]
fn names_that_are_no_names_are_refused_or_match_nothing() {
    let Some(bed) = bed_to_change() else { return };
    let _hosts = take(&[HOST]);
    fill(&bed);
    let world = World::new();
    let before = state(&bed);
    for name in [
        "*",
        "ALL",
        "-d",
        "--help",
        "\"info\"@example.jp",
        "'info'@example.jp",
        "$(touch /tmp/fleet-canary)@example.jp",
        "x; touch /tmp/fleet-canary",
        "../../etc/passwd",
        "{{ params.window }}",
    ] {
        let accounts = format!("accounts={name}");
        let run = |playbook: &str, more: &[&str], codes: &[i32]| {
            let args = [&["run", playbook, "--hosts", HOST, "--yes", "-p", &accounts], more].concat();
            let ran = fleet(&bed, &world, &args);
            let said = format!("{playbook}, {name}: {} {}{}", ran.code, ran.stdout, ran.stderr);
            assert!(codes.contains(&ran.code), "{said}");
        };
        std::thread::scope(|scope| {
            // No such login has mail; no such account sends it; no such account can be deleted.
            scope.spawn(|| run("purge-queue", &[], &[0, 2, 6]));
            scope.spawn(|| run("rescue-mail", &[], &[2, 8]));
            scope.spawn(|| {
                run("remove-account", &["-p", "force=true", "-p", "at_once=true", "-p", "delete=true"], &[2, 6])
            });
        });
        assert_eq!(state(&bed), before, "{name}");
        no_canary(&bed, &world);
    }
}
