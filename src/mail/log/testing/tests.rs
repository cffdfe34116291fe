use super::added_up::added_up;
use super::files::{File, files, foreign, line, print};
use super::story::{Mail, mails, told};
use super::{Entry, Form, From, SERVERS, Server};
use crate::host::answer::testing::{run, tool};
use crate::host::ask::Support;
use crate::host::time::{Clock, zone_named};
use crate::mail::log::{LogRecord, Service, Window};
use crate::mail::mta;
use crate::mail::read::{logins, senders};
use crate::model::mail::Origin;
use crate::model::profile::Found;
use crate::model::{Host, HostName, Profile};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const CASES: u32 = 32;

/// Messages of one server, in one form.
#[derive(Clone, Debug)]
struct Story {
    server: &'static Server,
    form: Form,
    zone: &'static str,
    mails: Vec<Mail>,
}

impl Story {
    fn entries(&self) -> Vec<Entry> {
        let mut entries = (self.server.lines)(&self.mails);
        entries.sort_by_key(|entry| entry.at);
        entries
    }

    fn tz(&self) -> TimeZone {
        zone_named(self.zone).unwrap()
    }

    fn files(&self, cuts: &[usize]) -> Vec<File> {
        files(&self.entries(), self.form, &self.tz(), cuts)
    }

    fn clock(&self) -> Clock {
        let now = self.entries().last().unwrap().at + 100;
        Clock::new(&Profile { zone: self.zone.to_owned(), ..Profile::default() }, now)
    }

    /// What the files tell, in whatever way they are read.
    fn read(&self, files: &[File]) -> BTreeMap<String, i64> {
        let told = self.read_bytes(&print(files));
        if self.is_added_up_where_large() {
            let (text, _) = added_up(files, b"", &self.days());
            let (added, told) = (of_senders(self.read_bytes(&text)), of_senders(told.clone()));
            assert!(added.keys().eq(told.keys()), "counted: {added:?}\n{told:?}");
            let is_told = |(a, b): (&i64, &i64)| a == b || (a.abs_diff(*b) == 3_600 && self.is_twice(*a));
            assert!(added.values().zip(told.values()).all(is_told), "counted: {added:?}\n{told:?}");
        }
        told
    }

    /// Whether a line of that time would look the same an hour before or after it: the order of lines alone tells which it
    /// is, and what was added up has lost that.
    fn is_twice(&self, at: i64) -> bool {
        let at = self.tz().to_datetime(Timestamp::from_second(at).unwrap());
        !self.form.is_exact(self.server) && self.tz().to_ambiguous_timestamp(at).is_ambiguous()
    }

    fn is_added_up_where_large(&self) -> bool {
        self.server.name == "postfix"
    }

    fn days(&self) -> Vec<String> {
        let profile = Profile { zone: self.zone.to_owned(), ..Profile::default() };
        Window::new(&profile, self.entries().last().unwrap().at + 100, Duration::from_secs(200_000)).days
    }

    fn read_bytes(&self, bytes: &[u8]) -> BTreeMap<String, i64> {
        let log = mta::find(self.server.name).unwrap().log().unwrap();
        let records = log.read(bytes, &self.clock()).records;
        let count = records.len();
        let told: BTreeMap<_, _> = records.iter().map(|r| (summary(r), r.send.at)).collect();
        assert_eq!(told.len(), count, "a message was told twice: {told:?}");
        told
    }

    fn truth(&self) -> BTreeMap<String, i64> {
        self.mails.iter().map(|mail| mail.truth(self.server)).collect()
    }

    /// Every message is told with all of its counts, and its time to the second.
    fn assert_told(&self, files: &[File]) {
        let text = print(files);
        assert_eq!(self.read(files), self.truth(), "{}", String::from_utf8_lossy(&text));
        self.assert_logins(&text);
    }

    /// Each message of a login tells of that login once.
    fn assert_logins(&self, bytes: &[u8]) {
        let log = mta::find(self.server.name).unwrap().log().unwrap();
        let mut told: BTreeMap<String, usize> = BTreeMap::new();
        let records = logins::read_log(log, bytes, &self.clock()).records;
        for login in records.into_iter().filter(|r| r.ok && r.service == Service::Smtp) {
            *told.entry(login.login.unwrap()).or_default() += 1;
        }
        let mut truth: BTreeMap<String, usize> = BTreeMap::new();
        for mail in self.mails.iter().filter(|_| self.server.logins) {
            if let From::Login(login) = mail.from {
                *truth.entry(login.to_owned()).or_default() += 1;
            }
        }
        assert_eq!(told, truth);
    }
}

fn summary(record: &LogRecord) -> String {
    let account = match &record.send.origin {
        Origin::Login(login) => login.clone(),
        Origin::Uid(uid) => format!("uid:{uid}"),
        Origin::User(name) => format!("user:{name}"),
        Origin::Remote => "remote".to_owned(),
    };
    let s = &record.send;
    let fates = [s.sent, record.delivered, s.deferred, s.bounced].map(|n| usize::try_from(n).unwrap());
    told(&account, &s.sender, usize::try_from(s.recipients).unwrap(), fates)
}

/// Without incoming mail that did not leave the host: of that a log that is added up says nothing.
fn of_senders(mut told: BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    told.retain(|told, _| !told.starts_with("remote ") || !told.contains(" sent=0 "));
    told
}

/// Of two files that begin in the same second, only the script can tell which was the first.
fn can_be_ordered(files: &[File]) -> bool {
    let begins: BTreeSet<i64> = files.iter().map(|file| file.begins).collect();
    begins.len() == files.len()
}

/// A story of any server that begins within two hours before that moment.
fn before(moment: &'static str, zone: &'static str) -> impl Strategy<Value = Story> {
    let moment = moment.parse::<Timestamp>().unwrap().as_second();
    (0..SERVERS.len(), any::<prop::sample::Index>(), 0..7_200i64).prop_flat_map(move |(server, form, ago)| {
        let server = &SERVERS[server];
        let form = *form.get(server.forms);
        mails(moment - ago).prop_map(move |mails| Story { server, form, zone, mails })
    })
}

fn story() -> impl Strategy<Value = Story> {
    before("2026-11-24T02:00:00Z", "Asia/Tokyo")
}

fn cuts() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..100usize, 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn files_are_told_whole_in_whatever_order_they_come(
        (story, files) in (story(), cuts()).prop_flat_map(|(story, cuts)| {
            let files = story.files(&cuts);
            (Just(story), Just(files).prop_shuffle())
        }),
    ) {
        prop_assume!(can_be_ordered(&files));
        story.assert_told(&files);
    }

    #[test]
    fn a_year_may_end_among_them(
        story in prop_oneof![before("2027-01-01T00:00:00Z", "UTC"), before("2026-12-31T15:00:00Z", "Asia/Tokyo")],
        cuts in cuts(),
    ) {
        story.assert_told(&story.files(&cuts));
    }

    #[test]
    fn clocks_may_be_changed_among_them(
        story in prop_oneof![
            before("2026-10-25T01:00:00Z", "Europe/Berlin"),
            before("2026-03-29T01:00:00Z", "Europe/Berlin"),
            before("2026-11-01T06:00:00Z", "America/New_York"),
            before("2026-03-08T07:00:00Z", "America/New_York"),
        ],
        cuts in cuts(),
    ) {
        let files = story.files(&cuts);
        if story.form.is_exact(story.server) {
            story.assert_told(&files);
        }
        let (told, truth) = (story.read(&files), story.truth());
        let text = String::from_utf8_lossy(&print(&files)).into_owned();
        prop_assert!(told.keys().eq(truth.keys()), "{:?}\n{:?}\n{}", told, truth, text);
        prop_assert!(told.values().zip(truth.values()).all(|(told, truth)| told.abs_diff(*truth) <= 3_600));
    }

    #[test]
    fn a_tenth_of_the_lines_may_be_others(story in story(), cuts in cuts(), seed in 0..100usize) {
        let mut files = story.files(&cuts);
        let mut entries = story.entries().into_iter().enumerate();
        for file in &mut files {
            for line in std::mem::take(&mut file.lines) {
                let (n, entry) = entries.next().unwrap();
                if (n + seed) % 9 == 0 {
                    file.lines.push(foreign(n + seed, &line, &entry, &story.tz()));
                }
                file.lines.push(line);
            }
        }
        story.assert_told(&files);
        // What could not be added up would be sent, and be too much of a large log.
        if story.is_added_up_where_large() && can_be_ordered(&files) {
            let (_, whole) = added_up(&files, b"", &story.days());
            prop_assert_eq!(whole, story.mails.iter().all(|mail| mail.filtered.is_none()));
        }
    }

    #[test]
    fn a_file_may_be_read_twice(story in story(), cuts in cuts(), which in any::<prop::sample::Index>()) {
        let files = story.files(&cuts);
        let twice = which.index(files.len());
        // At once, as a rotation does; at the end, as a copy under another name does.
        let at_once = [&files[..=twice], &files[twice..]].concat();
        prop_assert_eq!(story.read(&at_once), story.truth());
        prop_assume!(can_be_ordered(&files));
        let mut copy = files[twice].clone();
        copy.modified += 100_000;
        prop_assert_eq!(story.read(&[files, vec![copy]].concat()), story.truth());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES / 4))]

    #[test]
    fn a_line_that_was_not_written_to_its_end_tells_nothing(story in story(), at in any::<prop::sample::Index>()) {
        let entries = story.entries();
        let (before, rest) = entries.split_at(at.index(entries.len()));
        let last = line(&rest[0], story.form, &story.tz());
        let files = files(before, story.form, &story.tz(), &[]);
        let told = story.read(&files);
        let mut text = print(&files);
        for byte in last.bytes() {
            text.push(byte);
            prop_assert_eq!(&story.read_bytes(&text), &told);
        }
        for end in (0..=last.len()).step_by(5).filter(|_| story.is_added_up_where_large()) {
            let (text, _) = added_up(&files, &last.as_bytes()[..end], &story.days());
            prop_assert_eq!(of_senders(story.read_bytes(&text)), of_senders(told.clone()));
        }
    }
}

/// The messages of a few days, in files as a host has them, go through the script.
#[test]
fn a_host_with_such_files_tells_the_same() {
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let mut runner = TestRunner::deterministic();
    for server in &SERVERS {
        let dir = tempfile::tempdir().unwrap();
        // Which user submits for the network.
        tool(dir.path(), "id", "echo 2020");
        let form = server.forms[0];
        let mails = mails(now - 200_000).new_tree(&mut runner).unwrap().current();
        let story = Story { server, form, zone: "Asia/Tokyo", mails };
        for (n, file) in story.files(&[40, 80]).iter().rev().enumerate() {
            let text = [file.lines.join(&b'\n'), b"\n".to_vec()].concat();
            let (name, text) = match n {
                0 => ("mail.log".to_owned(), [text, b"half a li".to_vec()].concat()),
                1 => ("mail.log.processed".to_owned(), text),
                n => (format!("mail.log.{n}.gz"), gzip(&text)),
            };
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            let modified = UNIX_EPOCH + Duration::from_secs(u64::try_from(file.modified).unwrap());
            std::fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        }
        let mut host = Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root");
        host.paths.insert("mail_log".into(), dir.path().join("mail.log").display().to_string());
        let found = Found { name: server.name.into(), version: String::new(), active: true };
        let profile = Profile { now, zone: story.zone.into(), mtas: vec![found], ..Profile::default() };
        let Support::Yes(parts) = senders::parts(&host, &profile, Duration::from_secs(400_000), now) else { panic!() };
        for large in ["99999999", "1"] {
            let mut part = parts[0].clone();
            part.values.iter_mut().filter(|(name, _)| *name == "large").for_each(|(_, value)| *value = large.into());
            let output = run(&part, dir.path());
            let reading = senders::records(&profile, now, &[output]).unwrap();
            let told: BTreeMap<_, _> = reading.records.iter().map(|r| (summary(r), r.send.at)).collect();
            assert_eq!(of_senders(told), of_senders(story.truth()), "{}", server.name);
            assert!(reading.incomplete.is_empty(), "{}: {:?}", server.name, reading.incomplete);
        }
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text).unwrap();
    gz.finish().unwrap()
}
