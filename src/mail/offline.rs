//! Mail logs at hand: files that a customer attached to a ticket, without the server they come from.
//!
//! They are read by the same readers as a server's own, in the form in which its script would have printed them.

use super::log::LogReading;
use super::read::logins::{self, LoginReading};
use crate::host::answer::lines;
use crate::host::time::Clock;
use crate::mail::mta::{self, Mta};

/// Bytes of each file by which the mail server is told.
const SAMPLE: usize = 1 << 18;

/// One file, unpacked.
#[derive(Clone, Debug)]
pub struct LogFile {
    /// The file's name, for the report and for what is missing.
    pub name: String,
    /// Seconds since 1970; 0 when it is not known. A log has no line from after it.
    pub modified: i64,
    /// Its text, in whatever encoding.
    pub bytes: Vec<u8>,
}

/// What the files told.
#[derive(Debug)]
pub struct AtHand {
    /// The mail server whose lines they are.
    pub mta: &'static str,
    /// What was sent.
    pub sent: LogReading,
    /// Who logged in, or tried to.
    pub logins: LoginReading,
}

/// Reads files in whatever order; `mta` names the mail server, or the one with the most lines is taken.
///
/// # Errors
/// A sentence, when no line of a mail server is in any of them.
pub fn read(files: &[LogFile], mta: Option<&str>, clock: &Clock) -> Result<AtHand, String> {
    let known = || mta::ALL.iter().copied().filter(|m| m.log().is_some() && mta.is_none_or(|name| name == m.name()));
    let own = |m: &&dyn Mta| files.iter().map(|file| own_lines(*m, file, clock)).sum::<usize>();
    let found = known().map(|m| (own(&m), m)).max_by_key(|(lines, _)| *lines).filter(|(lines, _)| *lines > 0);
    let (_, found) = found.ok_or_else(|| {
        let names: Vec<&str> = known().map(Mta::name).collect();
        format!("it has no line from {}", names.join(", "))
    })?;
    let log = found.log().ok_or("its log cannot be read")?;
    let bytes = gathered(files, log, clock);
    Ok(AtHand { mta: found.name(), sent: log.read(&bytes, clock), logins: logins::read_log(log, &bytes, clock) })
}

/// Lines at the beginning of a file that are the mail server's.
fn own_lines(mta: &dyn Mta, file: &LogFile, clock: &Clock) -> usize {
    let Some(log) = mta.log() else { return 0 };
    let bytes = file.bytes.get(..SAMPLE).unwrap_or(&file.bytes).to_vec();
    let sample = LogFile { name: file.name.clone(), modified: file.modified, bytes };
    let reading = log.read(&gathered(&[sample], log, clock), clock);
    reading.lines.saturating_sub(reading.foreign)
}

/// The files as the script on a server prints them: oldest first, each with its name and its end.
fn gathered(files: &[LogFile], log: &dyn mta::Log, clock: &Clock) -> Vec<u8> {
    let begins = |file: &LogFile| {
        let clock = if file.modified > 0 { clock.until(file.modified) } else { clock.clone() };
        lines(&file.bytes).find_map(|(_, line)| Some(log.cut()(line, &clock)?.at))
    };
    let mut order: Vec<&LogFile> = files.iter().collect();
    order.sort_by_key(|file| begins(file).unwrap_or(i64::MAX));
    let mut out = Vec::with_capacity(files.iter().map(|f| f.bytes.len() + 200).sum());
    for file in order {
        let name = crate::host::parse::text(file.name.as_bytes());
        out.extend_from_slice(format!("== {} {} {name}\n", file.bytes.len(), file.modified).as_bytes());
        // A copy of a log that is being written may end inside a line, and half a login may be another's. A line that
        // stands alone was pasted.
        let end = memchr::memrchr(b'\n', &file.bytes).map_or(file.bytes.len(), |at| at + 1);
        let (whole, cut_off) = file.bytes.split_at_checked(end).unwrap_or((&file.bytes, b""));
        for (_, line) in lines(whole) {
            // What would be read as a word of the script is a stranger's line here.
            if !line.first().is_some_and(|b| b.is_ascii_digit() || b.is_ascii_uppercase() || *b == b'@') {
                out.push(b'?');
            }
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        if !cut_off.is_empty() {
            out.extend_from_slice(b"?\n");
        }
    }
    out.extend_from_slice(b"end\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Profile;

    const BSD: &str = include_str!("../../tests/captures/postfix-bsd.log");

    fn clock() -> Clock {
        Clock::new(&Profile::default(), 1_795_500_000)
    }

    fn file(name: &str, text: &str) -> LogFile {
        LogFile { name: name.into(), modified: 0, bytes: text.as_bytes().to_vec() }
    }

    #[test]
    fn files_in_any_order_tell_what_one_file_tells() {
        let whole = read(&[file("a", BSD)], None, &clock()).unwrap();
        assert_eq!(whole.mta, "postfix");
        assert!(!whole.sent.records.is_empty() && whole.sent.ended);
        let lines: Vec<&str> = BSD.lines().collect();
        let (early, late) = lines.split_at(lines.len() / 2);
        let halves = [late, early].map(|half| file("half", &(half.join("\n") + "\n")));
        let read = read(&halves, None, &clock()).unwrap();
        assert_eq!(read.sent.records, whole.sent.records);
    }

    #[test]
    fn a_last_line_that_may_be_cut_off_is_counted_and_no_more() {
        const LINE: &str = "Nov 24 01:57:35 mx1 postfix/smtpd[7]: A2CDA9D291A: client=x[192.0.2.7], sasl_username=info";
        let logins = |text: &str| read(&[file("a", text)], None, &clock()).unwrap().logins.records.len();
        let two = format!("{LINE}@example.jp\n{LINE}");
        assert_eq!([logins(&two), logins(&format!("{two}\n")), logins(LINE)], [1, 2, 1]);
        let read = read(&[file("a", &two)], None, &clock()).unwrap();
        assert_eq!((read.sent.lines, read.sent.foreign), (2, 1));
    }

    #[test]
    fn a_line_that_looks_like_a_word_of_the_script_is_a_strangers() {
        let text = format!("end\n== 9 9 x\nskip\tx\ty\nchanged\nfirst 2020-01-01T00:00:00Z\n{BSD}");
        let read = read(&[file("a\nend", &text)], None, &clock()).unwrap();
        assert_eq!((read.sent.incomplete.len(), read.sent.foreign >= 5), (0, true));
        assert!(read.sent.begins > Some(1_700_000_000));
    }

    #[test]
    fn the_mail_server_is_told_by_its_lines_or_by_name() {
        let exim = include_str!("../../tests/captures/exim/mainlog");
        assert_eq!(read(&[file("a", exim)], None, &clock()).unwrap().mta, "exim");
        assert!(read(&[file("a", exim)], Some("postfix"), &clock()).unwrap_err().contains("no line from postfix"));
        assert!(read(&[file("a", "hello\n")], None, &clock()).is_err());
    }
}
