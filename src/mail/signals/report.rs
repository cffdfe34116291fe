//! What was judged.

use super::limits::CODES;
use crate::mail::geo::{SOURCE, Source};
use crate::mail::read::senders::Sample;
use crate::model::Level;
use crate::model::schema::{Field, Type};
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

/// One signal of one account.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Signal {
    pub code: &'static str,
    pub level: Level,
    /// The login, `uid:33`, or a domain.
    pub account: String,
    pub confidence: Confidence,
    /// One sentence.
    pub message: String,
    /// The numbers, with the thresholds that they passed.
    pub data: Map<String, Value>,
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

/// One account and all that speaks against it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccountRow {
    pub account: String,
    pub confidence: Confidence,
    pub signals: Vec<String>,
}

/// A signal that the inventory exempts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exempted {
    pub account: String,
    pub code: &'static str,
    pub owner: String,
    pub until: String,
    pub reason: Option<String>,
}

/// All signals of one host.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SignalsReport {
    pub rows: Vec<Signal>,
    pub accounts: Vec<AccountRow>,
    pub exempted: Vec<Exempted>,
    pub exemption_notes: Vec<String>,
    pub not_judged: Vec<String>,
    pub baseline_days: usize,
    pub geo: Vec<Source>,
}

const LEVEL: Type = Type::Enum(Level::WORDS);
const SIGNAL: &[Field] = &[
    Field::new("code", Type::Enum(CODES), "the finding's code"),
    Field::new("level", LEVEL, "how much it matters"),
    Field::new("account", Type::Str, "the login in lower case, uid:33, user:NAME, or a domain"),
    Field::new(
        "confidence",
        Type::Enum(Confidence::WORDS),
        "watch: one signal; suspected: two or more; confirmed: a reported message",
    ),
    Field::new("message", Type::Str, "one sentence"),
    Field::new("data", Type::Map(&Type::Any), "the numbers, with the thresholds that they passed"),
];
const ACCOUNT: &[Field] = &[
    Field::new("account", Type::Str, "the account"),
    Field::new("confidence", Type::Enum(Confidence::WORDS), "how sure"),
    Field::new("signals", Type::List(&Type::Str), "letters of the signals that speak of it"),
];
const EXEMPTED: &[Field] = &[
    Field::new("account", Type::Str, "the account"),
    Field::new("code", Type::Str, "the signal that would have been told"),
    Field::new("owner", Type::Str, "who answers for the exemption"),
    Field::new("until", Type::Str, "its last day"),
    Field::new("reason", Type::Str, "why it was given"),
];

/// The declared output of the signals report.
pub const SIGNALS_OUTPUT: &[Field] = &[
    Field::new("rows", Type::List(&Type::Object(SIGNAL)), "one for each signal of each account"),
    Field::new("accounts", Type::List(&Type::Object(ACCOUNT)), "accounts that any signal speaks of"),
    Field::new("exempted", Type::List(&Type::Object(EXEMPTED)), "signals that the inventory exempts"),
    Field::new(
        "exemption_notes",
        Type::List(&Type::Str),
        "exemptions of the inventory that have ended, or that name no signal",
    ),
    Field::new("not_judged", Type::List(&Type::Str), "signals that could not be judged, and why"),
    Field::new("baseline_days", Type::Int, "days of earlier runs that tell what is usual; 0: nothing is known"),
    Field::new(
        "geo",
        Type::List(&Type::Object(SOURCE)),
        "databases that told countries and networks; empty without --geoip",
    ),
];
