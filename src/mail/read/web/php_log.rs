//! PHP's mail log (`mail.log` of php.ini), added up on the host by script and hour.

use crate::host::answer::{Answer, lines, number};
use crate::host::parse::{ParseError, text};
use crate::host::time::{Clock, MONTHS};
use crate::mail::log::Window;
use crate::model::Profile;
use crate::model::counted::counted;
use crate::model::untrusted::clean_line;
use crate::shell::Part;
use std::time::Duration;

/// Configurations of PHP and of web servers: files, or folders with all that is in them.
const CONFIGURATIONS: &str = "/etc/php* /etc/apache2 /etc/httpd /etc/opt/remi /opt/plesk/php/*/etc \
    /opt/remi/*/root/etc /opt/cpanel/ea-php*/root/etc /usr/local/lib/php.ini /usr/local/etc/php* \
    /var/www/vhosts/system/*/etc /var/www/vhosts/system/*/conf";
/// What people call such a log.
const USUAL: &str = "/var/log/php*mail*.log /var/log/php*/*mail*.log /var/log/phpmail";
/// Lines of one log that leave the host: each is one script in one hour.
const MAX_LINES: u32 = 20_000;
const DAY: i64 = 86_400;
/// Bytes at the end of a script's path that are kept.
const MAX_PATH: usize = 1_000;

/// The part that gathers. PHP writes times in its own zone, so the window is a day wider on both sides.
pub fn part(profile: &Profile, window: &Window) -> Part {
    let clock = Clock::new(profile, window.now);
    let days = clock.days(window.from.saturating_sub(DAY), window.now.saturating_add(DAY));
    let days: Vec<String> = days.map(|(date, month)| format!("{:02}-{month}-{:04}", date.day(), date.year())).collect();
    let mdays = window.now.saturating_sub(window.from) / DAY + 2;
    let part = Part::new("web.php", include_str!("php_log.sh")).value("ini", CONFIGURATIONS).value("usual", USUAL);
    let part = part.value("days", days.join("|")).value("mdays", mdays.to_string());
    let mut part = part.value("most", MAX_LINES.to_string()).max_stdout(32 << 20);
    part.timeout = Duration::from_secs(300);
    part
}

/// What one script sent within one hour of the clock.
#[derive(Debug, PartialEq)]
pub struct Calls {
    pub script: String,
    /// The line that calls `mail()`.
    pub line: u32,
    /// Seconds since 1970.
    pub first: i64,
    pub last: i64,
    pub count: u64,
}

/// What PHP's logs told.
#[derive(Debug, Default, PartialEq)]
pub struct PhpLog {
    /// Paths of those that were read.
    pub logs: Vec<String>,
    pub calls: Vec<Calls>,
    pub incomplete: Vec<String>,
}

/// Reads the answer of `php_log.sh`.
pub fn read(answer: &Answer, profile: &Profile, now: i64) -> PhpLog {
    let mut log = PhpLog { incomplete: answer.fault.clone().into_iter().collect(), ..PhpLog::default() };
    let (mut ended, mut unreadable) = (false, 0u64);
    let read = |bytes: &[u8]| -> Result<(), ParseError> {
        for (_, line) in lines(bytes) {
            match line.split(|&b| b == b'\t').collect::<Vec<_>>().as_slice() {
                [b"log", path] => log.logs.push(text(path)),
                [b"mail", script, first, last, count] => match calls(script, first, last, count, profile, now) {
                    Some(calls) => log.calls.push(calls),
                    None => unreadable += 1,
                },
                [b"odd", path, n] => {
                    log.incomplete.push(format!("{}: {} lines could not be read", text(path), text(n)));
                }
                [b"more", path, n] => {
                    log.incomplete.push(format!("{}: {} lines were not counted", text(path), text(n)))
                }
                [b"skip", path, why] => log.incomplete.push(format!("{}: {}", text(path), text(why))),
                [b"end"] => ended = true,
                _ => unreadable += 1,
            }
        }
        Ok(())
    };
    let _ = answer.bytes.parse(read);
    if unreadable > 0 {
        log.incomplete.push(format!("php mail log: {} could not be read", counted(unreadable as usize, "lines")));
    }
    log.incomplete.extend(answer.cut_off(ended, "php mail log"));
    log
}

fn calls(script: &[u8], first: &[u8], last: &[u8], count: &[u8], profile: &Profile, now: i64) -> Option<Calls> {
    // A path may hold colons; the line's number is PHP's own.
    let colon = script.iter().rposition(|&b| b == b':')?;
    let path = String::from_utf8_lossy(script.get(..colon)?);
    Some(Calls {
        script: clean_line(&path, MAX_PATH),
        line: number(script.get(colon + 1..)?)?,
        first: time(first, profile, now)?,
        last: time(last, profile, now)?,
        count: number(count)?,
    })
}

/// `25-Apr-2016 18:16:41 Asia/Tokyo`; the zone is a name, or an offset such as `+09:00`.
fn time(text: &[u8], profile: &Profile, now: i64) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let (date, rest) = text.split_once(' ')?;
    let (time, zone) = rest.split_once(' ')?;
    let [day, month, year]: [&str; 3] = date.splitn(3, '-').collect::<Vec<_>>().try_into().ok()?;
    let month = MONTHS.iter().position(|&name| name == month)? + 1;
    let (at, rest) = if zone.starts_with(['+', '-']) {
        let iso = format!("{year}-{month:02}-{day}T{time}{zone}");
        let (at, rest) = Clock::new(profile, now).parse_iso(iso.as_bytes())?;
        (at, rest.len())
    } else {
        let zone = Profile { zone: zone.to_owned(), utc_offset: profile.utc_offset, ..Profile::default() };
        let local = format!("{year}-{month:02}-{day} {time}");
        let (at, rest) = Clock::new(&zone, now).parse_local(local.as_bytes())?;
        (at, rest.len())
    };
    (rest == 0).then_some(at)
}
