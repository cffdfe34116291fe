//! Shells on a real sshd, with the machine's own `/bin/sh`.

use super::sshd::Sshd;
use super::{Answer, NOBODY, client, settings};
use crate::model::Fault;
use crate::model::fault::{FaultKind, Privilege, Shell as ShellFault};
use crate::model::{SecretRef, Sudo};
use crate::shell::{Ended, Part, PartOutput};
use crate::ssh::{Client, Connection, Progress};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

async fn connect(sshd: &Sshd) -> Connection {
    client(sshd.path()).await.connect(&sshd.host(), &[], &NOBODY).await.unwrap()
}

async fn run(connection: &Connection, parts: &[Part]) -> Result<Vec<PartOutput>, Fault> {
    let mut shell = connection.shell(None, &NOBODY).await?;
    let outputs = shell.run(parts, &mut |_, _| {}, &CancellationToken::new()).await?;
    shell.close().await?;
    Ok(outputs)
}

fn text(output: &PartOutput) -> String {
    output.stdout.for_human(10_000)
}

fn is_running(what: &str) -> bool {
    let ps =
        std::process::Command::new("sh").args(["-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"]).output();
    String::from_utf8_lossy(&ps.unwrap().stdout).contains(what)
}

#[tokio::test]
async fn parts_keep_to_themselves_whatever_they_do() {
    let sshd = Sshd::start("");
    let connection = connect(&sshd).await;
    let parts = [
        Part::new("status", "echo out; echo err >&2; exit 3"),
        Part::new("syntax", "if then ("),
        Part::new("greedy", "cat; cat <<EOF\nhere $1\nEOF\n"),
        Part::new("cd", "cd /; x=1; set -u; trap 'echo bye' EXIT"),
        Part::new("fresh", "echo \"${x-unset} $(pwd | wc -l)\""),
        Part::new("signal", "kill -KILL $$"),
        Part::new("daemon", "sleep 20 & echo started"),
        Part::new("empty", ""),
        Part::new("exec", "exec echo replaced"),
    ];
    let started = Instant::now();
    let outputs = run(&connection, &parts).await.unwrap();
    let seen: Vec<(Ended, String)> = outputs.iter().map(|o| (o.ended, text(o))).collect();
    let s = |n| Ended::Status(n);
    assert_eq!(seen[0], (s(3), "out\n".into()));
    assert_eq!(outputs[0].stderr.for_human(99), "err\n");
    assert_eq!(seen[1].0, s(2));
    assert_eq!(seen[2], (s(0), "here \n".into()));
    assert_eq!(seen[3], (s(0), "bye\n".into()));
    assert_eq!(seen[4], (s(0), "unset 1\n".into()));
    assert_eq!(seen[5].0, s(137));
    assert_eq!(seen[6], (s(0), "started\n".into()));
    assert_eq!(seen[7], (s(0), String::new()));
    assert_eq!(seen[8], (s(0), "replaced\n".into()));
    assert!(started.elapsed() < Duration::from_secs(8), "a process in the background must not hold the shell");
    connection.close().await;
}

#[tokio::test]
async fn one_shell_runs_several_batches_and_tells_what_goes_on() {
    let sshd = Sshd::start("");
    let connection = connect(&sshd).await;
    let mut shell = connection.shell(None, &NOBODY).await.unwrap();
    let go = CancellationToken::new();
    for round in 0..3 {
        let mut news = Vec::new();
        let part = Part::new("p", "printf '%s' \"$v\"").value("v", format!("round {round}"));
        let outputs = shell.run(&[part, Part::new("q", "exit 1")], &mut |n, p| news.push((n, p)), &go).await.unwrap();
        assert_eq!(text(&outputs[0]), format!("round {round}"));
        assert!(
            matches!(news[0], (0, Progress::Started { process }) if process.pid > 1 && process.start > 0),
            "{news:?}"
        );
        assert_eq!(news[3], (1, Progress::Ended(Ended::Status(1))));
        assert_eq!(news.len(), 4);
    }
    assert!(shell.fault().is_none());
    shell.close().await.unwrap();
    assert!(!connection.fingerprint().is_empty() && !connection.legacy());
}

#[tokio::test]
async fn a_flood_is_cut_and_does_not_harm_what_follows() {
    let sshd = Sshd::start("");
    let connection = connect(&sshd).await;
    let flood = Part::new("flood", "head -c 104857600 /dev/zero; head -c 1000000 /dev/zero >&2").max_stdout(1000);
    let outputs = run(&connection, &[flood, Part::new("after", "echo ok")]).await.unwrap();
    assert_eq!((outputs[0].ended, outputs[0].truncated), (Ended::Status(0), true));
    assert_eq!((outputs[0].stdout.len(), outputs[0].stderr.len()), (1000, crate::shell::MAX_STDERR));
    assert_eq!((text(&outputs[1]).as_str(), outputs[1].truncated), ("ok\n", false));
}

#[tokio::test]
async fn a_part_past_its_deadline_is_ended_and_the_next_one_runs() {
    let sshd = Sshd::start("MaxSessions 1\n");
    let connection = connect(&sshd).await;
    let mut slow = Part::new("slow", "trap '' TERM; echo before; sleep 76541; sleep 76542");
    slow.timeout = Duration::from_secs(1);
    let outputs = run(&connection, &[slow, Part::new("after", "echo ok")]).await.unwrap();
    assert_eq!((outputs[0].ended, text(&outputs[0]).as_str()), (Ended::TimedOut, "before\n"));
    assert_eq!((outputs[1].ended, text(&outputs[1]).as_str()), (Ended::Status(0), "ok\n"));
    assert!(!is_running("sleep 7654"));
}

#[tokio::test]
async fn a_cancelled_batch_leaves_nothing_running() {
    let sshd = Sshd::start("");
    let connection = connect(&sshd).await;
    let mut shell = connection.shell(None, &NOBODY).await.unwrap();
    let cancel = CancellationToken::new();
    let parts = [Part::new("a", "echo a"), Part::new("b", "(sleep 65431 &); sleep 65432"), Part::new("c", "echo c")];
    let mut on = |n: usize, p: Progress| {
        if let (1, Progress::Started { .. }) = (n, p) {
            let cancel = cancel.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(300)).await;
                cancel.cancel();
            });
        }
    };
    let outputs = shell.run(&parts, &mut on, &cancel).await.unwrap();
    assert_eq!((outputs[0].ended, outputs[1].ended), (Ended::Status(0), Ended::Cancelled));
    // The next one may slip in while the tree is being ended; it is not ended by half.
    assert!(matches!(outputs[2].ended, Ended::NotStarted | Ended::Status(0)), "{:?}", outputs[2]);
    assert!(!is_running("sleep 6543"));
    assert!(shell.run(&parts, &mut |_, _| {}, &CancellationToken::new()).await.is_err());
}

#[tokio::test]
async fn a_shell_that_ends_early_is_lost_and_what_ended_before_is_kept() {
    let sshd = Sshd::start("");
    let connection = connect(&sshd).await;
    let mut shell = connection.shell(None, &NOBODY).await.unwrap();
    let parts = [Part::new("a", "echo a"), Part::new("b", "kill -KILL $PPID"), Part::new("c", "echo c")];
    let outputs = shell.run(&parts, &mut |_, _| {}, &CancellationToken::new()).await.unwrap();
    let ended: Vec<Ended> = outputs.iter().map(|o| o.ended).collect();
    assert_eq!(ended, [Ended::Status(0), Ended::Lost, Ended::NotStarted]);
    let fault = shell.fault().unwrap();
    assert_eq!(fault.kind, FaultKind::Lost);
    assert!(fault.text.contains("signal KILL"), "{fault}");
}

async fn forced(command: &str, open: u64) -> Result<Vec<PartOutput>, Fault> {
    let sshd = Sshd::start(&format!("ForceCommand {command}\n"));
    let mut settings = settings(sshd.path());
    settings.deadlines.open = Duration::from_secs(open);
    let client = Client::new(settings).await.unwrap();
    let connection = client.connect(&sshd.host(), &[], &NOBODY).await?;
    run(&connection, &[Part::new("p", "echo ran")]).await
}

#[tokio::test]
async fn login_shells_that_do_not_run_the_script_are_told_apart() {
    let kind = |f: &Result<Vec<PartOutput>, Fault>| f.as_ref().err().map(|f| f.kind);
    let noisy = forced("echo welcome; echo oops >&2; exec /bin/sh -c \"$SSH_ORIGINAL_COMMAND\"", 60).await.unwrap();
    assert_eq!((text(&noisy[0]).as_str(), noisy[0].ended), ("ran\n", Ended::Status(0)));
    let eaten = forced("read line; exec /bin/sh -s", 60).await;
    assert_eq!(kind(&eaten), Some(FaultKind::Shell(ShellFault::DidNotStart)), "{eaten:?}");
    let gone = forced("echo hello; exit 0", 60).await;
    assert_eq!(gone.unwrap_err().to_string(), "shell{did-not-start}: the login shell ended (status 0): hello");
    let nologin = forced("echo 'This account is currently not available.'; exit 1", 60).await;
    assert_eq!(kind(&nologin), Some(FaultKind::Shell(ShellFault::Restricted)));
    assert_eq!(kind(&forced("exit 1", 60).await), Some(FaultKind::Shell(ShellFault::Restricted)));
    let blocked = forced("echo 'Name?'; cat >/dev/null", 3).await.unwrap_err();
    assert_eq!(blocked.kind, FaultKind::Shell(ShellFault::Blocked));
    assert!(blocked.text.ends_with("it printed: Name?"), "{blocked}");
}

/// Asks, checks and runs as sudo does.
const SUDO: &str = r#"#!/bin/sh
prompt= ask=
while :; do
  case $1 in -n) [ -n "$FAKE_PASSWORD" ] && { echo 'sudo: a password is required' >&2; exit 1; } ;;
    -k) ;; -S) ask=1 ;; -p) prompt=$2; shift ;; --) shift; break ;; esac
  shift
done
if [ -n "$ask" ] && [ -n "$FAKE_PASSWORD" ]; then
  for try in 1 2 3; do
    printf '%s' "$prompt" >&2
    IFS= read -r given
    [ "$given" = "$FAKE_PASSWORD" ] && break
    echo 'Sorry, try again.' >&2
    [ $try = 3 ] && exit 1
  done
fi
IS_ROOT=yes exec "$@"
"#;

async fn with_sudo(password: &str, sudo: Option<SecretRef>, secret: Option<&'static str>) -> Result<String, Fault> {
    let bin = tempfile::tempdir().unwrap();
    let path = bin.path().join("sudo");
    std::fs::write(&path, SUDO).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let d = bin.path().display();
    let sshd = Sshd::start(&format!(
        "ForceCommand echo motd; PATH={d}:$PATH FAKE_PASSWORD={password} exec /bin/sh -c \"$SSH_ORIGINAL_COMMAND\"\n"
    ));
    let connection = connect(&sshd).await;
    let mut shell = connection.shell(Some(&Sudo { password: sudo }), &Answer(secret)).await?;
    let mut slow = Part::new("slow", "sleep 54321");
    slow.timeout = Duration::from_secs(1);
    let parts = [Part::new("p", "echo \"root: $IS_ROOT\"; cat"), slow];
    let outputs = shell.run(&parts, &mut |_, _| {}, &CancellationToken::new()).await?;
    assert_eq!(outputs[1].ended, Ended::TimedOut, "the kill goes through sudo too");
    shell.close().await?;
    Ok(text(&outputs[0]))
}

#[tokio::test]
async fn sudo_is_answered_once() {
    assert_eq!(with_sudo("", None, None).await.unwrap(), "root: yes\n");
    assert_eq!(with_sudo("", Some(SecretRef::Prompt), Some("right")).await.unwrap(), "root: yes\n");
    assert_eq!(with_sudo("right", Some(SecretRef::Prompt), Some("right")).await.unwrap(), "root: yes\n");
    let denied = with_sudo("right", Some(SecretRef::Prompt), Some("wrong")).await.unwrap_err();
    assert_eq!(denied.kind, FaultKind::Privilege(Privilege::Denied), "{denied}");
    let needed = with_sudo("right", None, None).await.unwrap_err();
    assert_eq!(needed.kind, FaultKind::Privilege(Privilege::PasswordNeeded), "{needed}");
    let none = with_sudo("right", Some(SecretRef::Prompt), None).await.unwrap_err();
    assert_eq!(none.kind, FaultKind::Privilege(Privilege::PasswordNeeded), "{none}");
}

#[tokio::test]
async fn a_host_without_sudo_says_so() {
    let sshd = Sshd::start("ForceCommand PATH=/nowhere; exec /usr/bin/env PATH=/nowhere /usr/bin/env sudo -n true\n");
    let connection = connect(&sshd).await;
    let mut shell = connection.shell(Some(&Sudo::default()), &NOBODY).await.unwrap();
    let fault = shell.run(&[Part::new("p", ":")], &mut |_, _| {}, &CancellationToken::new()).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Privilege(Privilege::Missing), "{fault}");
}
