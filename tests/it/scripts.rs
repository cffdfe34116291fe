//! Every script that can reach a host, for every mail server, panel and operation, by its digest: what a change of the
//! house, a comment or a refactoring must leave as it is. `FLEET_BLESS=1` writes the page anew when a script is meant to
//! change.

use fleet::host::act::Act;
use fleet::host::ask::Support;
use fleet::host::file;
use fleet::host::service::{self, Operation as ServiceOperation};
use fleet::mail::change::account::{AccountChange, Operation};
use fleet::mail::change::evidence;
use fleet::mail::change::queue::{self, Operation as QueueOperation};
use fleet::mail::read::queue::QueueArgs;
use fleet::mail::read::senders::watch;
use fleet::mail::read::{accounts, logins, queue as listing, senders, sessions, web};
use fleet::mail::{detect, mta, panel};
use fleet::model::mail::AccountKind;
use fleet::model::profile::{Found, Profile};
use fleet::model::was::Sum;
use fleet::model::{AccountWas, Host, HostName, Row, RowEnd, Secret};
use fleet::shell::Part;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::time::Duration;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/scripts.txt");
const DAY: Duration = Duration::from_secs(86_400);
const DIR: &str = "/var/lib/fleet/0123";

fn host() -> Host {
    Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root")
}

fn profile(mta: &str, panel: &str) -> Profile {
    let found = |name: &str| vec![Found { name: name.into(), version: "1".into(), active: true }];
    let imaps = found("dovecot").into_iter().chain(found("courier")).collect();
    Profile { now: 1_795_486_700, mtas: found(mta), panels: found(panel), imaps, ..Profile::default() }
}

struct Page(String);

impl Page {
    fn put(&mut self, what: &str, parts: impl IntoIterator<Item = Part>) {
        for part in parts {
            let data = format!(
                "{}\0{:?}\0{:?}\0{:?}\0{}\0{:?}\0{}\0{}",
                part.script,
                part.values,
                part.args,
                part.input,
                part.session,
                part.timeout,
                part.max_stdout,
                part.secret.is_some()
            );
            let digest: String = Sha256::digest(data).iter().take(8).map(|b| format!("{b:02x}")).collect();
            writeln!(self.0, "{what} {} {digest}", part.name).unwrap();
        }
    }

    fn support(&mut self, what: &str, support: Support) {
        match support {
            Support::Yes(parts) => self.put(what, parts),
            Support::NotYet(why) => writeln!(self.0, "{what}: {why}").unwrap(),
        }
    }

    fn act(&mut self, what: &str, act: Result<Act, String>) {
        match act {
            Ok(Act::Read(parts)) => self.put(&format!("{what} reads"), parts),
            Ok(Act::Write(part)) => self.put(&format!("{what} writes"), [part]),
            Ok(Act::Done(_)) => writeln!(self.0, "{what}: done").unwrap(),
            Err(why) => writeln!(self.0, "{what}: {why}").unwrap(),
        }
    }
}

fn of_mail_server(page: &mut Page, mta: &'static dyn mta::Mta) {
    let (host, profile, name) = (host(), profile(mta.name(), "plain"), mta.name());
    page.support(&format!("{name} queue"), listing::parts(&host, &profile, &QueueArgs { top: 20, samples: 5 }));
    page.support(&format!("{name} senders"), senders::parts(&host, &profile, DAY, profile.now));
    page.support(&format!("{name} logins"), logins::parts(&host, &profile, DAY, profile.now));
    page.support(&format!("{name} web"), web::parts(&host, &profile, DAY, profile.now));
    page.support(&format!("{name} watch"), watch::parts(&host, &profile, DAY));
    page.put(&format!("{name} sessions"), sessions::look(&host, &profile, profile.now));
    page.support(&format!("{name} evidence asks"), evidence::query(&profile));
    page.act(&format!("{name} evidence"), evidence::next(&host, &profile, DAY, DIR, &[]));
    let rows = [Row::Message {
        id: "4hFkXP2NXCzw9Y".into(),
        arrival: 1_795_000_000,
        sender: "a@example.jp".into(),
        size: 9,
        recipients: 1,
    }];
    for operation in [QueueOperation::Hold, QueueOperation::Release, QueueOperation::Delete, QueueOperation::Restore] {
        page.support(&format!("{name} queue {operation:?} asks"), queue::query(&host, &profile, operation));
        page.act(&format!("{name} queue {operation:?}"), queue::next(&host, &profile, operation, &rows, DIR, &[]));
    }
    page.support(&format!("{name} queue looks"), queue::look(&host, &profile, &rows));
    if let Some(control) = mta.control() {
        page.put(name, control.hold());
        page.put(name, control.release());
        page.put(name, [control.delete(), control.restore()]);
    }
}

fn of_panel(page: &mut Page, panel: &'static dyn panel::Panel) {
    let (host, profile, name) = (host(), profile("postfix", panel.name()), panel.name());
    page.support(&format!("{name} accounts"), accounts::parts(&host, &profile));
    let secret = Secret::new("Correct-Horse-1".into());
    for operation in [
        Operation::SetPassword,
        Operation::Disable,
        Operation::Enable,
        Operation::Limit,
        Operation::Delete,
        Operation::Restore,
        Operation::Cut,
    ] {
        let logins = vec!["info@example.jp".to_owned(), "info".to_owned()];
        let was = AccountWas::There { kind: AccountKind::Mailbox, disabled: false, source: String::new(), logins };
        for again in [false, true] {
            let (host, profile, was, secret) = (&host, &profile, Some(&was), Some(&secret));
            let doing = AccountChange {
                host,
                profile,
                operation,
                account: "info@example.jp",
                was,
                limit: "100",
                secret,
                dir: DIR,
                again,
            };
            page.act(&format!("{name} {operation:?} again={again}"), doing.next(&[]));
            page.support(&format!("{name} {operation:?} looks"), doing.look());
        }
    }
}

fn page() -> String {
    let mut page = Page(String::new());
    page.put("profile", [detect::part()]);
    mta::ALL.iter().for_each(|mta| of_mail_server(&mut page, *mta));
    panel::ALL.iter().for_each(|panel| of_panel(&mut page, *panel));
    page.put("sessions", [sessions::cut("info@example.jp", &["info@example.jp"], &["192.0.2.1".parse().unwrap()])]);
    page.put("sessions", [sessions::probe(&["info@example.jp"], Secret::new("Correct-Horse-1".into()))]);
    page.put("file", [file::query("/etc/motd", DIR)]);
    let was = Sum::of(b"was");
    for new in [file::New::Text("a\nb"), file::New::Kept(DIR, was), file::New::Nothing] {
        let (mode, owner, dir, word) = ("0644", "root:root", DIR, RowEnd::Changed);
        page.put("file", [file::write(file::Writing { to: "/etc/motd", was: Some(was), new, mode, owner, dir, word })]);
    }
    page.put("service", [service::query("postfix")]);
    for operation in
        [ServiceOperation::Start, ServiceOperation::Stop, ServiceOperation::Restart, ServiceOperation::Reload]
    {
        page.put("service", [service::set("postfix", operation, DIR)]);
    }
    page.0
}

#[test]
fn no_script_changes_unless_its_page_does() {
    let page = page();
    assert!(page.lines().count() > 150, "the test reads too little:\n{page}");
    if std::env::var_os("FLEET_BLESS").is_some() {
        fs::write(PAGE, &page).unwrap();
    }
    let kept = fs::read_to_string(PAGE).unwrap_or_default();
    for (kept, now) in kept.lines().zip(page.lines()) {
        assert_eq!(kept, now, "a script changed; if it was meant to: FLEET_BLESS=1 cargo test");
    }
    assert_eq!(kept.lines().count(), page.lines().count(), "if it was meant to: FLEET_BLESS=1 cargo test");
}
