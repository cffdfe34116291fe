//! The one-shot probe: what a host is, in one script. See [`Profile`].
//!
//! Each mail server, IMAP server and panel adds its own piece of script; what they share stands in `detect.sh`.

use super::{imap, mta, panel};
use crate::host::answer::lines;
use crate::host::parse::{MAX_TEXT, ParseError, text};
use crate::host::time;
use crate::model::fault::{FaultKind, Shell, Timeout};
use crate::model::profile::{Found, Os};
use crate::model::untrusted::clean_line;
use crate::model::{Fault, Profile};
use crate::shell::{Ended, Part, PartOutput};
use std::collections::BTreeMap;

const WHAT: &str = "host facts";

/// The probe. Its answer is [`parse`]d into a [`Profile`].
pub fn part() -> Part {
    let imaps = imap::ALL.iter().map(|i| i.detect());
    let pieces = imaps.chain(panel::ALL.iter().map(|p| p.detect())).chain(mta::ALL.iter().map(|m| m.detect()));
    let mut script = include_str!("detect.sh").to_owned();
    pieces.for_each(|piece| script.push_str(piece));
    script.push_str("echo end=1\n");
    Part::new("host.facts", script).max_stdout(64 << 10)
}

/// The profile, from what came back of the probe.
///
/// # Errors
/// When the probe did not come to a good end, or its answer is none.
pub fn read(outputs: &[PartOutput]) -> Result<Profile, Fault> {
    let failed = |text: String| Fault::new(FaultKind::Shell(Shell::DidNotStart), text);
    let Some(output) = outputs.first() else { return Err(failed("no profile was received".into())) };
    match output.ended {
        Ended::Status(0) if !output.truncated => output.stdout.parse(parse).map_err(|e| failed(e.to_string())),
        Ended::Status(status) => {
            Err(failed(format!("the profile probe exited with status {status}: {}", output.stderr.for_human(200))))
        }
        Ended::TimedOut => Err(Fault::new(FaultKind::Timeout(Timeout::Total), "the profile probe did not finish")),
        Ended::Cancelled | Ended::Lost | Ended::NotStarted => Err(failed("the profile probe did not finish".into())),
    }
}

/// Reads the probe's answer.
///
/// # Errors
/// When the last line is missing (the answer was cut off) or a line is none of the probe's.
pub fn parse(bytes: &[u8]) -> Result<Profile, ParseError> {
    let mut facts: BTreeMap<&str, String> = BTreeMap::new();
    let mut profile = Profile::default();
    let mut ended = false;
    for (n, line) in lines(bytes) {
        let bad = |message: &str| ParseError::new(WHAT, n, message);
        let line = std::str::from_utf8(line).unwrap_or("");
        let (key, value) = line.split_once('=').ok_or_else(|| bad("not a key and a value"))?;
        match key {
            _ if ended => return Err(bad("data after the end marker")),
            "end" => ended = true,
            "found" => {
                let (list, found) = found(value).ok_or_else(|| bad("not a software that the probe looks for"))?;
                match list {
                    "panel" => profile.panels.push(found),
                    "mta" => profile.mtas.push(found),
                    _ => profile.imaps.push(found),
                }
            }
            _ => {
                facts.insert(key, clean_line(value, MAX_TEXT).trim().to_owned());
            }
        }
    }
    if !ended {
        return Err(ParseError::new(WHAT, 0, "truncated: the end is missing"));
    }
    let fact = |key: &str| facts.get(key).map_or("", String::as_str);
    let number = |key: &str| fact(key).parse().map_err(|_| ParseError::new(WHAT, 0, format!("no number: {key}")));
    profile.now = number("now")?;
    profile.uid = u32::try_from(number("uid")?).map_err(|_| ParseError::new(WHAT, 0, "no number: uid"))?;
    profile.hostname = fact("hostname").to_owned();
    profile.utc_offset = time::parse_offset(fact("offset")).unwrap_or(0);
    profile.zone = Some(fact("zone")).filter(|z| time::is_zone_name(z)).unwrap_or_default().to_owned();
    profile.os = os(fact("os_id"), fact("os_version"), fact("os_name"), fact("os_redhat"), fact("os_debian"));
    // What runs comes before what is only installed; within that, the order of the lists stays.
    for list in [&mut profile.panels, &mut profile.mtas, &mut profile.imaps] {
        list.sort_by_key(|f| !f.active);
    }
    Ok(profile)
}

/// `mta postfix 1 3.7.11`, with a name that stands in a list.
fn found(value: &str) -> Option<(&'static str, Found)> {
    let mut words = value.splitn(4, ' ');
    let (kind, name) = (words.next()?, words.next()?);
    let active = match words.next()? {
        "0" => false,
        "1" => true,
        _ => return None,
    };
    let list = match kind {
        "panel" if panel::find(name).is_some() => "panel",
        "mta" if mta::find(name).is_some() => "mta",
        "imap" if imap::find(name).is_some() => "imap",
        _ => return None,
    };
    let version = text(words.next()?.trim().as_bytes());
    Some((list, Found { name: name.to_owned(), version, active }))
}

/// From `/etc/os-release`; before there was one, from the files of Red Hat's and Debian's families.
fn os(id: &str, version: &str, name: &str, redhat: &str, debian: &str) -> Os {
    let os = |id: &str, version: &str, name: &str| Os { id: id.into(), version: version.into(), name: name.into() };
    if !id.is_empty() {
        // Debian's testing has no VERSION_ID: `bookworm/sid` stands here for the number.
        let version = if version.is_empty() && id == "debian" { debian } else { version };
        return os(&id.to_ascii_lowercase(), version, if name.is_empty() { id } else { name });
    }
    if let Some((product, rest)) = redhat.split_once(" release ") {
        let id = match product {
            _ if product.starts_with("CentOS") => "centos",
            _ if product.starts_with("Red Hat") => "rhel",
            _ if product.starts_with("CloudLinux") => "cloudlinux",
            _ if product.starts_with("Oracle") || product.starts_with("Enterprise Linux") => "ol",
            _ => "",
        };
        return os(id, rest.split(' ').next().unwrap_or(""), redhat);
    }
    if !debian.is_empty() {
        return os("debian", debian.split('.').next().unwrap_or(""), &format!("Debian {debian}"));
    }
    Os::default()
}

#[cfg(test)]
pub(crate) mod testing {
    use std::collections::BTreeSet;

    /// The names of the folders in a folder of this project.
    pub fn folders(path: &str) -> BTreeSet<String> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let entries = std::fs::read_dir(path).unwrap().map(Result::unwrap).filter(|e| e.path().is_dir());
        entries.map(|e| e.file_name().into_string().unwrap()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::answer::testing::run;
    use proptest::prelude::*;

    const PLESK: &str = include_str!("../../../tests/captures/facts-plesk-postfix.txt");

    #[test]
    fn plesk_on_postfix_is_not_mistaken_for_qmail() {
        let profile = parse(PLESK.as_bytes()).unwrap();
        assert_eq!((profile.panel(), profile.mta(), profile.imap()), ("plesk", "postfix", "dovecot"));
        assert_eq!(profile.panels[0].version, "18.0.72");
        insta::assert_snapshot!(serde_json::to_string(&profile).unwrap(), @r#"{"hostname":"mx1.example.jp","now":1795487362,"utc_offset":32400,"zone":"Asia/Tokyo","uid":0,"os":{"id":"almalinux","version":"8.10","name":"AlmaLinux 8.10 (Cerulean Leopard)"},"panels":[{"name":"plesk","version":"18.0.72","active":true}],"mtas":[{"name":"postfix","version":"3.7.11","active":true}],"imaps":[{"name":"dovecot","version":"2.3.21.1 (d492236fa0)","active":true}]}"#);
    }

    #[test]
    fn what_runs_comes_before_what_is_installed() {
        let text = "uid=0\nnow=5\nfound=mta postfix 0 3.4\nfound=mta exim 1 4.96\nfound=mta sendmail 1 \nend=1\n";
        let profile = parse(text.as_bytes()).unwrap();
        assert_eq!(profile.mtas.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(), ["exim", "sendmail", "postfix"]);
        assert_eq!(profile.panel(), "plain");
    }

    #[test]
    fn the_os_is_told_by_hosts_older_than_os_release() {
        let told = |r: &str, d: &str| os("", "", "", r, d);
        let centos = told("CentOS release 5.11 (Final)", "");
        assert_eq!((centos.id.as_str(), centos.version.as_str()), ("centos", "5.11"));
        assert_eq!(told("Red Hat Enterprise Linux Server release 6.10 (Santiago)", "").id, "rhel");
        assert_eq!(told("", "7.11").version, "7");
        assert_eq!(os("debian", "", "Debian GNU/Linux bookworm/sid", "", "bookworm/sid").version, "bookworm/sid");
        assert_eq!(told("", ""), Os::default());
    }

    #[test]
    fn an_answer_that_was_cut_off_or_altered_is_refused() {
        let error = |text: &str| parse(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(error("uid=0\nnow=5\n"), "host facts: truncated: the end is missing");
        assert_eq!(error(""), "host facts: truncated: the end is missing");
        assert_eq!(error("uid=0\nnow=x\nend=1\n"), "host facts: no number: now");
        assert_eq!(
            error("uid=0\nnow=5\nfound=mta \x1b[31mevil 1 9\nend=1\n"),
            "host facts, line 3: not a software that the probe looks for"
        );
        assert_eq!(error("uid=0\nnow=5\nend=1\nuid=1\n"), "host facts, line 4: data after the end marker");
    }

    #[test]
    fn the_probe_runs_on_this_machine() {
        let output = run(&part(), std::path::Path::new("/nonexistent"));
        assert_eq!(output.ended, crate::shell::Ended::Status(0));
        assert_eq!(output.stderr.for_human(999), "");
        let profile = output.stdout.parse(parse).unwrap();
        assert!(profile.now > 1_700_000_000 && !profile.hostname.is_empty(), "{profile:?}");
        assert_eq!(profile.os.id.is_empty(), !std::path::Path::new("/etc/os-release").exists());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn a_flipped_or_cut_capture_is_read_or_refused(at in 0..PLESK.len(), with in any::<u8>()) {
            let mut bytes = PLESK.as_bytes().to_vec();
            let _ = parse(&bytes[..at]);
            bytes[at] = with;
            let _ = parse(&bytes);
        }
    }
}
