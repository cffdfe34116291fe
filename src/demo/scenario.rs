//! Which hosts the demo has, and what is the matter with each.

use super::machine::{Machine, System, Traffic};
use super::mail_log;
use crate::model::mail::Origin;
use std::time::Duration;

/// How a host's SSH server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// As any good one.
    Honest,
    /// Thinks for this long before it answers the first part of a shell.
    Slow(Duration),
    /// Resets the connection after both sides have said who they are.
    DropAfterBanner,
    /// Its host key is not the one that known_hosts names.
    OtherKey,
    /// Accepts connections and says nothing.
    Silent,
    /// Answers as a web server does.
    NotSsh,
    /// Prints without end once a part has begun.
    Flood,
    /// Asks the client for channels, as a server does that wants into the client's network.
    OpensChannels,
}

/// One host of the demo.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The inventory's name.
    pub name: String,
    /// Whose it is, in the inventory; a made-up name.
    pub customer: String,
    /// How its SSH server behaves.
    pub behaviour: Behaviour,
    /// What the server tells of the host behind it.
    pub machine: Machine,
}

const DEBIAN_12: System = System {
    id: "debian",
    version: "12",
    name: "Debian GNU/Linux 12 (bookworm)",
    redhat: "",
    debian: "12.12",
    postfix: "3.7.11",
    bsd_log: false,
};
const DEBIAN_13: System =
    System { version: "13", name: "Debian GNU/Linux 13 (trixie)", debian: "13.2", postfix: "3.10.5", ..DEBIAN_12 };
const UBUNTU_24: System = System {
    id: "ubuntu",
    version: "24.04",
    name: "Ubuntu 24.04.3 LTS",
    debian: "trixie/sid",
    postfix: "3.8.6",
    ..DEBIAN_12
};
const CENTOS_7: System = System {
    id: "centos",
    version: "7",
    name: "CentOS Linux 7 (Core)",
    redhat: "CentOS Linux release 7.9.2009 (Core)",
    debian: "",
    postfix: "2.10.1",
    bsd_log: true,
};
const ALMA_9: System = System {
    id: "almalinux",
    version: "9.6",
    name: "AlmaLinux 9.6 (Sage Margay)",
    redhat: "AlmaLinux release 9.6 (Sage Margay)",
    postfix: "3.5.25",
    ..CENTOS_7
};
static SYSTEMS: [System; 5] = [DEBIAN_12, CENTOS_7, ALMA_9, DEBIAN_13, UBUNTU_24];
/// Those of hosts with nothing the matter.
const FIRST_CLEAN: usize = 2;

/// Newer than the table of maintenance, so that the demo stays quiet about it.
const OBSIDIAN: (&str, &str) = ("plesk", "18.0.99");
const ONYX: (&str, &str) = ("plesk", "17.8.11");
const CUSTOMERS: [&str; 5] = ["Aozora Trading", "Hinode Printing", "Kawabe Clinic", "Midori Foods", "Sakura Travel"];
const LOCALS: [&str; 6] = ["info", "sales", "tanaka", "sato", "support", "office"];
const DAY: i64 = 86_400;

impl Scenario {
    /// A host on which nothing is wrong, the same one for the same index.
    pub fn clean(name: &str, index: usize) -> Self {
        let system = FIRST_CLEAN + index % (SYSTEMS.len() - FIRST_CLEAN);
        let system = SYSTEMS.get(system).unwrap_or(&DEBIAN_12);
        let domain = format!("{name}.example.jp");
        let accounts: Vec<String> =
            LOCALS.iter().take(3 + index % 4).map(|local| format!("{local}@{domain}")).collect();
        let per_day = (10 + index as u32 * 7 % 51) / accounts.len() as u32;
        let traffic = accounts.iter().flat_map(|account| {
            let outgoing = ordinary(Origin::Login(account.clone()), account, per_day);
            [outgoing, ordinary(Origin::Remote, account, per_day / 2)]
        });
        Self {
            name: name.to_owned(),
            customer: CUSTOMERS.get(index % CUSTOMERS.len()).copied().unwrap_or_default().to_owned(),
            behaviour: Behaviour::Honest,
            machine: Machine {
                started: 0,
                hostname: format!("{name}.example.jp"),
                system,
                panel: index.is_multiple_of(2).then_some(OBSIDIAN),
                postfix: Some(system.postfix),
                tokyo: index % 3 != 1,
                traffic: traffic.collect(),
                accounts,
            },
        }
    }

    /// The same host behind a server of another behaviour.
    pub fn behaving(mut self, behaviour: Behaviour) -> Self {
        self.behaviour = behaviour;
        self
    }

    /// With this system and panel instead.
    fn on(mut self, system: &'static System, panel: Option<(&'static str, &'static str)>) -> Self {
        self.machine.system = system;
        self.machine.postfix = Some(system.postfix);
        self.machine.panel = panel;
        self
    }

    fn without_mail(mut self) -> Self {
        self.machine.postfix = None;
        self
    }

    fn account(mut self, address: &str) -> Self {
        self.machine.accounts.push(address.to_owned());
        self
    }

    fn sends(mut self, traffic: Traffic) -> Self {
        self.machine.traffic.push(traffic);
        self
    }
}

/// A little mail every day, one recipient each.
fn ordinary(origin: Origin, address: &str, per_day: u32) -> Traffic {
    let ages = (i64::from(mail_log::DAYS) * DAY, 600);
    let messages = per_day.max(1) * mail_log::DAYS;
    Traffic { origin, address: address.to_owned(), forged: false, messages, ages, recipients: 1, clients: 1, queued: 0 }
}

/// The first `n` hosts: those with something to see come first, then as many clean ones as it takes.
pub fn hosts(n: usize) -> Vec<Scenario> {
    let [debian, centos, alma, ..] = &SYSTEMS;
    let clean = Scenario::clean;
    let stolen = Traffic {
        origin: Origin::Login("info@example.jp".into()),
        address: "info@example.jp".into(),
        forged: true,
        messages: 2_460,
        ages: (6 * 3_600, 120),
        recipients: 4,
        clients: 60,
        queued: 1_840,
    };
    let script = Traffic {
        origin: Origin::Uid(33),
        address: "www-data@mx02.example.jp".into(),
        forged: false,
        messages: 520,
        ages: (4 * 3_600, 60),
        recipients: 3,
        clients: 0,
        queued: 214,
    };
    let news = Traffic {
        ages: (20 * 3_600, 19 * 3_600),
        messages: 80,
        ..ordinary(Origin::Login("news@web03.example.jp".into()), "news@web03.example.jp", 0)
    };
    let mut hosts = vec![
        clean("mx01", 0).on(debian, Some(OBSIDIAN)).account("info@example.jp").sends(stolen),
        clean("mx02", 1).on(debian, None).sends(script),
        clean("mx03", 2).on(centos, Some(ONYX)),
        clean("mx04", 3).behaving(Behaviour::Slow(Duration::from_millis(1_500))),
        clean("mx05", 4).behaving(Behaviour::DropAfterBanner),
        clean("mx06", 5).behaving(Behaviour::OtherKey),
        clean("web01", 6).on(alma, Some(("cpanel", "118.0.21"))),
        clean("web02", 7).on(debian, None).without_mail(),
        clean("web03", 8).account("news@web03.example.jp").sends(news),
    ];
    // A little waits on most hosts, and that is no harm.
    if let Some(traffic) = hosts.get_mut(2).and_then(|onyx| onyx.machine.traffic.first_mut()) {
        traffic.queued = 3;
    }
    let first = hosts.len();
    hosts.extend((first..n).map(|i| clean(&format!("web{:02}", i + 4 - first), i)));
    hosts.truncate(n);
    hosts
}
