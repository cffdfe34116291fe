//! What was judged.

use super::limits::CODES;
use crate::mail::geo::{SOURCE, Source};
use crate::mail::read::senders::Sample;
use crate::model::Level;
use crate::model::schema::{Field, Type, record};
use serde::Serialize;
use serde_json::{Map, Value};

/// How sure a judgement of an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// 要観察: one signal.
    Watch,
    /// 疑い: two or more signals.
    Suspected,
    /// 確認: direct evidence, a reported message that was traced to the account.
    Confirmed,
}

impl Confidence {
    const WORDS: &[&str] = &["watch", "suspected", "confirmed"];

    /// Signals of different letters count.
    pub fn of(reported: bool, signals: usize) -> Self {
        match (reported, signals) {
            (true, _) => Self::Confirmed,
            (_, 2..) => Self::Suspected,
            _ => Self::Watch,
        }
    }
}

record! {
    /// One signal of one account.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct Signal {
        /// the finding's code, such as SENDER_HOT
        pub code: &'static str as Enum(CODES),
        /// how much it matters
        pub level: Level as Enum(Level::WORDS),
        /// the login in lower case, uid:33, user:NAME, or a domain
        pub account: String,
        /// watch: one signal; suspected: two or more; confirmed: a reported message
        pub confidence: Confidence as Enum(Confidence::WORDS),
        /// one sentence
        pub message: String,
        /// the numbers, with the thresholds that they passed
        pub data: Map<String, Value> as Map(&Type::Any),
    }
}

impl Signal {
    /// With no more than [`Confidence::Watch`]; `data` is an object.
    pub fn new(code: &'static str, level: Level, account: &str, message: String, data: Value) -> Self {
        let data = match data {
            Value::Object(data) => data,
            _ => Map::new(),
        };
        Self { code, level, account: account.to_owned(), confidence: Confidence::Watch, message, data }
    }

    /// The same with the messages that it saw.
    pub fn with_samples(mut self, samples: &[Sample]) -> Self {
        self.data.insert("samples".into(), serde_json::to_value(samples).unwrap_or_default());
        self
    }
}

record! {
    /// One account and all that speaks against it.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct AccountRow {
        /// the account
        pub account: String,
        /// how sure
        pub confidence: Confidence as Enum(Confidence::WORDS),
        /// letters of the signals that speak of it
        pub signals: Vec<String>,
    }
}

record! {
    /// A signal that the inventory exempts.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct Exempted {
        /// the account
        pub account: String,
        /// the signal that would have been told
        pub code: &'static str,
        /// who answers for the exemption
        pub owner: String,
        /// its last day
        pub until: String,
        /// why it was given
        pub reason: Option<String>,
    }
}

record! {
    /// All signals of one host.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct SignalsReport {
        /// one for each signal of each account
        pub rows: Vec<Signal>,
        /// accounts that any signal speaks of
        pub accounts: Vec<AccountRow>,
        /// signals that the inventory exempts
        pub exempted: Vec<Exempted>,
        /// exemptions of the inventory that have ended, or that name no signal
        pub exemption_notes: Vec<String>,
        /// signals that could not be judged, and why
        pub not_judged: Vec<String>,
        /// days of earlier runs that tell what is usual; 0: nothing is known
        pub baseline_days: usize,
        /// databases that told countries and networks; empty without --geoip
        pub geo: Vec<Source> as List(&Type::Object(SOURCE)),
    }
}

/// The declared output.
pub const SIGNALS_OUTPUT: &[Field] = SignalsReport::FIELDS;
