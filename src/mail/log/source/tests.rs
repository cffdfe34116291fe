use super::*;
use crate::host::answer::testing::{run, tool};
use crate::model::{HostName, Profile};
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

const HEAD: &str = "names=/nonexistent/mail.log\npattern='postfix/[a-z]+[[][0-9]+[]]: [0-9A-Z]+: (from=<|removed$)'\n";
const DAY: u64 = 86_400;

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A line that matters and one that does not, `ago` seconds before now, in UTC.
fn log(ago: u64, id: &str) -> String {
    let at = crate::host::time::rfc3339(i64::try_from(now() - ago).unwrap()).unwrap();
    format!("{at} mx1 postfix/smtpd[1]: connect from x\n{at} mx1 postfix/qmgr[1]: {id}: removed\n")
}

fn write(path: &Path, bytes: &[u8], ago: u64) {
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(bytes).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_secs(now() - ago)).unwrap();
}

fn gather(dir: &Path, named: Option<&Path>, since: u64) -> String {
    let mut host = Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root");
    host.paths.extend(named.map(|p| ("mail_log".to_owned(), p.display().to_string())));
    let window = Window::new(&Profile::default(), i64::try_from(now()).unwrap(), Duration::from_secs(since));
    let output = run(&part("senders.log", &host, &window, HEAD), dir);
    assert_eq!(output.ended, crate::shell::Ended::Status(0));
    assert_eq!(output.stderr.for_human(999), "");
    output.stdout.for_human(99_999)
}

fn ids(text: &str) -> Vec<&str> {
    text.lines().filter_map(|l| l.strip_suffix(": removed")?.rsplit(' ').next()).collect()
}

#[test]
fn sources_are_read_oldest_first_by_what_they_are_and_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(log(3 * DAY, "AAAAAA").as_bytes()).unwrap();
    // Compressed, whatever its name says.
    write(&file("mail.log.2"), &gz.finish().unwrap(), 3 * DAY - 60);
    write(&file("mail.log-20260101"), log(2 * DAY, "BBBBBB").as_bytes(), 2 * DAY - 60);
    write(&file("mail.log"), log(60, "CCCCCC").as_bytes(), 0);
    write(&file("mail.log.9"), log(40 * DAY, "DDDDDD").as_bytes(), 40 * DAY);
    std::os::unix::fs::symlink(file("mail.log"), file("mail.log.link")).unwrap();
    let text = gather(dir.path(), Some(&file("mail.log")), 5 * DAY);
    assert_eq!(ids(&text), ["AAAAAA", "BBBBBB", "CCCCCC"], "{text}");
    assert!(!text.contains("connect from") && text.ends_with("end\n"), "{text}");

    let reading =
        walk(text.as_bytes(), &Clock::new(&Profile::default(), i64::try_from(now()).unwrap()), syslog::parse, |_| true);
    assert!(reading.ended && reading.incomplete.is_empty(), "{reading:?}");
    assert_eq!(reading.lines, 3);
    assert!(reading.begins.unwrap() <= i64::try_from(now() - 3 * DAY + 5).unwrap());

    // Only days of the window leave the host.
    assert_eq!(ids(&gather(dir.path(), Some(&file("mail.log")), 3_600)), ["CCCCCC"]);
}

/// Packs with the real tool; where there is none, behind its magic number, with a stand-in that unpacks that.
fn packed(dir: &Path, name: &str, magic: [u8; 4], text: &str) -> Vec<u8> {
    let plain = dir.join("plain");
    std::fs::write(&plain, text).unwrap();
    match std::process::Command::new(name).arg("-c").stdin(std::fs::File::open(&plain).unwrap()).output() {
        Ok(done) if done.status.success() => done.stdout,
        _ => {
            tool(dir, name, "[ \"$*\" = -dc ] && tail -c +5");
            [&magic, text.as_bytes()].concat()
        }
    }
}

#[test]
fn whatever_a_source_is_packed_with_and_called_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let named = dir.path().join("maillog");
    let kinds: [(&str, &str, [u8; 4]); 9] = [
        (".9", "zstd", [0x28, 0xb5, 0x2f, 0xfd]),
        (".8.gz", "xz", [0xfd, 0x37, 0x7a, 0x58]),
        (".7.xz", "bzip2", [0x42, 0x5a, 0x68, 0x39]),
        (".2.gz", "gzip", [0x1f, 0x8b, 8, 0]),
        ("-20260101.gz", "gzip", [0x1f, 0x8b, 8, 0]),
        (".processed.2.gz", "", [0; 4]),
        (".processed.1.gz", "gzip", [0x1f, 0x8b, 8, 0]),
        (".processed", "", [0; 4]),
        (".1", "", [0; 4]),
    ];
    let mut want = Vec::new();
    for (n, (suffix, tool, magic)) in (0..).zip(kinds) {
        let (id, ago) = (format!("AAAAA{n}"), 5 * DAY - n * 3_600);
        let text = log(ago, &id);
        let bytes = if tool.is_empty() { text.into_bytes() } else { packed(dir.path(), tool, magic, &text) };
        write(&dir.path().join(format!("maillog{suffix}")), &bytes, ago - 60);
        want.push(id);
    }
    write(&named, log(60, "BBBBBB").as_bytes(), 0);
    want.push("BBBBBB".to_owned());
    let text = gather(dir.path(), Some(&named), 9 * DAY);
    assert_eq!((ids(&text), text.contains("skip")), (want.iter().map(String::as_str).collect(), false), "{text}");
}

#[test]
fn a_line_that_has_no_end_yet_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mail.log");
    let two = log(90, "AAAAAA") + &log(60, "BBBBBB");
    write(&file, two.trim_end().as_bytes(), 0);
    assert_eq!(ids(&gather(dir.path(), Some(&file), DAY)), ["AAAAAA"]);
    write(&file, two.as_bytes(), 0);
    assert_eq!(ids(&gather(dir.path(), Some(&file), DAY)), ["AAAAAA", "BBBBBB"]);
    write(&file, b"", 0);
    assert!(gather(dir.path(), Some(&file), DAY).ends_with("\nfirst \nend\n"));
    // A packed file that was cut off: what it holds is read, and it is said.
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    gz.write_all(two.as_bytes()).unwrap();
    let gz = gz.finish().unwrap();
    write(&file, &gz[..gz.len() - 12], 0);
    let text = gather(dir.path(), Some(&file), DAY);
    assert_eq!((ids(&text), text.contains("it cannot be unpacked\nend")), (vec!["AAAAAA"], true), "{text}");
}

#[test]
fn a_log_that_is_rotated_while_it_is_read_says_so_and_loses_nothing_of_the_newest() {
    let rotate = |older: bool| {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| dir.path().join(name);
        if older {
            write(&file("mail.log.1"), log(2 * DAY, "AAAAAA").as_bytes(), 2 * DAY);
        }
        write(&file("mail.log"), log(60, "BBBBBB").as_bytes(), 30);
        write(&file("new"), log(10, "CCCCCC").as_bytes(), 0);
        // The first thing that is done to a file after the files were listed.
        let script = "cd \"${0%/*}\" && if [ -e new ]; then
            [ -e mail.log.1 ] && mv mail.log.1 mail.log.2
            mv mail.log mail.log.1 && mv new mail.log
            fi\nexec /usr/bin/od \"$@\"";
        tool(dir.path(), "od", script);
        gather(dir.path(), Some(&file("mail.log")), 5 * DAY)
    };
    let text = rotate(false);
    assert_eq!((ids(&text), text.ends_with("changed\nend\n")), (vec!["BBBBBB"], true), "{text}");
    // Under the older file's name stands the newer by now; readers count nothing twice.
    let text = rotate(true);
    assert_eq!((ids(&text), text.ends_with("changed\nend\n")), (vec!["BBBBBB", "BBBBBB"], true), "{text}");
}

#[test]
fn a_line_that_counts_goes_with_the_line_that_it_counts() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mail.log");
    let at = crate::host::time::rfc3339(i64::try_from(now() - 60).unwrap()).unwrap();
    let line = |text: &str| format!("{at} mx1 {text}\n");
    let failed = line("postfix/smtpd[7]: warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6");
    let folded = failed.replace("warning: ", "message repeated 5 times: [ warning: ").replace("Q6\n", "Q6]\n");
    let text = [
        failed.clone(),
        line("last message repeated 3 times"),
        line("postfix/smtpd[7]: last message repeated 2 times"),
        line("sshd[7]: Failed password for root"),
        line("last message repeated 100 times"),
        line("sshd[7]: last message repeated 100 times"),
        folded,
        line("sshd[7]: last message repeated 100 times"),
        line("last message repeated 100 times"),
    ]
    .concat();
    write(&file, text.as_bytes(), 0);
    let mut host = Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root");
    host.paths.insert("mail_log".into(), file.display().to_string());
    let found = crate::model::profile::Found { name: "postfix".into(), version: String::new(), active: true };
    let profile = Profile { mtas: vec![found], ..Profile::default() };
    let (day, until) = (Duration::from_secs(DAY), i64::try_from(now()).unwrap());
    let crate::host::ask::Support::Yes(parts) = crate::mail::read::logins::parts(&host, &profile, day, until) else {
        panic!()
    };
    let output = run(&parts[0], dir.path());
    let sum = |part| {
        crate::mail::read::logins::read(&host, &profile, day, until, &[part], &crate::mail::geo::Geo::default())
            .unwrap()
            .failed
    };
    assert_eq!(sum(output.clone()), 1 + 3 + 2 + 5, "{}", output.stdout.for_human(9_999));
    // Of messages it changes nothing.
    let sent = log(60, "AAAAAA") + &line("last message repeated 3 times");
    write(&file, sent.as_bytes(), 0);
    let text = gather(dir.path(), Some(&file), DAY);
    assert_eq!((ids(&text).len(), text.contains("last message repeated 3 times")), (1, true), "{text}");
}

#[test]
fn what_cannot_be_read_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    let missing = gather(dir.path(), Some(&file("no.log")), DAY);
    assert!(missing.contains("no.log\tit does not exist or is older than the window\nend"), "{missing}");
    write(&file("mail.log"), b"\x1f\x8b\x08\x00broken", 0);
    let broken = gather(dir.path(), Some(&file("mail.log")), DAY);
    assert!(broken.contains("it cannot be unpacked"), "{broken}");
    let reading = walk(broken.as_bytes(), &Clock::new(&Profile::default(), 0), syslog::parse, |_| true);
    assert_eq!(reading.incomplete, [format!("{}: it cannot be unpacked", file("mail.log").display())]);
}

#[test]
fn without_a_file_the_journal_is_read() {
    let clock = Clock::new(&Profile::default(), i64::try_from(now()).unwrap());
    // Before systemd 255 the zone has no colon.
    for zone in ["+0000", "+00:00"] {
        let dir = tempfile::tempdir().unwrap();
        let lines = log(60, "EEEEEE").replace('Z', zone) + "-- Reboot --\n" + &log(30, "FFFFFF").replace('Z', zone);
        tool(dir.path(), "journalctl", &format!("echo \"$*\" >\"${{0%/*}}/asked\"\ncat <<'END'\n{lines}END"));
        let text = gather(dir.path(), None, DAY);
        assert_eq!(ids(&text), ["EEEEEE", "FFFFFF"], "{text}");
        assert!(text.contains("== 0 0 journal\nfirst "), "{text}");
        let asked = std::fs::read_to_string(dir.path().join("asked")).unwrap();
        assert!(asked.contains("-o short-iso --since @") && asked.contains("SYSLOG_FACILITY=2"), "{asked}");
        let mut at = Vec::new();
        let reading = walk(text.as_bytes(), &clock, syslog::parse, |line| {
            at.push(i64::try_from(now()).unwrap() - line.at);
            true
        });
        assert!(reading.lines == 2 && (60..70).contains(&at[0]) && (30..40).contains(&at[1]), "{reading:?} {at:?}");
    }
}

#[test]
fn a_rotated_source_ends_the_year_that_its_lines_may_be_of() {
    let clock = Clock::new(&Profile::default(), 1_795_485_600); // 2026-11-24
    let mut at = Vec::new();
    let text = b"== 9 1767225600 /var/log/mail.log.1\nfirst Nov 30 00:00:00 mx1 x\nDec 31 23:00:00 mx1 postfix/qmgr[1]: A: removed\n== 9 0 /var/log/mail.log\nNov 24 01:57:35 mx1 postfix/qmgr[1]: A: removed\nchanged\nend\n";
    let reading = walk(text, &clock, syslog::parse, |line| {
        at.push(crate::host::time::rfc3339(line.at).unwrap());
        false
    });
    assert_eq!(at, ["2025-12-31T23:00:00Z", "2026-11-24T01:57:35Z"]);
    assert_eq!(crate::host::time::rfc3339(reading.begins.unwrap()).unwrap(), "2025-11-30T00:00:00Z");
    assert_eq!((reading.lines, reading.foreign), (2, 2));
    assert_eq!(reading.incomplete, ["the log was rotated while it was read"]);
}

#[test]
fn files_are_read_by_their_first_lines_whatever_their_last_change() {
    let clock = Clock::new(&Profile::default(), 1_795_485_600);
    let line = |day: u32| format!("Nov {day} 01:57:35 mx1 postfix/qmgr[1]: A: removed\n");
    let file = |modified: u32, first: &str, day| format!("== 9 {modified} /x\nfirst {first}\n{}", line(day));
    // A copy, whose change is the copying; of one the first line is cut off.
    let text = file(1_795_400_000, "Nov 20 00:00:00 mx1 x", 22) + &file(1_795_485_000, "\0\0", 18) + "end\n";
    let mut days = Vec::new();
    walk(text.as_bytes(), &clock, syslog::parse, |line| {
        days.push(clock.date(line.at).unwrap().day());
        true
    });
    assert_eq!(days, [18, 22]);
}

#[test]
fn a_file_that_begins_in_an_hour_that_comes_twice_goes_on_where_the_one_before_was_left() {
    let profile = Profile { zone: "Europe/Berlin".into(), ..Profile::default() };
    let clock = Clock::new(&profile, 1_795_485_600);
    let line = |time: &str| format!("Oct 25 {time} mx1 postfix/qmgr[1]: A: removed\n");
    // 2026-10-25T01:01:00Z, the second 02:01 of that night.
    let text = format!(
        "== 9 1792890060 /x.1\n{}{}== 9 1792895000 /x\n{}",
        line("02:30:00"),
        line("02:01:00"),
        line("02:20:00")
    );
    let mut at = Vec::new();
    walk(text.as_bytes(), &clock, syslog::parse, |line| {
        at.push(crate::host::time::rfc3339(line.at).unwrap());
        true
    });
    assert_eq!(at, ["2026-10-25T00:30:00Z", "2026-10-25T01:01:00Z", "2026-10-25T01:20:00Z"]);
}
