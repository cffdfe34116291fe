//! Lines in files, as the script prints them.

use super::{Entry, Form};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// One file: when its first and its last line were written, and its lines.
#[derive(Clone, Debug)]
pub struct File {
    pub begins: i64,
    pub modified: i64,
    pub lines: Vec<Vec<u8>>,
}

/// An entry as a line of that form.
pub fn line(entry: &Entry, form: Form, zone: &TimeZone) -> String {
    let Entry { at, program, pid, text } = entry;
    let local = Timestamp::from_second(*at).unwrap().to_zoned(zone.clone());
    let format = match form {
        Form::Own if *program == "qmail" => return format!("@{:016x}{:08x} {text}", (1i64 << 62) + 10 + at, 5_000),
        Form::Own => "%Y-%m-%d %H:%M:%S",
        Form::OwnZone => "%Y-%m-%d %H:%M:%S.123 %z",
        Form::Bsd => "%b %e %H:%M:%S",
        Form::Rfc3339 => "%Y-%m-%dT%H:%M:%S.123456%:z",
        Form::ShortIso => "%Y-%m-%dT%H:%M:%S%z",
    };
    let time = local.strftime(format);
    match (form, *program) {
        (Form::Own | Form::OwnZone, _) => format!("{time} {text}"),
        (_, "qmail") => format!("{time} mx1 qmail: {at}.000005 {text}"),
        _ => format!("{time} mx1 {program}[{pid}]: {text}"),
    }
}

/// The lines in that many files, cut after these shares of them in percent.
pub fn files(entries: &[Entry], form: Form, zone: &TimeZone, cuts: &[usize]) -> Vec<File> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| entries.len() * cut / 100).collect();
    ends.sort_unstable();
    ends.push(entries.len());
    let mut begin = 0;
    let file = |end: usize| {
        let part = &entries[begin..end];
        begin = end;
        let lines = part.iter().map(|e| line(e, form, zone).into_bytes()).collect();
        Some(File { begins: part.first()?.at, modified: part.last()?.at, lines })
    };
    ends.into_iter().filter_map(file).collect()
}

/// What the script prints of them.
pub fn print<'a>(files: impl IntoIterator<Item = &'a File>) -> Vec<u8> {
    let mut text = b"network 2020\n".to_vec();
    for File { modified, lines, .. } in files {
        text.extend(format!("== 9 {modified} /var/log/mail.log\nfirst ").into_bytes());
        let first = lines.first().map_or(&b""[..], Vec::as_slice);
        text.extend(&first[..first.len().min(40)]);
        lines.iter().for_each(|line| text.extend([b"\n", line.as_slice()].concat()));
        text.push(b'\n');
    }
    text.extend(b"end\n");
    text
}

/// A line that is not the mail server's, though it may hold one of its lines.
pub fn foreign(kind: usize, line: &[u8], entry: &Entry, zone: &TimeZone) -> Vec<u8> {
    let talk = |program, text: String| {
        let entry = Entry { at: entry.at, program, pid: 7, text };
        self::line(&entry, Form::Bsd, zone).into_bytes()
    };
    let whole = String::from_utf8_lossy(line);
    let said = format!("{}[{}]: {}", entry.program, entry.pid, entry.text);
    match kind % 10 {
        0 => talk("sshd", format!("Invalid user {said} from 203.0.113.9 port 4711")),
        1 => talk("CRON", "(root) CMD (  cd / && run-parts --report /etc/cron.hourly)".to_owned()),
        2 => talk("kernel", format!("[    1.000000] Out of memory: {said}")),
        3 => talk(
            "dovecot",
            "imap-login: Login: user=<imap@example.jp>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1".into(),
        ),
        4 => talk("opendkim", format!("{}: DKIM-Signature field added", entry.text)),
        5 => b"\0\0\0\xff\xfe\x1b[31m\x01\x80".to_vec(),
        6 => Vec::new(),
        7 => format!("  {whole}").into_bytes(),
        8 => [b"\0\0\0", line].concat(),
        _ => line[..15.min(line.len())].to_vec(),
    }
}
