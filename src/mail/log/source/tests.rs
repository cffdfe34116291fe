use super::*;
use crate::mail::output::testing::{run, tool};
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
    let at = crate::mail::time::rfc3339(i64::try_from(now() - ago).unwrap()).unwrap();
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
    let dir = tempfile::tempdir().unwrap();
    let line = log(60, "EEEEEE").replace('Z', "+0000");
    tool(dir.path(), "journalctl", &format!("cat <<'END'\n{line}END"));
    let text = gather(dir.path(), None, DAY);
    assert_eq!(ids(&text), ["EEEEEE"], "{text}");
    assert!(text.contains("== 0 0 journal\nfirst "), "{text}");
}

#[test]
fn a_rotated_source_ends_the_year_that_its_lines_may_be_of() {
    let clock = Clock::new(&Profile::default(), 1_795_485_600); // 2026-11-24
    let mut at = Vec::new();
    let text = b"== 9 1767225600 /var/log/mail.log.1\nfirst Nov 30 00:00:00 mx1 x\nDec 31 23:00:00 mx1 postfix/qmgr[1]: A: removed\n== 9 0 /var/log/mail.log\nNov 24 01:57:35 mx1 postfix/qmgr[1]: A: removed\nchanged\nend\n";
    let reading = walk(text, &clock, syslog::parse, |line| {
        at.push(crate::mail::time::rfc3339(line.at).unwrap());
        false
    });
    assert_eq!(at, ["2025-12-31T23:00:00Z", "2026-11-24T01:57:35Z"]);
    assert_eq!(crate::mail::time::rfc3339(reading.begins.unwrap()).unwrap(), "2025-11-30T00:00:00Z");
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
        at.push(crate::mail::time::rfc3339(line.at).unwrap());
        true
    });
    assert_eq!(at, ["2026-10-25T00:30:00Z", "2026-10-25T01:01:00Z", "2026-10-25T01:20:00Z"]);
}
