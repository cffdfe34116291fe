//! A new password is nowhere but where the mail server keeps it: not on an argument list, not in an environment, a log,
//! a history, the state folder or a report.

use super::{fleet, revealed, take};
use crate::secrets::Searcher;
use crate::support::{Bed, Ran, World, bed_to_change, files_below};
use std::process::{Child, Command, Stdio};

/// Host, login, and how the account is made that only this test knows.
const HOSTS: &[(&str, &str, &str)] = &[
    ("plain1", "marks@example.jp", "echo 'marks@example.jp:{PLAIN}Bed-marks-Secret1' >>/etc/dovecot/users"),
    (
        "webmin1",
        "marks",
        "useradd --create-home --shell /usr/sbin/nologin marks && echo marks:Bed-marks-Secret1 | chpasswd",
    ),
    ("pleskonyx1", "old@example.jp", ":"),
];

/// Where a mail server or the stand-in of a panel keeps passwords.
const STORES: &[&str] = &["/etc/dovecot/users", "/etc/dovecot/users.dict", "/var/lib/bed/"];

/// Reads all argument lists and environments that it may, again and again, until its input ends; then prints each that it
/// saw, once, and how often it looked.
const SAMPLER: &str = r#"
use Time::HiRes 'time';
my ($pause, $n, $began, %seen) = (shift, 0, time);
while (1) {
    for my $p (glob '/proc/[0-9]*/cmdline /proc/[0-9]*/environ') {
        next if $p =~ m{^/proc/$$/};
        open my $f, '<', $p or next;
        sysread $f, my $text, 200000;
        $seen{$p =~ m{cmdline$} ? "argv\0$text" : "env\0$text"} = 1;
    }
    $n++;
    my $bits = ''; vec($bits, 0, 1) = 1;
    last if select $bits, undef, undef, $pause;
}
print "$_\n" for keys %seen;
printf "sweeps %d rate %.0f\n", $n, $n / (time - $began);
"#;

struct Sampler(Child);

impl Sampler {
    /// On this machine, whose processes those of the hosts are too. No argument list here lives for a moment only.
    fn here() -> Self {
        let mut command = Command::new("perl");
        command.args(["-e", SAMPLER, "0.05"]);
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        Self(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// As that user of the host.
    fn on(bed: &Bed, host: &str, user: &str) -> Self {
        let user = format!("--reuid={user}");
        Self::start(bed.inside(host, &["setpriv", &user, "--clear-groups", "perl", "-e", SAMPLER, "0.002"]))
    }

    /// Everything that was seen.
    fn end(mut self) -> Vec<u8> {
        drop(self.0.stdin.take());
        self.0.wait_with_output().unwrap().stdout
    }
}

fn word_of(seen: &[u8], word: &str) -> u32 {
    let text = String::from_utf8_lossy(seen);
    let words: Vec<&str> = text.lines().last().unwrap().split(' ').collect();
    words[words.iter().position(|w| *w == word).unwrap() + 1].parse().unwrap()
}

/// What can be searched of one host's rescue.
struct Left {
    host: &'static str,
    new: String,
    sampled: Vec<(String, Vec<u8>)>,
    told: Vec<(String, Vec<u8>)>,
}

fn rescue(bed: &Bed, &(host, login, make): &(&'static str, &'static str, &str), format: &str) -> Left {
    let world = World::new();
    bed.enter(host, &format!("{make}; : >/var/lib/bed-mark; sleep 0.05")).expect(0);
    let samplers = if host == "pleskonyx1" { &["0", "65534"][..] } else { &["0"] };
    let samplers: Vec<_> =
        samplers.iter().map(|user| (format!("{host}, user {user}"), Sampler::on(bed, host, user))).collect();
    let accounts = format!("accounts={login}");
    let args =
        ["run", "rescue-mail", "--hosts", host, "-p", &accounts, "-p", "watch=2s", "--yes", "-vv", "--output", format];
    let ran = fleet(bed, &world, &args);
    let sampled = samplers.into_iter().map(|(who, sampler)| (who, sampler.end())).collect();
    let mut told = vec![output("the run", ran.expect(0))];
    let files = |told: &mut Vec<_>, when: &str| {
        for file in files_below(&world.path("state")) {
            told.push((format!("{when}: {}", file.display()), std::fs::read(&file).unwrap()));
        }
    };
    // Sealed, and when it was handed over.
    files(&mut told, "sealed");
    let new = revealed(bed, &world, "last", host, login);
    files(&mut told, "handed over");
    for format in ["table", "json", "ndjson", "yaml"] {
        for run in ["1", "2"] {
            let args = ["show", run, "--output", format, "-vv", "--lang", "ja"];
            told.push(output(&format!("show {run} as {format}"), fleet(bed, &world, &args).expect(0)));
        }
    }
    Left { host, new, sampled, told }
}

fn output(what: &str, ran: Ran) -> (String, Vec<u8>) {
    (what.to_owned(), [ran.stdout.into_bytes(), ran.stderr.into_bytes()].concat())
}

#[test]
fn a_new_password_is_nowhere_but_where_the_mail_server_keeps_it() {
    let Some(bed) = bed_to_change() else { return };
    let _hosts = take(&["plain1", "webmin1", "pleskonyx1"]);
    let controller = Sampler::here();
    let left: Vec<Left> = std::thread::scope(|scope| {
        let one = |(host, format)| {
            let bed = &bed;
            scope.spawn(move || rescue(bed, host, format))
        };
        let all: Vec<_> = HOSTS.iter().zip(["json", "table", "ndjson"]).map(one).collect();
        all.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let seen = controller.end();

    let key = std::fs::read_to_string(bed.path("keys/id")).unwrap();
    let sudo = std::fs::read_to_string(bed.path("keys/sudo-password")).unwrap();
    let mut secrets: Vec<&str> = left.iter().map(|l| l.new.as_str()).collect();
    assert!(secrets.iter().all(|s| s.len() >= 20), "short passwords");
    secrets.push(sudo.trim_end());
    secrets.push(key.lines().max_by_key(|l| l.len()).unwrap());
    let searcher = Searcher::new(&secrets);

    // Plesk's own tool takes a password by an argument list, which everybody may read, or by this variable, which only
    // root may: there, and nowhere else.
    let variable =
        left.iter().filter(|l| l.host == "pleskonyx1").map(|l| format!("PSA_PASSWORD={}\0", l.new)).next().unwrap();
    let allowed = |seen: &[u8]| {
        let lines = seen.split(|b| *b == b'\n').map(|line| match line.strip_prefix(b"env\0") {
            Some(text) => String::from_utf8_lossy(text).replace(&variable, "").into_bytes(),
            None => line.to_vec(),
        });
        lines.collect::<Vec<_>>().join(&b'\n')
    };
    searcher.assert_clean("an argument list or environment of this machine", &allowed(&seen));
    for Left { host, sampled, told, .. } in &left {
        for (who, seen) in sampled {
            let seen = if who.ends_with("user 0") { allowed(seen) } else { seen.clone() };
            let seen = seen.as_slice();
            searcher.assert_clean(&format!("{who}: an argument list or environment"), seen);
            let (sweeps, rate) = (word_of(seen, "sweeps"), word_of(seen, "rate"));
            println!("{who}: {sweeps} sweeps, {rate} a second");
            assert!(sweeps >= 100, "{who}: only {sweeps} sweeps");
            assert!(seen.len() > 1_000, "{who}: it saw nothing");
        }
        for (what, bytes) in told {
            searcher.assert_clean(&format!("{host}: {what}"), bytes);
        }
        // Whatever was written on the host since.
        let list = "find / -xdev -type f -newer /var/lib/bed-mark ! -path '/proc/*' ! -path '/sys/*'";
        let files = bed.enter(host, list).expect(0).stdout;
        assert!(files.contains("/var/log/") && files.contains("/var/lib/fleet/"), "{host}: {files}");
        let mut stores = 0;
        for file in files.lines() {
            let bytes = bed.inside(host, &["cat", file]).stdin(Stdio::null()).output().unwrap().stdout;
            if STORES.iter().any(|store| file.starts_with(store)) {
                stores += searcher.find(&bytes).len();
            } else {
                searcher.assert_clean(&format!("{host}: {file}"), &bytes);
            }
        }
        // The search does see a password where it must be: this panel keeps it as it is, the others a hash of it.
        assert_eq!(stores > 0, *host == "pleskonyx1", "{host}");
        let logs = bed.enter(host, "cat /root/.*history /home/*/.*history /var/log/auth.log 2>/dev/null; :").expect(0);
        searcher.assert_clean(&format!("{host}: histories"), logs.stdout.as_bytes());
    }
}

#[test]
fn the_sampler_sees_what_stands_in_an_argument_list_or_an_environment() {
    let sampler = Sampler::here();
    let (word, other) = ("Planted-as-argument", "Planted-in-environment");
    Command::new("sh").args(["-c", "sleep 2; :", word]).env("PLANTED", other).status().unwrap();
    let seen = sampler.end();
    assert!(Searcher::new(&[word]).find(&seen).len() + Searcher::new(&[other]).find(&seen).len() >= 2);
}
