//! No secret in an argument list, in the output or in the state folder, on the controller or on a host.

use crate::support::{Ran, World, bed, files_below};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The forms in which a secret could stand somewhere.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let bytes = secret.as_bytes();
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let url: String = bytes
        .iter()
        .map(|b| if b.is_ascii_alphanumeric() { (*b as char).to_string() } else { format!("%{b:02X}") })
        .collect();
    let json = serde_json::to_string(secret).unwrap();
    let mut forms =
        vec![bytes.to_vec(), hex.into_bytes(), url.into_bytes(), json.trim_matches('"').as_bytes().to_vec()];
    // Base64 of text that holds the secret at any of three offsets shares its inner part with one of these.
    for shift in 0..3 {
        let text = base64(&[vec![b' '; shift], bytes.to_vec()].concat());
        forms.push(text.as_bytes()[4..text.len().saturating_sub(4).max(5)].to_vec());
    }
    forms
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |n: u32| char::from(DIGITS[(n & 63) as usize]);
    let three = |c: &[u8]| (0..3).fold(0u32, |n, i| n << 8 | u32::from(c.get(i).copied().unwrap_or(0)));
    bytes.chunks(3).map(three).flat_map(|n| [digit(n >> 18), digit(n >> 12), digit(n >> 6), digit(n)]).collect()
}

fn holds(text: &[u8], secret: &str) -> bool {
    forms(secret).iter().any(|form| text.windows(form.len()).any(|w| w == form))
}

/// Command lines of every process of the machine; the hosts of the bed are on it.
fn command_lines() -> Vec<Vec<u8>> {
    let ids = std::fs::read_dir("/proc").unwrap().filter_map(|e| e.ok()?.file_name().to_str()?.parse::<u32>().ok());
    ids.filter_map(|id| std::fs::read(format!("/proc/{id}/cmdline")).ok()).collect()
}

/// Looks at all command lines again and again until told to stop; returns what it found and how often it looked.
fn watch(secrets: Vec<String>, stop: Arc<AtomicBool>) -> (BTreeSet<String>, usize) {
    let (mut found, mut looks) = (BTreeSet::new(), 0);
    while !stop.load(Ordering::Relaxed) {
        for line in command_lines() {
            found.extend(secrets.iter().filter(|s| line.windows(s.len()).any(|w| w == s.as_bytes())).cloned());
        }
        looks += 1;
        std::thread::sleep(Duration::from_millis(5));
    }
    (found, looks)
}

#[test]
fn the_search_finds_what_is_planted() {
    let secret = "Pl4nted!s3cret~marker";
    for text in [
        secret.to_owned(),
        base64(format!("x{secret}yz").as_bytes()),
        "506c346e746564217333637265747e6d61726b6572".into(),
    ] {
        assert!(holds(format!("before {text} after").as_bytes(), secret), "{text}");
    }
    assert!(!holds(b"nothing of the kind, and nothing else either", secret));
    let mut child = std::process::Command::new("sh").args(["-c", "sleep 2; :", secret]).spawn().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let watcher = std::thread::spawn({
        let stop = stop.clone();
        move || watch(vec![secret.to_owned()], stop)
    });
    std::thread::sleep(Duration::from_millis(300));
    stop.store(true, Ordering::Relaxed);
    let (found, looks) = watcher.join().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(found.contains(secret) && looks > 3, "{looks} looks");
}

#[test]
fn a_run_with_passwords_leaves_them_nowhere() {
    let Some(bed) = bed() else { return };
    let text = std::fs::read_to_string(bed.path("secrets")).unwrap();
    let secrets: Vec<String> = text.lines().filter(|l| l.len() >= 8).map(str::to_owned).collect();
    assert!(secrets.len() >= 2, "the bed has passwords");
    let world = World::new();
    let stop = Arc::new(AtomicBool::new(false));
    let watcher = std::thread::spawn({
        let (secrets, stop) = (secrets.clone(), stop.clone());
        move || watch(secrets, stop)
    });
    let hosts = "pleskonyx1,odd1-sudopass,odd1-password";
    let mut output = Vec::new();
    for args in [
        &["exec", "--hosts", hosts, "-vv", "--", "id -un"][..],
        &["run", "audit", "--hosts", "tag:mail", "-vv"],
        &["show", "last", "--output", "json"],
    ] {
        let ran: Ran = bed.fleet(&world, args).output().unwrap().into();
        assert!(matches!(ran.code, 0 | 8), "{args:?}: {}\n{}", ran.code, ran.stderr);
        output.extend([ran.stdout, ran.stderr]);
    }
    stop.store(true, Ordering::Relaxed);
    let (found, looks) = watcher.join().unwrap();
    assert!(looks > 20, "{looks} looks");
    assert_eq!(found.len(), 0, "{} secrets stood on a command line", found.len());
    let files = files_below(&world.path("state"));
    assert!(files.iter().any(|f| f.ends_with("fleet.db")));
    let log = bed.enter("pleskonyx1", "cat /var/log/plesk-argv.log /var/log/auth.log /root/.bash_history 2>/dev/null");
    for secret in &secrets {
        for text in output.iter().chain([&log.stdout]) {
            assert!(!holds(text.as_bytes(), secret), "a secret was printed");
        }
        for file in &files {
            assert!(!holds(&std::fs::read(file).unwrap(), secret), "a secret is in {}", file.display());
        }
    }
}
