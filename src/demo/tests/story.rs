//! What the answers mean to those who read them: each goes through the layout and the real parsers.

use super::{NOW, machine};
use crate::demo::answer;
use crate::demo::command::Step;
use crate::demo::machine::Machine;
use crate::host::ask::Support;
use crate::host::os_support::{Policy, Table};
use crate::mail::detect;
use crate::mail::geo::Geo;
use crate::mail::read::accounts::{self, AccountsReport};
use crate::mail::read::queue::{self, QueueArgs, QueueReport};
use crate::mail::read::senders::{self, Sender, SendersReport};
use crate::mail::read::web;
use crate::model::{Host, HostBytes, HostName, Profile};
use crate::shell::batch::{Nonce, Receiver, layout};
use crate::shell::{Ended, Part, PartOutput};
use std::time::Duration;

fn run(machine: &Machine, parts: &[Part]) -> Vec<PartOutput> {
    let nonce = Nonce::new([5; 16]);
    let input: String = parts.iter().map(|part| layout(&nonce, 0, part).unwrap()).collect();
    let outputs = Receiver::default().feed(input.as_bytes()).into_iter().map(|part| {
        let steps = answer::steps(machine, &part, NOW);
        let [Step::Print(text), Step::Status(0)] = steps.as_slice() else { panic!("{}: {steps:?}", part.name) };
        let (stdout, stderr) = (HostBytes::new(text.clone().into_bytes()), HostBytes::default());
        let (ended, elapsed) = (Ended::Status(0), Duration::ZERO);
        PartOutput { name: part.name, ended, stdout, stderr, truncated: false, elapsed }
    });
    let outputs: Vec<PartOutput> = outputs.collect();
    assert_eq!(outputs.len(), parts.len());
    outputs
}

fn supported(support: Support) -> Vec<Part> {
    match support {
        Support::Yes(parts) => parts,
        Support::NotYet(why) => panic!("{why}"),
    }
}

fn profile(machine: &Machine) -> Profile {
    let outputs = run(machine, &[detect::part()]);
    outputs[0].stdout.parse(detect::parse).unwrap()
}

fn reports(name: &str) -> (Profile, QueueReport, SendersReport, AccountsReport) {
    let machine = machine(name);
    let host = Host::new(HostName::parse(name).unwrap(), "127.0.0.1", 22, "root");
    let profile = profile(&machine);
    let args = QueueArgs::default();
    let outputs = run(&machine, &supported(queue::parts(&host, &profile, &args)));
    let queue = queue::read(&host, &profile, &args, &outputs).unwrap();
    let since = Duration::from_secs(86_400);
    let outputs = run(&machine, &supported(senders::parts(&host, &profile, since, NOW)));
    let senders = senders::read(&host, &profile, since, NOW, &outputs, &Geo::default()).unwrap();
    let outputs = run(&machine, &supported(accounts::parts(&host, &profile)));
    let accounts = accounts::read(&host, &profile, &outputs).unwrap();
    assert_eq!((&queue.incomplete, &senders.incomplete, &accounts.incomplete), (&vec![], &vec![], &vec![]), "{name}");
    (profile, queue, senders, accounts)
}

fn sender<'a>(report: &'a SendersReport, account: &str) -> &'a Sender {
    report.rows.iter().find(|row| row.account == account).unwrap()
}

#[test]
fn a_stolen_account_has_filled_the_queue() {
    let (profile, queue, senders, accounts) = reports("mx01");
    assert_eq!((profile.panel(), profile.panels[0].version.as_str()), ("plesk", "18.0.99"));
    assert_eq!((profile.mta(), profile.os.id.as_str(), profile.os.version.as_str()), ("postfix", "debian", "12"));
    assert_eq!(queue.total, 1_840);
    let login = &queue.top_logins[0];
    assert_eq!((login.login.as_str(), login.messages, login.recipients), ("info@example.jp", 1_840, 7_360));
    assert!(login.senders > 10 && login.clients > 30, "{login:?}");
    let row = sender(&senders, "info@example.jp");
    assert!(row.peak_per_hour > 300 && row.recipients > 5_000, "{row:?}");
    assert_eq!((row.messages, row.forged, row.client_ip_count), (2_460, 2_460, 60));
    assert!(row.bounced > 0 && row.bounced < row.sent);
    assert!(accounts.logins.contains(&"info@example.jp".to_owned()));
}

#[test]
fn a_script_sends_as_nobody_s_account() {
    let (profile, queue, senders, accounts) = reports("mx02");
    assert_eq!((profile.panel(), profile.utc_offset), ("plain", 0));
    assert_eq!((queue.total, queue.no_login, queue.top_logins.len()), (214, 214, 0));
    let row = sender(&senders, "uid:33");
    assert_eq!((row.user.as_deref(), row.messages, row.client_ip_count), (Some("www-data"), 520, 0));
    assert!(row.peak_per_hour > 100, "{row:?}");
    assert!(!accounts.logins.iter().chain(&accounts.addresses).any(|a| a.starts_with("www-data")));
}

#[test]
fn an_old_system_costs_more_and_lists_its_queue_as_text() {
    let (profile, queue, ..) = reports("mx03");
    let support = Table::builtin().judge_os(&profile.os, jiff::civil::date(2026, 11, 24), Policy::Vendor);
    assert_eq!((support.eol, support.surcharge_jpy_per_hour), (true, 15_000));
    assert_eq!((profile.panels[0].version.as_str(), queue.total), ("17.8.11", 3));
}

#[test]
fn nothing_is_wrong_with_the_others() {
    for name in ["mx04", "mx05", "mx06", "web03", "web04", "web05", "web06", "web07", "web08", "web09"] {
        let (profile, queue, senders, accounts) = reports(name);
        assert_eq!((profile.mta(), queue.total), ("postfix", 0), "{name}");
        assert!(
            !Table::builtin().judge_os(&profile.os, jiff::civil::date(2026, 11, 24), Policy::Vendor).eol,
            "{name}: {:?}",
            profile.os
        );
        for row in &senders.rows {
            assert!(accounts.logins.contains(&row.account), "{name}: {}", row.account);
            assert!(row.peak_per_hour < 100 && row.peak_recipients_per_hour < 200, "{name}: {row:?}");
            assert_eq!((row.forged, row.bounced), (0, 0), "{name}");
        }
    }
    let (.., senders, _) = reports("web03");
    let news = sender(&senders, "news@web03.example.jp");
    assert!((70..100).contains(&news.peak_per_hour), "{news:?}");
}

#[test]
fn a_script_is_named_by_what_waits_and_other_hosts_have_none() {
    for name in ["mx01", "mx02", "mx03", "web02", "web03"] {
        let machine = machine(name);
        let host = Host::new(HostName::parse(name).unwrap(), "127.0.0.1", 22, "root");
        let (profile, since) = (profile(&machine), Duration::from_secs(86_400));
        let outputs = run(&machine, &supported(web::parts(&host, &profile, since, NOW)));
        let report = web::read(&host, &profile, since, NOW, &outputs).unwrap();
        assert_eq!(report.incomplete, Vec::<String>::new(), "{name}");
        let rows: Vec<_> = report.rows.iter().map(|r| (r.script.as_str(), r.user.as_deref(), r.messages)).collect();
        let script = [("33:contact.php", Some("www-data"), 214)];
        assert_eq!(rows, if name == "mx02" { script.as_slice() } else { &[] }, "{name}");
    }
    let machine = machine("mx01");
    let host = Host::new(HostName::parse("mx01").unwrap(), "127.0.0.1", 22, "root");
    let (profile, args) = (profile(&machine), QueueArgs { samples: 3, ..QueueArgs::default() });
    let outputs = run(&machine, &supported(queue::parts(&host, &profile, &args)));
    let report = queue::read(&host, &profile, &args, &outputs).unwrap();
    assert_eq!((report.samples.len(), report.complete), (3, true));
    assert_eq!(report.samples[0].login.as_deref(), Some("info@example.jp"));
}

#[test]
fn what_is_not_supported_is_named() {
    let host = Host::new(HostName::parse("web01").unwrap(), "127.0.0.1", 22, "root");
    let refused = Support::NotYet("panel cpanel was detected but is not supported".into());
    assert_eq!(accounts::parts(&host, &profile(&machine("web01"))), refused);
    let none = Support::NotYet("no mail server found".into());
    assert_eq!(queue::parts(&host, &profile(&machine("web02")), &QueueArgs::default()), none);
}
