//! All signals of one host.

use super::all::{ALL, find};
use super::exempt;
use super::facts::Facts;
use super::report::{AccountRow, Confidence, SignalsReport};
use std::collections::{BTreeMap, BTreeSet};

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
        letters.entry(signal.account.clone()).or_default().extend(find(signal.code).map(|kind| kind.letter));
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
