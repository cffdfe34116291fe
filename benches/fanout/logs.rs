//! G11: a mail log of a gibibyte on one host: what crosses the wire, what the host spends and what the controller
//! does, beside a line of awk on the host that counts messages and recipients by login.

use crate::measure::{children_of, cost, peak};
use crate::rig::Rig;
use crate::{Done, figure, fleet, proxy, say};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const GIB: u64 = 1 << 30;
const DAYS: f64 = 4.5;
/// Messages and recipients by login: what the log's audit cannot do without.
const ONE_LINER: &str = "/ client=.*sasl_username=/ { q = $6; sub(/.*sasl_username=/, \"\"); own[q] = $1; m[$1]++; next } \
     / nrcpt=/ && $6 in own { n = $0; sub(/.*nrcpt=/, \"\", n); r[own[$6]] += n; delete own[$6] } \
     END { for (u in m) print u, m[u], r[u] }";

pub fn large_log(rig: &Rig) -> Done<()> {
    let log = rig.path().join("mail.log");
    let messages = generate(&log)?;
    // The host is a Postfix by this alone.
    let tools = rig.path().join("bin");
    fs::create_dir_all(&tools)?;
    let postconf = rig.write("bin/postconf", "#!/bin/sh\ncase \"$2\" in mail_version) echo 3.7.11 ;; esac\n")?;
    fs::set_permissions(postconf, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let target = rig.addresses.first().ok_or("no address")?;
    let port = proxy::start(target, Duration::ZERO)?;
    rig.write_proxied(&[(0, port)])?;
    let inventory = fs::read_to_string(rig.path().join("proxied.yaml"))?;
    rig.write(
        "large.yaml",
        &(inventory.trim_end().trim_end_matches(" }").to_owned()
            + &format!(", paths: {{ mail_log: {} }} }}\n", log.display())),
    )?;
    say(&format!(
        "  log of {:.2} GiB, {messages} messages, {DAYS} days; once read, so that it is in memory",
        size(&log)?
    ))?;
    let awk = |text: &str| -> Done<_> { cost(Command::new("awk").env("LC_ALL", "C").arg(text).arg(&log), rig.path()) };
    awk("END { print NR }")?;
    let one_liner = awk(ONE_LINER)?;
    say(&format!(
        "  awk one-liner on the host: {:.2} s, {:.2} s of processor time",
        one_liner.wall / 1e3,
        one_liner.cpu / 1e3
    ))?;
    for (what, since, goal) in [("all of it", "5d", 1.1), ("last 24 hours", "24h", 0.3)] {
        let playbook = rig.write("large-playbook.yaml", &format!(
            "fleet: 1\nname: large\nsummary: A large log\nmode: read-only\nneeds: [mta]\nsteps:\n  - mail.senders: {{ since: {since} }}\n    timeout: 10m\n"
        ))?;
        let run = || {
            let mut fleet = fleet(rig.path());
            fleet.args(["run", &playbook, "--hosts", "rtt0", "-T", "10m"]);
            rig.at(&mut fleet, "large.yaml");
            fleet
        };
        let (wire, host) = (proxy::carried(), children_of(rig.pids())?);
        let ours = cost(&mut run(), rig.path())?;
        let (wire, host) = (proxy::carried() - wire, children_of(rig.pids())? - host);
        let report = fs::read_to_string(rig.path().join("stdout"))?;
        let told = report
            .lines()
            .find_map(|l| l.trim().strip_prefix("\"messages\": "))
            .unwrap_or("?")
            .trim_end_matches(',')
            .to_owned();
        let memory = peak(&mut run(), rig.path())?.total / 1024.0;
        say(&format!(
            "  {what}: {told} messages of senders, {:.1} MB over the wire ({:.2} % of the log), host {:.2} s, controller {:.3} s of processor time, {memory:.0} MiB at most, {:.2} s in all",
            wire as f64 / 1e6,
            wire as f64 * 100.0 / (size(&log)? * GIB as f64),
            host / 1e3,
            ours.cpu / 1e3,
            ours.wall / 1e3
        ))?;
        figure(&format!("G11 {what}: wall / awk one-liner"), ours.wall / one_liner.wall, goal)?;
        figure(&format!("G11 {what}: over the wire, KB"), wire as f64 / 1e3, 20.0)?;
        figure(&format!("G11 {what}: controller, ms of processor time"), ours.cpu, 15.0)?;
    }
    Ok(())
}

fn size(path: &Path) -> Done<f64> {
    Ok(path.metadata()?.len() as f64 / GIB as f64)
}

/// A third of the messages are submitted with one of 400 logins, of which two are abused; the rest comes in. Between
/// them stand failed logins and Dovecot's lines. Returns the number of messages.
fn generate(path: &Path) -> Done<u64> {
    let mut state = 88_172_645_463_325_252u64;
    let mut rnd = move |n: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) % n
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() as f64;
    let begin = now - DAYS * 86_400.0;
    let (mut file, mut written, mut messages) = (BufWriter::with_capacity(1 << 20, File::create(path)?), 0u64, 0u64);
    let mut out = String::new();
    while written < GIB {
        let at = begin + written as f64 / GIB as f64 * DAYS * 86_400.0;
        let time = jiff::Timestamp::from_second(at as i64)?
            .to_zoned(jiff::tz::TimeZone::UTC)
            .strftime("%b %e %H:%M:%S")
            .to_string();
        let (pid, id) = (1_000 + rnd(30_000), format!("{:08X}{:03X}", rnd(1 << 32), rnd(0xfff)));
        out.clear();
        let head = format!("{time} mail postfix");
        match rnd(100) {
            0..34 => {
                messages += 1;
                let abused = rnd(100) < 45;
                let user = if abused { rnd(2) } else { 2 + rnd(398) };
                let ip = if abused { rnd(3_000) } else { user * 3 + rnd(3) };
                let recipients = if abused { 5 + rnd(30) } else { 1 + rnd(3) };
                let domain = user % 23;
                let client = format!("unknown[198.18.{}.{}]", ip >> 8, ip & 255);
                writeln!(out, "{head}/smtpd[{pid}]: connect from {client}")?;
                writeln!(
                    out,
                    "{head}/smtpd[{pid}]: {id}: client={client}, sasl_method=LOGIN, sasl_username=user{user}@example{domain}.jp"
                )?;
                writeln!(
                    out,
                    "{head}/cleanup[{pid}]: {id}: message-id=<{:08x}{:08x}.{pid}@example{domain}.jp>",
                    rnd(1 << 32),
                    rnd(1 << 32)
                )?;
                writeln!(
                    out,
                    "{head}/qmgr[812]: {id}: from=<user{user}@example{domain}.jp>, size={}, nrcpt={recipients} (queue active)",
                    800 + rnd(90_000)
                )?;
                for _ in 0..recipients {
                    let (to, mx) = (rnd(5_000), rnd(4));
                    let deferred = abused && rnd(10) < 4;
                    let (dsn, status) = match deferred {
                        true => (
                            "4.7.1",
                            "deferred (host said: 421 4.7.1 too many messages from your address, try again later (in reply to MAIL FROM command))",
                        ),
                        false => ("2.0.0", "sent (250 2.0.0 OK 1700000000 d9443c01a7336-queued mail for delivery)"),
                    };
                    writeln!(
                        out,
                        "{head}/smtp[{}]: {id}: to=<r{}@dest{to}.example.com>, relay=mx{mx}.dest{to}.example.com[203.0.113.{}]:25, delay={}.2, delays=0.01/0.01/0.5/0.6, dsn={dsn}, status={status}",
                        pid + 2,
                        rnd(1_000_000),
                        rnd(256),
                        rnd(9)
                    )?;
                }
                writeln!(out, "{head}/qmgr[812]: {id}: removed")?;
            }
            34..64 => {
                messages += 1;
                let (user, from) = (rnd(400), rnd(3_000));
                let client = format!("mx{}.sender{from}.example.net[192.0.2.{}]", rnd(9), rnd(256));
                writeln!(out, "{head}/smtpd[{pid}]: connect from {client}")?;
                writeln!(out, "{head}/smtpd[{pid}]: {id}: client={client}")?;
                writeln!(
                    out,
                    "{head}/cleanup[{pid}]: {id}: message-id=<{:08x}{:08x}@sender{from}.example.net>",
                    rnd(1 << 32),
                    rnd(1 << 32)
                )?;
                writeln!(
                    out,
                    "{head}/qmgr[812]: {id}: from=<bounce-{}@sender{from}.example.net>, size={}, nrcpt=1 (queue active)",
                    rnd(1 << 32),
                    800 + rnd(90_000)
                )?;
                writeln!(
                    out,
                    "{head}/pipe[{pid}]: {id}: to=<user{user}@example{}.jp>, relay=plesk_virtual, delay=0.3, delays=0.1/0/0/0.2, dsn=2.0.0, status=sent (delivered via plesk_virtual service)",
                    user % 23
                )?;
                writeln!(out, "{head}/qmgr[812]: {id}: removed")?;
            }
            64..80 => {
                let client = format!("unknown[198.51.100.{}]", rnd(256));
                writeln!(out, "{head}/smtpd[{pid}]: connect from {client}")?;
                writeln!(
                    out,
                    "{head}/smtpd[{pid}]: warning: {client}: SASL LOGIN authentication failed: authentication failure, sasl_username=info{}@example{}.jp",
                    rnd(50),
                    rnd(23)
                )?;
                writeln!(out, "{head}/smtpd[{pid}]: disconnect from {client} ehlo=1 auth=0/1 quit=1 commands=2/3")?;
            }
            _ => {
                let user = rnd(400);
                writeln!(
                    out,
                    "{time} mail dovecot: imap-login: Login: user=<user{user}@example{}.jp>, method=PLAIN, rip=198.51.100.{}, lip=192.0.2.10, mpid={pid}, TLS, session=<{:08x}{:08x}>",
                    user % 23,
                    rnd(256),
                    rnd(1 << 32),
                    rnd(1 << 32)
                )?;
            }
        }
        file.write_all(out.as_bytes())?;
        written += out.len() as u64;
    }
    file.flush()?;
    // What is still on its way to the disk would hold up the rest.
    file.get_ref().sync_all()?;
    Ok(messages)
}
