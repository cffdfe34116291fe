//! A made-up mail host: what it is, who sends mail there, and the messages that follow from that.
//!
//! Everything is computed from small tables and the time when the demo began, so the log, the queue and the
//! queue's files of one host always tell the same story. All names and addresses are reserved for documentation.

use crate::model::mail::Origin;

/// An operating system, as its own files name it.
#[derive(Debug)]
pub struct System {
    /// `ID` of `/etc/os-release`.
    pub id: &'static str,
    /// `VERSION_ID` of `/etc/os-release`.
    pub version: &'static str,
    /// `PRETTY_NAME` of `/etc/os-release`.
    pub name: &'static str,
    /// `/etc/redhat-release`, `/etc/debian_version`.
    pub redhat: &'static str,
    /// What `/etc/debian_version` holds; empty on others.
    pub debian: &'static str,
    /// The version of Postfix that the system brings.
    pub postfix: &'static str,
    /// Its syslog writes times without year and zone.
    pub bsd_log: bool,
}

/// A host behind the demo's SSH server.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The name that the host gives itself, with its domain.
    pub hostname: String,
    /// Seconds since 1970; when the demo began, and what ages count back from. The host is quiet since then.
    pub started: i64,
    /// The operating system.
    pub system: &'static System,
    /// Name and version.
    pub panel: Option<(&'static str, &'static str)>,
    /// Its version; none on a host without a mail server.
    pub postfix: Option<&'static str>,
    /// Its zone is Asia/Tokyo, else UTC.
    pub tokyo: bool,
    /// Mailboxes; on a host without a panel they are Dovecot's users.
    pub accounts: Vec<String>,
    /// Who sends and receives how much.
    pub traffic: Vec<Traffic>,
}

impl Machine {
    /// Its name without the domain.
    pub fn short(&self) -> &str {
        self.hostname.split('.').next().unwrap_or_default()
    }
}

/// Messages of one origin, evenly over a time.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// Who hands the messages in; [`Origin::Remote`] is incoming mail.
    pub origin: Origin,
    /// The sender; for what comes from outside, the recipient.
    pub address: String,
    /// Every message has a sender of its own that belongs to somebody else.
    pub forged: bool,
    /// How many there are.
    pub messages: u32,
    /// Ages in seconds of the first and the last message.
    pub ages: (i64, i64),
    /// Recipients of each message.
    pub recipients: u32,
    /// Addresses that its clients come from.
    pub clients: u32,
    /// How many of the last messages still wait.
    pub queued: u32,
}

/// What became of a made-up message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Delivered.
    Sent,
    /// Refused for good.
    Bounced,
    /// Waits for another try.
    Deferred,
    /// Being delivered at this moment.
    Active,
}

/// One message that went through a [`Machine`].
#[derive(Debug)]
pub struct Message<'a> {
    /// When it arrived, in seconds since 1970.
    pub at: i64,
    /// Its queue id.
    pub id: String,
    /// Who handed it in.
    pub origin: &'a Origin,
    /// The envelope sender.
    pub sender: String,
    /// The envelope's recipients.
    pub recipients: Vec<String>,
    /// Bytes.
    pub size: u32,
    /// The client's address; local mail has none.
    pub client: Option<String>,
    /// What became of it.
    pub fate: Fate,
}

const STRANGERS: [&str; 4] = ["freemail.example.com", "carrier.example.net", "office.example.org", "isp.example.net"];
const FORGED: [&str; 5] = ["billing", "noreply", "support", "account-update", "ceo"];
const VICTIMS: [&str; 4] = ["bank.example.com", "parcel.example.net", "shop.example.org", "card.example.com"];
const NETS: [&str; 3] = ["203.0.113", "198.51.100", "192.0.2"];

impl Machine {
    /// Seconds east of UTC.
    pub fn offset(&self) -> i32 {
        if self.tokyo { 9 * 3_600 } else { 0 }
    }

    /// What arrived since then, oldest first.
    pub fn messages(&self, since: i64) -> Vec<Message<'_>> {
        let mut all = Vec::new();
        let mut inode = 0x9D_0000;
        for (t, traffic) in self.traffic.iter().enumerate() {
            let (first, last) = traffic.ages;
            for i in 0..traffic.messages {
                inode += 1;
                let age = first - (first - last) * i64::from(i) / i64::from(traffic.messages.max(2) - 1);
                let at = self.started - age;
                if at >= since {
                    let seed = mix((t as u64) << 32 | u64::from(i));
                    all.push(traffic.message(i, seed, inode, at));
                }
            }
        }
        all.sort_by_key(|m| m.at);
        all
    }

    /// What waits in the queue, oldest first.
    pub fn queue(&self) -> Vec<Message<'_>> {
        let mut all = self.messages(i64::MIN);
        all.retain(Message::waits);
        all
    }
}

impl Traffic {
    fn message(&self, i: u32, seed: u64, inode: u32, at: i64) -> Message<'_> {
        let incoming = self.origin == Origin::Remote;
        let stranger =
            |n: u64| format!("{}{}@{}", pick(&["m", "k", "t", "user"], n), n % 9_973, pick(&STRANGERS, n >> 9));
        let sender = match self.forged {
            _ if incoming => stranger(seed),
            true => format!("{}@{}", pick(&FORGED, seed), pick(&VICTIMS, seed >> 8)),
            false => self.address.clone(),
        };
        let recipients = match incoming {
            true => vec![self.address.clone()],
            false => (0..self.recipients).map(|r| stranger(mix(seed ^ u64::from(r)))).collect(),
        };
        let local = matches!(self.origin, Origin::Uid(_));
        let home = u64::from(self.address.bytes().fold(7u32, |h, b| h.wrapping_mul(31).wrapping_add(b.into())));
        let client = home + seed % u64::from(self.clients.max(1));
        Message {
            at,
            id: format!("{:05X}{inode:06X}", seed % 1_000_000),
            origin: &self.origin,
            sender,
            recipients,
            size: 900 + (seed >> 20) as u32 % 9_000,
            client: (!local).then(|| format!("{}.{}", pick(&NETS, client), 1 + client / 3 % 250)),
            fate: match self.messages - i {
                left if left > self.queued && self.forged && seed.is_multiple_of(4) => Fate::Bounced,
                left if left > self.queued => Fate::Sent,
                left if left <= self.queued / 150 => Fate::Active,
                _ => Fate::Deferred,
            },
        }
    }
}

impl Message<'_> {
    /// Whether it is in the queue.
    pub fn waits(&self) -> bool {
        matches!(self.fate, Fate::Deferred | Fate::Active)
    }

    /// The queue that it is in, if it waits.
    pub fn queue_name(&self) -> &'static str {
        if self.fate == Fate::Active { "active" } else { "deferred" }
    }

    /// Why its recipient waits; nothing while it is being delivered.
    pub fn reason(&self, recipient: &str) -> Option<String> {
        let (_, domain) = recipient.rsplit_once('@')?;
        let said =
            "450 4.7.1 Service temporarily refused: too much mail from your address (in reply to RCPT TO command)";
        (self.fate == Fate::Deferred).then(|| format!("host mx.{domain}[192.0.2.25] said: {said}"))
    }
}

fn pick(list: &[&'static str], n: u64) -> &'static str {
    let len = list.len().max(1) as u64;
    list.get((n % len) as usize).copied().unwrap_or_default()
}

/// SplitMix64: spreads small numbers, the same way every time.
pub fn mix(n: u64) -> u64 {
    let z = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
