//! Host keys, authentication and jump hosts against a real sshd.

use super::sshd::{Sshd, user};
use super::{NOBODY, client, host, settings};
use crate::model::fault::{Auth, FaultKind, HostKey, Privilege, Unreachable};
use crate::model::{Fault, HostName, Secret, SecretRef, Sudo};
use crate::shell::Part;
use crate::ssh::known_hosts::Verdict;
use crate::ssh::{Client, Connection, Settings};
use std::process::Command;
use tokio_util::sync::CancellationToken;

async fn fault(client: &Client, host: &crate::model::Host) -> Fault {
    client.connect(host, &[], &NOBODY).await.err().unwrap()
}

async fn says(connection: &Connection, script: &'static str) -> String {
    let mut shell = connection.shell(None, &NOBODY).await.unwrap();
    let outputs = shell.run(&[Part::new("p", script)], &mut |_, _| {}, &CancellationToken::new()).await.unwrap();
    outputs[0].stdout.for_human(1000)
}

#[tokio::test]
async fn an_unknown_host_is_refused_scanned_trusted_and_then_accepted() {
    let sshd = Sshd::start("");
    let line = std::fs::read_to_string(sshd.path().join("known_hosts")).unwrap();
    std::fs::remove_file(sshd.path().join("known_hosts")).unwrap();
    let (client, host) = (client(sshd.path()).await, sshd.host());
    assert_eq!(fault(&client, &host).await.kind, FaultKind::Hostkey(HostKey::Unknown));
    assert!(!sshd.path().join("known_hosts").exists());
    let scanned = client.scan(&host, &[], &NOBODY).await.unwrap();
    assert_eq!((scanned.line.as_str(), &scanned.verdict), (line.trim(), &Verdict::Unknown));
    client.trust(&host, &scanned).await.unwrap();
    assert_eq!(std::fs::read_to_string(sshd.path().join("known_hosts")).unwrap(), line);
    let connection = client.connect(&host, &[], &NOBODY).await.unwrap();
    assert_eq!(connection.fingerprint(), scanned.fingerprint);
    assert!(!sshd.log().contains("Failed"), "{}", sshd.log());
}

#[tokio::test]
async fn a_changed_and_a_revoked_key_are_refused_also_when_new_ones_are_accepted() {
    let sshd = Sshd::start("");
    let name = format!("[127.0.0.1]:{}", sshd.port);
    let known = sshd.path().join("known_hosts");
    let line = std::fs::read_to_string(&known).unwrap();
    for (content, expected) in [
        (format!("{name} {}\n", sshd.keygen("other", "ed25519")), HostKey::Changed),
        (format!("{name} {}\n", sshd.keygen("rsa", "rsa")), HostKey::Changed),
        (format!("@revoked {line}{line}"), HostKey::Revoked),
    ] {
        std::fs::write(&known, &content).unwrap();
        let mut settings = settings(sshd.path());
        settings.accept_new = true;
        let client = Client::new(settings).await.unwrap();
        let fault = fault(&client, &sshd.host()).await;
        assert_eq!(fault.kind, FaultKind::Hostkey(expected), "{fault}");
        assert_eq!(std::fs::read_to_string(&known).unwrap(), content);
    }
}

#[tokio::test]
async fn the_recorded_type_is_asked_for_even_where_its_name_is_hashed() {
    let sshd = Sshd::start("");
    drop(sshd);
    let dir = tempfile::tempdir().unwrap();
    let ec = dir.path().join("ec");
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ecdsa", "-N", "", "-f"]).arg(&ec).output().unwrap();
    assert!(made.status.success());
    let sshd = Sshd::start(&format!("HostKey {}\n", ec.display()));
    let public = std::fs::read_to_string(dir.path().join("ec.pub")).unwrap();
    let known = sshd.path().join("known_hosts");
    std::fs::write(&known, format!("[127.0.0.1]:{} {public}", sshd.port)).unwrap();
    assert!(client(sshd.path()).await.connect(&sshd.host(), &[], &NOBODY).await.is_ok());
    assert!(Command::new("ssh-keygen").args(["-q", "-H", "-f"]).arg(&known).output().unwrap().status.success());
    assert!(std::fs::read_to_string(&known).unwrap().starts_with("|1|"));
    let connection = client(sshd.path()).await.connect(&sshd.host(), &[], &NOBODY).await.unwrap();
    assert_eq!(says(&connection, "echo hi").await, "hi\n");
}

#[tokio::test]
async fn every_kind_of_key_logs_in_and_a_wrong_one_is_denied() {
    let sshd = Sshd::start("");
    let client = client(sshd.path()).await;
    let mut authorized = std::fs::read_to_string(sshd.path().join("authorized")).unwrap();
    for kind in ["rsa", "ecdsa", "ed25519"] {
        authorized.push_str(&format!("{}\n", sshd.keygen(&format!("k_{kind}"), kind)));
        std::fs::write(sshd.path().join("authorized"), &authorized).unwrap();
        let mut host = sshd.host();
        host.identity_files = vec![format!("~/k_{kind}")];
        assert!(client.connect(&host, &[], &NOBODY).await.is_ok(), "{kind}: {}", sshd.log());
    }
    sshd.keygen("wrong", "ed25519");
    let mut host = sshd.host();
    host.identity_files = vec!["~/wrong".into(), "~/missing".into()];
    let denied = fault(&client, &host).await;
    assert_eq!(denied.kind, FaultKind::Auth(Auth::Denied));
    let start = format!("{}@127.0.0.1:{}: denied; offered SHA256:", user(), sshd.port);
    assert!(denied.text.starts_with(&start), "{denied}");
    assert!(denied.text.contains("; the server takes publickey"), "{denied}");
    assert!(denied.text.ends_with("; ~/missing: there is no such file"), "{denied}");
    host.identity_files = vec!["~/missing".into()];
    let nothing = fault(&client, &host).await;
    assert_eq!(nothing.kind, FaultKind::Auth(Auth::NoMethod), "{nothing}");
}

#[tokio::test]
async fn a_server_that_allows_one_attempt_says_too_many() {
    let sshd = Sshd::start("MaxAuthTries 1\n");
    for name in ["a", "b"] {
        sshd.keygen(name, "ed25519");
    }
    let mut host = sshd.host();
    host.identity_files = vec!["~/a".into(), "~/b".into(), "~/id".into()];
    let fault = fault(&client(sshd.path()).await, &host).await;
    assert_eq!(fault.kind, FaultKind::Auth(Auth::TooMany), "{fault}");
}

#[tokio::test]
async fn the_agents_key_is_used() {
    let sshd = Sshd::start("");
    let socket = sshd.path().join("agent");
    let mut agent = Command::new("ssh-agent").arg("-D").arg("-a").arg(&socket).spawn().unwrap();
    while !socket.exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let added = Command::new("ssh-add").arg("-q").arg(sshd.path().join("id")).env("SSH_AUTH_SOCK", &socket).output();
    assert!(added.unwrap().status.success());
    let mut settings = settings(sshd.path());
    settings.agent = Some(socket);
    let client = Client::new(settings).await.unwrap();
    let mut host = sshd.host();
    host.identity_files.clear();
    let by_default = client.connect(&host, &[], &NOBODY).await.err();
    // Only the public half is there: the agent signs.
    std::fs::rename(sshd.path().join("id"), sshd.path().join("elsewhere")).unwrap();
    host.identity_files = vec!["~/id".into()];
    let by_public = client.connect(&host, &[], &NOBODY).await.err();
    agent.kill().unwrap();
    agent.wait().unwrap();
    assert_eq!((by_default, by_public), (None, None));
}

#[tokio::test]
async fn hosts_behind_a_jump_host_share_its_connection() {
    let (bastion, inner) = (Sshd::start(""), Sshd::start(""));
    let known = [&bastion, &inner].map(|s| std::fs::read_to_string(s.path().join("known_hosts")).unwrap()).concat();
    std::fs::write(bastion.path().join("known_hosts"), known).unwrap();
    std::fs::copy(inner.path().join("id"), bastion.path().join("inner_id")).unwrap();
    let client = client(bastion.path()).await;
    let mut jump = bastion.host();
    jump.name = HostName::parse("bastion").unwrap();
    let mut target = inner.host();
    target.identity_files = vec!["~/inner_id".into()];
    let one = client.connect(&target, &[&jump], &NOBODY).await.unwrap();
    let two = client.connect(&target, &[&jump], &NOBODY).await.unwrap();
    assert_eq!(says(&one, "head -c 3000000 /dev/zero | wc -c").await.trim(), "3000000");
    assert_eq!(says(&two, "echo two").await, "two\n");
    assert_eq!(bastion.log().matches("Accepted publickey").count(), 1, "{}", bastion.log());
    assert_eq!(inner.log().matches("Accepted publickey").count(), 2);
    // A closed port behind the jump host is the target's fault, not the jump host's.
    let refused = client.connect(&host("closed", 9), &[&jump], &NOBODY).await.err().unwrap();
    assert_eq!(refused.kind, FaultKind::Unreachable(Unreachable::Refused), "{refused}");
    jump.port = 9;
    jump.name = HostName::parse("dead").unwrap();
    for _ in 0..2 {
        let dead = client.connect(&target, &[&jump], &NOBODY).await.err().unwrap();
        assert_eq!(dead.kind, FaultKind::Unreachable(Unreachable::Jump));
        assert!(dead.text.starts_with("jump host dead: unreachable{refused}: 127.0.0.1:9: "), "{dead}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_connections_live_side_by_side() {
    let sshd = Sshd::start("MaxStartups 100\n");
    let client = client(sshd.path()).await;
    let tasks: Vec<_> = (0..24)
        .map(|_| {
            let (client, host) = (client.clone(), sshd.host());
            tokio::spawn(async move {
                let connection = client.connect(&host, &[], &NOBODY).await.unwrap();
                let said = says(&connection, "echo here").await;
                connection.close().await;
                said
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), "here\n");
    }
}

#[tokio::test]
async fn strict_key_exchange_is_on_and_an_old_server_needs_leave() {
    let sshd = Sshd::start("LogLevel DEBUG3\n");
    let connection = client(sshd.path()).await.connect(&sshd.host(), &[], &NOBODY).await.unwrap();
    assert!(sshd.log().contains("will use strict KEX ordering"), "{}", sshd.log());
    drop(connection);
    let old = Sshd::start("KexAlgorithms diffie-hellman-group14-sha1\nCiphers aes128-cbc\nMACs hmac-sha1\n");
    let client = client(old.path()).await;
    let mut host = old.host();
    let refused = fault(&client, &host).await;
    assert_eq!(refused.kind, FaultKind::Unreachable(Unreachable::Kex));
    assert!(refused.text.contains("it offers diffie-hellman-group14-sha1"), "{refused}");
    assert!(refused.hint.unwrap().contains("legacy_ssh: true"));
    host.legacy_ssh = true;
    let connection = client.connect(&host, &[], &NOBODY).await.unwrap();
    assert!(connection.legacy());
    assert_eq!(says(&connection, "echo old").await, "old\n");
}

#[tokio::test]
async fn nothing_of_a_connection_outlives_it() {
    let sshd = Sshd::start("");
    let client = client(sshd.path()).await;
    let sessions = || {
        let ps =
            Command::new("sh").args(["-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'"]).output().unwrap();
        String::from_utf8_lossy(&ps.stdout).matches("sleep 43219").count()
    };
    let connection = client.connect(&sshd.host(), &[], &NOBODY).await.unwrap();
    let mut shell = connection.shell(None, &NOBODY).await.unwrap();
    let never = CancellationToken::new();
    let parts = [Part::new("p", "yes")];
    {
        let mut on = |_, _| {};
        let run = shell.run(&parts, &mut on, &never);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(500), run).await.is_err());
    }
    let before = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    assert!(before >= 1);
    drop((shell, connection));
    for _ in 0..100 {
        if tokio::runtime::Handle::current().metrics().num_alive_tasks() == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
    assert_eq!(sessions(), 0);
}

#[tokio::test]
async fn neither_sudos_password_nor_a_new_one_goes_to_a_host_whose_key_was_accepted_only_now() {
    let sshd = Sshd::start("");
    let mut settings = settings(sshd.path());
    settings.accept_new = true;
    settings.known_hosts = vec![sshd.path().join("none")];
    settings.write_known_hosts = sshd.path().join("learned");
    let known = Settings { known_hosts: vec![settings.write_known_hosts.clone()], ..settings.clone() };
    let secret = || Part { secret: Some(Secret::new("hunter2".into())), ..Part::new("p", "echo \"$fleet_secret\"") };
    let go = CancellationToken::new();
    for (settings, sends) in [(settings, false), (known, true)] {
        let connection = Client::new(settings).await.unwrap().connect(&sshd.host(), &[], &NOBODY).await.unwrap();
        let sudo = Sudo { password: Some(SecretRef::Prompt) };
        // Who is asked for the password says that there is none; nobody is asked where it must not be sent.
        let fault = connection.shell(Some(&sudo), &NOBODY).await.err().unwrap();
        assert_eq!(fault.kind, FaultKind::Privilege(Privilege::PasswordNeeded), "{fault}");
        assert_eq!(fault.text.contains("there is none"), sends, "{fault}");
        assert_eq!(fault.hint.is_some_and(|hint| hint.contains("fleet trust ")), !sends);
        let mut shell = connection.shell(None, &NOBODY).await.unwrap();
        let ran = shell.run(&[secret()], &mut |_, _| {}, &go).await;
        assert_eq!(ran.is_ok(), sends, "{ran:?}");
    }
}
