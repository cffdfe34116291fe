//! What real tools printed, as files: each is used by a test, and whatever is cut off or altered of it is read.

use fleet::host::ask::Support;
use fleet::mail::detect;
use fleet::mail::geo::Geo;
use fleet::mail::read::queue::QueueArgs;
use fleet::mail::read::{accounts, logins, queue, senders, web};
use fleet::model::profile::Found;
use fleet::model::{Host, HostBytes, HostName, Profile};
use fleet::shell::{Ended, PartOutput};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Bytes that a reader is given in all of one capture of its own: a debug build reads them in some hundredths of a second.
/// With `FLEET_EVERY_BYTE=1` it is every cut and every flip, which takes minutes.
const OWN: usize = 300_000;
/// The same of a capture of another.
const OTHER: usize = 6_000;

/// The files of a folder, by their paths below it.
fn files(folder: &Path, above: &str, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = format!("{above}{}", entry.file_name().into_string().unwrap());
        match entry.path().is_dir() {
            true => files(&entry.path(), &format!("{name}/"), found),
            false => found.push((name, fs::read(entry.path()).unwrap())),
        }
    }
}

fn captures() -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    files(&Path::new(ROOT).join("tests/captures"), "", &mut found);
    assert!(found.len() > 40, "{} captures", found.len());
    found
}

#[test]
fn every_capture_is_used_by_a_test() {
    let mut sources = Vec::new();
    files(&Path::new(ROOT).join("src"), "", &mut sources);
    files(&Path::new(ROOT).join("tests/it"), "", &mut sources);
    let rust = sources.iter().filter(|(path, _)| path.ends_with(".rs"));
    let texts: Vec<_> = rust.map(|(_, text)| String::from_utf8_lossy(text)).collect();
    for (name, _) in captures() {
        let whole = format!("captures/{name}\"");
        // Or its folder, and the file by itself.
        let parts = name.rsplit_once('/').map(|(folder, file)| [format!("captures/{folder}\""), format!("\"{file}\"")]);
        let names = |text: &str| {
            text.contains(&whole) || parts.as_ref().is_some_and(|parts| parts.iter().all(|part| text.contains(part)))
        };
        assert!(texts.iter().any(|text| names(text)), "tests/captures/{name} is used by no test");
    }
}

type Read = dyn Fn(&[PartOutput]);

/// Something that reads what a host printed.
struct Reader {
    /// Of which program, and what of it.
    name: (&'static str, &'static str),
    /// Its parts, which all get the same bytes.
    parts: Vec<String>,
    /// The last lines of a whole answer.
    ends: &'static [&'static str],
    read: Box<Read>,
}

impl Reader {
    /// The capture is of what this reads.
    fn owns(&self, capture: &str) -> bool {
        let log = capture.contains("log");
        match self.name {
            (_, "senders" | "logins") if capture.starts_with("courier/") => true,
            (program, "senders" | "logins") => log && capture.starts_with(program),
            ("postfix", "queue") => capture.starts_with("postqueue") || capture.starts_with("postcat"),
            (program, "queue") => !log && capture.starts_with(&format!("{program}/")),
            ("php", "web") => capture.starts_with("php/"),
            ("plain", "accounts") => capture.starts_with("webmin/"),
            (program, "accounts") => capture.starts_with(&format!("{program}/")),
            _ => capture.starts_with("facts"),
        }
    }

    fn read(&self, bytes: &[u8], end: &str) {
        let output = |name: &String| PartOutput {
            name: name.clone(),
            ended: Ended::Status(0),
            stdout: HostBytes::new([bytes, end.as_bytes()].concat()),
            stderr: HostBytes::default(),
            truncated: false,
            elapsed: Duration::ZERO,
        };
        (self.read)(&self.parts.iter().map(output).collect::<Vec<_>>());
    }
}

fn names(support: Support) -> Vec<String> {
    match support {
        Support::Yes(parts) => parts.into_iter().map(|part| part.name).collect(),
        Support::NotYet(why) => panic!("{why}"),
    }
}

fn readers() -> Vec<Reader> {
    const NOW: i64 = 1_795_510_000;
    const DAY: Duration = Duration::from_secs(86_400);
    let host = Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root");
    let found = |name: &str| vec![Found { name: name.into(), version: String::new(), active: true }];
    let mut readers = Vec::new();
    let queues: [(&'static str, &'static [&'static str]); 4] = [
        ("postfix", &["end=json rc=0\n", "end=text rc=0\n", "end\n"]),
        ("exim", &["end=0\n", "end\n"]),
        ("sendmail", &["end\n"]),
        ("qmail", &["end\t0\n", "end\n"]),
    ];
    for (name, ends) in queues {
        let profile = Profile { now: NOW, mtas: found(name), ..Profile::default() };
        let mut add = |what, parts, ends, read: fn(&Host, &Profile, &[PartOutput])| {
            let (host, profile) = (host.clone(), profile.clone());
            let read = Box::new(move |outputs: &[PartOutput]| read(&host, &profile, outputs));
            readers.push(Reader { name: (name, what), parts: names(parts), ends, read });
        };
        add("queue", queue::parts(&host, &profile, &QueueArgs::default()), ends, |host, profile, outputs| {
            _ = queue::read(host, profile, &QueueArgs::default(), outputs);
        });
        add("senders", senders::parts(&host, &profile, DAY, NOW), &["\nend\n"], |host, profile, outputs| {
            _ = senders::read(host, profile, DAY, NOW, outputs, &Geo::default());
        });
        add("logins", logins::parts(&host, &profile, DAY, NOW), &["\nend\n"], |host, profile, outputs| {
            _ = logins::read(host, profile, DAY, NOW, outputs, &Geo::default());
        });
    }
    for name in ["plesk", "virtualmin", "plain"] {
        let profile = Profile { now: NOW, panels: found(name), ..Profile::default() };
        let parts = names(accounts::parts(&host, &profile));
        let host = host.clone();
        let read = Box::new(move |outputs: &[PartOutput]| _ = accounts::read(&host, &profile, outputs));
        readers.push(Reader { name: (name, "accounts"), parts, ends: &["end=0\n", "end\n"], read });
    }
    let profile = Profile { now: NOW, mtas: found("postfix"), ..Profile::default() };
    let parts = names(web::parts(&host, &profile, DAY, NOW));
    let read = Box::new(move |outputs: &[PartOutput]| _ = web::read(&host, &profile, DAY, NOW, outputs));
    readers.push(Reader { name: ("php", "web"), parts, ends: &["read\t0\nend\n", "end\n"], read });
    let read = Box::new(|outputs: &[PartOutput]| _ = detect::read(outputs));
    readers.push(Reader { name: ("", "facts"), parts: vec![detect::part().name], ends: &["", "end\n"], read });
    readers
}

/// Where to cut or to alter so many bytes, when each costs about so many: everywhere, or spread out.
fn places(bytes: usize, each: usize, budget: usize) -> impl Iterator<Item = usize> {
    let step = (bytes * each).div_ceil(budget.max(1)).max(1);
    (0..bytes).step_by(step)
}

#[test]
fn whatever_is_cut_off_or_altered_of_a_capture_is_read() {
    let readers = readers();
    let every_byte = std::env::var_os("FLEET_EVERY_BYTE").is_some();
    for (name, bytes) in captures() {
        assert!(readers.iter().any(|reader| reader.owns(&name)), "nothing reads {name}");
        let lines: Vec<&[u8]> = bytes.split_inclusive(|&b| b == b'\n').collect();
        for reader in &readers {
            let own = if every_byte { usize::MAX / bytes.len().max(1) } else { OWN };
            let budget = if reader.owns(&name) { own } else { OTHER };
            let read = |bytes: &[u8], place: usize| {
                let end = reader.ends[place % reader.ends.len()];
                let done = catch_unwind(AssertUnwindSafe(|| reader.read(bytes, end)));
                assert!(done.is_ok(), "{:?} of {name}: {:?}", reader.name, String::from_utf8_lossy(bytes));
            };
            // Line by line: of a log each says something by itself.
            for line in &lines {
                let budget = budget * line.len() / bytes.len();
                places(line.len(), line.len(), budget).for_each(|at| read(&line[..at], at));
            }
            for at in places(bytes.len(), bytes.len() / 2, budget) {
                read(&bytes[..at], at);
            }
            let mut altered = bytes.clone();
            for at in places(bytes.len(), bytes.len(), budget) {
                altered[at] ^= [0x01, 0x20, 0x80, 0xff][at % 4];
                read(&altered, at);
                altered[at] = bytes[at];
            }
        }
    }
}
