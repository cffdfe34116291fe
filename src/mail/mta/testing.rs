//! Queues of every mail server, made up in a folder, for the tests of what reads their files.

use crate::host::act::report;
use crate::host::answer::testing::{run, tool};
use crate::model::Profile;
use crate::model::profile::Found;
use crate::shell::Part;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

pub const ALL: [&str; 4] = ["postfix", "exim", "sendmail", "qmail"];

/// A message to be put into a queue.
pub struct Message<'a> {
    /// Of the local user who handed it in, name and uid; none when it came from the network.
    pub user: Option<(&'a str, u32)>,
    /// Its own headers, without Received.
    pub headers: &'a str,
    pub body: &'a str,
}

pub fn profile(mta: &str) -> Profile {
    let found = Found { name: mta.into(), version: String::new(), active: true };
    Profile { now: 1_795_486_700, mtas: vec![found], ..Profile::default() }
}

/// The id of the n-th message.
pub fn id(mta: &str, n: usize) -> String {
    match mta {
        "postfix" => format!("A2CDA9D{n:04X}"),
        "exim" => format!("1xVg1Y-{n:06}-39"),
        "sendmail" => format!("6AO8Mn6N{n:06}"),
        _ => format!("{}", 10_504_000 + n),
    }
}

/// Puts the n-th message into the queue, later than those before it.
pub fn put(mta: &str, dir: &Path, n: usize, message: &Message) {
    let id = id(mta, n);
    let Message { user, headers, body } = message;
    let (name, uid) = user.unwrap_or(("nobody", 65_534));
    let date = "Tue, 24 Nov 2026 01:57:35 +0000";
    let from = "from mail.example.org (mail.example.org [192.0.2.25])\n\tby mx1.example.jp";
    let received = match (mta, user) {
        ("postfix", Some(_)) => {
            format!("by mx1.example.jp (Postfix, from userid {uid})\n\tid {id}; {date} (UTC)")
        }
        ("exim", Some(_)) => format!("from {name} by mx1.example.jp with local (Exim 4.96)\n\tid {id};\n\t{date}"),
        ("sendmail", Some(_)) => {
            format!("(from {name}@localhost)\n\tby mx1.example.jp (8.17.1/Submit) id {id};\n\t{date}")
        }
        ("qmail", Some(_)) => format!("(qmail 57 invoked by uid {uid}); 24 Nov 2026 01:57:35 -0000"),
        ("qmail", None) => format!("(qmail 9 invoked from network); 24 Nov 2026 01:57:35 -0000\nReceived: {from}"),
        (_, None) => format!("{from} with ESMTP id {id}; {date}"),
        _ => panic!("{mta}"),
    };
    let whole = format!("Received: {received}\n{headers}");
    match mta {
        "postfix" => {
            let client = if user.is_none() { "named_attribute: log_client_address=192.0.2.25\n" } else { "" };
            let text = format!(
                "*** ENVELOPE RECORDS deferred/A/{id} ***\nsender: a@example.jp\n{client}recipient: secret@example.net\n\
                 *** MESSAGE CONTENTS deferred/A/{id} ***\n{whole}\n{body}*** HEADER EXTRACTED deferred/A/{id} ***\n\
                 named_attribute: encoding=secret\n*** MESSAGE FILE END deferred/A/{id} ***\n"
            );
            write(&dir.join("spool/deferred/A").join(&id), &text);
        }
        "exim" => {
            let local = if user.is_some() { "-local\n" } else { "-host_address [192.0.2.25]:25\n" };
            let first = format!(
                "{id}-H\n{name} {uid} {uid}\n<a@example.jp>\n1795485455 0\n-aclm 0 6\nsecret\n{local}XX\n1\nsecret@example.net\n\n"
            );
            let mut headers: Vec<String> = vec!["* Subject: a secret that was replaced\n".into()];
            for line in whole.lines() {
                match headers.last_mut().filter(|_| line.starts_with([' ', '\t'])) {
                    Some(last) => *last += &format!("{line}\n"),
                    None => headers.push(format!("  {line}\n")),
                }
            }
            let headers: String = headers.iter().map(|h| format!("{:03}{h}", h.len() - 2)).collect();
            write(&dir.join(format!("spool/input/{id}-H")), &(first + &headers));
            write(&dir.join(format!("spool/input/{id}-D")), body);
        }
        "sendmail" => {
            let relay =
                user.map_or("mail.example.org [192.0.2.25]".to_owned(), |(name, _)| format!("{name}@localhost"));
            let headers: String = whole
                .lines()
                .map(|line| if line.starts_with([' ', '\t']) { format!("{line}\n") } else { format!("H??{line}\n") })
                .collect();
            let text = format!("V8\nT1795485455\n$_{relay}\nSa@example.jp\nRPFD:secret@example.net\n{headers}.\n");
            write(&dir.join(format!("spool/qf{id}")), &text);
            write(&dir.join(format!("spool/df{id}")), body);
        }
        _ => write(&dir.join(format!("queue/mess/{}/{id}", n % 23)), &format!("{whole}\n{body}")),
    }
    // The files of two of them are told apart by their times alone.
    std::thread::sleep(Duration::from_millis(12));
}

/// Points a part at the folder, and puts stand-ins for the mail server's tools there.
pub fn at(mta: &str, dir: &Path, mut part: Part) -> Part {
    tool(dir, "id", "echo 0");
    let spool = dir.join("spool");
    for folder in ["spool/input", "spool/incoming", "spool/active", "spool/hold", "spool/deferred", "queue/mess"] {
        std::fs::create_dir_all(dir.join(folder)).unwrap();
    }
    match mta {
        "postfix" => {
            tool(dir, "postconf", &format!("echo '{}'", spool.display()));
            // With -eh it leaves the bodies out.
            let sed = r"sed '/^$/,/^\*\*\* HEADER EXTRACTED deferred/d'";
            tool(dir, "postcat", &format!("[ \"$2\" = /dev/null ] && exit\nshift\nfor f do {sed} \"$f\"; done"));
        }
        "exim" => tool(dir, "exim4", &format!("echo 'spool_directory = {}'", spool.display())),
        "sendmail" => {
            let etc = dir.join("etc");
            std::fs::create_dir_all(&etc).unwrap();
            for file in ["sendmail.cf", "submit.cf"] {
                std::fs::write(etc.join(file), format!("O QueueDirectory={}\n", spool.display())).unwrap();
            }
        }
        _ => {}
    }
    for (name, value) in &mut part.values {
        match *name {
            "etc" => *value = dir.join("etc").display().to_string(),
            "home" => *value = dir.display().to_string(),
            _ => {}
        }
    }
    part
}

/// Runs a part that changes the queue, with `$dir` and the tools in this folder; what it says of each id, in order, and
/// then its notes.
pub fn change(part: Part, dir: &Path, ids: &[&str]) -> Vec<String> {
    let part = part.value("dir", dir.display().to_string()).input(ids.iter().map(|id| (*id).to_owned()).collect());
    let report = report(&[run(&part, dir)], &part.name, &ids.iter().copied().collect()).unwrap();
    assert_eq!(report.fault, None);
    let said = |row: &crate::model::RowResult| {
        [row.key.as_str(), row.end.word(), row.why.as_deref().unwrap_or_default()].join(" ").trim_end().to_owned()
    };
    let mut rows: Vec<String> = report.rows.iter().map(said).collect();
    rows.sort();
    rows.extend(report.notes);
    rows
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// All files below a folder: name, bytes, owner, mode and time.
pub fn files(dir: &Path) -> BTreeMap<String, (Vec<u8>, u32, u32, i64)> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        let about = path.symlink_metadata().unwrap();
        if about.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            found.insert(path.display().to_string(), (bytes, about.uid(), about.mode(), about.mtime()));
        }
    }
    found
}
