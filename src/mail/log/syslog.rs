//! One line of a syslog file or of journald's `short-iso` forms.

use crate::host::time::Clock;

/// `TIME HOST PROGRAM[PID]: MESSAGE`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line<'a> {
    /// Seconds since 1970.
    pub at: i64,
    /// As the program calls itself: `postfix/submission/smtpd`.
    pub program: &'a [u8],
    /// The process, where the line tells it; the system gives the same number out again.
    pub pid: Option<u32>,
    /// What the program said, behind `: `, without the line feed.
    pub message: &'a [u8],
    /// How often it was said: a syslog daemon may fold equal lines into `message repeated 3 times: [ .. ]`.
    pub times: u32,
}

/// Reads a line; none when it is cut off or of another form. Some programs write no process id.
pub fn parse<'a>(line: &'a [u8], clock: &Clock) -> Option<Line<'a>> {
    let (at, rest) = match line.first()? {
        b'0'..=b'9' => clock.parse_iso(line)?,
        _ => clock.parse_bsd(line)?,
    };
    let (host, rest) = split_once(rest.strip_prefix(b" ")?, b' ')?;
    let word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'_' | b'-');
    let (program, rest) = rest.split_at_checked(rest.iter().take_while(|b| word(b)).count())?;
    let (pid, rest) = match rest.strip_prefix(b"[") {
        Some(rest) => {
            let (pid, rest) = split_once(rest, b']')?;
            let digits = !pid.is_empty() && pid.iter().all(u8::is_ascii_digit);
            (std::str::from_utf8(pid).ok().filter(|_| digits)?.parse().ok(), rest)
        }
        None => (None, rest),
    };
    let (times, message) = repeated(rest.strip_prefix(b": ")?);
    (!host.is_empty() && !program.is_empty()).then_some(Line { at, program, pid, message, times })
}

/// `message repeated 3 times: [ MESSAGE]`, as rsyslog folds them.
fn repeated(message: &[u8]) -> (u32, &[u8]) {
    let folded = || {
        let (times, rest) = split_once(message.strip_prefix(b"message repeated ")?, b' ')?;
        let times = std::str::from_utf8(times).ok()?.parse().ok()?;
        Some((times, rest.strip_prefix(b"times: [ ")?.strip_suffix(b"]")?))
    };
    folded().unwrap_or((1, message))
}

/// `TIME HOST last message repeated 3 times`, or with the program before `last`, as older daemons fold them: the
/// line right before it once more.
pub fn again<'a>(line: &[u8], before: &Line<'a>, clock: &Clock) -> Option<Line<'a>> {
    let (at, rest) = clock.parse_any(line.strip_suffix(b" times")?)?;
    let (_, rest) = split_once(rest.strip_prefix(b" ")?, b' ')?;
    let rest = match rest.strip_prefix(before.program) {
        Some(tail) => split_once(tail, b':')?.1.strip_prefix(b" ")?,
        None => rest,
    };
    let times = std::str::from_utf8(rest.strip_prefix(b"last message repeated ")?).ok()?.parse().ok()?;
    Some(Line { at, times, ..*before })
}

/// The bytes before and after the first such byte.
pub fn split_once(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(byte, text)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Profile;

    #[test]
    fn a_line_that_only_counts_repeats_the_one_before() {
        let clock = Clock::new(&Profile::default(), 1_795_485_600);
        let before = parse(b"Nov 24 01:57:35 mx1 postfix/smtpd[7]: warning: x", &clock).unwrap();
        let read = |text: &str| again(text.as_bytes(), &before, &clock);
        let want = Some(Line { at: before.at + 30, times: 3, ..before });
        assert_eq!(read("Nov 24 01:58:05 mx1 last message repeated 3 times"), want);
        assert_eq!(read("Nov 24 01:58:05 mx1 postfix/smtpd[7]: last message repeated 3 times"), want);
        assert_eq!(read("Nov 24 01:58:05  postfix/smtpd[7]: last message repeated 3 times"), want);
        for bad in [
            "Nov 24 01:58:05 mx1 sshd[7]: last message repeated 3 times",
            "Nov 24 01:58:05 mx1 postfix/smtpd[7]: x: last message repeated 3 times",
            "Nov 24 01:58:05 mx1 postfix/smtpdx: last message repeated 3 times x",
            "Nov 24 01:58:05 mx1 last message repeated -3 times",
            "Nov 24 01:58:05 mx1 last message repeated 99999999999 times",
            "Nov 24 01:58:05 mx1 x last message repeated 3 times",
            "last message repeated 3 times",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_line_is_read_whole_or_not_at_all() {
        let clock = Clock::new(&Profile::default(), 1_795_485_600);
        let read = |text: &'static str| {
            let line = parse(text.as_bytes(), &clock)?;
            Some((line.at, std::str::from_utf8(line.program).unwrap(), std::str::from_utf8(line.message).unwrap()))
        };
        let want = Some((1_795_485_455, "postfix/qmgr", "A: removed"));
        assert_eq!(read("Nov 24 01:57:35 mx1 postfix/qmgr[128]: A: removed"), want);
        assert_eq!(read("2026-11-24T01:57:35.466203+00:00 mx1 postfix/qmgr[128]: A: removed"), want);
        assert_eq!(read("2026-11-24T10:57:35+0900 mx1 postfix/qmgr[128]: A: removed"), want);
        assert_eq!(read("Nov 24 01:57:35 mx1 postfix/qmgr: A: removed"), want);
        let folded = b"Nov 24 01:57:35 mx1 postfix/qmgr[128]: message repeated 3 times: [ A: removed]";
        assert_eq!(parse(folded, &clock).map(|l| (l.times, l.message)), Some((3, &b"A: removed"[..])));
        let pid = |text: &str| parse(text.as_bytes(), &clock).unwrap().pid;
        assert_eq!(pid("Nov 24 01:57:35 mx1 postfix/qmgr[128]: A: removed"), Some(128));
        assert_eq!(pid("Nov 24 01:57:35 mx1 postfix/qmgr: A: removed"), None);
        assert_eq!(pid("Nov 24 01:57:35 mx1 postfix/qmgr[99999999999]: A: removed"), None);
        let talk = read("Nov 24 01:57:35 mx1 sshd: bad user postfix/qmgr[128]: A: removed").unwrap();
        assert_eq!((talk.1, talk.2), ("sshd", "bad user postfix/qmgr[128]: A: removed"));
        for bad in [
            "",
            "Nov 24 01:57:35 mx1",
            "Nov 24 01:57:35 mx1 postfix/qmgr[128]",
            "Nov 24 01:57:35  postfix/qmgr[128]: A: removed",
            "Nov 24 01:57:35 mx1 postfix/qmgr[x]: A: removed",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
