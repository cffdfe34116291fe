use std::path::{Path, PathBuf};

fn scripts(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
        match entry.extension() {
            _ if entry.is_dir() => scripts(&entry, into),
            Some(kind) if kind == "sh" => into.push(entry),
            _ => {}
        }
    }
}

#[test]
fn every_script_is_sound_and_asks_for_nothing_that_old_hosts_lack() {
    let mut found = Vec::new();
    scripts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/mail"), &mut found);
    assert!(found.len() >= 12, "{found:?}");
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap();
        let checked = std::process::Command::new("/bin/sh").arg("-n").arg(&path).status().unwrap();
        assert!(checked.success(), "{}", path.display());
        for word in
            ["[[ ", "python", "timeout ", "stat -c", "sort -V", "grep -P", "local ", "<<<", "mktemp", "pipefail"]
        {
            assert!(!text.contains(word), "{} uses {word}", path.display());
        }
    }
}
