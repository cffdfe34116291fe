use super::*;
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, EcdsaCurve, PrivateKey};
use std::process::Command;

fn key(algorithm: Algorithm) -> PublicKey {
    PrivateKey::random(&mut rand::rng(), algorithm).unwrap().public_key().clone()
}

fn ed() -> PublicKey {
    key(Algorithm::Ed25519)
}

fn text(key: &PublicKey) -> String {
    format!("{} {}", key.algorithm().as_str(), key.public_key_base64())
}

fn known(content: impl AsRef<[u8]>) -> KnownHosts {
    let mut known = KnownHosts::default();
    known.add_file(Path::new("kh"), content.as_ref());
    known
}

fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Known => "known".into(),
        Verdict::Unknown => "unknown".into(),
        Verdict::Changed(r) => format!("changed:{}", r.line),
        Verdict::Revoked(r) => format!("revoked:{}", r.line),
    }
}

/// Expected verdicts are those of OpenSSH 9.2 with `StrictHostKeyChecking=yes` against a server on port 2222,
/// apart from the one marked strict.
#[test]
fn the_verdicts_are_those_of_openssh() {
    let (k, other) = (ed(), ed());
    let ec = key(Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 });
    let (s, o, e, b64) = (text(&k), text(&other), text(&ec), k.public_key_base64());
    let mut hashed = Vec::new();
    for name in ["[h]:2222", "h"] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("kh");
        std::fs::write(&file, format!("{name} {s}\n")).unwrap();
        assert!(Command::new("ssh-keygen").args(["-q", "-H", "-f"]).arg(&file).output().unwrap().status.success());
        hashed.push(std::fs::read_to_string(&file).unwrap());
    }
    let foreign = |line: &str| line.replace(&b64, &other.public_key_base64());
    for (content, expected) in [
        (format!("[h]:2222 {s}"), "known"),
        (format!("[H]:2222 {s}"), "known"),
        (format!("h {s}"), "known"),
        (format!("h {o}"), "unknown"),
        (format!("[h]:2222 {o}\nh {s}"), "changed:1"),
        (format!("[h]:2222 {e}"), "changed:1"),
        (format!("[h]:2222 {o}\n[h]:2222 {s}"), "known"),
        (format!("[h]:2222 {o}\n# c\n\n[h]:2222 {e} x"), "changed:4"),
        (format!("@revoked * {s}\n[h]:2222 {s}"), "revoked:1"),
        (format!("[h]:2222 {s}\n@revoked [h]:2222 {s}"), "revoked:2"),
        (format!("@revoked\t* {s}\n[h]:2222 {s}"), "revoked:1"), // strict
        (format!("@revoked h {s}\n[h]:2222 {s}"), "known"),
        (format!("@revoked h {s}"), "revoked:1"),
        (format!("@revoked * {o}\n[h]:2222 {s}"), "known"),
        (format!("@cert-authority * {s}"), "unknown"),
        (format!("@cert-authority * {s}\n[h]:2222 {s}"), "known"),
        (format!("h* {s}"), "known"),
        (format!("[*]:2222 {s}"), "known"),
        (format!("[*]:2222,![h]:2222 {s}"), "unknown"),
        (format!("*,!h {s}"), "known"),
        (format!("x,[h]:2222,y {s}"), "known"),
        ("[h]:2222 ssh-ed25519 AAAAnonsense".into(), "unknown"),
        (format!("[h]:2222 ssh-rsa {b64}"), "unknown"),
        (format!("[h]:2222 ssh-ed25519 {b64}="), "unknown"),
        (format!("[h]:2222 ssh-foo {b64}"), "unknown"),
        (format!("[h]:2222 {s}\r\n"), "known"),
        (format!("# x\n  [h]:2222 \t {s}   comment here"), "known"),
        (format!("[h]:2222\tssh-ed25519\t{b64}"), "known"),
        (format!("@revoked @revoked * {s}\n[h]:2222 {s}"), "known"),
        (format!("@foo [h]:2222 {s}"), "unknown"),
        (format!("[h]:2222 {s}\0foo"), "known"),
        (format!("[h]:2222 {s}#c"), "unknown"),
        (format!("|1|xx|yy {s}\n[h]:2222 {s}"), "known"),
        (hashed[0].clone(), "known"),
        (hashed[1].clone(), "known"),
        (foreign(&hashed[0]), "changed:1"),
        (foreign(&hashed[1]), "unknown"),
        (format!("@revoked {}", hashed[0]), "revoked:1"),
        (String::new(), "unknown"),
    ] {
        assert_eq!(word(&known(&content).verdict("h", 2222, &k)), expected, "{content}");
    }
    let mut bytes = b"\xff\xfe x y\n".to_vec();
    bytes.extend(format!("[h]:2222 {s}").bytes());
    let file = known(bytes);
    assert_eq!(word(&file.verdict("h", 2222, &k)), "known");
    assert_eq!(file.bad_lines().len(), 1);
}

#[test]
fn on_port_22_the_bare_name_decides() {
    let (k, other) = (ed(), ed());
    assert_eq!(known(format!("h {}", text(&other))).verdict("h", 22, &k).clone(), {
        let recorded =
            Recorded { file: "kh".into(), line: 1, kind: "ssh-ed25519".into(), fingerprint: fingerprint(&other) };
        Verdict::Changed(recorded)
    });
    assert_eq!(known(format!("[h]:22 {}", text(&k))).verdict("h", 22, &k), Verdict::Unknown);
    assert_eq!(known(format!("2001:db8::1 {}", text(&k))).verdict("[2001:DB8::1]", 22, &k), Verdict::Known);
}

#[test]
fn the_types_of_a_host_are_known_before_it_is_asked() {
    let ec = key(Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 });
    let file = known(format!("h {}\n* {}\n@revoked h {}", text(&ec), text(&ed()), text(&ed())));
    assert_eq!(file.kinds("h", 22, false), ["ecdsa-sha2-nistp256", "ssh-ed25519"]);
    assert!(known("").kinds("h", 22, true).is_empty());
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_and_a_missing_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("none");
    assert!(KnownHosts::load(&[missing, "/dev/null".into()]).is_ok());
    let error = KnownHosts::load(&[dir.path().to_owned()]).unwrap_err();
    assert!(error.to_string().contains("is a folder"), "{error}");
}

#[test]
fn a_recorded_key_survives_a_missing_newline_and_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("deep/known_hosts");
    let (a, b) = (ed(), ed());
    record::append(&file, "A.example", 22, &a).unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let cut = std::fs::read_to_string(&file).unwrap().trim_end().to_owned();
    std::fs::write(&file, cut).unwrap();
    record::append(&file, "b.example", 2222, &b).unwrap();
    record::append(&file, "b.example", 2222, &b).unwrap();
    let read = std::fs::read_to_string(&file).unwrap();
    assert_eq!(read, format!("a.example {}\n[b.example]:2222 {}\n", text(&a), text(&b)));
    let error = record::append(&file, "a.example", 22, &b).unwrap_err();
    assert!(error.contains(":1: another key stands there"), "{error}");
}

#[test]
fn a_key_that_does_not_reach_the_disk_is_not_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let full = dir.path().join("full");
    std::os::unix::fs::symlink("/dev/full", &full).unwrap();
    assert!(record::append(&full, "h", 22, &ed()).is_err());
    for name in ["", "a b", "*.example", "@revoked", "a,b", "[h]:22", "a\nb", "[]"] {
        assert!(record::append(&dir.path().join("kh"), name, 22, &ed()).is_err(), "{name:?}");
    }
}

#[test]
fn two_writers_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("kh");
    std::thread::scope(|scope| {
        for n in 0..8 {
            let file = &file;
            scope.spawn(move || record::append(file, &format!("h{n}"), 22, &ed()).unwrap());
        }
    });
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 8);
}

#[test]
fn a_known_host_among_thousands_of_hashed_ones_is_found_without_trying_them_all() {
    let k = ed();
    let mut content = String::new();
    for n in 0..2000u32 {
        content.push_str(&format!("|1|{}=|{n:A>27}= {}\n", "A".repeat(27), text(&ed_from(n))));
    }
    content.push_str(&format!("h {}\n", text(&k)));
    let file = known(content);
    let started = std::time::Instant::now();
    for _ in 0..100 {
        assert_eq!(file.verdict("h", 22, &k), Verdict::Known);
    }
    assert!(started.elapsed().as_millis() < 500, "{:?}", started.elapsed());
}

fn ed_from(n: u32) -> PublicKey {
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&n.to_be_bytes());
    let pair = russh::keys::ssh_key::private::Ed25519Keypair::from_seed(&seed);
    let key = PrivateKey::from(pair);
    assert!(key.to_openssh(LineEnding::LF).is_ok());
    key.public_key().clone()
}
