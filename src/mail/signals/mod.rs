//! From counts to judgements: the signs that an account was stolen or a server is abused.
//!
//! Ten signals, A to J, each a pure function of what was read and of thresholds that a playbook sets. Defaults
//! come from what operators and panels use; `docs/signals.md` tells each number's origin. A signal carries its
//! numbers and the messages that it saw, never a score; how sure it is follows from how many speak of one account.

mod clients;
mod exempt;
mod facts;
mod names;
mod places;
mod queue;
mod report;
mod together;
mod volume;

pub use facts::{Baseline, Facts, LIMITS, Limits, Names, Usual};
pub use report::{AccountRow, Confidence, Exempted, SIGNALS_OUTPUT, Signal, SignalsReport};

use std::collections::{BTreeMap, BTreeSet};

/// One kind of signal.
pub struct Kind {
    /// Its letter in the table of signals.
    pub letter: char,
    /// The finding's code.
    pub code: &'static str,
    /// What it sees, in a few words.
    pub doc: &'static str,
    /// What must have been read, besides the senders.
    pub needs: &'static [Need],
    pub judge: fn(&Facts<'_>) -> Vec<Signal>,
}

/// A reading without which a signal is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    Logins,
    Queue,
    /// The whole list of accounts: what is not in it does not exist.
    Accounts,
}

/// Every signal.
pub static ALL: &[Kind] = &[
    Kind { letter: 'A', code: "SENDER_HOT", doc: "unusually much mail within an hour", needs: &[], judge: volume::hot },
    Kind { letter: 'B', code: "RCPT_MANY", doc: "many recipients per message", needs: &[], judge: volume::recipients },
    Kind {
        letter: 'C',
        code: "CLIENT_SPREAD",
        doc: "many client networks, or new ones",
        needs: &[],
        judge: clients::spread,
    },
    Kind { letter: 'C', code: "COUNTRY_SPREAD", doc: "many countries", needs: &[], judge: places::countries },
    Kind { letter: 'C', code: "ASN_SPREAD", doc: "many providers", needs: &[], judge: places::asns },
    Kind { letter: 'C', code: "COUNTRY_NEW", doc: "mail from a new country", needs: &[], judge: places::new_country },
    Kind { letter: 'D', code: "BOUNCE_RATE", doc: "many refused recipients", needs: &[], judge: volume::bounces },
    Kind {
        letter: 'D',
        code: "MAIL_BLOCKED",
        doc: "servers refuse its mail as spam",
        needs: &[],
        judge: volume::blocked,
    },
    Kind {
        letter: 'E',
        code: "LOGIN_GUESSED",
        doc: "a login from a new address after many failures",
        needs: &[Need::Logins],
        judge: clients::guessed,
    },
    Kind {
        letter: 'E',
        code: "LOGIN_SHARED_IP",
        doc: "a login from an address that failed for other accounts",
        needs: &[Need::Logins],
        judge: clients::shared,
    },
    Kind {
        letter: 'F',
        code: "SENDER_FORGED",
        doc: "a login that sends under foreign names",
        needs: &[Need::Accounts],
        judge: names::forged,
    },
    Kind {
        letter: 'G',
        code: "QUEUE_LOGIN",
        doc: "one login or sender fills the queue",
        needs: &[Need::Queue],
        judge: queue::share,
    },
    Kind {
        letter: 'G',
        code: "QUEUE_BACKSCATTER",
        doc: "notices of failed mail fill the queue",
        needs: &[Need::Queue],
        judge: queue::backscatter,
    },
    Kind {
        letter: 'H',
        code: "SCRIPT_HOT",
        doc: "a program on the host sends much, or as nobody",
        needs: &[],
        judge: names::scripts,
    },
    Kind {
        letter: 'H',
        code: "SENDER_UNKNOWN",
        doc: "mail under a name that is no account",
        needs: &[Need::Accounts],
        judge: names::unknown,
    },
    Kind {
        letter: 'I',
        code: "TEST_MESSAGE",
        doc: "one small message to a free mailbox from a new address",
        needs: &[],
        judge: clients::test_message,
    },
    Kind {
        letter: 'J',
        code: "DOMAIN_RISE",
        doc: "several accounts of one domain rise together",
        needs: &[],
        judge: together::rise,
    },
];

/// Judges everything that can be judged.
pub fn judge(facts: &Facts<'_>) -> SignalsReport {
    let mut signals = Vec::new();
    let mut not_judged = Vec::new();
    for kind in ALL {
        match kind.needs.iter().find_map(|need| facts.lacks(*need)) {
            Some(why) => not_judged.push(format!("{}: {why}", kind.code)),
            None => signals.extend((kind.judge)(facts)),
        }
    }
    let (mut signals, exempted) = exempt::split(signals, facts);
    let mut letters: BTreeMap<String, BTreeSet<char>> = BTreeMap::new();
    for signal in &signals {
        letters.entry(signal.account.clone()).or_default().insert(signal.letter());
    }
    let sure = |account: &str, letters: &BTreeSet<char>| Confidence::of(facts.is_reported(account), letters.len());
    for signal in &mut signals {
        let confidence = letters.get(&signal.account).map_or(Confidence::Watch, |l| sure(&signal.account, l));
        signal.confidence = confidence;
        // A finding holds the data alone.
        signal.data.insert("confidence".into(), serde_json::to_value(confidence).unwrap_or_default());
    }
    let accounts = letters
        .iter()
        .map(|(account, letters)| AccountRow {
            account: account.clone(),
            confidence: sure(account, letters),
            signals: letters.iter().map(char::to_string).collect(),
        })
        .collect();
    SignalsReport {
        rows: signals,
        accounts,
        exempted,
        exemption_notes: exempt::notes(facts),
        not_judged,
        baseline_days: facts.baseline.days,
        geo: facts.geo.sources(facts.today),
    }
}

#[cfg(test)]
mod tests;
